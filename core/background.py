"""How work that nobody waits for at the screen stands back: what the worker and the helpers of a training agree on.

A module of its own: a helper that imported `core.worker`, which runs as the main module, would have it twice.
"""

OPTION = "--background"
"""Argument for a worker that stands back where others want the processor."""
NICE = 5
"""How far it, and those who train beside it, stand back."""
