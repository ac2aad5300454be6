"""Conformal sets of trained runs, drawn and judged. Opens stored runs, and so loads torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from core.data import Bools, GraphData, Ints
from core.errors import UserError
from core.hops import adjacency
from core.metrics.confidence_factors import factor_bins, factor_values
from core.metrics.conformal import (
    Redraws,
    calibration_draws,
    conformal_pool,
    coverage_by_group,
    expected_coverage,
    node_coverage,
    nonconformities,
    redraws,
    too_few,
)
from core.metrics.conformal.scores import Floats
from core.metrics.node_bins import NodeBins, by_class
from core.run import Run
from core.spec import RunSpec
from core.splits import split_of
from core.stored import run_and_graph
from core.work import Report, within
from explainers.calibration_request import RAW
from explainers.contract import Unsupported
from explainers.lenses.calibration.calibrated import Calibrated, calibrated
from explainers.lenses.calibration.sets import FACTORS, GROUPS, Sets, pooled

COLUMNS = ["calibrator", "score", "alpha", "coverage", "mean_size"]


@dataclass(frozen=True, eq=False)
class Drawing:
    """Who calibrates and who is judged in each draw of a run, the same for all calibrators and scores, which differ by nothing else.

    `labels` [num_nodes]; `links` from `core.hops.adjacency`; `pool` [num_nodes]; `draws` [redraws, pool] of `calibration_draws`. `said`:
    who is in the pool. `why`: the reason where nobody can be drawn; then there are no draws.
    """

    labels: Ints
    links: csr_matrix
    alpha: float
    seed: int
    pool: Bools
    draws: Bools
    said: str = ""
    why: str = ""

    def redraws(self, one: Calibrated) -> Iterator[tuple[str, Floats, Redraws]]:
        """Every nonconformity score's name, its values and what the draws give."""
        for name, scores in nonconformities(one.probabilities, self.links, seed=self.seed):
            yield name, scores, redraws(scores, self.labels, self.pool, self.alpha, self.draws)


def drawing(run: Run, graph: GraphData, links: csr_matrix, alpha: float, draws: int) -> Drawing:
    """Made once a run. The pool is the same with and without a calibrator, so that the two can be compared; draws and the adaptive
    scores' randomness are of the run's seed."""
    nobody = np.zeros(graph.num_nodes, dtype=bool), np.zeros((0, 0), dtype=bool)
    try:
        pool = conformal_pool(split_of(graph, run.spec.dataset), run.spec.training, fitted=True)
        drawn = calibration_draws(int(pool.nodes.sum()), draws, seed=run.spec.seed)
    except UserError as error:
        return Drawing(graph.labels, links, alpha, run.spec.seed, *nobody, why=str(error))
    return Drawing(graph.labels, links, alpha, run.spec.seed, pool.nodes, drawn, pool.said)


def conformal_means(one: Calibrated, drawn: Drawing) -> pd.DataFrame:
    """Columns calibrator, score, alpha, coverage, mean_size: means over the redraws; no rows where nobody can be drawn."""
    found = () if drawn.why else drawn.redraws(one)
    rows = [(one.name, score, drawn.alpha, float(each.coverage.mean()), float(each.mean_size.mean())) for score, _, each in found]
    return pd.DataFrame(rows, columns=COLUMNS)


def read_sets(report: Report, *, specs: Sequence[RunSpec], calibrator: str, alpha: float, draws: int, root: Path) -> Sets:
    """Named work: the sets of stored runs with one calibrator. Raises `UserError` where a run is gone, else as `sets_of`."""
    loaded = [run_and_graph(report, spec, root) for spec in specs]
    return sets_of(report, [run for run, _ in loaded], loaded[0][1], calibrator, alpha, draws, root)


def sets_of(report: Report, runs: Sequence[Run], graph: GraphData, calibrator: str, alpha: float, draws: int, root: Path) -> Sets:
    """The sets of runs on a graph with one calibrator. Raises `Unsupported` where that does not apply, and where nobody can be drawn."""
    links = adjacency(graph.edge_index, graph.num_nodes)
    frames, groups, drawings = list[pd.DataFrame](), list[pd.DataFrame](), list[Drawing]()
    members, sizes = dict[str, Bools](), list[tuple[int, int]]()
    for number, run in enumerate(runs):
        step = within(report, number, len(runs))
        step(message="Drawing calibration nodes")
        found, refused = calibrated(step, run, graph, [] if calibrator == RAW else [calibrator], root)
        drawn = drawing(run, graph, links, alpha, draws)
        if why := refused.get(calibrator, drawn.why):
            raise Unsupported(why)
        ways = grouped(graph, found[0], links, split_of(graph, run.spec.dataset).train)
        for score, values, one in drawn.redraws(found[-1]):
            columns = {"draw": np.arange(draws), "coverage": one.coverage, "mean_size": one.mean_size, "empty": one.empty}
            frames.append(pd.DataFrame({"seed": run.spec.seed, "score": score} | columns))
            groups.append(_groups(drawn, values, one, ways).assign(score=score))
            members.setdefault(score, one.sets)
        drawings.append(drawn)
        sizes.append((one.calibration, one.evaluation))
    return Sets(
        alpha,
        calibrator,
        pd.concat(frames, ignore_index=True),
        pooled(pd.concat(groups, ignore_index=True)),
        members,
        expected_coverage(sizes, alpha),
        tuple(sizes),
        _said(drawings),
        too_few(min(calibration for calibration, _ in sizes), alpha),
    )


def grouped(graph: GraphData, raw: Calibrated, links: csr_matrix, train: Bools) -> dict[str, NodeBins]:
    """The nodes in groups, by each of `GROUPS`; the bins are those of the factors. `raw`: the run as it is."""
    factors = factor_bins(factor_values(raw.probabilities, graph.labels, links, train))
    ways = (by_class(graph.labels, graph.class_names), *(factors[name] for name in FACTORS))
    return dict(zip(GROUPS, ways, strict=True))


def _groups(drawn: Drawing, scores: Floats, one: Redraws, ways: dict[str, NodeBins]) -> pd.DataFrame:
    """Columns by, place, group, count, judged, covered, classes, left_out: of one run and score, sums over its draws."""
    frames, nodes = [], node_coverage(scores, drawn.labels, drawn.pool, drawn.draws, one.threshold)
    for by, bins in ways.items():
        found = coverage_by_group(nodes, bins)
        sums = {"count": found.count, "judged": found.judged, "covered": found.covered, "classes": found.classes}
        names = {"by": by, "place": np.arange(len(found.labels)), "group": found.labels}
        frames.append(pd.DataFrame(names | sums | {"left_out": found.left_out}))
    return pd.concat(frames, ignore_index=True)


def _said(drawings: Sequence[Drawing]) -> str:
    """Who is in the pool; where runs have pools of different sizes, of the first."""
    first = drawings[0]
    return first.said if all(one.said == first.said for one in drawings) else f"Of seed {first.seed}: {first.said}"
