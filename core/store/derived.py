"""Numbers that were worked out from stored runs or from graphs, kept so that a second look is instant. They can always be made anew."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.files import write_bytes, write_json
from core.store.entry import checked

FOLDER = "derived"
MADE = " made"
"""Name of the array that says by what code and from what a file of arrays was made; the blank keeps it apart from the others."""
Arrays = Mapping[str, NDArray[Any]]


def question(*parts: object) -> str:
    """A key of the form that runs have, for whatever is asked; the parts are frozen and say in words what they are."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


class Derived:
    """Plain data or arrays below `root`, of one kind of work (`name`) in one version of its code.

    By the key of a run, of a question, or of both with a point between them, where a run has several.
    What was made by other code, or from a run that has been trained anew since, is not found.
    """

    def __init__(self, root: Path, name: str, code: str) -> None:
        self._folder, self._code = root / FOLDER / name, code

    def get(self, key: str, made: str) -> dict[str, Any] | None:
        """What was put for a run that was stored at the time `made`, None if there is nothing."""
        try:
            found = json.loads(self._path(key, "json").read_text(encoding="utf-8"))
            return found["data"] if (found["code"], found["made"]) == (self._code, made) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, key: str, made: str, data: Mapping[str, Any]) -> None:
        """Keep plain data (no NaN: null instead). A full disk is no reason to fail: the data is there, it is only not kept."""
        with suppress(UserError):
            write_json(self._path(key, "json"), {"code": self._code, "made": made, "data": data})

    def get_arrays(self, key: str, made: str) -> dict[str, NDArray[Any]] | None:
        """The arrays that were put, in the order in which they were put."""
        try:
            with np.load(self._path(key, "npz"), allow_pickle=False) as found:
                if found[MADE].tolist() != [self._code, made]:
                    return None
                return {name: found[name] for name in found.files if name != MADE}
        except (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error):  # whatever damage raises
            return None

    def put_arrays(self, key: str, made: str, arrays: Arrays) -> None:
        """Keep arrays of numbers, truths or text; as `put`."""
        written = io.BytesIO()
        np.savez_compressed(written, allow_pickle=False, **{MADE: np.array([self._code, made])}, **arrays)
        with suppress(UserError):
            write_bytes(self._path(key, "npz"), written.getvalue())

    def keep_newest(self, run: str, most: int) -> None:
        """Of what belongs to a run, the last `most` that were put stay, whatever code made them."""
        with suppress(OSError):
            found = sorted(self._folder.glob(f"{checked(run)}.*"), key=lambda path: path.stat().st_mtime_ns)
            for path in found[:-most]:
                path.unlink(missing_ok=True)

    def _path(self, key: str, ending: str) -> Path:
        return self._folder / ".".join([*map(checked, key.split(".")), ending])


def forget(root: Path, keys: set[str]) -> int:
    """Remove what was worked out, but for what belongs to the runs of these `keys`; returns the bytes freed."""
    freed = 0
    for path in (root / FOLDER).glob("*/*.*"):
        if path.name.partition(".")[0] not in keys:
            with suppress(OSError):
                freed += path.stat().st_size
                path.unlink()
    return freed
