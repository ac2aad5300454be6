"""One run in one folder: written into an empty one, read back bit by bit."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from safetensors.numpy import load_file, save

from core.files import sha256, write_json
from core.run import COLUMNS, Run
from core.spec import RunSpec
from core.store.entry import Entry


def fill(folder: Path, run: Run) -> None:
    """Write a run into an empty folder; run.json comes last and holds the sums of the others."""
    write_json(folder / "spec.json", run.spec.as_dict())
    pd.DataFrame({"epoch": np.arange(1, run.epochs + 1), **run.history}).to_csv(folder / "history.csv", index=False)
    _write_arrays(folder / "arrays.safetensors", {"logits": run.logits})
    _write_arrays(folder / "weights.safetensors", run.weights)
    if run.probes:
        _write_arrays(folder / "probes.safetensors", run.probes)
    write_json(
        folder / "run.json",
        {
            "metric": run.metric,
            "scores": {name: score if math.isfinite(score) else None for name, score in run.scores.items()},
            "best_epoch": run.best_epoch,
            "epochs": run.epochs,
            "seconds": run.seconds,
            "device": run.device,
            "code": dict(run.code),
            "probes": sorted({name.partition(".")[0] for name in run.probes}),
            "note": run.note,
            "made": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "sha256": {path.name: sha256(path) for path in sorted(folder.iterdir())},
        },
    )


def entry(folder: Path, label: Mapping[str, Any]) -> Entry:
    """The list entry of the run in a folder. Raises whatever a damaged file makes its reader raise."""
    spec, facts = (json.loads((folder / name).read_text(encoding="utf-8")) for name in ("spec.json", "run.json"))
    found = Entry(
        spec=RunSpec.from_dict(spec),
        metric=str(facts["metric"]),
        scores={str(name): math.nan if score is None else float(score) for name, score in facts["scores"].items()},
        best_epoch=int(facts["best_epoch"]),
        epochs=int(facts["epochs"]),
        seconds=float(facts["seconds"]),
        device=str(facts["device"]),
        code={str(unit): str(version) for unit, version in facts["code"].items()},
        probes=tuple(str(name) for name in facts["probes"]),
        note=str(facts["note"]),
        made=str(facts["made"]),
        bytes=sum(path.stat().st_size for path in folder.iterdir()),
        name=str(label.get("name", "")),
        pinned=bool(label.get("pinned", False)),
    )
    if found.key != folder.name:
        raise ValueError(f"its description is that of run {found.key}")
    return found


def read(folder: Path, found: Entry, *, weights: bool, probes: bool) -> Run:
    """The run behind an entry. Raises whatever a damaged file makes its reader raise."""
    # the default parser of pandas may be off by the last bit
    table = pd.read_csv(folder / "history.csv", float_precision="round_trip")
    if len(table) != found.epochs:
        raise ValueError(f"history.csv has {len(table)} epochs instead of {found.epochs}")
    return Run(
        spec=found.spec,
        metric=found.metric,
        history={name: table[name].to_numpy(dtype=float) for name in COLUMNS},
        logits=load_file(folder / "arrays.safetensors")["logits"],
        best_epoch=found.best_epoch,
        scores=found.scores,
        seconds=found.seconds,
        device=found.device,
        code=found.code,
        weights=load_file(folder / "weights.safetensors") if weights else {},
        probes=load_file(folder / "probes.safetensors") if probes and found.probes else {},
        note=found.note,
    )


def changed_files(folder: Path) -> list[str]:
    """Files whose content is not what was written."""
    sums: dict[str, str] = json.loads((folder / "run.json").read_text(encoding="utf-8"))["sha256"]
    return [name for name, digest in sums.items() if sha256(folder / name) != digest]


def _write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    # written by Python, because the library's own writer says of a full disk neither ENOSPC nor OSError
    path.write_bytes(save({name: np.asarray(array, order="C") for name, array in arrays.items()}))
