"""Histogram binning: for each class how often it is true, by bins of its probability."""

from __future__ import annotations

import numpy as np

from core.data import Bools, GraphData, Ints
from core.metrics.binning import equal_mass_bins
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
from explainers.wording import count

BINS, NODES_A_BIN = 15, 10
"""Bins of equal mass; fewer where they would hold fewer validation nodes than ten."""


def shares_by_bin(prob: Floats, true: Bools, bins: int) -> tuple[Floats, Floats]:
    """Edges between the bins of equal mass that nodes [n] fell in, halfway from one to the next, and the share of true ones in each."""
    place = equal_mass_bins(prob, bins)
    filled = [place == b for b in np.unique(place)]
    ends = np.array([(prob[inside].min(), prob[inside].max()) for inside in filled])
    return (ends[:-1, 1] + ends[1:, 0]) / 2, np.array([true[inside].mean() for inside in filled])


def fit(logits: Floats, y: Ints, validation_mask: Bools, train_mask: Bools, graph: GraphData, *, seed: int) -> Fitted:
    """Bins for each class that a validation node is of, against the rest; the rows are normalised afterwards."""
    rows, labels = validation_nodes(logits, y, validation_mask)
    prob, missing = np.exp(log_softmax(rows)), absent(y, validation_mask, logits.shape[1])
    bins = int(np.clip(len(labels) // NODES_A_BIN, 1, BINS))
    tables = {c: shares_by_bin(prob[:, c], labels == c, bins) for c in np.unique(labels).tolist()}

    def transform(given: Floats) -> Floats:
        found = np.exp(log_softmax(given))
        for c, (edges, shares) in tables.items():
            found[:, c] = shares[np.searchsorted(edges, found[:, c], side="right")]
        return log_normalized(found)

    said = [_said(bins), said_of_absent(missing, graph, "its probability stays as it is until the rows are normalised")]
    parameters = sum(len(shares) for _, shares in tables.values())
    return Fitted(transform, parameters, len(labels), said=" ".join(filter(None, said)))


def _said(bins: int) -> str:
    if bins == BINS:
        return ""
    return f"{count(bins, 'bin')} in the place of {BINS}: each holds {NODES_A_BIN} validation nodes or more."


CALIBRATOR = Calibrator(
    name="histogram",
    title="Histogram binning",
    question="What if each class's probability is replaced by how often the class is true among validation nodes of like probability?",
    fit=fit,
    source="Zadrozny & Elkan, Obtaining calibrated probability estimates from decision trees and naive Bayesian classifiers, ICML 2001; "
    f"15 bins of equal mass, {AT_LEAST}",
    equation=r"\hat p_c \propto \frac{1}{|B_c(p_c)|} \sum_{i \in B_c(p_c)} \mathbb 1[y_i = c]",
    keeps_class=False,
)
