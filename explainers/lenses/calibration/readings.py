"""One run: every score, factor and set size of every calibrator. Free of torch, but for calibrators that need it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from core.data import GraphData, Split
from core.hops import adjacency
from core.metrics import calibration as metrics
from core.metrics.confidence_factors import factor_bins, factor_gaps, factor_values
from core.metrics.node_bins import NodeBins
from core.metrics.selective import aurc, excess_aurc
from core.run import Run
from core.splits import split_of
from core.work import Report, within
from explainers.calibration_request import ECE_BINS
from explainers.calibration_scores import BY_NAME
from explainers.lenses.calibration.calibrated import Calibrated, calibrated
from explainers.lenses.calibration.drawing import conformal_means, drawing
from explainers.lenses.calibration.result import ABSTENTION, BRIER_PARTS, PARTS, Answer, Reading


def read(
    report: Report, run: Run, graph: GraphData, names: Sequence[str], alpha: float, draws: int, root: Path
) -> tuple[Reading, dict[str, str]]:
    """A run with the named calibrators; and of those that do not apply, why."""
    found, refused = calibrated(within(report, 0, 2), run, graph, names, root)
    split = split_of(graph, run.spec.dataset)
    nodes, part = placed(graph, split)
    answers = tuple(_answer(one, run, graph, nodes) for one in found)
    links = adjacency(graph.edge_index, graph.num_nodes)
    bins = factor_bins(factor_values(found[0].probabilities, graph.labels, links, split.train))
    drawn = drawing(run, graph, links, alpha, draws)
    scored, by_factor, sets = [], [], []
    for number, one in enumerate(found):
        within(report, 1, 2)(number, len(found), "Judging what was fitted")
        scored.append(scores(one, graph, nodes, part))
        by_factor.append(factors(one, graph, split, bins))
        sets.append(conformal_means(one, drawn))
    return Reading(run.spec.seed, nodes, part, answers, *map(_joined, (scored, by_factor, sets))), refused


def factors(one: Calibrated, graph: GraphData, split: Split, bins: Mapping[str, NodeBins]) -> pd.DataFrame:
    """Columns calibrator, split, factor, value_low, value_high, count, gap."""
    frames, confidence = [], one.probabilities.max(axis=1)
    correct = one.log_probabilities.argmax(axis=1) == graph.labels
    for part in PARTS:
        mask = getattr(split, part) & (graph.labels >= 0)
        if not mask.any():
            continue
        for factor, places in bins.items():
            gaps = factor_gaps(confidence, correct, mask, places)
            columns = {
                "label": gaps.labels,
                "value_low": gaps.value_low,
                "value_high": gaps.value_high,
                "count": gaps.count,
                "gap": gaps.gap,
            }
            frames.append(pd.DataFrame({"calibrator": one.name, "split": part, "factor": factor} | columns))
    return _joined(frames)


def placed(graph: GraphData, split: Split) -> tuple[np.ndarray, np.ndarray]:
    """The labelled nodes of any part, rising, and the place of their part in `PARTS`."""
    known, part = graph.labels >= 0, np.full(graph.num_nodes, -1, dtype=np.int8)
    for place, name in enumerate(PARTS):
        part[getattr(split, name) & known] = place
    nodes = np.flatnonzero(part >= 0)
    return nodes, part[nodes]


def scores(one: Calibrated, graph: GraphData, nodes: np.ndarray, part: np.ndarray) -> pd.DataFrame:
    """Columns calibrator, split, metric, value."""
    rows = []
    probabilities = one.probabilities
    for place, name in enumerate(PARTS):
        chosen = nodes[part == place]
        if not len(chosen):
            continue
        prob, y = probabilities[chosen], graph.labels[chosen]
        confidence, correct = prob.max(axis=1), prob.argmax(axis=1) == y
        parts = metrics.brier_parts(prob, y, ECE_BINS)
        values = (
            metrics.expected_calibration_error(prob, y, ECE_BINS),
            metrics.expected_calibration_error(prob, y, ECE_BINS, equal_mass=True),
            metrics.classwise_calibration_error(prob, y, ECE_BINS),
            metrics.negative_log_likelihood(prob, y),
            metrics.brier_score(prob, y),
            float(correct.mean()),
            float(confidence.mean()),
            parts.reliability,
            parts.resolution,
            parts.uncertainty,
            parts.within_bins,
            aurc(confidence, correct),
            excess_aurc(confidence, correct),
        )
        named = zip((*BY_NAME, *BRIER_PARTS, *ABSTENTION), values, strict=True)
        rows += [{"calibrator": one.name, "split": name, "metric": metric, "value": float(value)} for metric, value in named]
    return pd.DataFrame(rows)


def _joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _answer(one: Calibrated, run: Run, graph: GraphData, nodes: np.ndarray) -> Answer:
    logs = one.log_probabilities
    predicted = logs.argmax(axis=1)
    return Answer(
        one.name,
        one.probabilities[nodes].max(axis=1),
        predicted[nodes] == graph.labels[nodes],
        float((predicted != run.predictions).mean()),
        one.parameters,
        one.nodes,
        one.seconds,
        one.temperatures,
        one.said,
    )
