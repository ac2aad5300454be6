"""Numbers that were worked out from stored runs, kept so that a second look is instant. They can always be made anew."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.files import write_json
from core.store.entry import checked

FOLDER = "derived"


class Derived:
    """Plain data by the key of a run, below `root`, of one kind of work (`name`) in one version of its code.

    What was made by other code, or from a run that has been trained anew since, is not found.
    """

    def __init__(self, root: Path, name: str, code: str) -> None:
        self._folder, self._code = root / FOLDER / name, code

    def get(self, key: str, made: str) -> dict[str, Any] | None:
        """What was put for a run that was stored at the time `made`, None if there is nothing."""
        try:
            found = json.loads((self._folder / f"{checked(key)}.json").read_text(encoding="utf-8"))
            return found["data"] if (found["code"], found["made"]) == (self._code, made) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, key: str, made: str, data: Mapping[str, Any]) -> None:
        """Keep plain data (no NaN: null instead). A full disk is no reason to fail: the data is there, it is only not kept."""
        with suppress(UserError):
            write_json(self._folder / f"{checked(key)}.json", {"code": self._code, "made": made, "data": data})


def forget(root: Path, keys: set[str]) -> int:
    """Remove what was worked out from runs that are none of `keys`; returns the bytes freed."""
    freed = 0
    for path in (root / FOLDER).glob("*/*.json"):
        if path.stem not in keys:
            with suppress(OSError):
                freed += path.stat().st_size
                path.unlink()
    return freed
