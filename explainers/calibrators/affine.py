"""What vector and matrix scaling share: logits moved by an affine map of those of the classes that validation nodes are of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.data import Bools, GraphData, Ints
from core.work import silent
from explainers.calibrators.contract import Fitted, Floats, log_softmax, said_of_absent, validation_nodes
from explainers.calibrators.temperature import best_temperature, said_of

LIMIT = 20.0
"""Weights and shifts, of logits that the common temperature has scaled, are held to this size: some labels ask for infinite ones."""

Learn = Callable[[Floats, Ints], Floats]
"""Scaled logits [n, k] and labels [n], every one of the k classes occurring → weights [k, k + 1], the last column being shifts."""
Tell = Callable[[], None]


@dataclass(frozen=True, eq=False)
class Map:
    """ln softmax of scaled logits, those of the classes `present` moved by `weights` [k, k + 1]; other classes' logits are only scaled."""

    temperature: float
    present: Ints
    weights: Floats

    def __call__(self, logits: Floats) -> Floats:
        scaled = logits / self.temperature
        scaled[:, self.present] = moved(scaled[:, self.present], self.weights)
        return log_softmax(scaled)


def moved(scaled: Floats, weights: Floats) -> Floats:
    """[n, k] scaled logits times the weights, plus the shifts."""
    return np.asarray(scaled @ weights[:, :-1].T + weights[:, -1])


def unmoved(size: int) -> Floats:
    """[size, size + 1] the weights that change nothing."""
    return np.eye(size, size + 1)


def mean_loss(log_probabilities: Floats, labels: Ints) -> float:
    """−mean ln p of the true classes."""
    return float(-log_probabilities[np.arange(len(labels)), labels].mean())


def likeliest_weights(
    scaled: Floats, labels: Ints, free: Bools, penalty: Floats, start: Floats, *, precision: float = 1e-12, tell: Tell = silent
) -> Floats:
    """Weights [k, k + 1] with the least −mean ln p + Σ penalty · weights², from `start` on; those not `free` stay.

    Convex, so that the minimum does not depend on the start; by L-BFGS-B within −20 … 20, until a step gains no more than a share of
    `precision`. `tell` is called at every step, and may end it by raising.
    """
    from scipy.optimize import minimize

    n, weights = np.arange(len(labels)), start.copy()

    def loss(values: Floats) -> tuple[float, Floats]:
        tell()
        weights[free] = values
        logs = log_softmax(moved(scaled, weights))
        error = np.exp(logs)
        error[n, labels] -= 1
        slope = np.column_stack([error.T @ scaled, error.sum(axis=0)]) / len(n) + 2 * penalty * weights
        return mean_loss(logs, labels) + float((penalty * np.square(weights)).sum()), slope[free]

    found = minimize(
        loss,
        start[free],
        jac=True,
        method="L-BFGS-B",
        bounds=[(-LIMIT, LIMIT)] * int(free.sum()),
        options={"maxiter": 500, "ftol": precision, "gtol": 1e-7},
    )
    weights[free] = found.x
    return weights


def fit_map(logits: Floats, y: Ints, validation: Bools, graph: GraphData, learn: Learn, size: Callable[[int], int]) -> Fitted:
    """A temperature, and what is learned of the logits that it has scaled. `size`: numbers that are learned for k classes.

    A class without a validation node would be pushed to probability 0; so the map is fitted among the other classes, and is given up
    where it makes the validation labels less likely than the temperature alone does.
    """
    rows, labels = validation_nodes(logits, y, validation)
    temperature = best_temperature(rows, labels)
    present, own = np.unique(labels, return_inverse=True)
    missing = np.setdiff1d(np.arange(logits.shape[1]), present)
    common = Map(temperature, present, unmoved(len(present)))
    found = Map(temperature, present, learn((rows / temperature)[:, present], own))
    better = mean_loss(found(rows), labels) <= mean_loss(common(rows), labels)
    said = [said_of(temperature), said_of_absent(missing, graph, "its logits are only divided by the temperature common to all")]
    if not better:
        said.append("That temperature is all that is left: with more, the validation labels become less likely.")
    elif np.abs(found.weights).max() >= LIMIT:
        said.append(
            f"A weight is held at {LIMIT:g}: the validation nodes ask for an infinite one, as where a class is predicted faultlessly."
        )
    # without a missing class the temperature is no number of its own: weights can do what it does
    parameters = size(len(present)) + (len(missing) > 0) if better else 1
    return Fitted(found if better else common, parameters, len(labels), said=" ".join(filter(None, said)))
