"""Numerics and engine: datasets, models, training, store, jobs. Never imports streamlit."""
