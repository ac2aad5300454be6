"""Matrix scaling: each class's logit from all logits, with the off-diagonal weights and the shifts held small."""

from __future__ import annotations

from functools import partial

import numpy as np

from core.data import Bools, GraphData, Ints
from core.work import Report, silent
from explainers.calibrators.affine import Tell, fit_map, likeliest_weights, mean_loss, moved, unmoved
from explainers.calibrators.contract import Calibrator, Fitted, Floats, log_softmax

STRENGTHS = (100.0, 10.0, 1.0, 0.1, 0.01, 0.001)
"""λ of the penalty, the same for weights and shifts."""
FOLDS, MOST = 5, 2000
"""Folds, and the nodes that are dealt to them at most: λ need not be known well, and each takes six searches."""
ROUGH = 1e-6
"""Precision of the searches that choose λ, whose losses differ by far more."""


def fit(
    logits: Floats, y: Ints, validation_mask: Bools, train_mask: Bools, graph: GraphData, *, seed: int, report: Report = silent
) -> Fitted:
    """A weight for each pair of classes that validation nodes are of, and a shift for each such class."""
    return fit_map(logits, y, validation_mask, graph, partial(_weights, report=report), lambda classes: classes * (classes + 1))


def odir_penalty(classes: int) -> Floats:
    """[classes, classes + 1] what a squared weight costs at λ = 1: 1/(k(k−1)) off the diagonal, 1/k for shifts, nothing on the diagonal."""
    costs = np.full((classes, classes + 1), 1 / max(classes * (classes - 1), 1))
    costs[:, -1] = 1 / classes
    costs[np.arange(classes), np.arange(classes)] = 0
    return costs


def _weights(scaled: Floats, labels: Ints, report: Report) -> Floats:
    searches = len(STRENGTHS) * FOLDS
    strength = best_strength(scaled, labels, report)
    tell = partial(report, searches, searches + 1, f"Fitting matrix scaling, λ = {strength:g}")
    return _search(scaled, labels, strength, unmoved(scaled.shape[1]), 1e-12, tell)


def best_strength(scaled: Floats, labels: Ints, report: Report = silent) -> float:
    """λ with the least loss on left-out nodes, from the strongest on until a weaker one is worse; the strongest where none can be left out.

    Nodes come sorted by class, of more than 2,000 as many at even distances, and are dealt to five folds in turn, so that each has its
    share of every class, and neither a seed nor the nodes' order matters.
    """
    if len(labels) > MOST:
        some = np.linspace(0, len(labels) - 1, MOST).astype(np.int64)
        scaled, labels = scaled[some], labels[some]
    folds = [np.arange(len(labels)) % FOLDS == fold for fold in range(min(FOLDS, len(labels)))] if len(labels) > 1 else []
    weights, best, least = [unmoved(scaled.shape[1])] * len(folds), STRENGTHS[0], np.inf
    for number, strength in enumerate(STRENGTHS if folds else ()):
        loss = 0.0
        for fold, out in enumerate(folds):
            tell = partial(report, number * FOLDS + fold, len(STRENGTHS) * FOLDS + 1, f"Choosing λ of matrix scaling, {strength:g}")
            weights[fold] = _search(scaled[~out], labels[~out], strength, weights[fold], ROUGH, tell)
            loss += out.sum() * mean_loss(log_softmax(moved(scaled[out], weights[fold])), labels[out])
        if loss >= least:
            break
        best, least = strength, loss
    return best


def _search(scaled: Floats, labels: Ints, strength: float, start: Floats, precision: float, tell: Tell) -> Floats:
    penalty = strength * odir_penalty(len(start))
    return likeliest_weights(scaled, labels, np.ones(start.shape, dtype=bool), penalty, start, precision=precision, tell=tell)


CALIBRATOR = Calibrator(
    name="matrix",
    title="Matrix scaling, regularised",
    question="What if each class's logit is mixed from all logits, as far as that helps on validation nodes that are left out?",
    fit=fit,
    source="Guo et al., ICML 2017, Eq. 8, with ODIR of Kull et al., Beyond temperature scaling, NeurIPS 2019; λ by five "
    "folds of at most 2,000 validation nodes",
    equation=r"\hat p = \mathrm{softmax}(W z + b), \quad W, b = \arg\min \frac1n \sum_{i \in \mathrm{val}} -\ln \hat p_{i y_i} "
    r"+ \lambda \left( \frac{1}{C(C-1)} \sum_{i \ne j} W_{ij}^2 + \frac1C \sum_i b_i^2 \right)",
    keeps_class=False,
    reports=True,
)
