"""Isotonic regression: for each class a rising function of its probability, straight between the validation nodes' probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.data import Bools, GraphData, Ints
from explainers.calibrators.contract import (
    AT_LEAST,
    Calibrator,
    Fitted,
    Floats,
    absent,
    log_normalized,
    log_softmax,
    said_of_absent,
    validation_nodes,
)


def fit(logits: Floats, y: Ints, validation_mask: Bools, train_mask: Bools, graph: GraphData, *, seed: int) -> Fitted:
    """One regression for each class that a validation node is of, against the rest; the rows are normalised afterwards."""
    from sklearn.isotonic import IsotonicRegression

    rows, labels = validation_nodes(logits, y, validation_mask)
    prob, missing = np.exp(log_softmax(rows)), absent(y, validation_mask, logits.shape[1])
    steps: dict[int, Any] = {
        c: IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(prob[:, c], labels == c) for c in np.unique(labels).tolist()
    }

    def transform(given: Floats) -> Floats:
        found = np.exp(log_softmax(given))
        for c, regression in steps.items():
            found[:, c] = regression.predict(found[:, c])
        return log_normalized(found)

    return Fitted(
        transform,
        parameters=sum(len(np.unique(regression.y_thresholds_)) for regression in steps.values()),
        nodes=len(labels),
        said=said_of_absent(missing, graph, "its probability stays as it is until the rows are normalised"),
    )


CALIBRATOR = Calibrator(
    name="isotonic",
    title="Isotonic regression",
    question="What if each class's probability is replaced by how often the class is true there, rising with the probability?",
    fit=fit,
    source="Zadrozny & Elkan, Transforming classifier scores into accurate multiclass probability estimates, KDD 2002; straight lines "
    f"between the validation nodes' probabilities, and {AT_LEAST}",
    equation=r"\hat p_c \propto m_c(p_c), \quad m_c = \arg\min_{m \,\mathrm{rising}} "
    r"\sum_{i \in \mathrm{val}} (m(p_{ic}) - \mathbb 1[y_i = c])^2",
    keeps_class=False,
)
