"""Put, get, list, verify, label, delete: the store as the rest of the house sees it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock, Timeout

from core.errors import UserError
from core.files import new_folder, write_json, writing
from core.home import home
from core.run import Run
from core.store import folder as folders
from core.store.derived import forget
from core.store.entry import Damage, Entry, checked, damaged

T = TypeVar("T")

WAIT = 30.0
"""Seconds that a writer waits for another one."""


class Store:
    """Runs on disk under `root`. Every method may be called from several processes at once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._runs = root / "runs"

    @classmethod
    def default(cls) -> Store:
        """The store of this user: `HOPSCOPE_HOME`, or the platform's user data folder."""
        return cls(home())

    def put(self, run: Run) -> None:
        """Store a run; an older one of the same spec is replaced. It appears whole or not at all."""
        with self._lock(), new_folder(self._folder(run.key), self.root / "tmp") as folder:
            folders.fill(folder, run)

    def get(self, key: str, *, weights: bool = False, probes: bool = False) -> Run | None:
        """The run of that key, or None. Weights and probes are read when asked for.

        Raises `UserError` for an entry that is damaged.
        """

        def whole(folder: Path) -> Run:
            return folders.read(folder, folders.entry(folder, {}), weights=weights, probes=probes)

        return self._steady(key, whole)

    def entry(self, key: str) -> Entry | None:
        """The list entry of a run, or None. Raises `UserError` if it is damaged."""
        return self._steady(key, lambda folder: folders.entry(folder, self._label(key)))

    def entries(self) -> list[Entry]:
        """All readable runs, newest first; damaged ones are passed over (`verify` names them)."""
        return self._readable(self._keys())

    def keys(self) -> set[str]:
        """Keys of all stored runs, whether they can be read or not; quick however many they are."""
        try:
            with os.scandir(self._runs) as found:
                return {one.name for one in found}
        except OSError:
            return set()

    def latest(self, number: int) -> list[Entry]:
        """As `entries`, of the last `number` runs only: a store of thousands takes seconds to read."""
        made = {key: identity[1] for key in self._keys() if (identity := _identity(self._folder(key)))}
        return self._readable(sorted(made, key=made.__getitem__)[-number:])

    def verify(self) -> list[Damage]:
        """Read every run and compare the sum of every file with the recorded one."""
        return [damage for key in self._keys() if (damage := self._damage(key))]

    def label(self, key: str, *, name: str | None = None, pinned: bool | None = None) -> None:
        """Name or pin a run; nothing happens if there is no such run."""
        with self._lock():
            if not self._folder(key).exists():
                return
            said = self._label(key)
            said |= {} if name is None else {"name": name.strip()[:80]}
            said |= {} if pinned is None else {"pinned": pinned}
            write_json(self._label_path(key), said)

    def delete(self, key: str) -> None:
        """Put a run into the trash; `restore` takes it back."""
        with self._lock():
            if self._folder(key).exists():
                shutil.rmtree(self._trash(key), ignore_errors=True)
                _move(self._folder(key), self._trash(key))

    def restore(self, key: str) -> bool:
        """Take a run back from the trash, unless it was trained anew meanwhile; returns whether the store has it now."""
        with self._lock():
            if self._trash(key).exists() and not self._folder(key).exists():
                _move(self._trash(key), self._folder(key))
            return self._folder(key).exists()

    def trashed(self) -> list[str]:
        """Keys of the runs in the trash that `restore` can take back: all that were not trained anew."""
        folder = self.root / "trash"
        return sorted({path.name for path in folder.iterdir()} - self.keys()) if folder.exists() else []

    def trash(self) -> tuple[int, int]:
        """How many runs lie in the trash, and their bytes."""
        folder = self.root / "trash"
        return (sum(1 for _ in folder.iterdir()), _bytes(folder)) if folder.exists() else (0, 0)

    def prune(self) -> int:
        """Empty the trash and the remains of interrupted writes; returns the bytes freed.

        The names of runs that are gone for good, and what was worked out from them, go as well.
        """
        freed = 0
        with self._lock():
            for folder in (self.root / "trash", self.root / "tmp"):
                freed += _bytes(folder)
                shutil.rmtree(folder, ignore_errors=True)
            keys = set(self._keys())
            freed += forget(self.root, keys)
            for label in (self.root / "labels").glob("*.json"):
                if label.stem not in keys:
                    label.unlink(missing_ok=True)
        return freed

    def _readable(self, keys: Iterable[str]) -> list[Entry]:
        found = []
        for key in keys:
            try:
                entry = self.entry(key)
            except UserError:
                continue
            if entry:
                found.append(entry)
        return sorted(found, key=lambda entry: entry.made, reverse=True)

    def _damage(self, key: str) -> Damage | None:
        try:
            self.get(key, weights=True, probes=True)
            changed = self._steady(key, folders.changed_files)
        except UserError as error:
            return Damage(key, str(error))
        return Damage(key, str(damaged(key, f"{', '.join(changed)} changed after it was written"))) if changed else None

    def _steady(self, key: str, read: Callable[[Path], T]) -> T | None:
        """What `read` makes of a run's folder that nobody replaced or removed meanwhile; None if there is none.

        Raises `UserError` if it cannot be read.
        """
        folder = self._folder(key)
        while (before := _identity(folder)) is not None:
            try:
                found = read(folder)
            except Exception as error:  # whatever a damaged file makes its reader raise
                if _identity(folder) == before:
                    raise damaged(key, _reason(error)) from error
                continue
            if _identity(folder) == before:  # else this may be half of each
                return found
        return None

    def _keys(self) -> Iterator[str]:
        yield from sorted(path.name for path in self._runs.iterdir() if path.is_dir()) if self._runs.exists() else ()

    def _folder(self, key: str) -> Path:
        return self._runs / checked(key)

    def _trash(self, key: str) -> Path:
        return self.root / "trash" / checked(key)

    def _label_path(self, key: str) -> Path:
        return self.root / "labels" / f"{checked(key)}.json"

    def _label(self, key: str) -> dict[str, Any]:
        try:
            label = json.loads(self._label_path(key).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return label if isinstance(label, dict) else {}

    @contextmanager
    def _lock(self) -> Iterator[None]:
        with writing(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            try:
                with FileLock(self.root / ".lock", timeout=WAIT):
                    yield
            except Timeout:
                raise UserError(
                    f"Another program has been writing to {self.root} for {WAIT:.0f} seconds; try again once it is done."
                ) from None


def _bytes(folder: Path) -> int:
    """Size of all files below a folder; one that goes meanwhile does not count."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            total += path.stat().st_size if path.is_file() else 0
    return total


def _identity(folder: Path) -> tuple[int, int] | None:
    """Tells a folder from the one that replaces it; None if there is none."""
    try:
        stat = folder.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{Path(str(error.filename)).name} is missing" if error.filename else "a file is missing"
    if isinstance(error, KeyError):
        return f"{error} is missing"
    return str(error)[:200] or type(error).__name__


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
