"""Conformal sets of runs: against the measures themselves, in groups over all draws, and what is said of those."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data import GraphData, Split
from core.hops import adjacency
from core.metrics.confidence_factors import factor_bins, factor_values
from core.metrics.conformal import (
    SCORES,
    calibration_draws,
    conformal_pool,
    coverage_by_group,
    expected_coverage,
    node_coverage,
    nonconformity,
    redraws,
)
from core.proportions import wilson
from core.run import Run
from core.splits import split_of
from core.work import silent
from explainers.calibration_request import RAW
from explainers.contract import Unsupported
from explainers.lenses.calibration import set_figures
from explainers.lenses.calibration.calibrated import uncalibrated
from explainers.lenses.calibration.drawing import COLUMNS, conformal_means, drawing, grouped, sets_of
from explainers.lenses.calibration.sets import FACTORS, GROUPS, Sets, draws_table, groups_table, pooled

NAMES = [score.name for score in SCORES]


def test_sets_are_those_of_the_redraws(run: Run, karate: GraphData) -> None:
    one, links = uncalibrated(run), adjacency(karate.edge_index, karate.num_nodes)
    rows = conformal_means(one, drawing(run, karate, links, 0.2, 20)).set_index("score")
    pool = conformal_pool(split_of(karate, run.spec.dataset), run.spec.training, fitted=True).nodes
    draws = calibration_draws(int(pool.sum()), 20, seed=run.spec.seed)
    for name in NAMES:
        expected = redraws(nonconformity(name, one.probabilities, links, seed=run.spec.seed), karate.labels, pool, 0.2, draws)
        assert rows.loc[name, "coverage"] == pytest.approx(expected.coverage.mean())
        assert rows.loc[name, "mean_size"] == pytest.approx(expected.mean_size.mean())
    pd.testing.assert_frame_equal(conformal_means(one, drawing(run, karate, links, 0.2, 20)).set_index("score"), rows)


def test_the_sets_of_the_page_are_those_of_the_command(run: Run, karate: GraphData, root: Path) -> None:
    found = sets_of(silent, [run], karate, "temperature", 0.2, 20, root)
    links = adjacency(karate.edge_index, karate.num_nodes)
    assert list(draws_table(found)) == ["seed", "calibrator", "score", "alpha", "draw", "coverage", "mean_size", "empty"]
    assert set(draws_table(found)["calibrator"]) == {"temperature"}
    assert len(draws_table(found)) == 20 * len(NAMES)
    raw = sets_of(silent, [run], karate, RAW, 0.2, 20, root)
    means = conformal_means(uncalibrated(run), drawing(run, karate, links, 0.2, 20)).set_index("score")
    for name, rows in raw.draws.groupby("score"):
        assert rows["coverage"].mean() == pytest.approx(means.loc[name, "coverage"])
    assert (raw.redraws, raw.seeds) == (20, 1)


def test_groups_are_those_of_the_factors() -> None:
    """An edge stored in one direction only, one stored twice and a loop: all count as the factors count them, as links."""
    edges = np.array([[0, 1], [1, 2], [1, 2], [2, 2], [3, 0]]).T
    split = Split(*(np.arange(5) == node for node in range(3)))
    graph = GraphData("tiny", np.eye(5, dtype=np.float32), edges, np.array([0, 0, 1, 1, 0]), ("a", "b"), {"public": split})
    links, train = adjacency(edges, 5), graph.splits["public"].train
    prob = np.full((5, 2), 0.5)
    raw = uncalibrated(replace(_blank(), logits=np.zeros((5, 2), dtype=np.float32)))
    ways = grouped(graph, raw, links, train)
    assert tuple(ways) == GROUPS
    factors = factor_bins(factor_values(prob, graph.labels, links, train))
    for name, title in FACTORS.items():
        np.testing.assert_array_equal(ways[title].index, factors[name].index)
    homophily = ways["local homophily"]
    named = [homophily.bins[place].label if place >= 0 else "" for place in homophily.index]
    assert named == ["50 to 75 %", "50 to 75 %", "under 25 %", "under 25 %", ""]
    np.testing.assert_array_equal(ways["class"].index, graph.labels)


def _blank() -> Run:
    from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec

    spec = RunSpec(DatasetSpec("tiny", split="public"), ModelSpec("gcn"), TrainingSpec())
    return Run(spec, "accuracy", {}, np.zeros((0, 2), dtype=np.float32), 1, {}, 0.0, "cpu")


def test_groups_are_over_all_draws_and_seeds(run: Run, karate: GraphData, root: Path) -> None:
    other = replace(run, spec=replace(run.spec, seed=4), logits=run.logits[:, ::-1].copy())
    found = sets_of(silent, [run, other], karate, RAW, 0.3, 25, root)
    links, pool = adjacency(karate.edge_index, karate.num_nodes), split_of(karate, run.spec.dataset).test
    covered = judged = np.zeros(4, dtype=int)
    for each in (run, other):
        draws = calibration_draws(int(pool.sum()), 25, seed=each.spec.seed)
        scores = nonconformity("aps", uncalibrated(each).probabilities, links, seed=each.spec.seed)
        nodes = node_coverage(scores, karate.labels, pool, draws, redraws(scores, karate.labels, pool, 0.3, draws).threshold)
        by = coverage_by_group(nodes, grouped(karate, uncalibrated(each), links, pool)["class"])
        covered, judged = covered + by.covered, judged + by.judged
    rows = found.groups[(found.groups["score"] == "aps") & (found.groups["by"] == "class")]
    np.testing.assert_allclose(rows["coverage"], covered / judged)
    np.testing.assert_array_equal(rows["count"], np.bincount(karate.labels[pool], minlength=4))
    low, high = wilson(rows["coverage"] * rows["count"], rows["count"], found.tested("aps"))
    np.testing.assert_allclose(rows["low"], low)
    np.testing.assert_allclose(rows["high"], high)
    assert "by" in groups_table(found)
    assert groups_table(found)["calibrator"].eq(RAW).all()


def test_a_calibrator_that_is_refused_is_not_passed_for_the_raw_run(run: Run, karate: GraphData, root: Path) -> None:
    public = karate.splits["public"]
    bare = replace(karate, splits={"public": Split(public.train, np.zeros_like(public.train), public.test)})
    with pytest.raises(Unsupported, match="Temperature scaling is fitted to validation nodes"):
        sets_of(silent, [run], bare, "temperature", 0.2, 5, root)
    assert sets_of(silent, [run], bare, RAW, 0.2, 5, root).calibrator == RAW


@pytest.mark.parametrize(("size", "said"), [(0, "this split has none"), (1, "at least 2 nodes, one to calibrate and one to evaluate")])
def test_where_nobody_can_be_drawn_the_reason_is_said(run: Run, karate: GraphData, root: Path, size: int, said: str) -> None:
    public = karate.splits["public"]
    few = replace(karate, splits={"public": Split(public.train, public.validation, public.test & (public.test.cumsum() <= size))})
    drawn = drawing(run, few, adjacency(few.edge_index, few.num_nodes), 0.2, 5)
    assert said in drawn.why
    rows = conformal_means(uncalibrated(run), drawn)
    assert (len(rows), list(rows)) == (0, COLUMNS)
    with pytest.raises(Unsupported, match=said):
        sets_of(silent, [run], few, RAW, 0.2, 5, root)


def test_where_splits_differ_in_size_so_does_what_is_to_be_expected(run: Run, karate: GraphData, root: Path) -> None:
    public = karate.splits["public"]
    smaller = Split(public.train, public.validation, public.test & (public.test.cumsum() <= 10))
    two = replace(karate, splits={"public": public, "1": smaller})
    other = replace(run, spec=replace(run.spec, seed=4, dataset=replace(run.spec.dataset, split="1")))
    found = sets_of(silent, [run, other], two, RAW, 0.3, 30, root)
    half = int(public.test.sum()) // 2
    assert found.sizes == ((half, int(public.test.sum()) - half), (5, 5))
    assert found.within == expected_coverage(found.sizes, 0.3)
    assert found.pool.startswith(f"Of seed {run.spec.seed}: ")
    chart = set_figures.coverages(found)
    assert f"5 to {half} nodes calibrate" in chart.source
    bars = [trace for trace in chart.figure.data if trace.type == "bar"]
    assert [sum(trace.y) for trace in bars] == [60] * 3


# What is said.


def made(groups: list[tuple[str, str, int, float]], seeds: int = 2, judged: int = 500, left_out: int = 0) -> Sets:
    """Sets of scores that are all alike; `groups`: by, name, nodes of the pool, coverage."""
    random = np.random.default_rng(0)
    frames = [
        pd.DataFrame(
            {
                "seed": seed,
                "score": score,
                "draw": np.arange(40),
                "coverage": random.binomial(judged, 0.9, 40) / judged,
                "mean_size": 1.5 + 0.1 * seed,
                "empty": 0.0,
            }
        )
        for seed in range(seeds)
        for score in NAMES
    ]
    rows = [
        (score, by, place, name, count, 20 * count, round(20 * count * coverage), 30 * count, left_out)
        for _ in range(seeds)
        for score in NAMES
        for place, (by, name, count, coverage) in enumerate(groups)
    ]
    columns = ["score", "by", "place", "group", "count", "judged", "covered", "classes", "left_out"]
    whole = pooled(pd.DataFrame(rows, columns=columns))
    return Sets(0.1, RAW, pd.concat(frames, ignore_index=True), whole, {}, (0.9, 0.85, 0.95), ((500, judged),) * seeds, "Pool.", "")


def test_size_and_coverage_have_their_spread() -> None:
    first, *_ = set_figures.said(made([("class", "a", 900, 0.9)]))
    assert "sets take 1.55 ± 0.64 classes on average with Threshold (THR)" in first
    assert first.endswith("% (uncalibrated, 40 draws of each of 2 seeds).")
    assert " ± " in first.partition("they hold it for ")[2]
    one, *_ = set_figures.said(made([("class", "a", 900, 0.9)], seeds=1))
    assert "sets take 1.50 classes" in one
    assert "40 draws of one seed" in one


def test_a_group_that_falls_short_beyond_chance_is_named() -> None:
    found = made([("class", "a", 900, 0.95), ("class", "b", 100, 0.6), ("degree", "2–3", 50, 0.7)])
    said = set_figures.worst(found, "thr")
    assert said == (
        "With Threshold (THR) 2 of 3 groups fall short on average over 40 draws of each of 2 seeds: by class, “b” is covered for 60.0 % "
        "of its 100 nodes (interval 48 % to 71 %, holding for all 3 together); also “2–3” by degree."
    )


def test_the_sets_of_a_node_say_whether_they_hold_its_class(karate: GraphData) -> None:
    inside = np.zeros((34, karate.num_classes), dtype=bool)
    inside[5, [0, 1]] = True
    found = replace(made([("class", "a", 900, 0.9)]), members=dict.fromkeys(NAMES, inside))
    names, label = karate.class_names, int(karate.labels[5])
    true, first, *_ = set_figures.of_node(found, karate, 5)
    assert true == f"True class: {names[label]}."
    assert first.endswith(f"{{{names[0]}, {names[1]}}}, which {'holds' if label < 2 else 'misses'} it")
    assert set_figures.of_node(found, karate, 6)[1].endswith("empty, no class fits")
    unknown = replace(karate, labels=np.full(34, -1))
    assert set_figures.of_node(found, unknown, 5)[:2] == ["Its true class is not known.", f"{first.partition(', which')[0]}"]


def test_with_many_groups_one_of_them_is_low_by_chance_and_not_named() -> None:
    low = ("class", "a", 50, 0.8)
    assert "“a”" in set_figures.worst(made([low]), "thr"), "alone it would be told"
    many = [low, *(("degree", str(n), 50, 0.9) for n in range(20))]
    said = set_figures.worst(made(many), "thr")
    assert said == "No group by class, degree, hops or homophily falls short beyond its interval, which holds for all 21 together."


def test_names_of_classes_are_escaped_and_who_is_left_out_is_counted() -> None:
    found = made([("class", "<b>a</b>", 900, 0.9), ("class", "b", 100, 0.9)], left_out=7)
    chart = set_figures.groups(found, "class")
    assert list(chart.figure.layout.xaxis.categoryarray) == ["&lt;b&gt;a&lt;/b&gt;", "b"]
    assert all(list(trace.x) == ["&lt;b&gt;a&lt;/b&gt;", "b"] for trace in chart.figure.data if trace.mode == "markers")
    assert chart.reading.endswith("hold for all 2 groups together. In no group: 7 nodes.")
    assert "In no group" not in set_figures.groups(made([("class", "a", 900, 0.9)]), "class").reading


@pytest.mark.parametrize("judged", [7, 83, 500, 4321])
def test_each_bin_holds_as_many_whole_numbers_as_the_next(judged: int) -> None:
    found = made([("class", "a", 900, 0.9)], judged=judged)
    edges = set_figures.coverage_edges(found)
    held, _ = np.histogram(np.arange(judged + 1 + len(edges) * judged) / judged, edges)
    assert len(set(held)) == 1
    assert len(held) <= set_figures.BINS
    counts, _ = np.histogram(found.draws["coverage"], edges)
    assert counts.sum() == len(found.draws)
