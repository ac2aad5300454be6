"""Datasets, one file per family, each exporting DATASETS (a tuple)."""
