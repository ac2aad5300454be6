"""Analyses: lenses, attributions, calibrators. Imports core only."""
