"""Stored runs as groups: which belong to one plan, and that each counts once."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.catalogue import Catalogue, ensure
from core.seeds import plan
from core.spec import DatasetSpec, ModelSpec, RunSpec
from core.store import Entry
from explainers.overview import groups


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return ensure(tmp_path_factory.mktemp("home"))


def stored(spec: RunSpec, score: float = 0.5, made: str = "2026-01-01") -> Entry:
    return Entry(spec, "accuracy", {"test_score": score}, 1, 1, 1.0, "cpu", {}, (), "", made, 1)


def of(dataset: str, split: str, split_seed: int = 0, seed: int = 0) -> RunSpec:
    return RunSpec(DatasetSpec(dataset, split=split, split_seed=split_seed), ModelSpec("gcn"), seed=seed)


@pytest.mark.parametrize(("dataset", "fixed"), [("cora", 10), ("karate", 0)])
def test_a_plan_over_all_splits_is_one_group(dataset: str, fixed: int, catalogue: Catalogue, tmp_path: Path) -> None:
    wanted = of(dataset, "all")
    (group,) = groups([stored(spec) for spec in plan(wanted, 12, fixed)], catalogue)
    assert group.key == wanted.key
    assert group.test.n == 12


def test_a_split_seed_that_draws_nothing_makes_no_second_run(catalogue: Catalogue) -> None:
    older = [stored(of("cora", str(k), split_seed=7, seed=k), 0.1, "2026-01-01") for k in range(3)]
    newer = [stored(of("cora", str(k), seed=k), 0.5, "2026-01-02") for k in range(3)]
    (group,) = groups([*older, *newer], catalogue)
    assert (group.key, group.test.n, group.test.mean) == (of("cora", "all").key, 3, 0.5)
    (alone,) = groups([stored(of("cora", "public", split_seed=7))], catalogue)
    assert alone.key == of("cora", "public").key


def test_random_splits_of_a_dataset_with_fixed_ones_are_no_plan_over_all(catalogue: Catalogue) -> None:
    mixed = [stored(of("cora", "0", seed=0)), stored(of("cora", "1", seed=1)), stored(of("cora", "random", split_seed=2, seed=2))]
    assert {group.key: group.test.n for group in groups(mixed, catalogue)} == {of("cora", "all").key: 2, of("cora", "random", 2).key: 1}


def test_drawn_splits_of_different_seeds_stay_apart(catalogue: Catalogue) -> None:
    found = groups([stored(of("cora", "random", split_seed=k)) for k in (3, 4)], catalogue)
    assert {group.key for group in found} == {of("cora", "random", 3).key, of("cora", "random", 4).key}


def test_runs_on_an_edited_graph_say_so(catalogue: Catalogue) -> None:
    edited = RunSpec(DatasetSpec("karate", split="public", edits=(("remove", "0", "1"), ("drop", "5"))), ModelSpec("gcn"))
    titles = {group.title for group in groups([stored(edited), stored(of("karate", "public"))], catalogue)}
    assert titles == {"Karate club · GCN · public split", "Karate club · GCN · 2 edits (what-if) · public split"}
