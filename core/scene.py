"""What the graph canvas draws: plain data, free of torch, Streamlit and of how it is drawn.

A scene has a *geometry* (who is where, who is joined to whom, names, images) that crosses to the
browser once, and a *look* (colours, sizes, tooltips) that crosses when it changes. Names and
tooltips are plain text everywhere; they are never read as HTML.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from core.data import Floats, Ints

Shape = Literal["circle", "square", "diamond", "triangle-up", "cross", "x", "pentagon", "star", "triangle-down", "hexagon"]
SHAPES: tuple[Shape, ...] = get_args(Shape)
"""Plotly's names, so that a class has the same mark in every view."""

TEXT = "text"
"""Colour of a line that is as strong as the text, in light and dark."""

MAX_NODES, MAX_EDGES = 3_000, 10_000
"""Up to here a picture of a whole graph can be read; of a larger one draw a sample, and what surrounds a node."""

Numbers = Sequence[float] | NDArray[Any]

_COLOR = re.compile(r"#[0-9a-fA-F]{6}([0-9a-fA-F]{2})?")


@dataclass(frozen=True, eq=False)
class NodeLook:
    """Every field is one value for all nodes, or one a node [n] in the order of the scene's `node_ids`.

    `color`, `border`: #rrggbb or #rrggbbaa; `border` None is the background's colour, a hairline.
    `size`: relative to the size that suits the number of nodes. `tooltip`: plain text, lines parted by \\n.
    """

    color: str | Sequence[str] = "#56B4E9"
    size: float | Numbers = 1.0
    shape: Shape | Sequence[Shape] = "circle"
    border: str | Sequence[str | None] | None = None
    tooltip: str | Sequence[str] = ""


@dataclass(frozen=True, eq=False)
class EdgeLook:
    """Every field is one value for all edges, or one an edge [m] in the order of the scene's `edges`.

    `color` None is a faint line in the text's colour, "text" one of full strength. `width` in pixels; an edge of width 0 is not drawn.
    `arrow`: whether it has a head where the scene has arrows.
    """

    color: str | Sequence[str | None] | None = None
    width: float | Numbers = 1.0
    dashed: bool | Sequence[bool] | NDArray[np.bool_] = False
    arrow: bool | Sequence[bool] | NDArray[np.bool_] = True
    tooltip: str | Sequence[str] = ""


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture of a graph.

    `graph_id` names the graph and the layout; while it stays, so does the camera. `positions` [n, 2] in any
    unit, y upwards; `node_ids` [n]; `edges` [m, 2] in node ids, each undirected pair once (`arrows`: from
    first to second). `labels` [n]: names, found by the search box. `images` [n]: data URLs drawn in place
    of shapes. `target`: the node that the picture is about; it gets a ring.
    """

    graph_id: str
    positions: Floats
    node_ids: Ints
    edges: Ints
    labels: Sequence[str] | None = None
    images: Sequence[str | None] | None = None
    arrows: bool = False
    nodes: NodeLook = field(default_factory=NodeLook)
    lines: EdgeLook = field(default_factory=EdgeLook)
    target: int | None = None

    def __post_init__(self) -> None:
        n, m = len(self.node_ids), len(self.edges)
        _expect("positions", np.shape(self.positions), (n, 2))
        _expect("edges", np.shape(self.edges), (m, 2))
        for name, values, size in (
            ("labels", self.labels, n),
            ("images", self.images, n),
            *((f"nodes.{key}", value, n) for key, value in vars(self.nodes).items()),
            *((f"lines.{key}", value, m) for key, value in vars(self.lines).items()),
        ):
            if values is not None and not isinstance(values, str) and np.ndim(values):
                _expect(name, (len(values),), (size,))
        if not np.isfinite(self.positions).all():
            raise ValueError("positions must be finite.")
        if not np.isin(self.edges, self.node_ids).all():
            raise ValueError("edges must join nodes of the scene.")
        # anything else would be asked of another host, or be the address of a script
        if any(url and not url.startswith("data:image/") for url in self.images or ()):
            raise ValueError("images must be data URLs of images (data:image/…).")
        for color in _distinct(self.nodes.color) | _distinct(self.nodes.border) | (_distinct(self.lines.color) - {TEXT}):
            if color is not None and not _COLOR.fullmatch(color):
                raise ValueError(f"{color!r} is not a colour; write #rrggbb or #rrggbbaa.")
        for shape in _distinct(self.nodes.shape):
            if shape not in SHAPES:
                raise ValueError(f"There is no shape {shape!r}; there are {', '.join(SHAPES)}.")

    def ready(self) -> Scene:
        """The same scene, with its parts made: one that is kept is measured with them."""
        _ = self.geometry, self.look
        return self

    @cached_property
    def geometry(self) -> Part:
        """{"ids" [n], "x" [n], "y" [n], "edges" [2m] as places in `ids`, "labels", "images", "arrows"}.

        Positions are in a box 1000 wide or high around 0, y downwards as on screens.
        """
        low, high = (self.positions.min(axis=0), self.positions.max(axis=0)) if len(self.positions) else (np.zeros(2), np.zeros(2))
        centred = (np.asarray(self.positions, dtype=np.float64) - (low + high) / 2) * 1000 / (max(high - low) or 1)
        order = np.argsort(self.node_ids, kind="stable")
        places = order[np.searchsorted(self.node_ids, self.edges, sorter=order)] if len(self.edges) else self.edges
        return Part.of(
            ids=np.asarray(self.node_ids).tolist(),
            x=np.round(centred[:, 0], 1).tolist(),
            y=np.round(-centred[:, 1], 1).tolist(),
            edges=np.asarray(places).ravel().tolist(),
            labels=None if self.labels is None else list(map(str, self.labels)),
            images=None if self.images is None else list(self.images),
            arrows=self.arrows,
        )

    @cached_property
    def look(self) -> Part:
        """{"nodes": {field: column}, "lines": {field: column}}; a column is `_column`."""
        return Part.of(
            nodes={name: _column(value) for name, value in vars(self.nodes).items()},
            lines={name: _column(value) for name, value in vars(self.lines).items()},
        )


@dataclass(frozen=True)
class Part:
    """A part of a scene as it crosses to the browser: plain data, named by its content."""

    name: str
    body: dict[str, Any]

    @classmethod
    def of(cls, **body: Any) -> Part:
        return cls(hashlib.sha256(json.dumps(body).encode()).hexdigest()[:16], body)


def _column(value: Any) -> dict[str, list[Any]]:
    """{"values": the distinct ones, "index": which of them each element has, or [] where all have the first}."""
    if np.ndim(value) == 0:
        return {"values": [_plain(value)], "index": []}
    place: dict[Any, int] = {}
    index = [place.setdefault(_plain(element), len(place)) for element in value]
    return {"values": list(place), "index": index}


def _plain(value: Any) -> Any:
    plain = value.item() if isinstance(value, np.generic) else value
    return round(plain, 3) if isinstance(plain, float) else plain


def _distinct(values: str | Sequence[str | None] | None) -> set[str | None]:
    return {values} if values is None or isinstance(values, str) else set(values)


def _expect(name: str, given: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    if given != wanted:
        raise ValueError(f"{name} has shape {list(given)} where {list(wanted)} is needed.")
