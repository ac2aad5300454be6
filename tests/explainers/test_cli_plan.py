"""From words to specs: splits, recipes, sizes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.datasets.contract import dataset
from core.errors import UserError
from core.models.contract import Recipe, model
from core.spec import RunSpec
from explainers.cli.training.plan import chosen_split, declared, groups, split_label
from explainers.settings import parse

KARATE = dataset("karate")
TEN = replace(KARATE, splits=("public", *map(str, range(10))), default_split="public")
GCN = model("gcn")


def planned(*words: str, data: object = KARATE, seeds: int = 1, split: str | None = None, recipe: str = "common") -> list[RunSpec]:
    unit = replace(GCN, recipe=Recipe("a paper", model={"width": 7}, training={"lr": 0.05, "epochs": 33}))
    sets = parse(words, declared(data, unit))  # type: ignore[arg-type]
    return [run for group in groups(data, unit, sets, recipe=recipe, split=split, seeds=seeds) for run in group.runs]  # type: ignore[arg-type]


def test_every_declared_setting_is_in_the_spec() -> None:
    (spec,) = planned("depth=3")
    assert {name for name, _ in spec.model.parameters} == {parameter.name for parameter in GCN.parameters}
    assert spec.model.depth == 3


def test_a_sweep_has_every_combination_with_every_seed() -> None:
    found = [(run.model.depth, run.training.lr, run.seed) for run in planned("depth=1,2", "lr=.1,.2", seeds=2)]
    assert found == [(d, lr, s) for d in (1, 2) for lr in (0.1, 0.2) for s in (0, 1)]


def test_common_recipe_is_the_defaults_and_what_is_set_beats_the_paper() -> None:
    (common,), (paper,) = planned(), planned("lr=.2", recipe="paper")
    assert (common.training.lr, common.training.epochs, dict(common.model.parameters)["width"]) == (0.01, 200, 16)
    assert (paper.training.lr, paper.training.epochs, dict(paper.model.parameters)["width"]) == (0.2, 33, 7)


def test_all_splits_take_turns() -> None:
    runs = planned(data=TEN, split="all", seeds=12)
    assert [run.dataset.split for run in runs] == [str(seed % 10) for seed in range(12)]


def test_all_without_fixed_splits_draws_ten() -> None:
    runs = planned(data=replace(KARATE, splits=()), split="all", seeds=11)
    assert [split_label(run.dataset) for run in runs] == ["random", *(f"random:{seed}" for seed in range(1, 10)), "random"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, ("public", 0)),
        ("public", ("public", 0)),
        ("7", ("7", 0)),
        ("random", ("random", 0)),
        ("random:3", ("random", 3)),
        ("gats:14", ("gats", 14)),
        ("all", ("all", 0)),
    ],
)
def test_splits(text: str | None, expected: tuple[str, int]) -> None:
    assert chosen_split(TEN, text) == expected


@pytest.mark.parametrize("text", ["10", "pubic", "random:", "random:x", "random:-1", "public:3", "all:2", ""])
def test_splits_that_do_not_exist(text: str) -> None:
    with pytest.raises(UserError, match=r"Known: |random:3"):
        chosen_split(TEN, text)


def test_a_split_seed_out_of_range() -> None:
    assert chosen_split(TEN, "random:999999") == ("random", 999_999)
    with pytest.raises(UserError, match=r"from 0 to 999,?999"):
        chosen_split(TEN, "random:1000000000")


def test_a_plan_has_a_limit() -> None:
    with pytest.raises(UserError, match="at most 100,000"):
        planned("epochs=1:1001:1", seeds=101)


def test_a_split_seed_is_a_setting_like_others() -> None:
    assert [run.dataset.split_seed for run in planned("split_seed=3:5:1", split="random", seeds=2)] == [3, 3, 4, 4]
    assert planned("split_seed=3", split="random") == planned(split="random:3")


@pytest.mark.parametrize("split", [None, "public", "all", "random:3"])
def test_a_split_seed_that_would_change_nothing_is_refused(split: str | None) -> None:
    with pytest.raises(UserError, match="leave split_seed out"):
        planned("split_seed=3", split=split)
