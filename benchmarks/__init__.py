"""Ours against a reference: published accuracies, and speed as ratios within one process."""
