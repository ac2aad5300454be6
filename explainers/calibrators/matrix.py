"""Matrix scaling: each class's logit from all logits, with the off-diagonal weights and the shifts held small."""

from __future__ import annotations

import numpy as np

from core.data import Bools, GraphData, Ints
from explainers.calibrators.affine import fit_map, likeliest_weights, mean_loss, moved, unmoved
from explainers.calibrators.contract import Calibrator, Fitted, Floats, log_softmax

STRENGTHS = (100.0, 10.0, 1.0, 0.1, 0.01, 0.001)
"""λ of the penalty, the same for weights and shifts."""
FOLDS = 5
ROUGH = 1e-7
"""Precision of the searches that choose λ, whose losses differ by far more."""


def fit(logits: Floats, y: Ints, validation_mask: Bools, train_mask: Bools, graph: GraphData, *, seed: int) -> Fitted:
    """A weight for each pair of classes that validation nodes are of, and a shift for each such class."""
    return fit_map(logits, y, validation_mask, graph, _weights, lambda classes: classes * (classes + 1))


def odir_penalty(classes: int) -> Floats:
    """[classes, classes + 1] what a squared weight costs at λ = 1: 1/(k(k−1)) off the diagonal, 1/k for shifts, nothing on the diagonal."""
    costs = np.full((classes, classes + 1), 1 / max(classes * (classes - 1), 1))
    costs[:, -1] = 1 / classes
    costs[np.arange(classes), np.arange(classes)] = 0
    return costs


def _weights(scaled: Floats, labels: Ints) -> Floats:
    start = unmoved(scaled.shape[1])
    return _search(scaled, labels, best_strength(scaled, labels), start, precision=1e-12)


def best_strength(scaled: Floats, labels: Ints) -> float:
    """λ with the least loss on left-out nodes, from the strongest on until a weaker one is worse; the strongest where none can be left out.

    Nodes come sorted by class and are dealt to five folds in turn, so that each has its share of every class, and neither a seed nor
    the nodes' order matters.
    """
    folds = [np.arange(len(labels)) % FOLDS == fold for fold in range(min(FOLDS, len(labels)))] if len(labels) > 1 else []
    weights, best, least = [unmoved(scaled.shape[1])] * len(folds), STRENGTHS[0], np.inf
    for strength in STRENGTHS if folds else ():
        loss = 0.0
        for fold, out in enumerate(folds):
            weights[fold] = _search(scaled[~out], labels[~out], strength, weights[fold], precision=ROUGH)
            loss += out.sum() * mean_loss(log_softmax(moved(scaled[out], weights[fold])), labels[out])
        if loss >= least:
            break
        best, least = strength, loss
    return best


def _search(scaled: Floats, labels: Ints, strength: float, start: Floats, *, precision: float) -> Floats:
    penalty = strength * odir_penalty(len(start))
    return likeliest_weights(scaled, labels, np.ones(start.shape, dtype=bool), penalty, start, precision=precision)


CALIBRATOR = Calibrator(
    name="matrix",
    title="Matrix scaling, regularised",
    question="What if each class's logit is mixed from all logits, as far as that helps on validation nodes that are left out?",
    fit=fit,
    source="Guo et al., ICML 2017, Eq. 8, with ODIR of Kull et al., Beyond temperature scaling, NeurIPS 2019; λ by five folds",
    equation=r"\hat p = \mathrm{softmax}(W z + b), \quad W, b = \arg\min \frac1n \sum_{i \in \mathrm{val}} -\ln \hat p_{i y_i} "
    r"+ \lambda \left( \frac{1}{C(C-1)} \sum_{i \ne j} W_{ij}^2 + \frac1C \sum_i b_i^2 \right)",
    keeps_class=False,
)
