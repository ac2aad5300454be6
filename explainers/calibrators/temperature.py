"""Temperature scaling: all logits divided by one number."""

from __future__ import annotations

import numpy as np

from core.data import Bools, GraphData, Ints
from explainers.calibrators.contract import Calibrator, Fitted, Floats, log_softmax, validation_nodes

COLDEST, HOTTEST = 0.05, 20.0
"""Where every validation node is predicted right, no temperature is low enough; where logits mislead, none is high enough."""


def best_temperature(logits: Floats, labels: Ints) -> float:
    """The temperature in 0.05 … 20 with the least negative log-likelihood of labels [n] given logits [n, num_classes].

    The likelihood is convex in 1/T, so that its one minimum is where the slope changes its sign. 1 where no temperature changes
    anything, because all logits of a node are equal.
    """
    from scipy.optimize import brentq

    # no rounding can turn a node that is predicted right against a lower temperature: none of its terms is above 0
    apart = logits - np.take_along_axis(logits, labels[:, None], axis=1)

    def slope(log_inverse: float) -> float:
        """d NLL / d(1/T) = mean_i Σ_c p_ic (z_ic − z_iy)."""
        return float((np.exp(log_softmax(apart * np.exp(log_inverse))) * apart).sum(axis=1).mean())

    hot, cold = -np.log(HOTTEST), -np.log(COLDEST)
    falls_to_the_end, rises_from_the_start = slope(cold) <= 0, slope(hot) >= 0
    if falls_to_the_end:
        return 1.0 if rises_from_the_start else COLDEST
    return HOTTEST if rises_from_the_start else float(np.exp(-brentq(slope, hot, cold, xtol=1e-12)))


def said_of(temperature: float) -> str:
    """The sentence on a temperature at an end of its range; nothing elsewhere."""
    if temperature == COLDEST:
        return (
            f"The temperature is held at {COLDEST:g}: the validation nodes ask for a lower one, "
            "as where all are predicted right, or where the logits hardly differ between classes."
        )
    if temperature == HOTTEST:
        return f"The temperature is held at {HOTTEST:g}: the validation labels do not follow the logits, and ask for uniform probabilities."
    return ""


def fit(logits: Floats, y: Ints, validation_mask: Bools, train_mask: Bools, graph: GraphData, *, seed: int) -> Fitted:
    """One temperature for all nodes."""
    temperature = best_temperature(*validation_nodes(logits, y, validation_mask))
    return Fitted(
        lambda given: log_softmax(given / temperature),
        parameters=1,
        nodes=int(validation_mask.sum()),
        temperatures=np.full(len(logits), temperature),
        said=said_of(temperature),
    )


CALIBRATOR = Calibrator(
    name="temperature",
    title="Temperature scaling",
    question="What if all logits are divided by one number, the one that makes the validation labels most likely?",
    fit=fit,
    source="Guo et al., On calibration of modern neural networks, ICML 2017, Eq. 9",
    equation=r"\hat p = \mathrm{softmax}(z / T), \quad T = \arg\min_{0.05 \le T \le 20} \sum_{i \in \mathrm{val}} -\ln \hat p_{i y_i}",
    keeps_class=True,
)
