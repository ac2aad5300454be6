"""What if the graph were another one? Edits, their effect on a trained model, and the smallest edit that flips a prediction."""
