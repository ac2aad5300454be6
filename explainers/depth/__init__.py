"""What is asked of a depth sweep: which depths, models and remedies, as runs and as words of a link. Free of torch, and of pictures.

The over-smoothing lens measures and draws what is asked for here; every page of the app reads the question, none but its own the lens.
"""
