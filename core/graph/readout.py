"""What is left in the states: in how many directions they differ, and whether a linear model can still tell the classes."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike

from core.graph.measured import NOT_NUMBERS, Measured, states, trouble, undefined

ROUNDING = 1e-6
"""A column whose spread is below this share of its size differs by the rounding of float32 only."""
TINY = 1e-7
"""A singular value below this share of the largest counts as 0: it is rounding of float32 states."""


def effective_rank(h: ArrayLike) -> Measured:
    """exp of the entropy of the singular values divided by their sum, 1 … min(shape) (Roy & Vetterli 2007).

    `h` [num_nodes, width], not centred: 1 where all rows are multiples of one. Not defined for H = 0.
    """
    x = states(h)
    if reason := trouble(x):
        return undefined(reason)
    x = x / np.abs(x).max()
    # squares of the singular values: of wide states ten times as fast, and rounding takes only what float32 states do not hold
    squares = np.linalg.eigvalsh(x.T @ x if x.shape[1] <= len(x) else x @ x.T)
    values = np.sqrt(squares[squares > TINY**2 * squares[-1]])
    share = values / values.sum()
    return Measured(np.exp(-(share * np.log(share)).sum()))


def linear_probe(h: ArrayLike, y: ArrayLike, train_mask: ArrayLike, test_mask: ArrayLike, *, metric: str = "accuracy") -> Measured:
    """Share of the test nodes that a logistic regression gets right, trained on the training nodes' states, 0 … 1.

    With the metric "roc_auc", for two classes, the area under its ROC curve instead.

    `h` [num_nodes, width], columns standardised over all nodes; a column that differs by rounding alone is left out.
    `y` [num_nodes]; the masks [num_nodes], unlabelled nodes (−1) are left out of both. L2 penalty with scikit-learn's C = 1. Not defined
    without test nodes, or with fewer than two classes among the training nodes.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    h, labels = states(h), np.asarray(y)
    train, test = (np.asarray(mask, dtype=bool) & (labels >= 0) for mask in (train_mask, test_mask))
    if not np.isfinite(h).all():
        return undefined(NOT_NUMBERS)
    if not test.any():
        return undefined("there are no test nodes")
    if len(np.unique(labels[train])) < 2:
        return undefined("the training nodes are of fewer than two classes")
    h = _standardised(h)
    # one thread: the steps are so small that threads on few cores wait for each other most of the time
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)  # after so many steps the accuracy no longer moves
        fitted = LogisticRegression(max_iter=300).fit(h[train], labels[train])
    if metric == "roc_auc":
        if len(np.unique(labels[test])) < 2:
            return undefined("the test nodes are of one class")
        return Measured(float(roc_auc_score(labels[test], fitted.decision_function(h[test]))))
    return Measured(float((fitted.predict(h[test]) == labels[test]).mean()))


def _standardised(h: np.ndarray) -> np.ndarray:
    """Columns of mean 0 and variance 1; one of zeros where all are constant."""
    centred = h - h.mean(axis=0)
    spread = centred.std(axis=0)
    told = spread > ROUNDING * np.sqrt((h**2).mean(axis=0))
    return centred[:, told] / spread[told] if told.any() else np.zeros((len(h), 1))
