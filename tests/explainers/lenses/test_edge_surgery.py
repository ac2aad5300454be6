"""Edge surgery: which runs, what made-up scores are said to show, and the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from core.datasets.contract import load
from core.parameters import resolve
from core.spec import DatasetSpec, ModelSpec, RunSpec, settings
from explainers.contract import Unsupported
from explainers.lenses import edge_surgery as lens
from explainers.lenses.edge_surgery.plan import CLEAN, surgery_grid
from explainers.lenses.edge_surgery.result import Surgery, assembled, curve, summary
from explainers.sweep.grid import Grid
from tests.explainers.lenses.test_homophily_dial import Trained

DIGITS = load("digits", {})
EDGES = len(DIGITS.undirected_edges)


def planned(dataset: str = "digits", seeds: int = 3, **given: object) -> Grid:
    values = resolve(lens.LENS.parameters, {"gamma": "0,1", "added": "1,3", **given}, "lens")
    return surgery_grid(RunSpec(DatasetSpec(dataset, split="random"), ModelSpec("gcn")), seeds, values, 0)


def made_up(clean: float, scores: Mapping[str, Sequence[float]], seeds: int = 3) -> Surgery:
    """A mean score for each γ and amount of added edges; the seeds wobble, each cell in its own way."""
    grid, found = planned(seeds=seeds), []
    for number, cell in enumerate(grid.cells):
        mean = clean if cell.name == CLEAN else scores[cell.name][grid.setting.values.index(cell.value) - 1]
        for seed, run in enumerate(cell.runs):
            score = mean + 0.004 * (1 + number) * (seed - 1) * (-1) ** number
            found.append(Trained(run, dict.fromkeys(("train_score", "validation_score", "test_score"), score)))
    return assembled(grid, found, DIGITS, "GCN")


def test_runs_are_those_of_the_graph_as_it_is_and_of_specs_of_their_own() -> None:
    grid = planned()
    assert len(grid.runs) == 3 + 2 * 2 * 3
    assert [run.dataset.name for run in grid.cells[0].runs] == ["digits"] * 3, "nothing added: the plain runs, which may be stored"
    cell = grid.cells[1]
    assert [(run.seed, dict(run.dataset.parameters)["seed"]) for run in cell.runs] == [(0, 0), (1, 1), (2, 2)]
    assert cell.runs[0].dataset == DatasetSpec("surgery", settings({"base": "digits", "added": 1.0, "gamma": 0.0, "seed": 0}), "random")
    assert len({run.key for run in grid.runs}) == len(grid.runs)


def test_a_graph_that_cannot_be_changed_is_refused_with_those_that_can() -> None:
    with pytest.raises(Unsupported, match="texas is not among them; take one of cora, citeseer"):
        planned("texas")
    spec = RunSpec(DatasetSpec("cora", settings({"features": "raw"})), ModelSpec("gcn"))
    with pytest.raises(Unsupported, match="leave features at row_normalised"):
        surgery_grid(spec, 1, resolve(lens.LENS.parameters, {}, "lens"), 10)


def test_the_table_holds_every_run_under_every_gamma() -> None:
    rows = curve(made_up(0.9, {"γ = 0": [0.7, 0.98], "γ = 1": [0.6, 0.3]}))
    assert list(rows) == ["gamma", "added_edges", "homophily", "seed", "test_score"]
    assert len(rows) == 2 * 3 * 3
    assert rows["added_edges"].unique().tolist() == [0, EDGES, 3 * EDGES]
    clean = rows["homophily"][0]
    assert rows["homophily"].unique() == pytest.approx([clean, clean / 2, clean / 4])


def test_a_v_whose_right_end_is_above_the_graph_as_it_is_encodes_labels() -> None:
    found = made_up(0.8, {"γ = 0": [0.6, 0.95], "γ = 1": [0.6, 0.3]})
    said = " ".join(lens.captions(found))
    assert "With γ = 0 it draws a V: down to 60.0" in said
    assert "above the graph as it is" in said
    assert "γ = 0: the right end is above the graph as it is. The graph has not become a better one" in said
    assert "those of test nodes included" in said
    assert "With γ = 1 it falls: 30.0" in said
    assert summary(found)["against_clean"].iloc[2] == pytest.approx(0.15)


def test_what_falls_or_is_not_told_is_no_proof_of_labels() -> None:
    said = " ".join(lens.captions(made_up(0.8, {"γ = 0": [0.6, 0.3], "γ = 1": [0.79, 0.8]})))
    assert "With γ = 0 it falls" in said
    assert "With γ = 1 the seeds tell no change" in said
    assert "better one" not in said
    assert "one seed has no spread" in lens.captions(made_up(0.8, {"γ = 0": [0.6, 0.9], "γ = 1": [0.6, 0.3]}, seeds=1))[0]


def test_nothing_trained_yet() -> None:
    grid = planned()
    found = assembled(grid, [None] * len(grid.runs), DIGITS, "GCN")
    assert lens.captions(found) == ["Nothing of this surgery is trained yet: 15 runs to go."]
    assert not len(curve(found))
    assert lens.draw(found)


def test_a_clear_fall_is_told_wherever_the_validation_nodes_find_the_lowest() -> None:
    found = made_up(0.8, {"γ = 0": [0.9, 0.6], "γ = 1": [0.7, 0.6]})
    runs = [
        Trained(run.spec, run.scores | {"validation_score": 0.1 if dict(run.spec.dataset.parameters).get("added") == 1.0 else 0.5})
        for point in found.response.points
        for run in point.runs
    ]
    again = assembled(planned(), runs, DIGITS, "GCN")
    said = " ".join(lens.captions(again))
    assert "With γ = 0 it falls: 60.0" in said
    assert "tell no change" not in said
    blind = [Trained(run.spec, run.scores | {"validation_score": float("nan")}) for run in runs]
    assert "With γ = 0 it falls: 60.0" in " ".join(lens.captions(assembled(planned(), blind, DIGITS, "GCN")))


def test_a_right_end_that_rises_encodes_labels_whatever_the_noise() -> None:
    said = " ".join(lens.captions(made_up(0.5, {"γ = 0": [0.3, 0.3], "γ = 1": [0.6, 0.9]})))
    assert "γ = 1: the right end is above the graph as it is. The graph has not become a better one" in said


def test_a_graph_as_it_is_without_a_score_cannot_be_compared_with() -> None:
    found = made_up(0.8, {"γ = 0": [0.6, 0.95], "γ = 1": [0.6, 0.3]})
    lost = [
        Trained(run.spec, run.scores | {"test_score": float("nan")}) if run.spec.dataset.name == "digits" else run
        for point in found.response.points
        for run in point.runs
    ]
    assert "no seed has a score both there and on the graph as it is" in lens.captions(assembled(planned(), lost, DIGITS, "GCN"))[0]


def test_four_classes_without_noise_are_refused_before_anything_is_trained() -> None:
    with pytest.raises(Unsupported, match="Take gamma above 0"):
        lens.plan(RunSpec(DatasetSpec("karate", split="public"), ModelSpec("gcn")), 1, resolve(lens.LENS.parameters, {}, "lens"))
    values = resolve(lens.LENS.parameters, {"gamma": "0.4", "added": "1"}, "lens")
    assert len(lens.plan(RunSpec(DatasetSpec("karate", split="public"), ModelSpec("gcn")), 1, values)) == 2


def test_a_course_without_its_end_says_so() -> None:
    found = made_up(0.8, {"γ = 0": [0.6, 0.95], "γ = 1": [0.6, 0.3]})
    runs = [run if dict(run.spec.dataset.parameters).get("added") != 3.0 else None for point in found.response.points for run in point.runs]
    said = lens.captions(assembled(planned(), runs, DIGITS, "GCN"))
    assert "With γ = 0 the most added edges are still to come; so far 60.0" in said[0]
    assert "draws a V" not in " ".join(said)
