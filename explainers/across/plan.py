"""Which runs compare models on several datasets: each with its defaults, the same training, and the same seeds and splits."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from core.errors import unknown
from core.parameters import Integer, Several, resolve
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


def across(datasets: Sequence[str], models: Sequence[str], seeds: int, epochs: int) -> tuple[RunSpec, ...]:
    """Every model on every dataset, dataset by dataset and in it model by model and seed by seed.

    Seed i takes the i-th fixed split where the dataset has numbered ones. Raises `UserError` for names that do not exist. Loads torch.
    """
    runs = list[RunSpec]()
    for data in datasets:
        for model in models:
            runs += over_seeds(_spec(data, model, epochs), seeds)
    return tuple(runs)


def named(text: str, known: Collection[str], what: str, usual: Sequence[str]) -> tuple[str, ...]:
    """The names of a text, of an empty one the usual ones. Raises `UserError` for one that is not known; `what` is it then called."""
    names = MODELS.words(text)
    for name in names:
        if name not in known:
            raise unknown(what, name, known)
    return names or tuple(usual)


def _spec(data: str, architecture: str, epochs: int) -> RunSpec:
    from core.datasets.contract import dataset
    from core.models.contract import model

    unit, net = dataset(data), model(architecture)
    split = "all" if any(name.isdigit() for name in unit.splits) else unit.default_split
    return RunSpec(
        DatasetSpec(data, settings(resolve(unit.parameters, {}, f"dataset {data}")), split),
        ModelSpec(architecture, settings(resolve(net.parameters, {}, f"model {architecture}"))),
        TrainingSpec(epochs=epochs),
    )
