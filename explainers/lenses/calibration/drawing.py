"""Conformal sets of trained runs, drawn and judged. Opens stored runs, and so loads torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from core.data import Bools, GraphData
from core.graph.homophily import local_homophily
from core.hops import adjacency, degrees, hops_to_nearest
from core.metrics.conformal import (
    SCORES,
    Redraws,
    calibration_draws,
    conformal_pool,
    coverage_by_group,
    expected_coverage,
    nonconformity,
    redraws,
    too_few,
)
from core.metrics.node_bins import DEGREES, HOPS, SHARES, NodeBins, binned, by_class
from core.run import Run
from core.spec import RunSpec
from core.splits import split_of
from core.stored import run_and_graph
from core.work import Report
from explainers.calibration_request import RAW
from explainers.lenses.calibration.calibrated import Calibrated, calibrated
from explainers.lenses.calibration.sets import GROUPS, Sets


def read_sets(report: Report, *, specs: Sequence[RunSpec], calibrator: str, alpha: float, draws: int, root: Path) -> Sets:
    """Named work: the sets of stored runs with one calibrator. Raises `UserError` where a run is gone, or without test nodes."""
    frames, looked = [], []
    for number, spec in enumerate(specs):
        report(number, len(specs), "Drawing calibration nodes")
        run, graph = run_and_graph(report, spec, root)
        found, _ = calibrated(report, run, graph, [] if calibrator == RAW else [calibrator], root)
        drawn = _drawn(found[-1], run, graph, adjacency(graph.edge_index, graph.num_nodes), alpha, draws)
        frames += [_frame(one).assign(seed=spec.seed, score=score, draw=np.arange(draws)) for score, one in drawn.items()]
        looked.append((drawn, graph))
    first, graph = looked[0]
    split, one = split_of(graph, specs[0].dataset), next(iter(first.values()))
    return Sets(
        alpha,
        calibrator,
        pd.concat(frames, ignore_index=True),
        _groups(first, graph, split.train),
        {score: drawn.sets for score, drawn in first.items()},
        expected_coverage(one.calibration, one.evaluation, alpha),
        one.calibration,
        one.evaluation,
        conformal_pool(split, specs[0].training, fitted=True).said,
        too_few(one.calibration, alpha),
    )


def conformal(one: Calibrated, run: Run, graph: GraphData, links: csr_matrix, alpha: float, draws: int) -> pd.DataFrame:
    """Columns calibrator, score, alpha, coverage, mean_size: means over the redraws."""
    rows = []
    for score, drawn in _drawn(one, run, graph, links, alpha, draws).items():
        means = {"coverage": float(drawn.coverage.mean()), "mean_size": float(drawn.mean_size.mean())}
        rows.append({"calibrator": one.name, "score": score, "alpha": alpha} | means)
    return pd.DataFrame(rows)


def _drawn(one: Calibrated, run: Run, graph: GraphData, links: csr_matrix, alpha: float, draws: int) -> dict[str, Redraws]:
    """What the draws give, by score. The pool is the same with and without a calibrator, so that the two can be compared; draws and
    the adaptive scores' randomness are of the run's seed."""
    seed = run.spec.seed
    pool = conformal_pool(split_of(graph, run.spec.dataset), run.spec.training, fitted=True).nodes
    drawing, probabilities = calibration_draws(int(pool.sum()), draws, seed=seed), one.probabilities
    return {
        score.name: redraws(nonconformity(score.name, probabilities, links, seed=seed), graph.labels, pool, alpha, drawing)
        for score in SCORES
    }


def _frame(drawn: Redraws) -> pd.DataFrame:
    return pd.DataFrame({"coverage": drawn.coverage, "mean_size": drawn.mean_size, "empty": drawn.empty})


def _groups(drawn: Mapping[str, Redraws], graph: GraphData, train: Bools) -> pd.DataFrame:
    """The first draw, group by group."""
    frames = []
    ways = grouped(graph, adjacency(graph.edge_index, graph.num_nodes), train)
    for score, one in drawn.items():
        for by, bins in ways.items():
            found = coverage_by_group(one.sets, graph.labels, one.evaluated, bins)
            columns = {"count": found.count, "coverage": found.coverage, "low": found.low, "high": found.high, "mean_size": found.mean_size}
            frames.append(pd.DataFrame({"score": score, "by": by, "group": found.labels} | columns))
    return pd.concat(frames, ignore_index=True)


def grouped(graph: GraphData, links: csr_matrix, train: Bools) -> dict[str, NodeBins]:
    """The nodes in groups, by each of `GROUPS`."""
    hops = hops_to_nearest(links, train)
    share, known = local_homophily(graph.edge_index, graph.labels)
    ways = (
        by_class(graph.labels, graph.class_names),
        binned(degrees(links), DEGREES),
        binned(np.where(hops < 0, np.inf, hops), HOPS),
        binned(np.where(known > 0, share, np.nan), SHARES),
    )
    return dict(zip(GROUPS, ways, strict=True))
