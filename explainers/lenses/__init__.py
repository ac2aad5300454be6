"""Lenses, one file each, exporting LENS."""
