"""Tasks: batching, loss, metric and what "a prediction" is, one file per task."""
