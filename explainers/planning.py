"""Which runs an analysis asks for: the selected spec over its seeds, and other models under the same conditions."""

from __future__ import annotations

from dataclasses import replace

from core.seeds import plan
from core.spec import ModelSpec, RunSpec, settings


def over_seeds(spec: RunSpec, seeds: int) -> tuple[RunSpec, ...]:
    """The spec with training seeds 0 … seeds−1; with split "all", run i takes split i mod the number of fixed ones."""
    from core.datasets.contract import datasets

    unit = datasets().get(spec.dataset.name)
    return plan(spec, seeds, sum(name.isdigit() for name in unit.splits) if unit else 0)


def with_model(spec: RunSpec, name: str, **given: object) -> RunSpec:
    """The same dataset, split and training with another model, its other settings at their defaults.

    Loads torch: models declare their settings beside their layers.
    """
    from core.models.contract import model
    from core.parameters import resolve

    return replace(spec, model=ModelSpec(name, settings(resolve(model(name).parameters, given, f"model {name}"))))
