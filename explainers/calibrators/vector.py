"""Vector scaling: a weight and a shift for the logit of each class."""

from __future__ import annotations

import numpy as np

from core.data import Bools, GraphData, Ints
from explainers.calibrators.affine import fit_map, likeliest_weights, unmoved
from explainers.calibrators.contract import Calibrator, Fitted, Floats


def fit(logits: Floats, y: Ints, validation_mask: Bools, train_mask: Bools, graph: GraphData, *, seed: int) -> Fitted:
    """Two numbers for each class that a validation node is of."""
    return fit_map(logits, y, validation_mask, graph, _weights, lambda classes: 2 * classes)


def _weights(scaled: Floats, labels: Ints) -> Floats:
    start = unmoved(scaled.shape[1])
    free = start.astype(bool)
    free[:, -1] = True
    return likeliest_weights(scaled, labels, free, np.zeros_like(start), start)


CALIBRATOR = Calibrator(
    name="vector",
    title="Vector scaling",
    question="What if the logit of each class has a weight and a shift of its own?",
    fit=fit,
    source="Guo et al., On calibration of modern neural networks, ICML 2017, Eq. 8 with diagonal W",
    equation=r"\hat p = \mathrm{softmax}(w \odot z + b), \quad w, b = \arg\min \sum_{i \in \mathrm{val}} -\ln \hat p_{i y_i}",
    keeps_class=False,
)
