"""What went wrong in a server, read from its log."""

from __future__ import annotations

import re

TRACEBACK = re.compile(r"^Traceback \(most recent call last\):\n(?:[ \t].*\n)*(?P<error>.*)", re.MULTILINE)
CLOSED = "starlette.websockets.WebSocketDisconnected"
"""Streamlit's own, where a window is closed while it is being connected; no code of ours is reached by then."""


def faults(log: str) -> list[str]:
    """The errors that tracebacks in a log end with, but for those of windows that were closed too early."""
    return [found["error"] for found in TRACEBACK.finditer(log) if not found["error"].startswith(CLOSED)]
