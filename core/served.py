"""Drawing libraries, copied out of the installed packages that ship them to where they can be served.

So the repository holds no third-party code, nothing is fetched from a CDN, and whoever updates a package
gets its newer library with it.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from core.errors import UserError


def publish(static: Path, shipped: Path, name: str) -> str:
    """File name, inside the folder `static`, of a copy of `shipped`; copied there if it is not yet.

    It begins with `name` and carries a hash of the content, so that a browser never keeps an old one; copies
    that other versions left are removed. Raises `UserError` where the folder cannot be written.
    """
    content = shipped.read_bytes()
    path = static / f"{name}-{hashlib.sha256(content).hexdigest()[:12]}.js"
    if path.is_file() and path.stat().st_size == len(content):
        return path.name
    try:
        _write(path, content)
        for other in static.glob(f"{name}-*.js"):
            if other != path:
                other.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"Nothing can be drawn: {static} cannot be written ({error.strerror}). Make it writable.") from error
    return path.name


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
