"""Attributions, one file each, exporting ATTRIBUTION: methods that score the edges and features behind a prediction."""
