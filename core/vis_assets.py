"""The drawing library of the graph canvas: the vis-network that the installed pyvis ships."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

from core import served
from core.errors import UserError


def publish(static: Path) -> str:
    """File name, inside the folder `static`, of the installed pyvis' vis-network; copied there if it is not yet.

    Raises `UserError` where pyvis lacks the library or the folder cannot be written.
    """
    return served.publish(static, _shipped(), "vis-network")


def _shipped() -> Path:
    """The newest vis-network in pyvis; found without importing pyvis, which takes half a second."""
    spec = find_spec("pyvis")
    folders = [Path(place) for place in (spec.submodule_search_locations if spec else None) or ()]
    found = [path for folder in folders for path in folder.glob("lib/vis-*/vis-network.min.js")]
    if not found:
        raise UserError("The graph cannot be drawn: the installed pyvis has no vis-network. Run pip install --force-reinstall pyvis.")
    return max(found, key=lambda path: [int(number) for number in re.findall(r"\d+", path.parent.name)])
