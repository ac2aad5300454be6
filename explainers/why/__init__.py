"""Why this prediction? What methods say of one node, how the prediction falls without it, and how far to trust it."""
