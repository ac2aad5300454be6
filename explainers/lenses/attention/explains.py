"""Is attention an explanation? Held against edge deletion and other methods, and against random edges. Needs torch to measure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from core.data import GraphData
from core.explained import Subject
from core.metrics import rank_correlation
from core.run import Run
from core.spec import RunSpec
from core.splits import split_of
from core.stored import run_and_graph
from core.work import Report, silent
from explainers.lenses.attention.result import FEWEST, KEEP, MOST
from explainers.trust.ask import Ask
from explainers.trust.comparison import Request, compare
from explainers.whole.nodes import sampled

METHODS = ("attention", "occlusion", "integrated_gradients", "saliency")
SAMPLES = 10
COLUMNS = ["node", "method", "rank_correlation", "fidelity_plus", "fidelity_minus"]


def read_explains(report: Report, *, spec: RunSpec, most: int, root: Path) -> pd.DataFrame:
    """Named work: `explains` of a stored run, and nothing else. Raises `UserError` where the run is gone."""
    run, graph = run_and_graph(report, spec, root)
    return explains(run, graph, most, report, root)


def explains(run: Run, graph: GraphData, most: int, report: Report = silent, root: Path | None = None) -> pd.DataFrame:
    """A row a node and method: how its scores of edges are ordered beside attention's (Spearman), and what cutting its `KEEP` best
    edges, or all others, does to the probability of the predicted class (deleted). Test nodes, evenly spaced; empty if none will do.
    """
    subject = Subject(run, graph)
    test = np.flatnonzero(split_of(graph, run.spec.dataset).test).tolist()
    some = sampled(test, 10 * most)
    nodes = sampled([node for node in some if FEWEST <= int(subject.part(node).within.sum()) <= MOST], most)
    if not nodes:
        return pd.DataFrame(columns=COLUMNS)
    found, _ = compare(run, graph, Request(METHODS, tuple(nodes), ask=Ask(KEEP, samples=SAMPLES)), report, root=root)
    attention = next(one for one in found if one.method == "attention").attributions[0]
    rows = []
    for answer in found:
        for own, theirs, scores in zip(attention, answer.attributions[0], answer.scores[0], strict=True):
            within = own.part.within
            rows.append(
                {
                    "node": own.node,
                    "method": answer.method,
                    "rank_correlation": rank_correlation(own.pair_scores[within], theirs.pair_scores[within]),
                    "fidelity_plus": scores["probability_fidelity_plus"],
                    "fidelity_minus": scores["probability_fidelity_minus"],
                }
            )
    return pd.DataFrame(rows, columns=COLUMNS)
