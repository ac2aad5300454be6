"""How far an explanation can be trusted: what its edges do to the prediction, and whether it finds what is known to be there.

Probabilities are [n, num_classes], one row a prediction. Edges are undirected pairs, each of them once. NumPy in and out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

Answer = Callable[[Bools], Floats]
"""What the model says where only some edges are there: masks [n, num_edges] → probabilities [n, num_classes]."""

SMALLEST = 1e-12
"""Probabilities are held above this before a logarithm is taken."""


@dataclass(frozen=True)
class Fidelity:
    """`classes`: share of the predictions that change, 0 … 1. `probability`: mean fall of the explained class's probability,
    −1 … 1; negative where the cut makes the model surer. `absolute`: mean size of that change, 0 … 1."""

    classes: float
    probability: float
    absolute: float


def fidelity(whole: ArrayLike, cut: ArrayLike, target: ArrayLike | None = None) -> Fidelity:
    """What a cut does to predictions (Pope et al. 2019; Yuan et al. 2022).

    `whole`, `cut`: probabilities [n, num_classes] on the whole graph and on the cut one. With the explanation removed (G∖S) it is
    fidelity+, high is good; with nothing but the explanation (S) it is fidelity−, low is good. `target` [n]: the explained classes,
    whose probabilities are looked at, by default those that the model predicts on the whole graph. Raises `ValueError` for
    shapes that do not fit, or no prediction.
    """
    before, after = _probabilities(whole), _probabilities(cut)
    if before.shape != after.shape:
        raise ValueError(f"The probabilities have different shapes, {before.shape} on the whole graph and {after.shape} on the cut one.")
    explained = before.argmax(axis=1) if target is None else np.asarray(target, dtype=np.int64)
    rows = np.arange(len(before))
    fall = before[rows, explained] - after[rows, explained]
    changed = after.argmax(axis=1) != before.argmax(axis=1)
    return Fidelity(float(changed.mean()), float(fall.mean()), float(np.abs(fall).mean()))


def characterization_score(fid_plus: ArrayLike, fid_minus: ArrayLike, weights: tuple[float, float] = (0.5, 0.5)) -> Floats:
    """Weighted harmonic mean of fidelity+ and 1 − fidelity−, 0 … 1 (Amara et al. 2022, GraphFramEx).

    Both fidelities in 0 … 1, of any one shape; those of probabilities as absolute values. 0 where fidelity+ is 0 or fidelity− is 1.
    Raises `ValueError` for values beyond 0 … 1 and for weights that are not positive.
    """
    plus, minus = np.asarray(fid_plus, dtype=np.float64), np.asarray(fid_minus, dtype=np.float64)
    if min(weights) <= 0:
        raise ValueError(f"The weights are {weights}; both have to be positive.")
    if any(((values < 0) | (values > 1)).any() for values in (plus, minus)):
        raise ValueError("A fidelity lies between 0 and 1 here; take the absolute value of a signed one.")
    kept = 1 - minus
    with np.errstate(divide="ignore"):
        return np.asarray(sum(weights) / (weights[0] / plus + weights[1] / kept))


def unfaithfulness(whole: ArrayLike, kept: ArrayLike) -> Floats:
    """1 − exp(−KL(ŷ_S ‖ ŷ)) of each prediction [n], 0 … 1: 0 where the explanation alone gives the same probabilities.

    `whole`, `kept`: probabilities on the whole graph, and with nothing but the explanation. Agarwal et al. 2023, in the direction
    that PyG's code computes; the docstring there prints the other one.
    """
    before, after = (np.clip(_probabilities(values), SMALLEST, None) for values in (whole, kept))
    divergence = (after * (np.log(after) - np.log(before))).sum(axis=1)
    return np.asarray(-np.expm1(-np.maximum(divergence, 0)))


def robust_fidelity(
    answer: Answer,
    explained: ArrayLike,
    target: int | None = None,
    *,
    alpha_plus: float = 0.1,
    alpha_minus: float = 0.9,
    samples: int = 50,
    seed: int = 0,
) -> tuple[float, float]:
    """Fid_{α1,+} and Fid_{α2,−} of one prediction, −1 … 1 (Zheng et al. 2024, Towards robust fidelity; with probabilities).

    `explained` [num_edges]: the edges of the explanation. Plus: how far the probability of `target` (by default the predicted class)
    falls if each edge of the explanation is dropped with probability `alpha_plus`; minus: how far, if each other edge is kept with
    probability `alpha_minus` only. Means over `samples` draws, so that the model sees graphs like those it knows;
    α1 = 1, α2 = 0 is ordinary fidelity.
    """
    chosen = np.asarray(explained, dtype=bool)
    random = np.random.default_rng(seed)
    draws = random.random((samples, len(chosen)))
    without = ~(chosen & (draws < alpha_plus))
    within = chosen | (random.random((samples, len(chosen))) < alpha_minus)
    found = _probabilities(answer(np.concatenate([np.ones((1, len(chosen)), dtype=bool), without, within])))
    label = int(found[0].argmax()) if target is None else target
    share = found[:, label]
    return float(share[0] - share[1 : samples + 1].mean()), float(share[0] - share[samples + 1 :].mean())


def explanation_auc(scores: Sequence[ArrayLike], truth: Sequence[ArrayLike]) -> float:
    """ROC-AUC of edge scores against the edges that are known to matter, those of all predictions pooled (Ying et al. 2019).

    `scores`, `truth`: for each prediction the edges of its computation graph, [num_edges] numbers and truths. NaN unless both
    kinds of edges occur.
    """
    sizes = [[np.size(one) for one in values] for values in (scores, truth)]
    if sizes[0] != sizes[1]:
        raise ValueError(f"The scores are of {sizes[0]} edges, prediction by prediction, and the truth is of {sizes[1]}.")
    pooled = np.concatenate([np.empty(0), *map(np.ravel, scores)])
    known = np.concatenate([np.empty(0), *map(np.ravel, truth)]).astype(bool)
    if known.all() or not known.any():
        return float("nan")
    from sklearn.metrics import roc_auc_score  # a training imports this package, and has no use for scikit-learn

    return float(roc_auc_score(known, pooled))


def top_k(scores: ArrayLike, k: int) -> NDArray[np.int64]:
    """Indices of the k highest scores, highest first; of equal ones the first come first."""
    return np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")[:k]


def top_k_precision(scores: ArrayLike, truth: ArrayLike, k: int | None = None) -> float:
    """Share of true edges among the k with the highest scores, 0 … 1; k is by default the number of true ones. NaN for k = 0.

    Edges whose score ties with the k-th count by the share of them that is true, so that their order is of no matter.
    """
    values, known = np.asarray(scores, dtype=np.float64), np.asarray(truth, dtype=bool)
    k = min(int(known.sum()) if k is None else k, len(values))
    if k <= 0:
        return float("nan")
    cut = values[top_k(values, k)[-1]]
    above, tied = values > cut, values == cut
    return float((known[above].sum() + (k - above.sum()) * known[tied].mean()) / k)


def rank_correlation(one: ArrayLike, other: ArrayLike) -> float:
    """Spearman's ρ of two sets of scores of the same things, −1 … 1; NaN if either ranks nothing, or has a score that is NaN.

    Raises `ValueError` for sets of different sizes.
    """
    if np.size(one) != np.size(other):
        raise ValueError(f"{np.size(one):,} scores cannot be compared with {np.size(other):,}; both have to be of the same things.")
    if not np.size(one) or np.isnan(one).any() or np.isnan(other).any():
        return float("nan")
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan")
    from scipy.stats import spearmanr  # a training imports this package, and has no use for it

    return float(spearmanr(one, other).statistic)


def jaccard(one: ArrayLike, other: ArrayLike, k: int) -> float:
    """Overlap of the k highest of two sets of scores: common over all, 0 … 1.

    NaN for k = 0, and where the k highest are not decided, because others tie with the last of them.
    """
    if not (_decided(one, k) and _decided(other, k)):
        return float("nan")
    first, second = set(top_k(one, k).tolist()), set(top_k(other, k).tolist())
    return len(first & second) / len(first | second) if first | second else float("nan")


def _decided(scores: ArrayLike, k: int) -> bool:
    ordered = np.sort(np.asarray(scores, dtype=np.float64))[::-1]
    return k >= len(ordered) or k == 0 or bool(ordered[k - 1] > ordered[k])


def _probabilities(values: ArrayLike) -> Floats:
    found = np.atleast_2d(np.asarray(values, dtype=np.float64))
    if not len(found):
        raise ValueError("There is no prediction to compare.")
    return found
