"""How badly each class would fit a node: the three nonconformity scores. Low is a good fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix

from core.errors import UserError, unknown
from core.hops import degrees
from core.metrics.probabilities import checked_probabilities

Floats = NDArray[np.float64]

LAMBDA = 0.5
"""Share of the neighbours in a diffused score. It is set beforehand: to choose it would take labelled nodes of its own."""


@dataclass(frozen=True)
class Score:
    """What a score is called and how it is made; `equation` in LaTeX, without the dollar signs."""

    name: str
    title: str
    text: str
    equation: str
    source: str


SCORES = (
    Score(
        "thr",
        "Threshold (THR)",
        "One minus the class's probability: a class is in the set if its probability reaches one bar, the same for all nodes.",
        r"s_i(y) = 1 - p_{i,y}",
        "Sadinle, Lei & Wasserman 2019, Least ambiguous set-valued classifiers with bounded error levels",
    ),
    Score(
        "aps",
        "Adaptive (APS)",
        "The probability of all likelier classes and of the class itself: a set takes classes, likeliest first, until they hold enough. "
        "Randomised, a uniform share u of the class's own probability counts, drawn once for each node; else all of it.",
        r"s_i(y) = \sum_{c:\, p_{i,c} > p_{i,y}} p_{i,c} + u_i\, p_{i,y}",
        "Romano, Sesia & Candès 2020, Classification with valid and adaptive coverage",
    ),
    Score(
        "daps",
        "Diffused adaptive (DAPS)",
        f"The adaptive score, mixed with the mean of the neighbours' (λ = {LAMBDA:g}, set beforehand). A node without any keeps its own.",
        r"\hat s_i(y) = (1 - \lambda)\, s_i(y) + \lambda\, \frac{1}{|N(i)|} \sum_{j \in N(i)} s_j(y)",
        "Zargarbashi, Antonelli & Bojchevski 2023, Conformal prediction sets for graph neural networks",
    ),
)
"""In the order of the papers; `nonconformity` gives each by name."""


def nonconformity(name: str, prob: ArrayLike, links: csr_matrix, *, seed: int | None = None) -> Floats:
    """The score of that name, [num_nodes, num_classes]; raises `UserError` for another name.

    `prob` [num_nodes, num_classes]; `links` from `core.hops.adjacency`, which "daps" alone looks at. With a `seed` the adaptive scores
    are randomised, with None they are not.
    """
    if name not in (known := [score.name for score in SCORES]):
        raise unknown("nonconformity score", name, known)
    return next(found for one, found in nonconformities(prob, links, seed=seed) if one == name)


def nonconformities(prob: ArrayLike, links: csr_matrix, *, seed: int | None = None) -> Iterator[tuple[str, Floats]]:
    """Every score with its name, one after the other; the adaptive ones share their sorting."""
    yield "thr", threshold_scores(prob)
    adaptive = adaptive_scores(prob, None if seed is None else np.random.default_rng(seed).random(len(np.asarray(prob))))
    yield "aps", adaptive
    yield "daps", diffused_scores(adaptive, links)


def threshold_scores(prob: ArrayLike) -> Floats:
    """1 − p_y of each node and class, [n, num_classes] as `prob`, 0 … 1 (THR or LAC; Sadinle et al. 2019)."""
    return np.asarray(1 - checked_probabilities(prob))


def adaptive_scores(prob: ArrayLike, uniform: ArrayLike | None = None) -> Floats:
    """Σ of the probabilities of all likelier classes, plus u·p_y, [n, num_classes] as `prob`, 0 … 1 (APS; Romano et al. 2020).

    `uniform` [n]: u of each node in 0 … 1, the same for all its classes; None: 1, not randomised. Then a node that the model is sure of
    has only high scores, and wherever the threshold lies below them its set is empty, while the sets of others get larger than they
    need be. Classes of equal probability have equal scores, so that their order is of no matter.
    """
    found = checked_probabilities(prob)
    order = np.argsort(-found, axis=1)
    falling = np.take_along_axis(found, order, axis=1)
    likelier = np.zeros_like(found)
    likelier[:, 1:] = np.where(falling[:, 1:] < falling[:, :-1], falling.cumsum(axis=1)[:, :-1], 0)
    likelier = np.maximum.accumulate(likelier, axis=1)
    own = falling if uniform is None else falling * np.asarray(uniform, dtype=np.float64)[:, None]
    scores = np.empty_like(found)
    np.put_along_axis(scores, order, likelier + own, axis=1)
    return scores


def diffused_scores(scores: ArrayLike, links: csr_matrix, lam: float = LAMBDA) -> Floats:
    """(1 − λ)·s_i + λ·mean of the neighbours' scores, [num_nodes, num_classes] as `scores` (DAPS; Zargarbashi et al. 2023).

    `links` from `core.hops.adjacency`: a neighbour is linked in either direction, counts once, and is never the node itself. A node
    without neighbours keeps its own score; the paper's code would scale it by 1 − λ. Raises `UserError` for λ beyond 0 … 1.
    """
    own, neighbours = np.asarray(scores, dtype=np.float64), degrees(links)
    if not 0 <= lam <= 1:
        raise UserError(f"The neighbours' share λ is {lam:g}; it lies between 0 (their scores do not count) and 1 (only theirs do).")
    if len(own) != len(neighbours):
        raise UserError(
            f"Scores of {len(own):,} nodes do not belong to a graph of {len(neighbours):,}; diffusion takes those of all nodes."
        )
    mean = (links @ own) / np.maximum(neighbours, 1)[:, None]
    return np.where(neighbours[:, None] > 0, (1 - lam) * own + lam * mean, own)
