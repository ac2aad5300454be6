"""What is read of a run: against the measures themselves, kept in the store, and without a look at test labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.data import Split
from core.errors import UserError
from core.metrics import expected_calibration_error, negative_log_likelihood
from core.metrics.confidence_factors import FACTORS
from core.spec import RunSpec
from core.splits import split_of
from core.work import silent
from explainers.calibration_request import RAW
from explainers.lenses import calibration as lens
from explainers.lenses.calibration import factor_figures
from explainers.lenses.calibration import result as results
from explainers.lenses.calibration.calibrated import chosen, ordered
from explainers.lenses.calibration.readings import read
from explainers.lenses.calibration.result import PARTS
from explainers.runner import run_lens

NAMES = ["temperature", "histogram"]


def test_scores_are_those_of_the_measures_and_of_the_run(run, karate, root):
    reading, refused = read(silent, run, karate, NAMES, 0.2, 10, root)
    assert refused == {}
    split, rows = split_of(karate, run.spec.dataset), reading.scores.set_index(["calibrator", "split", "metric"])["value"]
    prob, y = run.probabilities[split.test], karate.labels[split.test]
    assert rows[RAW, "test", "accuracy"] == pytest.approx(run.scores["test_score"])
    assert rows[RAW, "test", "ece"] == pytest.approx(expected_calibration_error(prob, y), abs=1e-6)
    assert rows[RAW, "test", "nll"] == pytest.approx(negative_log_likelihood(prob, y), abs=1e-6)
    assert rows["temperature", "test", "accuracy"] == rows[RAW, "test", "accuracy"]
    assert rows["temperature", "validation", "nll"] <= rows[RAW, "validation", "nll"] + 1e-6
    parts = [rows[RAW, "test", f"brier_{name}"] for name in ("reliability", "uncertainty", "within_bins")]
    assert sum(parts) - rows[RAW, "test", "brier_resolution"] == pytest.approx(rows[RAW, "test", "brier"])


def test_bins_hold_every_node_once(run, karate, root):
    reading, _ = read(silent, run, karate, NAMES, 0.2, 10, root)
    found = results.Calibration("gcn", "karate", "public split", 0.2, (reading,))
    for bins, equal_mass in ((5, False), (30, False), (10, True)):
        table = results.bins_table(found, bins, equal_mass=equal_mass)
        assert set(table["split"]) == set(PARTS)
        for part in PARTS:
            rows = table[(table["split"] == part) & (table["calibrator"] == RAW)]
            assert len(rows) == bins
            assert rows["count"].sum() == getattr(split_of(karate, run.spec.dataset), part).sum()


def test_the_overall_factor_is_the_gap(run, karate, root):
    reading, _ = read(silent, run, karate, NAMES, 0.2, 10, root)
    rows = reading.factors
    one = rows[(rows["factor"] == "overall") & (rows["split"] == "test") & (rows["calibrator"] == RAW)].iloc[0]
    test = split_of(karate, run.spec.dataset).test
    assert one["gap"] == pytest.approx(run.scores["test_score"] - run.confidence[test].mean(), abs=1e-6)
    assert one["count"] == test.sum()


def test_without_validation_nodes_the_run_is_still_read(run, karate, root):
    public = karate.splits["public"]
    bare = replace(karate, splits={"public": Split(public.train, np.zeros_like(public.train), public.test)})
    reading, refused = read(silent, run, bare, NAMES, 0.2, 10, root)
    assert [one.calibrator for one in reading.answers] == [RAW]
    assert set(refused) == set(NAMES)
    assert "validation nodes" in refused["temperature"]


def test_names_are_checked_before_anything_is_trained(run):
    with pytest.raises(UserError, match="Did you mean 'temperature'"):
        lens.plan(run.spec, 2, {"calibrators": "temprature"})
    assert chosen(["all"]) == ordered()
    assert chosen([RAW, "ets"]) == ["ets"]


def test_seed_by_seed_from_the_command_to_the_pictures(root):
    spec = RunSpec.from_dict(
        {
            "dataset": {"name": "karate", "parameters": {}, "split": "public", "edits": []},
            "model": {"name": "gcn", "parameters": {}},
            "training": {"epochs": 20},
            "seed": 0,
        }
    )
    found = run_lens(
        silent, lens="calibration", spec=spec, seeds=2, values={"calibrators": "temperature,isotonic"}, root=root, device="cpu"
    )
    tables = lens.tables(found)
    assert list(tables["scores"]) == ["seed", "calibrator", "split", "metric", "value"]
    assert list(tables["bins"]) == ["seed", "calibrator", "split", "bin_low", "bin_high", "count", "accuracy", "confidence"]
    assert list(tables["factors"]) == ["seed", "calibrator", "split", "factor", "label", "value_low", "value_high", "count", "gap"]
    assert list(tables["conformal"]) == ["seed", "calibrator", "score", "alpha", "coverage", "mean_size"]
    assert set(tables["scores"]["seed"]) == {0, 1}
    assert set(tables["scores"]["calibrator"]) == {RAW, "temperature", "isotonic"}
    for view in factor_figures.factor_charts(found, "test", "temperature").values():
        assert set(view.data["calibrator"]) == {RAW, "temperature"}
    assert lens.draw(found)["scores"].data["calibrator"].tolist()[0] in ("Temperature scaling", "Isotonic regression", "Uncalibrated")


@pytest.mark.parametrize("name", [RAW, *ordered()])
def test_the_diagram_and_the_scores_say_the_same_error(run, karate, root, name):
    reading, _ = read(silent, run, karate, [] if name == RAW else [name], 0.2, 10, root)
    rows = reading.scores.set_index(["calibrator", "split", "metric"])["value"]
    for part in PARTS:
        for metric, equal_mass in (("ece", False), ("adaptive_ece", True)):
            drawn = results.binned(reading, name, part, 15, equal_mass=equal_mass).calibration_error
            assert drawn == pytest.approx(rows[name, part, metric], abs=1e-12)


def test_two_bins_that_differ_by_chance_are_no_finding(run, karate, root):
    reading, _ = read(silent, run, karate, ["temperature"], 0.2, 10, root)
    found = results.Calibration("gcn", "karate", "public split", 0.2, (reading,))
    assert factor_figures.factor_sentence(found, "test", "temperature").startswith("By no factor"), "34 nodes tell nothing"


def test_two_bins_that_differ_are_named():
    factor = next(one for one in FACTORS if one.name == "degree")
    rows = pd.DataFrame(
        [
            {"seed": seed, "calibrator": name, "label": label, "count": 400, "gap": gap + seed / 100}
            for seed in (0, 1, 2)
            for name, gaps in ((RAW, (0.3, 0.1)), ("temperature", (0.05, 0.04)))
            for label, gap in zip(("1", "2–3"), gaps, strict=True)
        ]
    )
    assert factor_figures.span(rows.assign(count=30), factor, "temperature") is None, "30 nodes a bin can differ by .25 by chance"
    rows.loc[(rows["seed"] == 2) & (rows["label"] == "1"), "gap"] += 0.01
    found = factor_figures.span(rows, factor, "temperature")
    assert (found.low, found.high) == ("2–3", "1")
    assert found.before.mean == pytest.approx(0.2 + 0.01 / 3)
    assert found.after.mean == pytest.approx(0.01 + 0.01 / 3)


def test_nodes_that_a_calibrator_makes_worse_are_named():
    rows = pd.DataFrame(
        [
            {"seed": seed, "calibrator": name, "label": label, "gap": gap + seed / 1000}
            for seed in (0, 1, 2)
            for name, gaps in ((RAW, (-0.2, 0.3)), ("temperature", (-0.4, 0.1)))
            for label, gap in zip(("few", "many"), gaps, strict=True)
        ]
    )
    assert factor_figures.harm(rows, "few", "temperature") == (
        "Nodes in “few” are worse off by it: their gap was 19.9 ± 0.2 points, and becomes 39.9 ± 0.2 points (over-confident)."
    )
    assert factor_figures.harm(rows, "many", "temperature") == "", "their gap becomes smaller"
    assert factor_figures.harm(rows, "few", RAW) == "", "the run as it is"
