"""Calibration against one setting: runs by hand, sentences of made-up recipes, and what cannot be read or varied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data import GraphData, Split
from core.errors import UserError
from core.models.contract import model
from core.parameters import resolve
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings
from core.work import silent
from explainers.contract import Unsupported
from explainers.lenses import calibration_recipes as lens
from explainers.lenses.calibration_recipes import figures
from explainers.lenses.calibration_recipes.readings import Reading, offered, read, recipe_grid
from explainers.lenses.calibration_recipes.result import COLUMNS, Recipes, assembled, by_value
from explainers.sweep.grid import Grid
from tests.explainers.conftest import MakeRun, mask

RAW, SCALED = "uncalibrated", "temperature"


def spec(name: str = "gcn") -> RunSpec:
    return RunSpec(DatasetSpec("tiny"), ModelSpec(name, settings(resolve(model(name).parameters, {}, name))), TrainingSpec(patience=10))


def grid(seeds: int = 2, name: str = "gcn", **given: object) -> Grid:
    return recipe_grid(spec(name), seeds, resolve(lens.LENS.parameters, given, "lens"), 0, model(name).parameters)


# Which runs.


def test_suggested_values_hold_the_selected_one() -> None:
    found = grid()
    assert found.setting.qualified == "training.weight_decay"
    assert found.setting.values == (0.0, 5e-05, 0.0005, 0.005, 0.05)
    assert len(found.runs) == 10
    assert {run.training.patience for run in found.runs} == {10}, "the selected training"
    assert all(setting.values for setting in offered(spec(), model("gcn").parameters).values())


def test_values_may_be_a_range() -> None:
    assert grid(setting="dropout", values="0:.6:.3").setting.values == (0.0, 0.3, 0.6)


def test_of_epochs_the_last_one_is_kept() -> None:
    found = grid(setting="epochs", values="100,20")
    assert [(run.training.epochs, run.training.keep, run.training.patience) for run in found.runs[::2]] == [
        (20, "last", 0),
        (100, "last", 0),
    ]


def test_a_setting_that_the_model_lacks_is_refused_with_those_it_has() -> None:
    with pytest.raises(Unsupported, match="SGC has no width to vary; setting takes weight_decay, epochs, lr, depth, dropout here"):
        grid(name="sgc", setting="width")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"values": "low,high"}, "is 'low'; it takes a number from 0 to 1"),
        ({"values": "0.1"}, "has 1 value here; a sweep takes 2 to 30"),
        ({"setting": "depth", "values": "1,1.5"}, "it takes a whole number"),
        ({"setting": "heads"}, "it takes one of weight_decay, epochs, lr, depth, width, dropout"),
    ],
)
def test_values_that_are_none_are_named(given: Mapping[str, str], said: str) -> None:
    with pytest.raises(UserError, match=said):
        grid(**given)


# What is read.

SURE = [0.9, 0.8, 0.95, 0.95, 0.65, 0.9, 0.65]


def test_a_run_by_hand(make_run: MakeRun, tiny: GraphData, tmp_path: Path) -> None:
    found = read(silent, make_run([0, 0, 1, 1, 0, 0, 0], confidence=SURE), tiny, tmp_path).rows
    values = found.set_index(["calibrator", "split", "metric"])["score_value"].sort_index()
    by_hand = {"accuracy": 0.75, "mean_confidence": 0.8, "gap": -0.05, "ece": 0.1, "nll": -np.log([0.95, 0.95, 0.65, 0.35]).mean()}
    assert values[RAW, "test"].to_dict() == pytest.approx(by_hand, rel=1e-5)
    assert values[RAW, "validation"]["gap"] == pytest.approx(0.2)
    assert values[SCALED, "test"]["accuracy"] == 0.75
    assert values[SCALED, "validation"]["mean_confidence"] > 0.99, "the one validation node is right"


def test_without_validation_nodes_the_run_is_read_as_it_is(make_run: MakeRun, tiny: GraphData, tmp_path: Path) -> None:
    graph = replace(tiny, splits={"public": Split(mask(0), mask(), mask(2, 3, 4, 6))})
    found = read(silent, make_run([0, 0, 1, 1, 0, 0, 0], confidence=SURE), graph, tmp_path)
    assert set(found.rows["calibrator"]) == {RAW}
    assert "fitted to validation nodes, and this split has none" in found.said


def test_without_test_nodes_there_is_nothing_to_judge_by(make_run: MakeRun, tiny: GraphData, tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="no test nodes"):
        read(silent, make_run([0] * 7), replace(tiny, splits={"public": Split(mask(0), mask(1), mask())}), tmp_path)


def test_a_training_that_diverged_at_once_has_no_numbers(make_run: MakeRun, tiny: GraphData, tmp_path: Path) -> None:
    found = read(silent, make_run([0] * 7, history=np.full((1, 5), np.nan)), tiny, tmp_path).rows
    assert len(found)
    assert found["score_value"].isna().all()


def test_a_score_that_is_not_defined_is_no_failure(make_run: MakeRun, tiny: GraphData, tmp_path: Path) -> None:
    """ROC-AUC of test nodes of one class."""
    found = read(silent, make_run([0] * 7, test_score=np.nan), tiny, tmp_path).rows
    assert found["score_value"].notna().all()


# What is said.

Gaps = Mapping[object, Sequence[float]]
"""By value, the gap of each seed."""


def made(make_run: MakeRun, gaps: Gaps, left: float = 0.01, remark: str = "", **given: object) -> Recipes:
    """Recipes with these gaps, the ECE as large, accuracies of 80 %, and gaps of `left` after temperature scaling."""
    seeds = max(map(len, gaps.values()))
    planned = grid(seeds, **{"values": ",".join(map(str, gaps))} | given)
    readings, found = {}, []
    for cell in planned.cells:
        for seed, run in enumerate(cell.runs):
            if seed >= len(gaps[cell.value]):
                found.append(None)
                continue
            found.append(replace(make_run([0] * 7), spec=run))
            rows = [
                ("test", calibrator, metric, value)
                for calibrator, gap in ((RAW, gaps[cell.value][seed]), (SCALED, left))
                for metric, value in {"accuracy": 0.8, "mean_confidence": 0.8 - gap, "gap": gap, "ece": abs(gap), "nll": 1.0}.items()
                if not (remark and calibrator == SCALED)
            ]
            readings[run.key] = Reading(pd.DataFrame(rows, columns=["split", "calibrator", "metric", "score_value"]), remark)
    return assembled(planned, found, readings)


BOTH: Gaps = {0.0: (-0.1, -0.1), 0.001: (0.01, -0.01), 0.01: (0.1, 0.1), 0.1: (0.2, 0.2)}


def test_a_setting_that_turns_the_sign(make_run: MakeRun) -> None:
    said = lens.captions(made(make_run, BOTH))
    assert said == [
        "GCN is over-confident at weight decay 0 (10.0 ± 0.0 points); under-confident at 0.01 and 0.1 (10.0 to 20.0 points); "
        "not told from calibrated on average at 0.001 (0.0 ± 12.7 points) (test nodes, 2 seeds, public split). "
        "Nothing but the weight decay differs.",
        "Between weight decay 0 and 0.1 the gap moves by 30.0 ± 0.0 points; accuracy lies between 80.0 ± 0.0 % (0) and 80.0 ± 0.0 % (0).",
        "Temperature scaling, fitted to the validation nodes, takes the ECE from 1.0 – 20.0 % to 1.0 %, "
        "and leaves gaps of 1.0 point at most.",
        "Kept is the epoch with the lowest validation loss, of at most 200.",
    ]


def test_one_side_is_not_said_to_be_a_turn(make_run: MakeRun) -> None:
    said = lens.captions(made(make_run, {0.0: (0.05, 0.06), 0.1: (0.2, 0.21)}))
    assert "Nothing but" not in said[0]
    assert "over-confident" not in said[0]


def test_values_that_the_seeds_do_not_tell_apart(make_run: MakeRun) -> None:
    said = lens.captions(made(make_run, {0.0: (0.1, -0.1), 0.1: (-0.1, 0.2)}))
    assert said[1].startswith("Between weight decay 0 and 0.1, which are farthest apart, the seeds do not tell the gaps apart")


def test_runs_that_are_still_to_come_are_counted(make_run: MakeRun) -> None:
    found = made(make_run, {0.0: (-0.1, -0.11), 0.1: (0.2,), 0.2: ()})
    assert lens.captions(found)[0].startswith("3 of 6 runs so far. GCN is over-confident at weight decay 0")
    assert "1 to 2 seeds" in lens.captions(found)[0]
    assert list(by_value(found)["seeds"]) == [2, 2, 1, 1]


def test_nothing_yet_and_nothing_at_all(make_run: MakeRun) -> None:
    assert lens.captions(assembled(grid(), [None] * 10, {})) == ["Nothing of this is measured yet: 10 runs to train."]
    lost = made(make_run, {0.0: (np.nan, np.nan), 0.1: (np.nan, np.nan)})
    assert lens.captions(lost)[0] == "None of the runs gave a number."


def test_one_seed_has_no_spread(make_run: MakeRun) -> None:
    said = lens.captions(made(make_run, {0.0: (-0.1,), 0.1: (0.2,)}))
    assert said[0].startswith("GCN is over-confident at weight decay 0 (10.0 points); under-confident at 0.1 (20.0 points)")
    assert "one seed, so no spread" in said[0]


def test_why_temperature_scaling_is_missing_is_said_once(make_run: MakeRun) -> None:
    said = lens.captions(made(make_run, {0.0: (0.1, 0.1), 0.1: (-0.2, -0.2)}, remark="No validation nodes."))
    assert said.count("No validation nodes.") == 1, "it is so at both values"
    assert not any("Temperature" in sentence for sentence in said)


def test_a_remark_on_some_runs_says_where(make_run: MakeRun) -> None:
    found = made(make_run, BOTH)
    there = replace(found, remarks={"It is held.": (0.01, 0.1)})
    assert lens.captions(there)[-1] == "At weight decay 0.01 and 0.1: It is held."


def test_a_training_that_keeps_its_last_epoch_is_said_to(make_run: MakeRun) -> None:
    found = made(make_run, BOTH)
    assert replace(found, training=TrainingSpec(keep="last")).kept == "The last epoch of each training is kept."


def test_of_epochs_it_is_said_that_the_last_is_kept(make_run: MakeRun) -> None:
    found = made(make_run, {20: (0.1, 0.1), 100: (0.2, 0.2)}, setting="epochs")
    assert found.kept == "The last epoch of each training is kept."
    assert "at epochs 20 and 100" in lens.captions(found)[0]


def test_the_table(make_run: MakeRun) -> None:
    rows = lens.tables(made(make_run, BOTH))["recipes"]
    assert list(rows) == COLUMNS
    assert len(rows) == 4 * 2 * 2 * 5
    assert set(rows["setting"]) == {"weight_decay"}


# What is drawn.


def test_means_stand_at_their_values_and_both_sides_are_in_sight(make_run: MakeRun) -> None:
    figure = figures.gaps(made(make_run, {0.001: (-0.1, -0.2), 0.01: (-0.3, -0.4), 0.1: (-0.35, -0.45)})).figure
    raw, right, scaled = (
        next(trace for trace in figure.data if trace.uid == uid) for uid in (f"gap {RAW}", f"accuracy {RAW}", f"gap {SCALED}")
    )
    assert raw.x == pytest.approx((-3, -2, -1)), "on a logarithmic axis"
    assert raw.y == pytest.approx((-0.15, -0.35, -0.4))
    assert raw.error_y.array == pytest.approx((0.6353, 0.6353, 0.6353), abs=1e-3)
    assert right.y == pytest.approx((0.8, 0.8, 0.8))
    assert scaled.y == pytest.approx((0.01, 0.01, 0.01))
    low, high = figure.layout.yaxis.range
    assert low < 0 < high


def test_without_runs_the_frame_is_empty() -> None:
    figure = figures.gaps(assembled(grid(), [None] * 10, {})).figure
    assert all(len(trace.x) == 0 for trace in figure.data)
