"""Attributions, one file each, exporting ATTRIBUTION: methods that score nodes, edges or features for one prediction."""
