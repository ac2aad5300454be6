"""Contextual stochastic block model: homophily, feature signal and degree as knobs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core import memory
from core.data import Floats, GraphData, Ints
from core.datasets.contract import Dataset, Report
from core.datasets.edges import undirected
from core.errors import UserError
from core.parameters import Choice, Integer, Real, Value

Reals = NDArray[np.float64]

ROUNDING = 1e-9


def load(values: Mapping[str, Value], report: Report) -> GraphData:
    """Draw the graph; raises `UserError` where the knobs contradict each other."""
    classes, dimensions = int(values["classes"]), int(values["dimensions"])
    if dimensions < classes:
        raise UserError(f"{classes} equally distant class centres need at least {classes} feature dimensions; dimensions is {dimensions}.")
    _check_size(int(values["nodes"]), float(values["degree"]), dimensions)
    sizes = class_sizes(int(values["nodes"]), classes, float(values["imbalance"]))
    counts = expected_edges(sizes, float(values["homophily"]), float(values["degree"]), str(values["others"]))
    # Two streams, so that turning the homophily knob leaves the features as they are.
    of_features, of_edges = np.random.SeedSequence(int(values["seed"])).spawn(2)
    labels = np.repeat(np.arange(classes), sizes)
    return GraphData(
        name="csbm",
        features=features(labels, dimensions, float(values["signal"]), np.random.default_rng(of_features)),
        edge_index=edges(sizes, counts, np.random.default_rng(of_edges)),
        labels=labels,
        class_names=tuple(f"class {k}" for k in range(classes)),
    )


def _check_size(nodes: int, degree: float, dimensions: int) -> None:
    """Raises `UserError` if the graph would not fit: doubles and floats for the features, sorted copies of the edges."""
    memory.require(
        nodes * (dimensions * 20 + degree * 100),
        f"Drawing {nodes:,} nodes with {dimensions} features and about {nodes * degree / 2:,.0f} edges",
        "Fewer nodes, dimensions or a smaller degree would fit.",
    )


def class_sizes(nodes: int, classes: int, imbalance: float) -> Ints:
    """[classes] falling sizes that sum to `nodes`; the first is about `imbalance` times the last, in equal ratios."""
    weights = imbalance ** -np.linspace(0, 1, classes)
    bounds = np.rint(np.cumsum(weights) / weights.sum() * nodes)
    sizes: Ints = np.diff(bounds, prepend=0).astype(np.int64)
    if sizes.min() < 1:
        raise UserError(
            f"{nodes} nodes in {classes} classes with imbalance {imbalance:g} leave a class empty; take more nodes or less imbalance."
        )
    return sizes


def possible_pairs(sizes: Ints, others: str) -> Reals:
    """[classes, classes], upper triangle: node pairs that may be linked, within a class and between two.

    "uniform": all pairs of classes; "circulant": classes c and c ± 1 only.
    """
    classes = len(sizes)
    if others == "circulant" and classes < 3:
        raise UserError(
            f"Circulant needs a class on either side, c − 1 and c + 1; with {classes} classes there is one other only. "
            "Take 3, 5 or more classes, or uniform."
        )
    if others == "circulant" and classes == 4:
        raise UserError(
            "Circulant with 4 classes is degenerate: classes c and c + 2 have the same other neighbours (c − 1 and c + 1), "
            "so that no neighbourhood tells them apart at homophily 0. Take 3, 5 or more classes, or uniform."
        )
    pairs = np.triu(np.outer(sizes, sizes).astype(float), 1)
    if others == "circulant":
        step = np.subtract.outer(np.arange(classes), np.arange(classes)) % classes
        pairs[(step != 1) & (step != classes - 1)] = 0
    return pairs + np.diag(sizes * (sizes - 1) / 2)


def expected_edges(sizes: Ints, homophily: float, degree: float, others: str) -> tuple[Reals, Reals]:
    """Node pairs and expected edges of every block, both [classes, classes], upper triangle.

    In all nodes · degree / 2 edges. The homophilous share is spread over classes by their size (equal inner
    degree for all nodes), the rest evenly over the allowed pairs of different classes. Raises `UserError` naming
    the nearest possible value where a block would need more edges than it has pairs.
    """
    pairs = possible_pairs(sizes, others)
    outer = np.triu(pairs, 1)
    total = sizes.sum() * degree / 2
    low, high = max(0.0, 1 - outer.sum() / total), min(1.0, float((sizes.min() - 1) / degree))
    if low > high + ROUNDING:
        most = sizes.min() - 1 + 2 * outer.sum() / sizes.sum()
        raise UserError(
            f"A mean degree of {degree:g} is more than these classes can hold at any homophily: "
            f"the most is {np.floor(most * 10) / 10:g}; or take more nodes."
        )
    if not low - ROUNDING <= homophily <= high + ROUNDING:
        nearest = np.ceil(low * 1000) / 1000 if homophily < low else np.floor(high * 1000) / 1000
        raise UserError(
            f"Homophily {homophily:g} is impossible with classes of {sizes.min()} to {sizes.max()} nodes and mean degree {degree:g}: "
            f"there are too few pairs {'between' if homophily < low else 'within'} classes. The nearest possible homophily is {nearest:g}."
        )
    within = homophily * total * sizes / sizes.sum()
    return pairs, np.diag(within) + (1 - homophily) * total * outer / max(outer.sum(), 1)


def edges(sizes: Ints, counts: tuple[Reals, Reals], random: np.random.Generator) -> Ints:
    """Both directions of the links, [2, num_stored]: each pair of a block is linked independently, with equal probability.

    `counts` as from `expected_edges`. A block's number of links is binomial, and they are then drawn without repetition.
    """
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    parts = [np.empty((2, 0), dtype=np.int64)]
    for a, b in zip(*np.nonzero(counts[1]), strict=True):
        pairs = int(counts[0][a, b])
        number = random.binomial(pairs, min(1.0, counts[1][a, b] / pairs))
        drawn = random.choice(pairs, number, replace=False, shuffle=False)
        ends = _triangle(drawn) if a == b else np.divmod(drawn, sizes[b])
        parts.append(np.stack([ends[0] + starts[a], ends[1] + starts[b]]))
    return undirected(np.concatenate(parts, axis=1), int(sizes.sum()))


def features(labels: Ints, dimensions: int, signal: float, random: np.random.Generator) -> Floats:
    """[num_nodes, dimensions]: normal noise of variance 1 around the class centre.

    Any two centres are `signal` apart, in units of the noise's standard deviation, so that features alone
    separate two balanced classes with accuracy Φ(signal/2). The centres lie on the first axes, which
    loses nothing because the noise looks the same from every side.
    """
    noise = random.standard_normal((len(labels), dimensions))
    noise[np.arange(len(labels)), labels] += signal / np.sqrt(2)
    return noise.astype(np.float32)


def _triangle(index: Ints) -> tuple[Ints, Ints]:
    """Row and column of places 0, 1, 2 … of a lower triangle without diagonal: (1,0), (2,0), (2,1) …"""
    row = ((1 + np.sqrt(1 + 8 * index.astype(float))) / 2).astype(np.int64)
    # The square root may round across a whole number.
    row -= row * (row - 1) // 2 > index
    row += row * (row + 1) // 2 <= index
    return row, index - row * (row - 1) // 2


OTHERS = (("uniform", "any other class"), ("circulant", "the classes beside it, c ± 1"))

DATASETS = (
    Dataset(
        name="csbm",
        title="Contextual block model",
        question="When do neighbours help, when do they hurt? Turn the knobs.",
        family="Embedded, generated",
        load=load,
        parameters=(
            Integer("nodes", "Nodes", 1000, 20, 200_000, step=100),
            Integer("classes", "Classes", 2, 2, 50),
            Real("homophily", "Homophily", 0.8, 0.0, 1.0, step=0.05, help="Expected share of edges within a class (edge homophily)."),
            Choice("others", "Other neighbours", "uniform", OTHERS, help="Which classes a node's neighbours of another class come from."),
            Real("degree", "Mean degree", 10.0, 0.5, 200.0, step=1.0, unit="neighbours"),
            Real("signal", "Feature signal", 1.0, 0.0, 10.0, step=0.1, unit="sd", help="Distance of two class centres."),
            Real("imbalance", "Imbalance", 1.0, 1.0, 20.0, step=0.5, help="Size of the largest class over the smallest.", common=False),
            Integer("dimensions", "Feature dimensions", 20, 2, 500, common=False),
            Integer("seed", "Graph seed", 0, 0, 2**31 - 1, help="Draws this graph; not the split, not the training."),
        ),
        embedded=True,
        size="1,000 nodes, about 5,000 edges (as set)",
        source="Contextual stochastic block model, Deshpande et al. 2018; circulant neighbours as in Ma et al. 2022. Drawn here.",
        licence="generated here",
        flaws=("Nodes of a class are numbered in a row; links are independent, so that there are hardly any triangles.",),
    ),
)
