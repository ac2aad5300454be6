"""What is measured of the states of the nodes, each with its words. Free of torch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from core import graph as measures
from core.data import GraphData, Split
from core.graph import Measured, undefined

Measure = Callable[[ArrayLike, GraphData, Split], Measured]

MODULES = (
    __name__,
    "core.hops",
    "explainers.lenses.over_smoothing.packing",
    *(f"core.graph.{name}" for name in ("distances", "measured", "readout", "smoothness", "structure")),
)
"""Whose code decides what is measured of states, and how it is kept."""

WIDEST = 40_000_000
"""Entries of states up to which they are measured; they are held in float64, a few times over."""


@dataclass(frozen=True)
class Quantity:
    """One measure of states [num_nodes, width]: what it is called, what it says, and on which axis it is drawn."""

    name: str
    title: str
    reading: str
    formula: str
    source: str
    measure: Measure
    log: bool = False
    share: bool = False
    most: float = math.inf
    """No value is greater."""


def _energy(h: ArrayLike, graph: GraphData, split: Split, **options: Any) -> Measured:
    return measures.dirichlet_energy(h, graph.edge_index, **options)


def _distance(h: ArrayLike, graph: GraphData, split: Split, operator: measures.Operator) -> Measured:
    return measures.smooth_subspace_distance(h, graph.edge_index, operator=operator)


QUANTITIES: tuple[Quantity, ...] = (
    Quantity(
        "relative_energy",
        "Relative energy",
        "Symmetric Dirichlet energy over the squared norm. 0: nothing is left but the limit of Â; it is free of scale.",
        r"\frac{\mathrm{tr}(H^\top (I-\hat A) H)}{\lVert H \rVert_F^2} \in [0, 2)",
        "Cai & Wang 2020; Â = D̃^-½ (A + I) D̃^-½, not divided by N, after the activation",
        partial(_energy, relative=True),
        log=True,
        most=2,
    ),
    Quantity(
        "distance_symmetric",
        "Distance to the limit of Â",
        "Share of the states' length outside of the smooth subspace, columns ∝ √(1+d) in each component.",
        r"\lVert H - \Pi H \rVert_F / \lVert H \rVert_F,\ \Pi \text{ onto } \sqrt{1+d}",
        "Oono & Suzuki 2020",
        partial(_distance, operator="symmetric"),
        log=True,
        most=1,
    ),
    Quantity(
        "distance_constant",
        "Distance to constants",
        "The same for the limit of a mean: one state for all nodes of a component. Collapse through biases is seen here.",
        r"\lVert H - \Pi H \rVert_F / \lVert H \rVert_F,\ \Pi \text{ onto constants}",
        "Oono & Suzuki 2020, for P = D̃⁻¹ (A + I)",
        partial(_distance, operator="row_stochastic"),
        log=True,
        most=1,
    ),
    Quantity(
        "squared_norm",
        "Squared norm",
        "How large the states are. An unscaled energy mixes smoothing with this.",
        r"\lVert H \rVert_F^2",
        "",
        lambda h, graph, split: measures.squared_norm(h),
        log=True,
    ),
    Quantity(
        "smv",
        "SMV",
        "Mean distance of the states' directions, over all pairs. 0: all point one way.",
        r"\frac{1}{N}\sum_i \frac{1}{N-1}\sum_{j \neq i} \tfrac12 \lVert u_i - u_j \rVert,\ u_i = h_i / \lVert h_i \rVert",
        "Liu, Gao & Ji 2020 (DAGNN), eq. 3–5",
        lambda h, graph, split: measures.smoothness_metric_value(h),
        most=1,
    ),
    Quantity(
        "effective_rank",
        "Effective rank",
        "In how many directions the states differ from nothing. 1: all are multiples of one vector.",
        r"\exp\Big(-\sum_k p_k \ln p_k\Big),\ p_k = \sigma_k / \textstyle\sum_l \sigma_l",
        "Roy & Vetterli 2007, not centred",
        lambda h, graph, split: measures.effective_rank(h),
        log=True,
    ),
    Quantity(
        "energy",
        "Dirichlet energy",
        "Symmetric, not scaled: it shrinks and grows with the states.",
        r"\mathrm{tr}(H^\top (I-\hat A) H)",
        "Cai & Wang 2020; not divided by N",
        _energy,
        log=True,
    ),
    Quantity(
        "unnormalized_energy",
        "Unnormalised energy",
        "It vanishes where all nodes of a component have one state, not in the limit of Â.",
        r"\frac1N \sum_i \sum_{j \in N(i)} \lVert h_i - h_j \rVert^2",
        "Rusch et al. 2023, eq. 2; ordered pairs, divided by N",
        partial(_energy, kind="unnormalized"),
        log=True,
    ),
    Quantity(
        "mad_gap",
        "MADGap",
        "Cosine distance of nodes at least 8 hops apart, minus that of nodes at most 3 apart. Not monotone in depth.",
        r"\mathrm{MAD}_{\geq 8\ \mathrm{hops}} - \mathrm{MAD}_{\leq 3\ \mathrm{hops}}",
        "Chen et al. 2020, eq. 1–5",
        lambda h, graph, split: measures.mad_gap(h, graph.edge_index),
    ),
    Quantity(
        "group_distance_ratio",
        "Group distance ratio",
        "Squared distance of directions between classes over that within. 1: the classes are one. Uses all labels: diagnostic.",
        r"\overline{\lVert u_i - u_j \rVert^2}_{\text{between classes}} \,/\, \overline{\lVert u_i - u_j \rVert^2}_{\text{within}}",
        "Zhou et al. 2020 (DGN), as in their code",
        lambda h, graph, split: measures.group_distance_ratio(h, graph.labels),
    ),
    Quantity(
        "linear_probe",
        "Linear probe",
        "Test score of a logistic regression on the states, trained on the training nodes: what is still in there.",
        r"\frac{1}{|V_\mathrm{test}|}\sum_i 1[\hat y(h_i) = y_i]",
        "Alain & Bengio 2017; scikit-learn, standardised columns, C = 1",
        lambda h, graph, split: measures.linear_probe(h, graph.labels, split.train, split.test, metric=graph.metric),
        share=True,
        most=1,
    ),
)

BY_NAME: Mapping[str, Quantity] = {quantity.name: quantity for quantity in QUANTITIES}
MAIN = ("relative_energy", "distance_symmetric", "distance_constant", "squared_norm", "smv", "effective_rank")
"""What is drawn below the accuracy."""


def measured(h: ArrayLike, graph: GraphData, split: Split) -> dict[str, Measured]:
    """Every quantity of the states [num_nodes, width], and `zero_rows`, the share of nodes whose state is zero."""
    if np.shape(h)[0] * np.shape(h)[1] > WIDEST:
        size = f"{np.shape(h)[0]:,} nodes × {np.shape(h)[1]:,} columns"
        return dict.fromkeys([*BY_NAME, "zero_rows"], undefined(f"{size} are too many to measure"))
    h = np.asarray(h.todense() if hasattr(h, "todense") else h, dtype=np.float64)
    zero = Measured(float((h == 0).all(axis=1).mean())) if len(h) else undefined("there are no nodes")
    return {quantity.name: quantity.measure(h, graph, split) for quantity in QUANTITIES} | {"zero_rows": zero}
