"""Specs: frozen, hashable descriptions of one training. Equal specs mean equal results. Free of torch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from core.errors import UserError
from core.parameters import Choice, Integer, Parameter, Real, Value, resolve

Settings = tuple[tuple[str, Value], ...]
"""Settings by name, sorted, so that equal settings hash alike."""

TRAINING: tuple[Parameter, ...] = (
    Integer("epochs", "Epochs", 200, 1, 100_000, step=10, help="Full-graph gradient steps at most."),
    Real("lr", "Learning rate", 0.01, 1e-6, 10.0, step=0.001, help="Step size of Adam."),
    Real("weight_decay", "Weight decay", 5e-4, 0.0, 1.0, step=1e-4, help="L2 penalty λ: Adam adds λ·W to the gradient."),
    Choice(
        "decay_scope",
        "Weight decay on",
        "all",
        (("all", "all weights"), ("first", "first layer only")),
        help="The GCN paper regularises the first layer only.",
        common=False,
    ),
    Integer(
        "patience",
        "Patience",
        0,
        0,
        100_000,
        step=10,
        help="Stop after so many epochs without a better validation; 0 = never.",
        common=False,
    ),
    Choice(
        "keep",
        "Keep the epoch with",
        "loss",
        (
            ("loss", "lowest validation loss"),
            ("score", "best validation score"),
            ("both", "lowest loss and best score at once"),
            ("last", "the last one"),
        ),
        help="Which epoch's weights are the result. Chosen on validation nodes, never on test nodes.",
        common=False,
    ),
)


def settings(values: Mapping[str, Value]) -> Settings:
    """Settings as a spec holds them: sorted by name."""
    return tuple(sorted(values.items()))


@dataclass(frozen=True)
class DatasetSpec:
    """Which graph, generated how, split how. `edits` are what-if edits, `content` the hash of an uploaded graph."""

    name: str
    parameters: Settings = ()
    split: str = "public"
    split_seed: int = 0
    edits: tuple[tuple[str, ...], ...] = ()
    content: str = ""


@dataclass(frozen=True)
class ModelSpec:
    """Which architecture with which options; every declared option is present."""

    name: str
    parameters: Settings = ()

    @property
    def depth(self) -> int | None:
        """Number of layers or steps, for models that have a depth."""
        value = dict(self.parameters).get("depth")
        return int(value) if value is not None else None


@dataclass(frozen=True)
class TrainingSpec:
    """How the weights are found; the fields are those that `TRAINING` declares."""

    epochs: int = 200
    lr: float = 0.01
    weight_decay: float = 5e-4
    decay_scope: str = "all"
    patience: int = 0
    keep: str = "loss"

    @classmethod
    def of(cls, given: Mapping[str, object]) -> TrainingSpec:
        """Checked settings; raises `UserError` for an unknown name or a value out of range."""
        return cls(**resolve(TRAINING, given, "training"))  # type: ignore[arg-type]


Part: TypeAlias = DatasetSpec | ModelSpec | TrainingSpec


@dataclass(frozen=True)
class RunSpec:
    """One training, complete: whoever has the spec can repeat the run."""

    dataset: DatasetSpec
    model: ModelSpec
    training: TrainingSpec = field(default_factory=TrainingSpec)
    seed: int = 0

    @property
    def key(self) -> str:
        """16 hexadecimal digits that name this spec in the store."""
        return keys([self])[0]

    @property
    def group(self) -> str:
        """Key shared by the runs that differ only in their seed."""
        return replace(self, seed=0).key

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON; `from_dict` is its inverse."""
        parts = {name: _as_dict(part) for name, part in _parts(self).items()}
        return {**parts, "seed": self.seed}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> RunSpec:
        """Inverse of `as_dict`; raises `UserError` for data that describes no run."""
        try:
            dataset, model = dict(data["dataset"]), data["model"]
            dataset["parameters"] = settings(dataset["parameters"])
            dataset["edits"] = tuple(tuple(edit) for edit in dataset["edits"])
            return cls(
                DatasetSpec(**dataset),
                ModelSpec(model["name"], settings(model["parameters"])),
                TrainingSpec(**data["training"]),
                int(data["seed"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UserError(f"This is not the description of a run: {error}.") from error


def keys(specs: Sequence[RunSpec]) -> list[str]:
    """The key of each spec. The runs of a plan share their parts, each of which is described once: 100,000 take a second."""
    texts: dict[int, str] = {}

    def text(part: Part) -> str:
        """By identity, because parts that are equal may be written differently: True and 1."""
        if id(part) not in texts:
            texts[id(part)] = json.dumps(_canonical(_as_dict(part)), sort_keys=True)
        return texts[id(part)]

    return [_key({name: text(part) for name, part in _parts(spec).items()} | {"seed": json.dumps(_canonical(spec.seed))}) for spec in specs]


def _key(texts: Mapping[str, str]) -> str:
    """Of the JSON object with these texts as values, its names sorted."""
    whole = ", ".join(f'"{name}": {texts[name]}' for name in sorted(texts))
    return hashlib.sha256(f"{{{whole}}}".encode()).hexdigest()[:16]


def _parts(spec: RunSpec) -> dict[str, Part]:
    return {"dataset": spec.dataset, "model": spec.model, "training": spec.training}


def _as_dict(part: Part) -> dict[str, Any]:
    if isinstance(part, DatasetSpec):
        return vars(part) | {"parameters": dict(part.parameters), "edits": [list(edit) for edit in part.edits]}
    return vars(part) | ({"parameters": dict(part.parameters)} if isinstance(part, ModelSpec) else {})


def _canonical(value: Any) -> Any:
    """Equal specs must have equal keys, so a number is written in one way: 1 is 1.0."""
    if isinstance(value, dict):
        return {name: _canonical(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
