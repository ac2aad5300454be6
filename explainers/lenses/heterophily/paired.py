"""Where one model is better or worse than another: paired over seeds, and judged by the nodes as well.

A bin is named only if neither seeds nor nodes could give the difference by chance: the t-interval over seeds, and the test over nodes,
each at a level that holds for all comparisons of all factors together (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.data import Bools, GraphData
from core.run import Run
from core.seeds import Interval, interval
from explainers.lenses.heterophily.readings import BINS, Masks, Places, score

LEVEL = 0.95
FEWEST = 20
"""Different nodes of a bin below which nothing is said of it."""
REFERENCES = ("mlp", "gcn")
"""What the others are compared with, where it is among the models."""
COLUMNS = ["by", "reference", "model", "bin", "seeds", "nodes", "difference", "low", "high", "named"]


@dataclass(frozen=True)
class Compared:
    """Of one bin: the difference by seed, how many different nodes were judged, and how many standard errors those put it from 0."""

    by_seed: tuple[float, ...]
    nodes: int
    errors: float


def paired(graph: GraphData, there: Places, runs: Mapping[str, Sequence[Run]], masks: Masks) -> pd.DataFrame:
    """A row a factor, reference, other model and bin that has test nodes: `COLUMNS`. The interval is the usual one of 95 %; `named` takes
    the stricter level."""
    rows = list[tuple[str, str, str, int, Compared]]()
    for by, bins in BINS.items():
        for reference in REFERENCES:
            for model in runs:
                if reference not in runs or model == reference:
                    continue
                for place in range(len(bins)):
                    one = compared(graph, there.bins[by].index == place, runs[model], runs[reference], masks)
                    if one.by_seed:
                        rows.append((by, reference, model, place, one))
    enough = sum(one.nodes >= FEWEST for *_, one in rows)
    return pd.DataFrame([_row(*row, together=max(enough, 1)) for row in rows], columns=COLUMNS)


def compared(graph: GraphData, inside: Bools, first: Sequence[Run], second: Sequence[Run], masks: Masks) -> Compared:
    """First less second on the test nodes of a mask [num_nodes], over the seeds that both have and in which the metric is defined.

    For accuracy each node counts with what it adds over all seeds, s_v = Σ (right of the first − right of the second): equal models
    would give either sign alike, and the sum lies Σ s_v / √Σ s_v² standard errors from 0, which is McNemar's test for one seed. For ROC-AUC
    the variance of each is at most A(1−A)/min(n₊, n₋) (Birnbaum & Klose 1957), and the two are taken as independent, which is strict.
    """
    others = {run.spec.seed: run for run in second}
    pairs = [(run, others[run.spec.seed]) for run in first if run.spec.seed in others]
    differences, judged, sums = list[float](), np.zeros(graph.num_nodes, dtype=bool), np.zeros(graph.num_nodes)
    levels = list[tuple[float, float]]()
    for one, two in pairs:
        nodes = np.flatnonzero(inside & masks[one.spec.dataset])
        scores = score(graph, one, nodes), score(graph, two, nodes)
        if np.isnan(scores).any():
            continue
        levels.append(scores)
        differences.append(scores[0] - scores[1])
        judged[nodes] = True
        own, other = ((run.predictions[nodes] == graph.labels[nodes]).astype(float) for run in (one, two))
        sums[nodes] += own - other
    if not differences:
        return Compared((), 0, 0.0)
    if pairs[0][0].metric == "roc_auc":
        return Compared(tuple(differences), int(judged.sum()), _of_areas(differences, np.array(levels), graph.labels[judged]))
    return Compared(tuple(differences), int(judged.sum()), float(sums.sum() / max(np.sqrt((sums**2).sum()), 1e-12)))


def _of_areas(differences: Sequence[float], levels: NDArray[np.float64], labels: NDArray[np.integer]) -> float:
    fewer = min(int((labels == 1).sum()), int((labels != 1).sum()))
    means = levels.mean(axis=0)
    error = np.sqrt((means * (1 - means)).sum() / max(fewer, 1))
    return float(np.mean(differences) / max(error, 1e-12))


def _row(by: str, reference: str, model: str, place: int, one: Compared, *, together: int) -> tuple[object, ...]:
    usual = interval(one.by_seed)
    return by, reference, model, place, usual.n, one.nodes, usual.mean, usual.low, usual.high, is_named(one, together)


def is_named(one: Compared, together: int) -> bool:
    """Whether neither seeds (where there are several) nor nodes could give a difference by chance, among so many comparisons."""
    if one.nodes < FEWEST:
        return False
    tail = (1 - LEVEL) / together
    strict: Interval = interval(one.by_seed, 1 - tail)
    by_seeds = strict.n < 2 or not strict.low <= 0 <= strict.high
    return by_seeds and abs(one.errors) > NormalDist().inv_cdf(1 - tail / 2)
