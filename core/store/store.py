"""The store: one folder a run, readable without us, shared by the app and the command line. Free of torch.

    runs/<key>/spec.json        the description of the run
               run.json         scores, seconds, device, code versions, and the sum of each other file
               history.csv      a row an epoch
               arrays.safetensors, weights.safetensors, probes.safetensors
    labels/<key>.json           what a user said of a run: its name, whether it is pinned
    trash/<key>/                deleted runs, until `prune`
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from filelock import FileLock
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from core.errors import UserError
from core.files import new_folder, sha256, write_json
from core.home import home
from core.run import COLUMNS, Run
from core.spec import RunSpec


@dataclass(frozen=True)
class Entry:
    """A stored run without its arrays: what lists show."""

    spec: RunSpec
    metric: str
    scores: Mapping[str, float]
    best_epoch: int
    epochs: int
    seconds: float
    device: str
    code: Mapping[str, str]
    probes: tuple[str, ...]
    note: str
    made: str
    """Time of storing, ISO 8601, UTC."""
    bytes: int
    name: str = ""
    pinned: bool = False

    @property
    def key(self) -> str:
        return self.spec.key


@dataclass(frozen=True)
class Damage:
    """A stored run that cannot be read, and why, as a sentence."""

    key: str
    reason: str


class Store:
    """Runs on disk under `root`. Every method may be called from several processes at once."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def default(cls) -> Store:
        return cls(home())

    def put(self, run: Run) -> None:
        """Store a run; an older one of the same spec is replaced. It appears whole or not at all."""
        with new_folder(self._folder(run.key), self.root / "tmp") as folder:
            write_json(folder / "spec.json", run.spec.as_dict())
            pd.DataFrame({"epoch": np.arange(1, run.epochs + 1), **run.history}).to_csv(folder / "history.csv", index=False)
            _save(folder / "arrays.safetensors", {"logits": run.logits})
            _save(folder / "weights.safetensors", run.weights)
            if run.probes:
                _save(folder / "probes.safetensors", run.probes)
            write_json(
                folder / "run.json",
                {
                    "metric": run.metric,
                    "scores": dict(run.scores),
                    "best_epoch": run.best_epoch,
                    "epochs": run.epochs,
                    "seconds": run.seconds,
                    "device": run.device,
                    "code": dict(run.code),
                    "probes": sorted({name.partition(".")[0] for name in run.probes}),
                    "note": run.note,
                    "made": datetime.now(UTC).isoformat(timespec="seconds"),
                    "sha256": {path.name: sha256(path) for path in sorted(folder.iterdir())},
                },
            )

    def get(self, key: str, *, weights: bool = False, probes: bool = False) -> Run | None:
        """The run of that key, or None. Weights and probes are read when asked for.

        Raises `UserError` for an entry that is damaged.
        """
        entry = self.entry(key)
        if entry is None:
            return None
        folder = self._folder(key)
        try:
            table = pd.read_csv(folder / "history.csv")
            return Run(
                spec=entry.spec,
                metric=entry.metric,
                history={name: table[name].to_numpy(dtype=float) for name in COLUMNS},
                logits=load_file(folder / "arrays.safetensors")["logits"],
                best_epoch=entry.best_epoch,
                scores=entry.scores,
                seconds=entry.seconds,
                device=entry.device,
                code=entry.code,
                weights=load_file(folder / "weights.safetensors") if weights else {},
                probes=load_file(folder / "probes.safetensors") if probes and entry.probes else {},
                note=entry.note,
            )
        except FileNotFoundError:
            if not folder.exists():
                return None  # deleted meanwhile by another process
            raise damaged(key, "a file is missing") from None
        except Exception as error:  # whatever a damaged file makes its reader raise
            raise damaged(key, str(error)) from error

    def entry(self, key: str) -> Entry | None:
        """The list entry of a run, or None. Raises `UserError` if it is damaged."""
        folder = self._folder(key)
        try:
            spec, facts = (json.loads((folder / name).read_text()) for name in ("spec.json", "run.json"))
            label = self._label(key)
            return Entry(
                spec=RunSpec.from_dict(spec),
                metric=facts["metric"],
                scores=facts["scores"],
                best_epoch=facts["best_epoch"],
                epochs=facts["epochs"],
                seconds=facts["seconds"],
                device=facts["device"],
                code=facts["code"],
                probes=tuple(facts["probes"]),
                note=facts["note"],
                made=facts["made"],
                bytes=sum(path.stat().st_size for path in folder.iterdir()),
                name=str(label.get("name", "")),
                pinned=bool(label.get("pinned", False)),
            )
        except FileNotFoundError:
            if not folder.exists():
                return None
            raise damaged(key, "a file is missing") from None
        except (ValueError, KeyError, TypeError) as error:
            raise damaged(key, str(error)) from error

    def entries(self) -> list[Entry]:
        """All readable runs, newest first; damaged ones are passed over (`verify` names them)."""
        found = []
        for key in self._keys():
            try:
                entry = self.entry(key)
            except UserError:
                continue
            if entry:
                found.append(entry)
        return sorted(found, key=lambda entry: entry.made, reverse=True)

    def verify(self) -> list[Damage]:
        """Read every run and compare the sum of every file with the recorded one."""
        return [damage for key in self._keys() if (damage := self._check(key))]

    def label(self, key: str, *, name: str | None = None, pinned: bool | None = None) -> None:
        """Name or pin a run."""
        with self._lock():
            said = self._label(key)
            said |= {} if name is None else {"name": name.strip()[:80]}
            said |= {} if pinned is None else {"pinned": pinned}
            write_json(self.root / "labels" / f"{_safe(key)}.json", said)

    def delete(self, key: str) -> None:
        """Put a run into the trash; `restore` takes it back."""
        with self._lock():
            if self._folder(key).exists():
                _move(self._folder(key), self.root / "trash" / _safe(key))

    def restore(self, key: str) -> None:
        """Take a run back from the trash."""
        with self._lock():
            if (self.root / "trash" / _safe(key)).exists():
                _move(self.root / "trash" / _safe(key), self._folder(key))

    def prune(self) -> int:
        """Empty the trash and the remains of interrupted writes; returns the bytes freed."""
        freed = 0
        with self._lock():
            for folder in (self.root / "trash", self.root / "tmp"):
                freed += sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
                shutil.rmtree(folder, ignore_errors=True)
        return freed

    def _check(self, key: str) -> Damage | None:
        try:
            self.get(key, weights=True, probes=True)
            sums: dict[str, str] = json.loads((self._folder(key) / "run.json").read_text())["sha256"]
        except UserError as error:
            return Damage(key, str(error))
        changed = [name for name, digest in sums.items() if sha256(self._folder(key) / name) != digest]
        return Damage(key, f"{', '.join(changed)} changed after it was written.") if changed else None

    def _keys(self) -> Iterator[str]:
        folder = self.root / "runs"
        yield from sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.exists() else ()

    def _folder(self, key: str) -> Path:
        return self.root / "runs" / _safe(key)

    def _label(self, key: str) -> dict[str, Any]:
        try:
            label: dict[str, Any] = json.loads((self.root / "labels" / f"{_safe(key)}.json").read_text())
            return label
        except (FileNotFoundError, ValueError):
            return {}

    def _lock(self) -> FileLock:
        self.root.mkdir(parents=True, exist_ok=True)
        return FileLock(self.root / ".lock", timeout=30)


def damaged(key: str, reason: str) -> UserError:
    """Sentence for a stored run that cannot be read."""
    return UserError(f"The stored run {key} is damaged ({reason}). Delete it and train again: the same spec gives the same run.")


def _safe(key: str) -> str:
    """The key, which may come from a link, as a file name that cannot leave the store."""
    if not (key.isalnum() and key.isascii()):
        raise UserError(f"{key[:40]!r} is not the key of a run; a key has 16 hexadecimal digits.")
    return key


def _save(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, path)


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    source.replace(target)
