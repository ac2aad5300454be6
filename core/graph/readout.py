"""What is left in the states: in how many directions they differ, and whether a linear model can still tell the classes."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike

from core.graph.measured import NOT_NUMBERS, Measured, states, trouble, undefined

ROUNDING = 1e-6
"""A column whose spread is below this share of its size differs by the rounding of float32 only."""


def effective_rank(h: ArrayLike) -> Measured:
    """exp of the entropy of the singular values divided by their sum, 1 … min(shape) (Roy & Vetterli 2007).

    `h` [num_nodes, width], not centred: 1 where all rows are multiples of one. Not defined for H = 0.
    """
    h = states(h)
    if reason := trouble(h):
        return undefined(reason)
    values = np.linalg.svd(h / np.abs(h).max(), compute_uv=False)
    share = values / values.sum()
    share = share[share > 0]
    return Measured(np.exp(-(share * np.log(share)).sum()))


def linear_probe(h: ArrayLike, y: ArrayLike, train_mask: ArrayLike, test_mask: ArrayLike) -> Measured:
    """Share of the test nodes that a logistic regression gets right, trained on the training nodes' states, 0 … 1.

    `h` [num_nodes, width], columns standardised over all nodes; a column that differs by rounding alone is left out.
    `y` [num_nodes]; the masks [num_nodes], unlabelled nodes (−1) are left out of both. L2 penalty with scikit-learn's C = 1. Not defined
    without test nodes, or with fewer than two classes among the training nodes.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    h, labels = states(h), np.asarray(y)
    train, test = (np.asarray(mask, dtype=bool) & (labels >= 0) for mask in (train_mask, test_mask))
    if not np.isfinite(h).all():
        return undefined(NOT_NUMBERS)
    if not test.any():
        return undefined("there are no test nodes")
    if len(np.unique(labels[train])) < 2:
        return undefined("the training nodes are of fewer than two classes")
    h = _standardised(h)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # after so many steps the accuracy no longer moves
        fitted = LogisticRegression(max_iter=300).fit(h[train], labels[train])
    return Measured(float((fitted.predict(h[test]) == labels[test]).mean()))


def _standardised(h: np.ndarray) -> np.ndarray:
    """Columns of mean 0 and variance 1; one of zeros where all are constant."""
    centred = h - h.mean(axis=0)
    spread = centred.std(axis=0)
    told = spread > ROUNDING * np.sqrt((h**2).mean(axis=0))
    return centred[:, told] / spread[told] if told.any() else np.zeros((len(h), 1))
