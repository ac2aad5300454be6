"""Ensemble temperature scaling: a mixture of the probabilities at the best temperature, as they are, and uniform."""

from __future__ import annotations

import numpy as np

from core.data import Bools, GraphData, Ints
from explainers.calibrators.contract import Calibrator, Fitted, Floats, log_softmax, validation_nodes
from explainers.calibrators.temperature import best_temperature, said_of

MOST_UNIFORM = 0.999
"""Of nothing but uniform probabilities no class could be told."""


def best_weights(parts: Floats) -> Floats:
    """Weights [3], each 0 or more, summing to 1, the last at most 0.999, with the least −mean ln(parts · weights).

    `parts` [n, 3]: what each member gives the true class. Convex; no worse than the first two members alone.
    """
    from scipy.optimize import minimize

    def loss(weights: Floats) -> float:
        return float(-np.log(np.maximum(parts @ weights, np.finfo(np.float64).tiny)).mean())

    def slope(weights: Floats) -> Floats:
        return np.asarray(-(parts / np.maximum(parts @ weights, np.finfo(np.float64).tiny)[:, None]).mean(axis=0))

    found = minimize(
        loss,
        np.full(3, 1 / 3),
        jac=slope,
        method="SLSQP",
        bounds=[(0, 1), (0, 1), (0, MOST_UNIFORM)],
        constraints={"type": "eq", "fun": lambda weights: weights.sum() - 1, "jac": np.ones_like},
        options={"ftol": 1e-12, "maxiter": 200},
    ).x
    # rounding leaves the sum and the bounds within 1e-15 or so
    mixed = np.clip(found, 0, [1, 1, MOST_UNIFORM])
    mixed[:2] *= (1 - mixed[2]) / mixed[:2].sum()
    return min((np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), mixed), key=loss)


def fit(logits: Floats, y: Ints, validation_mask: Bools, train_mask: Bools, graph: GraphData, *, seed: int) -> Fitted:
    """The temperature first, then the weights of the three."""
    rows, labels = validation_nodes(logits, y, validation_mask)
    temperature = best_temperature(rows, labels)
    weights = best_weights(np.exp(_members(rows, temperature)[:, np.arange(len(labels)), labels]).T)
    used = np.flatnonzero(weights)

    def transform(given: Floats) -> Floats:
        logs = np.log(weights[used])[:, None, None] + _members(given, temperature)[used]
        return log_softmax(np.logaddexp.reduce(logs, axis=0))

    return Fitted(transform, parameters=3, nodes=len(labels), said=_said(temperature, weights))


def _members(logits: Floats, temperature: float) -> Floats:
    """[3, n, num_classes] ln p at the temperature, as it is, and uniform."""
    return np.stack([log_softmax(logits / temperature), log_softmax(logits), np.full(logits.shape, -np.log(logits.shape[1]))])


def _said(temperature: float, weights: Floats) -> str:
    if weights[2] >= MOST_UNIFORM:
        return f"Uniform probabilities have the most weight they may, {MOST_UNIFORM:g}: the validation labels do not follow the logits."
    return said_of(temperature) if weights[0] > 0 else ""


CALIBRATOR = Calibrator(
    name="ets",
    title="Ensemble temperature scaling",
    question="What if the scaled probabilities are mixed with those as they are, and with uniform ones?",
    fit=fit,
    source="Zhang et al., Mix-n-Match: ensemble and compositional methods for uncertainty calibration, ICML 2020",
    equation=r"\hat p = w_1\,\mathrm{softmax}(z / T) + w_2\,\mathrm{softmax}(z) + w_3 / C, \quad w \ge 0, \ w_1 + w_2 + w_3 = 1",
    keeps_class=True,
)
