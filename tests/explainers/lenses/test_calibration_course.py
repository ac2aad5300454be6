"""Calibration over the epochs: recordings by hand, sentences of made-up courses, and what cannot be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.data import GraphData, Split
from core.errors import UserError
from core.parameters import resolve
from core.run import Run
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec
from explainers.contract import Unsupported
from explainers.lenses import calibration_course as lens
from explainers.lenses.calibration_course import figures
from explainers.lenses.calibration_course.readings import Reading, course_grid, read
from explainers.lenses.calibration_course.result import Course, assembled, summary
from explainers.sweep.grid import Grid
from tests.explainers.conftest import MakeRun, mask

SPEC = RunSpec(DatasetSpec("tiny"), ModelSpec("gcn"), TrainingSpec(patience=10))


def grid(seeds: int = 2, **given: object) -> Grid:
    return course_grid(SPEC, seeds, resolve(lens.LENS.parameters, {"epochs": 100, **given}, "lens"), 0)


# Which runs.


def test_nothing_stops_early_and_the_selected_weight_decay_comes_first() -> None:
    found = grid(weight_decays="0,0.0005,0.01")
    assert found.setting.values == (0.0005, 0.0, 0.01)
    assert {(run.training.epochs, run.training.patience, run.training.keep) for run in found.runs} == {(100, 0, "last")}
    assert [(run.training.weight_decay, run.seed) for run in found.runs[:3]] == [(0.0005, 0), (0.0005, 1), (0.0, 0)]


@pytest.mark.parametrize("text", ["heavy", "-1", "nan", "", "0.1,,two"])
def test_a_weight_decay_that_is_none_is_named(text: str) -> None:
    with pytest.raises(UserError, match=r"^Weight decay \(weight_decay\) is .*; it takes a number from 0 to 1\.$"):
        grid(weight_decays=text)


def test_many_weight_decays_are_too_many() -> None:
    with pytest.raises(UserError, match="holds 5 values; 4 are the most"):
        grid(weight_decays="0,1,.1,.2,.3")


# What is read.


def recorded(make_run: MakeRun) -> Run:
    """Two recorded steps: untrained, and after epoch 2. Test nodes are 2, 3, 4, 6 of classes b, b, a, b, node 1 validates."""
    history = np.array([[1, 0.9, 1, 1, 0.5], [1, 0.7, 1, 1, 0.5], [1, 0.8, 1, 1, 0.5]])
    probes = {
        "confidence.epochs": np.array([0, 2]),
        "confidence.nodes": np.array([0, 1, 2, 3, 4, 6]),
        "confidence.confidence": np.array([[0.5] * 6, [0.9, 0.8, 0.95, 0.95, 0.65, 0.65]], dtype=np.float32),
        "confidence.correct": np.array([[1, 1, 0, 0, 1, 0], [1, 1, 1, 1, 1, 0]], dtype=bool),
        "confidence.loss": np.array([[0.7] * 3, [0.1, 0.2, 0.4]]),
    }
    return make_run([0] * 7, history=history, probes=probes)


def test_a_recording_by_hand(make_run: MakeRun, tiny: GraphData) -> None:
    found = read(recorded(make_run), tiny)
    assert found.best == 2
    values = found.rows.set_index(["epoch", "split", "metric"])["value"].sort_index()
    assert values[2, "test"].to_dict() == pytest.approx({"accuracy": 0.75, "mean_confidence": 0.8, "gap": -0.05, "ece": 0.1, "nll": 0.4})
    assert values[0, "test"].to_dict() == pytest.approx({"accuracy": 0.25, "mean_confidence": 0.5, "gap": -0.25, "ece": 0.25, "nll": 0.7})
    assert values[2, "validation"].to_dict() == pytest.approx({"accuracy": 1, "mean_confidence": 0.8, "gap": 0.2, "ece": 0.2, "nll": 0.2})


def test_without_validation_nodes_no_epoch_would_be_kept(make_run: MakeRun, tiny: GraphData) -> None:
    history = np.array([[1, np.nan, 1, np.nan, 0.5]] * 2)
    run = replace(recorded(make_run), history=dict(zip(["train_loss", "validation_loss"], history.T, strict=False)))
    found = read(run, replace(tiny, splits={"public": Split(mask(0), mask(), mask(2, 3))}))
    assert found.best is None
    assert set(found.rows["split"]) == {"train", "test"}


def test_without_test_nodes_there_is_nothing_to_judge_by(make_run: MakeRun, tiny: GraphData) -> None:
    with pytest.raises(Unsupported, match="no test nodes; it has train and validation"):
        read(recorded(make_run), replace(tiny, splits={"public": Split(mask(0), mask(1), mask())}))


def test_a_step_at_which_the_training_diverged_has_no_numbers(make_run: MakeRun, tiny: GraphData) -> None:
    run = recorded(make_run)
    run.probes["confidence.confidence"][1] = np.nan
    found = read(run, tiny).rows
    assert found[found["epoch"] == 2]["value"].isna().all()
    assert found[found["epoch"] == 0]["value"].notna().all()


# What is said.

Gaps = Mapping[float, Sequence[Sequence[float]]]
"""By weight decay, for each seed the gap at each epoch."""
EPOCHS = (0, 1, 10, 30, 100)
LEARNED = (0.2, 0.3, 0.8, 0.8, 0.8)


def made(gaps: Gaps, best: int | None = 30, note: str = "") -> Course:
    """A course with these gaps, the ECE as large as they are, and accuracies as in `LEARNED`."""
    seeds = len(next(iter(gaps.values())))
    planned = grid(seeds, weight_decays=",".join(map(str, gaps)))
    readings = {}
    for cell in planned.cells:
        for run, course in zip(cell.runs, gaps[cell.value], strict=True):
            rows = [
                (epoch, "test", metric, value)
                for epoch, right, gap in zip(EPOCHS, LEARNED, course, strict=False)
                for metric, value in (("accuracy", right), ("mean_confidence", right - gap), ("gap", gap), ("ece", abs(gap)), ("nll", 1.0))
            ]
            readings[run.key] = Reading(pd.DataFrame(rows, columns=["epoch", "split", "metric", "value"]), best, note)
    return assembled(planned, readings)


UNDER = [[0.2, 0.2, 0.4, 0.3, 0.1], [0.2, 0.2, 0.4, 0.3, 0.1002]]
TURNS = [[0.1, 0.2, 0.4, 0.02, -0.1], [0.1, 0.2, 0.4, 0.0202, -0.1]]


def test_two_trainings_that_end_on_different_sides() -> None:
    said = lens.captions(made({0.0005: UNDER, 0.0: TURNS}))
    assert said[0] == (
        "Trained for 100 epochs, GCN ends 10.0 ± 0.1 points under-confident with weight decay 0.0005 (confidence 70.0 %, accuracy 80.0 %); "
        "10.0 ± 0.0 points over-confident without weight decay (confidence 90.0 %, accuracy 80.0 %) "
        "(test nodes, 2 seeds, public split). They differ in nothing but their weight decay."
    )
    assert said[1] == (
        "Without weight decay the same training is still under-confident at epoch 30 and over-confident from epoch 100 on: "
        "when it stops decides."
    )
    assert said[2] == (
        "With weight decay 0.0005 the ECE on test nodes is lowest in the end: 10.0 ± 0.1 %; "
        "30.0 ± 0.0 % where the validation loss is lowest (epoch 30)."
    )
    assert said[3] == (
        "Without weight decay the ECE on test nodes is lowest at epoch 30: 2.0 ± 0.1 %; "
        "2.0 ± 0.1 % where the validation loss is lowest (epoch 30); 10.0 ± 0.0 % in the end."
    )
    assert len(said) == 4


def test_an_epoch_that_was_not_recorded_is_not_passed_for_one_that_was() -> None:
    said = lens.captions(made({0.0005: UNDER}, best=34))
    assert said[1].endswith("30.0 ± 0.0 % where the validation loss is lowest (epoch 34; read at epoch 30, the nearest recorded).")


def test_trainings_that_end_on_one_side_are_not_said_to_differ() -> None:
    said = lens.captions(made({0.0005: UNDER, 0.0: UNDER}))
    assert "nothing but" not in said[0]
    assert not any("same training" in sentence for sentence in said)


def test_a_side_that_was_another_only_before_it_had_learned_is_no_turn() -> None:
    early = [[-0.3, -0.3, 0.1, 0.2, 0.2], [-0.3, -0.31, 0.1, 0.2, 0.21]]
    said = lens.captions(made({0.0005: early}))
    assert "from epoch 10 on" in said[0]
    assert not any("same training" in sentence for sentence in said)


def test_a_low_error_before_it_had_learned_is_not_its_best() -> None:
    found = made({0.0005: [[0.0, 0.0, 0.3, 0.2, 0.25]] * 2})
    assert found.learned(0.0005, "test") == (10, 30, 100)
    assert found.lowest(0.0005, "test") == 30
    said = "among epochs with 95 % of the best accuracy or more, the ECE on test nodes is lowest at epoch 30: 20.0 ± 0.0 %;"
    assert said in lens.captions(found)[-1]


def test_seeds_that_disagree_tell_no_side() -> None:
    said = lens.captions(made({0.0005: [[0, 0, 0, 0, 0.1], [0, 0, 0, 0, -0.1]]}))
    assert said[0].startswith(
        "Trained for 100 epochs, GCN ends neither over- nor under-confident as far as the seeds tell with weight decay"
    )


def test_one_seed_has_no_spread() -> None:
    said = lens.captions(made({0.0005: UNDER[:1]}))
    assert "ends 10.0 points under-confident" in said[0]
    assert "one seed, so no spread" in said[0]


def test_a_training_that_diverged_ends_where_it_had_numbers() -> None:
    found = made({0.0005: [course[:4] for course in UNDER]}, note="The training diverged in epoch 50.")
    said = lens.captions(found)
    assert "epoch 30 is the last with numbers" in said[0]
    assert said[-2:] == [f"Weight decay 0.0005, seed {seed}: The training diverged in epoch 50." for seed in (0, 1)]


def test_runs_that_are_still_to_come_are_counted() -> None:
    planned, whole = grid(2, weight_decays="0"), made({0.0005: UNDER, 0.0: TURNS})
    first = planned.cells[0].runs[0]
    own = whole.rows[(whole.rows["seed"] == 0) & (whole.rows["weight_decay"] == 0.0005)]
    found = assembled(planned, {first.key: Reading(own[["epoch", "split", "metric", "value"]], 30, "")})
    said = lens.captions(found)[0]
    assert said.startswith("1 of 4 runs so far. Trained for 100 epochs, GCN ends 10.0 points under-confident with weight decay 0.0005")
    assert "1 of 2 seeds" in said
    assert found.weight_decays == (0.0005,)


def test_without_validation_nodes_nothing_is_said_of_an_epoch_that_is_kept() -> None:
    found = made({0.0005: UNDER}, best=None)
    assert not any("validation loss" in sentence for sentence in lens.captions(found))
    assert len(lens.draw(found)["errors"].figure.data[-1].x) == 0


def test_the_tables() -> None:
    found = made({0.0005: UNDER, 0.0: TURNS})
    tables = lens.tables(found)
    assert list(tables["course"]) == ["seed", "weight_decay", "epoch", "split", "metric", "value"]
    assert len(tables["course"]) == 2 * 2 * 5 * 5
    last = summary(found).set_index(["weight_decay", "split", "epoch"]).loc[(0.0, "test", 100)]
    assert last["gap"] == pytest.approx(-0.1)
    assert last["seeds"] == 2


# What is drawn.


def test_curves_cross_half_way_on_a_logarithmic_axis() -> None:
    x, first, second = figures.with_crossings(np.array([1, 4, 16]), np.array([0.0, 1.0, 1.0]), np.array([1.0, 0.0, 0.5]))
    assert x == pytest.approx([1, 2, 4, 16])
    assert first == pytest.approx([0, 0.5, 1, 1])
    assert second == pytest.approx([1, 0.5, 0, 0.5])


def test_what_is_shaded_is_the_gap_and_its_side() -> None:
    figure = figures.course(made({0.0005: TURNS})).figure
    over, under = (next(trace for trace in figure.data if trace.name == name) for name in ("over-confident", "under-confident"))
    for shade, there in ((over, 100.0), (under, 10.0)):
        heights = {}
        for x, y in zip(shade.x, shade.y, strict=True):
            heights.setdefault(round(x, 6), []).append(y)
        gaps = {x: max(ys) - min(ys) for x, ys in heights.items()}
        assert gaps[there] == pytest.approx(0.1 if there == 100 else 0.4)
        assert gaps[10.0 if there == 100 else 100.0] == pytest.approx(0)


def test_circles_stand_where_the_validation_loss_is_lowest() -> None:
    found = made({0.0005: UNDER}, best=28)
    circles = lens.draw(found)["errors"].figure.data[-1]
    assert list(circles.x) == [30, 30], "the nearest recorded epoch"
    assert list(circles.y) == pytest.approx([0.3, 0.3])
