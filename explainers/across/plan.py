"""Which runs compare models on several datasets: each with its defaults, the same training, and the same seeds and splits.
Free of torch."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from core.errors import unknown
from core.parameters import Integer, Parameter, Several, resolve
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings
from explainers.planning import over_seeds

DATASETS = Several(
    "datasets",
    "Datasets",
    "texas,wisconsin,cornell_corrected,chameleon_filtered",
    most=12,
    help="Names with commas between them. Each is split in its ten fixed ways where it has them, else by its usual split.",
)
MODELS = Several("models", "Models", "", most=30, help="Names with commas between them; empty: those that the question is about.")
EPOCHS = Integer("epochs", "Epochs", 200, 1, 10_000, step=50, help="Of every training; kept is the one with the lowest validation loss.")


@dataclass(frozen=True)
class Runs:
    """All runs of a comparison. `what`: what they are trained for, as a list of trainings says it."""

    runs: tuple[RunSpec, ...]
    what: str

    @property
    def queue(self) -> tuple[RunSpec, ...]:
        """In the order that shows the whole first: seed by seed."""
        return tuple(sorted(self.runs, key=lambda run: run.seed))


def across(datasets: Sequence[str], models: Mapping[str, Sequence[Parameter]], seeds: int, epochs: int) -> tuple[RunSpec, ...]:
    """Every model on every dataset, dataset by dataset and in it model by model and seed by seed. `models`: what each declares.

    Seed i takes the i-th fixed split where the dataset has numbered ones. Raises `UserError` for a dataset that does not exist.
    """
    runs = list[RunSpec]()
    for data in datasets:
        for model, declared in models.items():
            runs += over_seeds(_spec(data, model, declared, epochs), seeds)
    return tuple(runs)


def named(text: str, known: Collection[str], what: str, usual: Sequence[str]) -> tuple[str, ...]:
    """The names of a text, of an empty one the usual ones. Raises `UserError` for one that is not known; `what` is it then called."""
    names = MODELS.words(text)
    for name in names:
        if name not in known:
            raise unknown(what, name, known)
    return names or tuple(usual)


def _spec(data: str, model: str, declared: Sequence[Parameter], epochs: int) -> RunSpec:
    from core.datasets.contract import dataset

    unit = dataset(data)
    split = "all" if any(name.isdigit() for name in unit.splits) else unit.default_split
    return RunSpec(
        DatasetSpec(data, settings(resolve(unit.parameters, {}, f"dataset {data}")), split),
        ModelSpec(model, settings(resolve(declared, {}, f"model {model}"))),
        TrainingSpec(epochs=epochs),
    )
