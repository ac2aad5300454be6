"""Which runs an analysis asks for: the selected spec over its seeds, and other models under the same conditions."""

from __future__ import annotations

from dataclasses import replace

from core.seeds import plan
from core.spec import ModelSpec, RunSpec, settings


def over_seeds(spec: RunSpec, seeds: int) -> tuple[RunSpec, ...]:
    """The spec with training seeds 0 … seeds−1; with split "all", run i takes split i mod the number of fixed ones."""
    return plan(spec, seeds, fixed_splits(spec.dataset.name))


def fixed_splits(dataset: str) -> int:
    """How many numbered splits a dataset has; 0 for one that nobody declares."""
    from core.datasets.contract import datasets

    unit = datasets().get(dataset)
    return sum(name.isdigit() for name in unit.splits) if unit else 0


def with_model(spec: RunSpec, name: str, **given: object) -> RunSpec:
    """The same dataset, split and training with another model, its other settings at their defaults.

    Loads torch: models declare their settings beside their layers.
    """
    from core.models.contract import model
    from core.parameters import resolve

    return replace(spec, model=ModelSpec(name, settings(resolve(model(name).parameters, given, f"model {name}"))))
