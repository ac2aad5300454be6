"""From the words of a command to the specs of its runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import UserError, unknown
from core.parameters import Parameter, Value, resolve
from core.seeds import plan
from core.selection import SPLIT_SEED
from core.spec import TRAINING, DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings
from core.splits import DRAWN, available_splits
from explainers.settings import Declared, Point, Setting, points

if TYPE_CHECKING:
    from core.datasets.contract import Dataset
    from core.models.contract import Model

MOST_RUNS = 100_000


@dataclass(frozen=True)
class Group:
    """The runs of one combination of settings: they differ in their seed and perhaps their split."""

    point: Point
    runs: tuple[RunSpec, ...]

    def value(self, setting: Setting) -> Value:
        return self.point[setting.owner][setting.parameter.name]


def declared(dataset: Dataset, model: Model | None, training: bool = True) -> Declared:
    """What `--set` may name: settings of the dataset, of a model if there is one, and of the `training` unless nothing is trained."""
    found: dict[str, tuple[Parameter, ...]] = {"dataset": (*dataset.parameters, SPLIT_SEED)}
    if model:
        found["model"] = model.parameters
    return found | ({"training": TRAINING} if training else {})


def groups(dataset: Dataset, model: Model, sets: tuple[Setting, ...], *, recipe: str, split: str | None, seeds: int) -> list[Group]:
    """The cross product of the settings, each with its seeds. Raises `UserError` for what cannot be planned."""
    name, split_seed = chosen_split(dataset, split)
    _check_split_seed(name, split, sets)
    combinations = math.prod(len(setting.values) for setting in sets)
    if combinations * seeds > MOST_RUNS:
        raise UserError(
            f"{combinations:,} combinations with {seeds} seeds each are {combinations * seeds:,} runs; at most {MOST_RUNS:,} work."
        )
    numbered = sum(word.isdigit() for word in dataset.splits)
    return [Group(point, plan(_spec(dataset, model, point, recipe, name, split_seed), seeds, numbered)) for point in points(sets)]


def single(dataset: Dataset, model: Model | None, sets: tuple[Setting, ...], split: str | None) -> RunSpec:
    """The one spec that the settings name, with split "all" as it is; without a model it stands for the dataset alone.

    Raises `UserError` for a setting with several values.
    """
    name, split_seed = chosen_split(dataset, split)
    _check_split_seed(name, split, sets)
    for setting in sets:
        if len(setting.values) > 1:
            raise UserError(f"{setting.qualified} has {len(setting.values)} values; here each setting has one.")
    return _spec(dataset, model, points(sets)[0], "common", name, split_seed)


def chosen_split(dataset: Dataset, text: str | None) -> tuple[str, int]:
    """Name and seed of a split: "public", "0", "all", "random" or "random:3". Raises `UserError`."""
    name, colon, seed = (text if text is not None else dataset.default_split).partition(":")
    if name != "all" and name not in available_splits(dataset):
        raise unknown(f"split of {dataset.name}", name, [*available_splits(dataset), "all"])
    if colon and (name not in DRAWN or not (seed.isascii() and seed.isdigit())):
        raise UserError(f"'{text}' is no split; a seed follows one that is drawn, for example random:3.")
    return name, int(SPLIT_SEED.check(seed or 0))


def split_label(spec: DatasetSpec) -> str:
    """The split as `--split` takes it."""
    return f"{spec.split}:{spec.split_seed}" if spec.split in DRAWN and spec.split_seed else spec.split


def _check_split_seed(name: str, split: str | None, sets: tuple[Setting, ...]) -> None:
    """A split seed that changes nothing would make equal runs look different."""
    if any(setting.parameter is SPLIT_SEED for setting in sets) and (name not in DRAWN or ":" in (split or "")):
        raise UserError(
            f"split_seed draws a random split, and the split here is {split or name}; add --split random, or leave split_seed out."
        )


def _spec(dataset: Dataset, model: Model | None, point: Point, recipe: str, split: str, split_seed: int) -> RunSpec:
    paper: Mapping[str, Mapping[str, Value]] = {}
    if model and recipe == "paper":
        paper = {"model": model.recipe.model, "training": model.recipe.training}
    given = {owner: {**paper.get(owner, {}), **point.get(owner, {})} for owner in ("dataset", "model", "training")}
    split_seed = int(given["dataset"].pop(SPLIT_SEED.name, split_seed))
    return RunSpec(
        DatasetSpec(dataset.name, settings(resolve(dataset.parameters, given["dataset"], f"dataset {dataset.name}")), split, split_seed),
        ModelSpec(model.name, settings(resolve(model.parameters, given["model"], f"model {model.name}"))) if model else ModelSpec(""),
        TrainingSpec.of(given["training"]),
    )
