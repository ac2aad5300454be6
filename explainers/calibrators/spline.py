"""Spline calibration of the confidence: what the slope of a smooth curve through the running accuracy says."""

from __future__ import annotations

import numpy as np

from core.data import Bools, GraphData, Ints
from explainers.calibrators.contract import Calibrator, Fitted, Floats, log_normalized, log_softmax, validation_nodes

KNOTS = 6


def accuracy_by_confidence(confidence: Floats, correct: Bools, knots: int = KNOTS) -> tuple[Floats, Floats]:
    """Confidences that occur among nodes [n], rising, and the accuracy that the spline reads there (Gupta et al. 2021, section 4).

    Along the share t of nodes that are less sure, the running sum of correct − confidence, over n, is fitted by a natural cubic spline
    with knots at even distances, by least squares; its slope at t is how far accuracy is above confidence. Nodes of equal confidence
    share their accuracy, so that their order is of no matter. With fewer nodes than knots there are n + 1 knots.
    """
    from scipy.interpolate import CubicSpline

    sure, group, size = np.unique(confidence, return_inverse=True, return_counts=True)
    gap = np.repeat(np.bincount(group, weights=correct) / size - sure, size)
    n = len(gap)
    basis = CubicSpline(np.linspace(0, 1, min(knots, n + 1)), np.eye(min(knots, n + 1)), bc_type="natural")
    heights = np.linalg.lstsq(basis(np.arange(n + 1) / n), np.append(0, np.cumsum(gap)) / n, rcond=None)[0]
    slope = basis((np.arange(n) + 0.5) / n, 1) @ heights
    places = np.repeat(np.arange(len(sure)), size)
    return sure, sure + np.bincount(places, weights=slope) / size


def with_confidence(prob: Floats, confidence: Floats) -> Floats:
    """Probabilities [n, num_classes] whose predicted class has the given confidence [n], 1/num_classes or more.

    The rest goes to the other classes in proportion to what they had, evenly where they had nothing, and to none more than to the
    predicted class: what is over goes to those that are below it.
    """
    rows, predicted, classes = np.arange(len(prob)), prob.argmax(axis=1), prob.shape[1]
    found = np.maximum(prob, np.finfo(np.float64).tiny)
    full = np.zeros(prob.shape, dtype=bool)
    full[rows, predicted] = True
    for _ in range(classes - 1):
        left = 1 - confidence * full.sum(axis=1)
        open_mass = np.where(full, 0, found).sum(axis=1)
        share = found * (left / np.where(open_mass > 0, open_mass, 1))[:, None]
        over = ~full & (share > confidence[:, None])
        if not over.any():
            break
        full |= over
    return np.where(full, confidence[:, None], share)


def fit(logits: Floats, y: Ints, validation_mask: Bools, train_mask: Bools, graph: GraphData, *, seed: int) -> Fitted:
    """The spline through the validation nodes, read off at each node's confidence."""
    rows, labels = validation_nodes(logits, y, validation_mask)
    prob = np.exp(log_softmax(rows))
    sure, accuracy = accuracy_by_confidence(prob.max(axis=1), prob.argmax(axis=1) == labels)

    def transform(given: Floats) -> Floats:
        raw = np.exp(log_softmax(given))
        return log_normalized(with_confidence(raw, np.clip(np.interp(raw.max(axis=1), sure, accuracy), 1 / raw.shape[1], 1)))

    knots = min(KNOTS, len(labels) + 1)
    return Fitted(transform, parameters=knots, nodes=len(labels), said=_said(knots))


def _said(knots: int) -> str:
    return f"With so few validation nodes the spline has {knots} knots in the place of {KNOTS}." if knots < KNOTS else ""


CALIBRATOR = Calibrator(
    name="spline",
    title="Spline of the confidence",
    question="What if the confidence is replaced by the accuracy that a smooth curve through the validation nodes gives it?",
    fit=fit,
    source="Gupta et al., Calibration of neural networks using splines, ICLR 2021; of the predicted class, natural, six knots",
    equation=r"\hat c(s) = s + \frac{\mathrm d}{\mathrm d t} S(t(s)), \quad S(t) \approx \frac1n \sum_{i \le tn} "
    r"(\mathbb 1[\hat y_i = y_i] - c_i), \quad c_1 \le c_2 \le \dots",
    keeps_class=True,
)
