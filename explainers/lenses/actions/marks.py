"""How the actions are called and drawn, the same in every figure, picture and sentence. Free of torch."""

from __future__ import annotations

from core import figures
from core.actions import ACTIONS
from explainers.coloring import Mark

NAMES = {"standard": "listen and broadcast", "listen": "only listen", "broadcast": "only broadcast", "isolate": "neither"}
"""In legends; the paper calls the first standard, the last isolate."""
DOES = {"standard": "listen and broadcast", "listen": "only listen", "broadcast": "only broadcast", "isolate": "do neither"}
"""In sentences about several nodes."""
COLORS = dict(zip(ACTIONS, (figures.OKABE_ITO[2], figures.OKABE_ITO[4], figures.OKABE_ITO[3], figures.NEUTRAL), strict=True))
"""None of those that stand for right and wrong, or for the node's own class and others."""
MARKS: dict[str, Mark] = {
    "standard": (COLORS["standard"], "circle"),
    "listen": (COLORS["listen"], "square"),
    "broadcast": (COLORS["broadcast"], "triangle-up"),
    "isolate": (COLORS["isolate"], "x"),
}
