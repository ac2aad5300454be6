"""How nodes are coloured, the same on the canvas, in the overview and in the embedding. Free of torch."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from plotly.colors import sample_colorscale

from core.data import GraphData, Split
from core.figures import NEUTRAL, OKABE_ITO, RIGHT, SEQUENTIAL, SPLIT_COLORS, WRONG, class_color
from core.scene import SHAPES, Shape
from explainers.nodes import PARTS, UNKNOWN, part_index

COLORINGS = ("class", "prediction", "correctness", "split", "confidence")
WITHOUT_RUN = ("class", "split")
STEPS = 32
"""Colours that confidence is told apart by, less one."""


Mark = tuple[str, Shape]


@dataclass(frozen=True, eq=False)
class Coloring:
    """`codes` [num_nodes] are places in `marks`; `legend` names those that a reader needs: name → (colour, shape)."""

    codes: NDArray[np.integer]
    marks: Sequence[Mark]
    legend: Mapping[str, Mark]

    @cached_property
    def digest(self) -> str:
        """Name of these colours."""
        return hashlib.sha256(str(self.marks).encode() + np.ascontiguousarray(self.codes).tobytes()).hexdigest()

    def of(self, nodes: NDArray[np.integer]) -> tuple[list[str], list[Shape]]:
        """Colours and shapes of some nodes, in their order."""
        found = [self.marks[code] for code in self.codes[nodes].tolist()]
        return [color for color, _ in found], [shape for _, shape in found]


def coloring(
    by: str,
    graph: GraphData,
    split: Split,
    predictions: NDArray[np.integer] | None = None,
    confidence: NDArray[np.floating] | None = None,
) -> Coloring:
    """Colours of all nodes. `predictions` and `confidence` [num_nodes] where `by` needs them."""
    if by == "class" or (predictions is None and by != "split"):
        return _classes(graph, graph.labels)
    if by == "prediction" and predictions is not None:
        return _classes(graph, predictions)
    if by == "split":
        return by_mark(part_index(split), [(part, (SPLIT_COLORS[part], "circle")) for part in PARTS])
    if by == "correctness":
        codes = np.select([graph.labels < 0, predictions == graph.labels], [2, 0], 1)
        return by_mark(codes, [("right", (RIGHT, "circle")), ("wrong", (WRONG, "square")), (UNKNOWN, (NEUTRAL, "circle"))])
    assert confidence is not None
    return shaded(confidence, 1 / graph.num_classes, 1.0, "{:.0%}")


def shaded(values: NDArray[np.floating], low: float, high: float, text: str) -> Coloring:
    """Numbers [num_nodes] on a scale from `low` to `high`, beyond which colours do not change; `text` formats those of the legend."""
    shares = np.clip((np.asarray(values, dtype=float) - low) / max(high - low, 1e-12), 0, 1)
    scale: list[Mark] = [(_hex(color), "circle") for color in sample_colorscale(SEQUENTIAL, STEPS + 1)]
    legend = {text.format(low + (high - low) * share): scale[round(share * STEPS)] for share in (0, 0.5, 1)}
    return Coloring(np.rint(shares * STEPS).astype(np.int64), scale, legend)


def by_mark(codes: NDArray[np.integer], marks: Sequence[tuple[str, Mark]]) -> Coloring:
    """Codes [num_nodes] are places in `marks`, name and mark each; the legend has those that occur."""
    there = np.bincount(codes, minlength=len(marks)) > 0
    return Coloring(codes, [mark for _, mark in marks], dict(pair for pair, found in zip(marks, there.tolist(), strict=True) if found))


def _classes(graph: GraphData, labels: NDArray[np.integer]) -> Coloring:
    marks: list[tuple[str, Mark]] = [
        (name, (class_color(index), SHAPES[index // len(OKABE_ITO) % len(SHAPES)])) for index, name in enumerate(graph.class_names)
    ]
    return by_mark(np.where(labels < 0, len(marks), labels), [*marks, (UNKNOWN, (NEUTRAL, "circle"))])


def _hex(color: str) -> str:
    red, green, blue = (int(float(part)) for part in color[4:-1].split(","))
    return f"#{red:02x}{green:02x}{blue:02x}"
