"""How nodes are coloured, the same on the canvas, in the overview and in the embedding. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from plotly.colors import sample_colorscale

from core.data import GraphData, Split
from core.figures import NEUTRAL, OKABE_ITO, RIGHT, SEQUENTIAL, SPLIT_COLORS, WRONG, class_color
from core.scene import SHAPES, Shape
from explainers.nodes import part_of

COLORINGS = ("class", "prediction", "correctness", "split", "confidence")
WITHOUT_RUN = ("class", "split")


@dataclass(frozen=True)
class Coloring:
    """`colors` and `shapes` [num_nodes], and the legend: name → (colour, shape)."""

    colors: Sequence[str]
    shapes: Sequence[Shape]
    legend: dict[str, tuple[str, Shape]]


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
        return _words(part_of(split), {part: (color, "circle") for part, color in SPLIT_COLORS.items()})
    if by == "correctness":
        words = np.select([graph.labels < 0, predictions == graph.labels], ["unknown", "right"], "wrong")
        return _words(words, {"right": (RIGHT, "circle"), "wrong": (WRONG, "square"), "unknown": (NEUTRAL, "circle")})
    assert confidence is not None
    low, high = 1 / graph.num_classes, 1.0
    shares = np.clip((np.asarray(confidence, dtype=float) - low) / (high - low), 0, 1)
    scale = [_hex(color) for color in sample_colorscale(SEQUENTIAL, 33)]
    colors = [scale[round(share * 32)] for share in shares]
    marks = {f"{low + (high - low) * share:.0%}": (scale[round(share * 32)], "circle") for share in (0, 0.5, 1)}
    return Coloring(colors, ["circle"] * graph.num_nodes, marks)  # type: ignore[arg-type]


def _classes(graph: GraphData, labels: NDArray[np.integer]) -> Coloring:
    marks: dict[str, tuple[str, Shape]] = {
        name: (class_color(index), SHAPES[index // len(OKABE_ITO) % len(SHAPES)]) for index, name in enumerate(graph.class_names)
    }
    if (labels < 0).any():
        marks["unknown"] = (NEUTRAL, "circle")
    names = [*graph.class_names, "unknown"]
    return _words(np.array(names, dtype=object)[labels], marks)


def _words(words: Sequence[str] | NDArray[np.object_], marks: dict[str, tuple[str, Shape]]) -> Coloring:
    present = {str(word) for word in np.unique(np.asarray(words, dtype=str))}
    return Coloring(
        [marks[word][0] for word in words], [marks[word][1] for word in words], {k: v for k, v in marks.items() if k in present}
    )


def _hex(color: str) -> str:
    red, green, blue = (int(float(part)) for part in color[4:-1].split(","))
    return f"#{red:02x}{green:02x}{blue:02x}"
