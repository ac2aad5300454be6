"""The dial: which runs, what made-up scores are said to show, the matrix by hand, and the V where theory has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from core.data import GraphData
from core.errors import UserError
from core.models.contract import model
from core.parameters import Value, resolve
from core.spec import DatasetSpec, ModelSpec, RunSpec
from core.work import silent
from explainers.lenses import homophily_dial as lens
from explainers.lenses.homophily_dial import figures
from explainers.lenses.homophily_dial.captions import against_control, course, theory
from explainers.lenses.homophily_dial.plan import at, dial_grid
from explainers.lenses.homophily_dial.result import Dial, assembled, curve, summary
from explainers.runner import run_lens
from explainers.sweep.grid import Grid

NOBODY = RunSpec(DatasetSpec(""), ModelSpec(""))


@dataclass(frozen=True)
class Trained:
    """A finished run with scores that are written down."""

    spec: RunSpec
    scores: Mapping[str, float]
    metric: str = "accuracy"
    seconds: float = 1.0
    note: str = ""


def asked(**given: object) -> dict[str, Value]:
    return resolve(lens.LENS.parameters, {"homophily": "0,0.5,1", "models": "mlp,gcn", **given}, "lens")


def planned(seeds: int = 3, **given: object) -> Grid:
    return dial_grid(asked(**given), seeds, model)


def made_up(scores: Mapping[str, Sequence[float]], seeds: int = 3, spread: float = 0.01, **given: object) -> Dial:
    """A mean score for each model and homophily; the seeds lie `spread` apart, those of all runs alike."""
    grid = planned(seeds, models=",".join(scores), **given)
    found = []
    for cell in grid.cells:
        mean = scores[cell.spec.model.name][grid.setting.values.index(cell.value)]
        for seed, run in enumerate(cell.runs):
            # each wobbles in its own way, so that paired differences have a spread
            side = {0.0: 1.0, 0.5: -1.0, 1.0: 0.5}[cell.value] * (1.0 if cell.spec.model.name == "mlp" else 1.4)
            score = mean + side * spread * (seed - (seeds - 1) / 2)
            found.append(Trained(run, dict.fromkeys(("train_score", "validation_score", "test_score"), score)))
    return assembled(grid, found, asked(models=",".join(scores), **given))


# Which runs.


def test_every_seed_has_its_own_graph_split_and_weights_shared_by_all_models() -> None:
    grid = planned(2)
    assert len(grid.runs) == 2 * 3 * 2
    for cell in grid.cells:
        assert [(run.seed, run.dataset.split_seed, dict(run.dataset.parameters)["seed"]) for run in cell.runs] == [(0, 0, 0), (1, 1, 1)]
        assert {run.dataset.split for run in cell.runs} == {"random"}
    first, second = (grid.cell(name, 0.5) for name in ("MLP", "GCN"))
    assert first is not None
    assert second is not None
    assert [run.dataset for run in first.runs] == [run.dataset for run in second.runs]
    assert {cell.value for cell in at(grid, 0.5).cells} == {0.5}


def test_many_classes_have_room_in_the_features() -> None:
    assert dict(planned(nodes=300, classes=20).runs[0].dataset.parameters)["dimensions"] == 20


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"models": "mlp,gcnn"}, "no model 'gcnn'. Did you mean 'gcn'"),
        ({"models": ""}, "Models .* is empty"),
        ({"homophily": "high"}, "a number from 0 to 1"),
        (
            {"homophily": "0,1", "nodes": 60, "classes": 5, "degree": 20},
            "Homophily 1 is impossible .* The nearest possible homophily is 0.55",
        ),
        ({"others": "circulant", "classes": 4}, "degenerate: classes c and c . 2 have the same other neighbours"),
        ({"others": "circulant", "classes": 2}, "Circulant needs a class on either side"),
        ({"classes": 1}, "a whole number from 2 to 20"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_what_would_work(given: Mapping[str, object], said: str) -> None:
    with pytest.raises(UserError, match=said):
        planned(**given)


# What made-up scores show.


def test_a_v_is_named_where_both_ends_are_clearly_better() -> None:
    found = made_up({"mlp": [0.7, 0.7, 0.7], "gcn": [0.95, 0.6, 0.99]})
    said = lens.captions(found)
    assert said[0].startswith("GCN draws a V: 95.0 ± 3.5 % at homophily 0 and 99.0 ± 1.7 % at 1, both clearly better than 60.0")
    assert "3 seeds, each with its own graph, split and weights" in said[0]
    assert "better at 0, 1; worse at 0.5 (95 % intervals, paired over 3 seeds, not corrected for their number)" in against_control(
        found, "GCN"
    )


def test_no_v_is_named_without_a_left_arm_or_where_the_seeds_do_not_tell() -> None:
    rising = made_up({"mlp": [0.4] * 3, "gcn": [0.3, 0.6, 0.99]})
    assert course(rising.response.of("GCN"), "GCN").startswith("GCN rises, without a V that the seeds tell: 30.0")
    noisy = made_up({"gcn": [0.62, 0.6, 0.63]}, spread=0.05)
    assert course(noisy.response.of("GCN"), "GCN").startswith("GCN ends where it began, within the noise of the seeds")
    assert "draws a V" not in " ".join(lens.captions(noisy))
    single = made_up({"gcn": [0.9, 0.5, 0.95]}, seeds=1)
    assert "one seed has no spread" in lens.captions(single)[0]
    assert "draws a V" not in " ".join(lens.captions(single))


def test_the_theory_is_that_of_the_operator_and_says_for_whom_it_does_not_hold() -> None:
    found = made_up({"mlp": [0.7] * 3, "gcn": [0.9, 0.6, 0.9], "sage": [0.9, 0.7, 0.9]})
    first, second = theory(found)
    assert "one step of averaging over neighbours hurts between homophily 0.342 and 0.658" in first
    assert "a left arm needs a degree above (C − 1)² = 1; so there is one" in first
    assert "10 neighbours for every node" in first
    assert "GCN counts the node itself in every step: one such step hurts between homophily 0.284 and 0.616" in second
    assert "GraphSAGE is not described by it" in second
    five = made_up({"gcn": [0.3, 0.6, 0.9]}, classes=5)
    assert "hurts below a homophily of 0.453 and helps above" in theory(five)[0]
    assert "(C − 1)² = 16; so there is none" in theory(five)[0]
    circle = made_up({"gcn": [0.9, 0.6, 0.9]}, classes=5, others="circulant")
    assert "makes the two closest classes harder to tell at no homophily." in theory(circle)[0]
    six = made_up({"gcn": [0.9, 0.6, 0.9]}, classes=6, others="circulant", degree=4)
    assert "makes the two closest classes harder to tell below a homophily of 0.645. Classes further apart" in theory(six)[0]
    assert "left arm" not in theory(six)[0]


def test_nothing_trained_yet() -> None:
    grid = planned()
    found = assembled(grid, [None] * len(grid.runs), asked())
    assert lens.captions(found)[0] == "Nothing of this dial is trained yet: 18 runs to go."
    assert not len(curve(found))
    assert lens.draw(found)


def test_the_tables_hold_every_run_and_the_thresholds() -> None:
    found = made_up({"mlp": [0.7] * 3, "gcn": [0.9, 0.6, 0.9]})
    rows = curve(found)
    assert list(rows) == ["model", "homophily", "seed", "test_score", "threshold_low", "threshold_high"]
    assert len(rows) == 18
    assert set(rows["model"]) == {"mlp", "gcn"}
    assert rows["threshold_low"].round(3).unique().tolist() == [0.342]
    assert rows["threshold_high"].round(3).unique().tolist() == [0.658]
    assert summary(found).set_index(["model", "homophily"])["test"]["GCN", 0.5] == pytest.approx(0.6)
    nowhere = made_up({"gcn": [0.9, 0.6, 0.9]}, classes=5, others="circulant")
    assert curve(nowhere)[["threshold_low", "threshold_high"]].isna().all(axis=None)


def test_where_averaging_hurts_is_shaded_and_in_the_legend() -> None:
    figure = figures.curve(made_up({"gcn": [0.9, 0.6, 0.9]})).figure
    shaded = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert [(round(one.x0, 3), round(one.x1, 3)) for one in shaded] == [(0.342, 0.658)]
    assert "averaging hurts (theory)" in [trace.name for trace in figure.data]
    nowhere = figures.curve(made_up({"gcn": [0.9, 0.6, 0.9]}, classes=5, others="circulant")).figure
    assert not nowhere.layout.shapes
    assert "averaging hurts (theory)" not in [trace.name for trace in nowhere.data]


# The matrix.


def test_the_matrix_is_sorted_by_class_and_leaves_unlabelled_nodes_out() -> None:
    # 0 and 3 are of class a, 1 of b, 2 unknown; links 0-3, 0-1, 1-2
    edges = np.array([[0, 3, 0, 1, 1, 2], [3, 0, 1, 0, 2, 1]])
    graph = GraphData("tiny", np.eye(4, dtype=np.float32), edges, np.array([0, 1, -1, 0]), ("a", "b"))
    found = figures.matrix(graph)
    # in the order 0, 3, 1
    assert np.array(found.figure.data[0].z).tolist() == [[0, 1, 1], [1, 0, 0], [1, 0, 0]]
    assert found.data is not None
    assert found.data["edges"].tolist() == [2, 1, 1, 0]


# Trained.


def trained(root: Path, **given: object) -> dict[tuple[str, float], float]:
    values = {"models": "mlp,gcn", "homophily": "0,0.5,1", "nodes": 400, "epochs": 50, **given}
    result = run_lens(silent, lens="homophily_dial", spec=NOBODY, seeds=1, values=values, root=root, device="cpu")
    return {(row.model, row.homophily): row.test_score for row in curve(result).itertuples()}


def test_two_classes_draw_a_v_and_five_with_uniform_others_do_not(tmp_path: Path) -> None:
    two = trained(tmp_path)
    assert min(two["gcn", 0.0], two["gcn", 1.0]) > two["mlp", 0.5] + 0.15
    assert two["gcn", 0.5] < two["mlp", 0.5]
    five = trained(tmp_path, classes=5)
    assert five["gcn", 0.0] < five["mlp", 0.0] + 0.05
    assert five["gcn", 1.0] > five["mlp", 1.0] + 0.3


def test_a_circle_of_five_classes_draws_a_v(tmp_path: Path) -> None:
    found = trained(tmp_path, classes=5, others="circulant", degree=20, homophily="0,0.3,1", nodes=1000, epochs=100, models="gcn")
    assert min(found["gcn", 0.0], found["gcn", 1.0]) > found["gcn", 0.3] + 0.05
