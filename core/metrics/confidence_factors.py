"""What goes with a gap between accuracy and confidence: the five factors of Hsu et al. (2022), degree and local homophily.

Neighbours N(i) are the nodes linked to i in either direction, each once, without i itself (`core.hops.adjacency`): on a directed graph
both ends of an edge are neighbours. A factor of the neighbours is not defined at a node without any; such nodes are left out, and counted.

Bins have fixed edges and are made once, from the uncalibrated probabilities: before and after each calibrator they hold the same nodes,
so that a gap that closes has closed, and nobody has moved. They are the same for every seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix

from core.errors import UserError
from core.graph.homophily import local_homophily
from core.hops import degrees, hops_to_nearest, pairs
from core.metrics.node_bins import DEGREES, HOPS, SHARES, Bin, NodeBins, between, binned
from core.metrics.probabilities import checked_probabilities

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HSU = "Hsu, Shen, Tomani & Cremers 2022, What makes graph neural networks miscalibrated?, sect. "


@dataclass(frozen=True)
class Factor:
    """A fact about each node that its calibration may go with. `equation` in LaTeX, without the dollar signs; `bins` says how its values
    are put together. `diagnostic`: it uses the labels of test nodes. `predicted`: it is read off the uncalibrated probabilities."""

    name: str
    title: str
    text: str
    equation: str
    source: str
    bins: tuple[Bin, ...]
    diagnostic: bool = False
    predicted: bool = False


FACTORS = (
    Factor(
        "overall",
        "Overall level",
        "All nodes in one bin: below 0 the model is over-confident, above 0 under-confident.",
        r"c_i = \max_k p_{i,k}",
        f"{HSU}4.1",
        (Bin(0, 1, "all nodes"),),
        predicted=True,
    ),
    Factor(
        "spread",
        "Spread of the predicted distribution",
        "Entropy of the node's probabilities as a share of that of uniform ones: 0, all on one class; 1, no idea. Nodes "
        "differ in it, and one temperature for all treats them alike.",
        r"H_i = -\frac{1}{\ln C} \sum_k p_{i,k} \ln p_{i,k}",
        f"{HSU}4.2; entropy as its measure and the bins are ours",
        between((0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)),
        predicted=True,
    ),
    Factor(
        "hops",
        "Hops to the nearest training node",
        "Length of the shortest path; training nodes themselves are at 0, and two steps and more are taken together, as the paper has it.",
        r"d_i = \min_{t \in \mathrm{train}} \mathrm{dist}(i, t)",
        f"{HSU}4.3",
        HOPS,
    ),
    Factor(
        "relative_confidence",
        "Relative confidence",
        "How much surer the model is of this node than of its neighbours, on average.",
        r"\delta_i = c_i - \frac{1}{|N(i)|} \sum_{j \in N(i)} c_j",
        f"{HSU}4.4",
        between((-1, -0.4, -0.2, -0.1, 0, 0.1, 0.2, 0.4, 1)),
        predicted=True,
    ),
    Factor(
        "agreement",
        "Neighbours with the same prediction",
        "Share of the neighbours for which the model predicts the class that it predicts for the node.",
        r"\frac{1}{|N(i)|} \sum_{j \in N(i)} [\hat y_j = \hat y_i]",
        f"{HSU}4.5",
        SHARES,
        predicted=True,
    ),
    Factor("degree", "Degree", "Number of neighbours.", r"|N(i)|", "not among the five of Hsu et al.; bins are powers of 2", DEGREES),
    Factor(
        "homophily",
        "Local homophily",
        "Share of the labelled neighbours that have the node's own class. Diagnostic: uses test labels.",
        r"h_i = \frac{1}{|N(i)|} \sum_{j \in N(i)} [y_j = y_i]",
        "Pei et al. 2020, node homophily; not among the five of Hsu et al.",
        SHARES,
        diagnostic=True,
    ),
)


def factor_values(prob: ArrayLike, y: ArrayLike, links: csr_matrix, train: ArrayLike) -> dict[str, Floats]:
    """Every factor by name, [num_nodes] each; NaN where it is not defined, ∞ hops where no path leads to a training node.

    `prob` [num_nodes, num_classes], uncalibrated; `y` [num_nodes], negative where there is no label; `links` from
    `core.hops.adjacency`; `train` a mask [num_nodes]. Raises `UserError` for probabilities that are none, or of another graph.
    """
    found, labels, degree = checked_probabilities(prob), np.asarray(y, dtype=np.int64), degrees(links)
    if not len(found) == len(labels) == len(degree):
        given = f"{len(found):,} nodes, labels of {len(labels):,} and links of {len(degree):,}"
        raise UserError(f"The factors take all of a graph; probabilities of {given} do not belong together.")
    confidence = found.max(axis=1)
    hops = hops_to_nearest(links, np.asarray(train, dtype=bool))
    same, labelled = local_homophily(pairs(links), labels)
    return {
        "overall": confidence,
        "spread": _entropy(found),
        "hops": np.where(hops < 0, np.inf, hops),
        "relative_confidence": confidence - _mean_of_neighbours(confidence, links),
        "agreement": _agreement(found.argmax(axis=1), links),
        "degree": degree.astype(np.float64),
        "homophily": np.where(labelled > 0, same, np.nan),
    }


def factor_bins(values: Mapping[str, Floats]) -> dict[str, NodeBins]:
    """The bin of each node by every factor; `values` of `factor_values`, from uncalibrated probabilities."""
    return {factor.name: binned(values[factor.name], factor.bins) for factor in FACTORS}


@dataclass(frozen=True, eq=False)
class FactorGaps:
    """Bin by bin [num_bins]: `accuracy`, mean `confidence`, and their `gap` = accuracy − confidence, −1 … 1, negative where the model is
    over-confident; NaN in a bin without nodes (`count`). `left_out`: nodes for which the factor is not defined."""

    labels: tuple[str, ...]
    value_low: Floats
    value_high: Floats
    count: Ints
    accuracy: Floats
    confidence: Floats
    gap: Floats
    left_out: int


def factor_gaps(confidence: ArrayLike, correct: ArrayLike, mask: ArrayLike, bins: NodeBins) -> FactorGaps:
    """Accuracy − confidence in each bin of a factor, over the nodes of a mask, which have a label.

    `confidence` [num_nodes]: the probability of the predicted class, calibrated or not; `correct` [num_nodes]: whether that is the
    class; `mask` [num_nodes]; `bins` of `factor_bins`, or any others. Raises `UserError` for confidences that are no numbers.
    """
    sure, chosen = np.asarray(confidence, dtype=np.float64), np.asarray(mask, dtype=bool)
    if wrong := int((~np.isfinite(sure[chosen])).sum()):
        raise UserError(f"The confidence of {wrong:,} of {int(chosen.sum()):,} nodes is not a number; the training may have diverged.")
    count = bins.sums(chosen)
    with np.errstate(invalid="ignore"):
        accuracy, mean = bins.sums(chosen, correct) / count, bins.sums(chosen, sure) / count
    return FactorGaps(
        labels=tuple(one.label for one in bins.bins),
        value_low=np.array([one.low for one in bins.bins], dtype=np.float64),
        value_high=np.array([one.high for one in bins.bins], dtype=np.float64),
        count=count.astype(np.int64),
        accuracy=accuracy,
        confidence=mean,
        gap=accuracy - mean,
        left_out=int(chosen.sum() - count.sum()),
    )


def _entropy(prob: Floats) -> Floats:
    """−Σ p ln p / ln C of each row, 0 … 1; 0 with a single class."""
    entropy = -(prob * np.log(np.where(prob > 0, prob, 1))).sum(axis=1)
    return np.asarray(np.clip(entropy / np.log(max(prob.shape[1], 2)), 0, 1))


def _mean_of_neighbours(values: Floats, links: csr_matrix) -> Floats:
    """Mean of `values` [num_nodes] over each node's neighbours, NaN without any."""
    with np.errstate(invalid="ignore"):
        return np.asarray((links @ values) / degrees(links))


def _agreement(predicted: Ints, links: csr_matrix) -> Floats:
    """Share of each node's neighbours that have its predicted class, NaN without any."""
    node, neighbour = pairs(links)
    same = np.bincount(node, weights=predicted[node] == predicted[neighbour], minlength=len(predicted))
    with np.errstate(invalid="ignore"):
        return np.asarray(same / degrees(links))
