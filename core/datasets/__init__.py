"""Datasets, one file per family, each exporting DATASET or DATASETS."""
