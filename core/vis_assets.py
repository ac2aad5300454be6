"""The drawing library of the graph canvas, copied out of the installed pyvis to where it can be served.

So the repository holds no third-party code, nothing is fetched from a CDN, and whoever updates
pyvis gets the newer vis-network with it.
"""

from __future__ import annotations

import hashlib
import os
import re
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile

from core.errors import UserError

PREFIX = "vis-network-"


def publish(static: Path) -> str:
    """File name, inside the folder `static`, of the installed pyvis' vis-network; copied there if it is not yet.

    The name carries a hash of the content, so that a browser never keeps an old one; copies that other
    versions left are removed. Raises UserError where pyvis lacks the library or the folder cannot be written.
    """
    content = _shipped().read_bytes()
    path = static / f"{PREFIX}{hashlib.sha256(content).hexdigest()[:12]}.js"
    if path.is_file() and path.stat().st_size == len(content):
        return path.name
    try:
        _write(path, content)
        for other in static.glob(f"{PREFIX}*.js"):
            if other != path:
                other.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"The graph cannot be drawn: {static} cannot be written ({error.strerror}). Make it writable.") from error
    return path.name


def _shipped() -> Path:
    """The newest vis-network in pyvis; found without importing pyvis, which takes half a second."""
    spec = find_spec("pyvis")
    folders = [Path(place) for place in (spec.submodule_search_locations if spec else None) or ()]
    found = [path for folder in folders for path in folder.glob("lib/vis-*/vis-network.min.js")]
    if not found:
        raise UserError("The graph cannot be drawn: the installed pyvis has no vis-network. Run pip install --force-reinstall pyvis.")
    return max(found, key=lambda path: [int(number) for number in re.findall(r"\d+", path.parent.name)])


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as file:
        try:
            file.write(content)
            file.close()
            Path(file.name).chmod(0o644)
            os.replace(file.name, path)  # noqa: PTH105 - the same call on every platform
        except OSError:
            Path(file.name).unlink(missing_ok=True)
            raise
