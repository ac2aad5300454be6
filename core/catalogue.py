"""The catalogue: what every dataset and model declares, as plain data for processes without torch.

Reading the declarations imports torch, so a worker does it once and the result is kept as JSON under
`<home>/catalogue/`, named after the sources it was read from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import UserError, unknown
from core.files import write_json
from core.models.contract import Recipe
from core.parameters import Choice, Flag, Integer, Parameter, Real
from core.spec import TRAINING
from core.work import Report, silent

if TYPE_CHECKING:
    from core.store import Entry

SOURCES = Path(__file__).resolve().parent
KINDS: dict[str, type[Parameter]] = {"integer": Integer, "real": Real, "choice": Choice, "flag": Flag}


@dataclass(frozen=True)
class DatasetCard:
    """What a dataset declares (see `core.datasets.contract.Dataset`), and its code version."""

    name: str
    title: str
    question: str
    family: str
    parameters: tuple[Parameter, ...]
    splits: tuple[str, ...]
    default_split: str
    metric: str
    embedded: bool
    size: str
    source: str
    licence: str
    flaws: tuple[str, ...]
    version: str


@dataclass(frozen=True)
class ModelCard:
    """What a model declares (see `core.models.contract.Model`), and its code version."""

    name: str
    title: str
    question: str
    parameters: tuple[Parameter, ...]
    recipe: Recipe
    source: str
    equation: str
    depth_counts: str
    uses_features: bool
    uses_edges: bool
    has_attention: bool
    has_actions: bool
    chooses_nodes: bool
    states_per_edge: bool
    weighs_messages: bool
    dense_features: bool
    both_ways: bool
    version: str


@dataclass(frozen=True)
class Catalogue:
    """All cards by name, the devices of this machine (best first), and the version of the training's code."""

    datasets: Mapping[str, DatasetCard]
    models: Mapping[str, ModelCard]
    devices: tuple[str, ...]
    training_version: str
    training: tuple[Parameter, ...] = TRAINING

    def dataset(self, name: str) -> DatasetCard:
        """The card of that name; `UserError` with the nearest name otherwise."""
        if name not in self.datasets:
            raise unknown("dataset", name, self.datasets)
        return self.datasets[name]

    def model(self, name: str) -> ModelCard:
        """The card of that name; `UserError` with the nearest name otherwise."""
        if name not in self.models:
            raise unknown("model", name, self.models)
        return self.models[name]

    def is_current(self, entry: Entry) -> bool:
        """Whether a stored run was made by today's code of its model, its dataset and the training."""
        model, dataset = self.models.get(entry.spec.model.name), self.datasets.get(entry.spec.dataset.name)
        if model is None or dataset is None:
            return False
        return dict(entry.code) == {"model": model.version, "dataset": dataset.version, "training": self.training_version}


def ensure(home: Path) -> Catalogue:
    """The catalogue, built in this process (which imports torch) if none is kept."""
    return read(home) or write(home, describe(silent))


def read(home: Path) -> Catalogue | None:
    """The kept catalogue of today's sources; None if there is none or it cannot be read."""
    try:
        return _catalogue(json.loads(_path(home).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write(home: Path, records: Mapping[str, Any]) -> Catalogue:
    """Keep what `describe` gave, remove the catalogues of older sources, and return the new one.

    Where nothing can be written (a full disk) it is not kept, and built anew the next time.
    """
    path = _path(home)
    with suppress(UserError):
        write_json(path, records)
    for old in path.parent.glob("*.json"):
        if old != path:
            old.unlink(missing_ok=True)
    return _catalogue(records)


def describe(report: Report) -> dict[str, Any]:
    """All declarations as plain data; named work, because it imports every unit and with them torch."""
    from core.datasets.contract import datasets
    from core.device import available
    from core.models.contract import models
    from core.versions import source_version, unit_version

    report(message="Reading the declarations")
    return {
        "datasets": [_record(unit, unit_version("core.datasets", "DATASETS", unit.name)) for unit in datasets().values()],
        "models": [_record(unit, unit_version("core.models", "MODEL", unit.name)) for unit in models().values()],
        "devices": list(available()),
        "training_version": source_version("core.training"),
    }


def _record(unit: Any, version: str) -> dict[str, Any]:
    """Every declared field that is not a function."""
    declared = {field.name: getattr(unit, field.name) for field in fields(unit)}
    return {name: _plain(value) for name, value in declared.items() if not callable(value)} | {"version": version}


def _plain(value: Any) -> Any:
    if isinstance(value, Parameter):
        return {"kind": type(value).__name__.lower()} | {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Recipe):
        return {"source": value.source, "model": dict(value.model), "training": dict(value.training)}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _catalogue(records: Mapping[str, Any]) -> Catalogue:
    return Catalogue(
        datasets={record["name"]: DatasetCard(**_fields(record)) for record in records["datasets"]},
        models={record["name"]: ModelCard(**_fields(record) | {"recipe": Recipe(**record["recipe"])}) for record in records["models"]},
        devices=tuple(records["devices"]),
        training_version=records["training_version"],
    )


def _fields(record: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: _tuples(value) for name, value in record.items()}
    return plain | {"parameters": tuple(_parameter(parameter) for parameter in record["parameters"])}


def _parameter(record: Mapping[str, Any]) -> Parameter:
    return KINDS[record["kind"]](**{key: _tuples(value) for key, value in record.items() if key != "kind"})


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _path(home: Path) -> Path:
    return home / "catalogue" / f"{_sources_hash()}.json"


def _sources_hash() -> str:
    """Name of what the declarations follow from: every source of core, and the installed torch (it decides the devices)."""
    digest = hashlib.sha256(version("torch").encode())
    for path in sorted(SOURCES.rglob("*.py")):
        digest.update(str(path.relative_to(SOURCES)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
