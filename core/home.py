"""Where Hopscope keeps what a user makes and what it downloads."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """Folder of runs and results: `HOPSCOPE_HOME`, or the platform's user data folder."""
    given = os.environ.get("HOPSCOPE_HOME")
    return Path(given).expanduser() if given else Path(platformdirs.user_data_dir("hopscope", appauthor=False))


def data_root() -> Path:
    """Folder of public datasets: `HOPSCOPE_DATA`, or the platform's user cache folder."""
    given = os.environ.get("HOPSCOPE_DATA")
    return Path(given).expanduser().absolute() if given else Path(platformdirs.user_cache_dir("hopscope", appauthor=False)) / "data"
