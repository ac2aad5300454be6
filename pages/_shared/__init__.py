"""What the pages share. Session keys and caches live here and nowhere else."""
