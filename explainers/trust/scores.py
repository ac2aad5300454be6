"""Scores of one attribution: what its edges do to the prediction, whether they stay the same, and whether they depend on the model."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from core.cuts import Cuts
from core.data import Bools, GraphData
from core.metrics import (
    characterization_score,
    fidelity,
    jaccard,
    rank_correlation,
    robust_fidelity,
    top_k,
    top_k_precision,
    unfaithfulness,
)
from core.rebuilt import batch_of, logits_of, module_of
from core.run import Run
from explainers.attribution.contract import Attribution
from explainers.trust.ask import Ask


def trusted(cuts: Cuts, attribution: Attribution, ask: Ask, truth: Bools | None = None) -> Mapping[str, float]:
    """Scores by name, as `core.metrics` defines them, of the explanation that the `keep` highest edges within reach make.

    Edges beyond reach, which count in degrees only, are never part of it, and are cut with all others.

    `fidelity_plus` and `fidelity_minus` are 0 or 1 for one node: whether the class changes. `truth` [num_pairs]: the edges that
    are known to matter, for `top_k_precision`. What is not defined is NaN.
    """
    part, target = attribution.part, attribution.target
    inside = int(part.within.sum())
    explained = np.zeros(part.num_pairs, dtype=bool)
    explained[top_k(np.where(part.within, attribution.pair_scores, -np.inf), min(ask.keep, inside))] = True
    whole, without, alone = (row[None] for row in cuts.answer([np.ones_like(explained), ~explained, explained], ask.how))
    plus, minus = fidelity(whole, without, [target]), fidelity(whole, alone, [target])
    robust_plus, robust_minus = robust_fidelity(
        lambda masks: cuts.answer(masks, ask.how),
        explained,
        target,
        alpha_plus=ask.alpha_plus,
        alpha_minus=ask.alpha_minus,
        samples=ask.samples,
        seed=ask.seed,
    )
    return {
        "fidelity_plus": plus.classes,
        "fidelity_minus": minus.classes,
        "probability_fidelity_plus": plus.probability,
        "probability_fidelity_minus": minus.probability,
        "absolute_fidelity_plus": plus.absolute,
        "absolute_fidelity_minus": minus.absolute,
        "robust_fidelity_plus": robust_plus,
        "robust_fidelity_minus": robust_minus,
        "characterization": float(characterization_score(plus.absolute, minus.absolute)),
        "unfaithfulness": float(unfaithfulness(whole, alone)[0]),
        "sparsity": 1 - int(explained.sum()) / inside if inside else np.nan,
        "top_k_precision": np.nan if truth is None else top_k_precision(attribution.pair_scores[part.within], truth[part.within]),
    }


def consistency(one: Attribution, other: Attribution, keep: int) -> tuple[float, float]:
    """Rank correlation and top-k Jaccard of two attributions of one node, over the edges within reach; NaN where nothing is ranked."""
    within = one.part.within
    return rank_correlation(one.pair_scores[within], other.pair_scores[within]), jaccard(
        one.pair_scores[within], other.pair_scores[within], keep
    )


def stability(attributions: Sequence[Attribution], keep: int) -> tuple[float, float]:
    """The mean `consistency` of one node's attributions over all pairs of seeds; NaN for a single one."""
    found = np.array([consistency(one, other, keep) for one, other in combinations(attributions, 2)])
    return (mean_of(found[:, 0]), mean_of(found[:, 1])) if len(found) else (np.nan, np.nan)


def mean_of(values: NDArray[np.float64]) -> float:
    """The mean of what is a number, NaN if nothing is."""
    numbers = values[np.isfinite(values)]
    return float(numbers.mean()) if len(numbers) else np.nan


def randomized(run: Run, graph: GraphData, names: Collection[str] | None = None) -> Run:
    """The run with weights drawn anew (Adebayo et al. 2018), all or those of some `names`: those that another seed begins with, and
    what the model then says."""
    fresh = module_of(replace(run.spec, seed=run.spec.seed + 1), graph)
    drawn = {name: value.numpy().copy() for name, value in fresh.state_dict().items()}
    weights = {name: drawn[name] if names is None or name in names else kept for name, kept in run.weights.items()}
    module = module_of(run.spec, graph, weights)
    return replace(run, weights=weights, logits=logits_of(module, batch_of(run.spec, graph)))
