"""Scenes of whole graphs, of what surrounds a node, and of as much of a large graph as can be drawn."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from core import sampling
from core.spec import DatasetSpec, settings
from core.splits import split_of
from core.views import OpenGraph, open_graph
from core.work import silent
from explainers import scenes
from explainers.coloring import Coloring, coloring
from explainers.nodes import node_called

NODES = 4_000


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> OpenGraph:
    """More nodes than the canvas draws."""
    spec = DatasetSpec("csbm", settings({"nodes": NODES, "degree": 6.0, "classes": 4}), split="")
    return open_graph(silent, dataset=spec, home=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def colors(opened: OpenGraph) -> Coloring:
    return coloring("class", opened.graph, split_of(opened.graph, DatasetSpec("csbm", split="random")))


def small_samples(monkeypatch: pytest.MonkeyPatch, nodes: int, edges: int) -> None:
    for function, most in ((sampling.sampled_nodes, nodes), (sampling.sampled_edges, edges)):
        monkeypatch.setattr(scenes, function.__name__, lambda *given, f=function, m=most: f(*given, most=m))


def test_a_large_graph_is_drawn_in_part_and_says_so(opened: OpenGraph, colors: Coloring, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not scenes.fits_canvas(opened)
    total = len(opened.graph.undirected_edges)
    _, text = scenes.some(opened, colors, ())
    assert text == f"Showing every node and 10,000 of {total:,} edges, drawn at random."
    small_samples(monkeypatch, 1000, 50)
    scene, text = scenes.some(opened, colors, ())
    assert text == f"Showing 1,000 of 4,000 nodes and 50 of {total:,} edges, drawn at random."
    assert (len(scene.node_ids), len(scene.edges)) == (1000, 50)
    np.testing.assert_array_equal(scene.positions, opened.positions[scene.node_ids])
    assert scene.nodes.tooltip[5] == f"node {scene.node_ids[5]}\nclass {opened.graph.labels[scene.node_ids[5]]}"
    assert len(scene.geometry.body["ids"]) == len(scene.look.body["nodes"]["tooltip"]["index"]) == 1000, "nothing of the others crosses"


def test_where_colours_repeat_and_nodes_are_dots_one_is_told_to_zoom_in(
    opened: OpenGraph, colors: Coloring, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_shapes = Coloring(
        colors.codes, [(color, "square" if place == 1 else "circle") for place, (color, _) in enumerate(colors.marks)], {}
    )
    one_color = Coloring(colors.codes, [("#000000", shape) for _, shape in two_shapes.marks], {})
    monkeypatch.setattr(scenes, "DOTS", NODES - 1)
    told = [
        scenes.some(opened, each, ())[1].endswith("drawn at random. Zoom in to tell the shapes.")
        for each in (colors, two_shapes, one_color)
    ]
    assert told == [False, False, True]
    monkeypatch.setattr(scenes, "DOTS", NODES)
    assert scenes.some(opened, one_color, ())[1].endswith("drawn at random.")


def test_nodes_are_dots_where_draw_js_says_so() -> None:
    source = (Path(__file__).parents[2] / "assets" / "canvas" / "draw.js").read_text(encoding="utf-8")
    (dot,) = re.findall(r"const DOT = ([\d.]+);", source)
    ((size, power),) = re.findall(r"this\.radius = \(.*: (\d+)\) \* crowd \*\* (-[\d.]+);", source)
    radius = [float(size) * nodes ** float(power) for nodes in (scenes.DOTS - 10, scenes.DOTS + 10)]
    assert radius[0] > float(dot) > radius[1]


def test_what_is_selected_is_drawn_and_the_rest_stays(opened: OpenGraph, colors: Coloring, monkeypatch: pytest.MonkeyPatch) -> None:
    small_samples(monkeypatch, 1000, 50)
    plain, _ = scenes.some(opened, colors, ())
    outside = sorted(set(range(NODES)) - set(plain.node_ids.tolist()))[:3]
    scene, _ = scenes.some(opened, colors, outside)
    assert set(scene.node_ids.tolist()) >= set(outside)
    assert len(np.intersect1d(plain.node_ids, scene.node_ids)) == 997


def test_around_a_node_everything_is_drawn_with_its_colour(opened: OpenGraph, colors: Coloring) -> None:
    scene, text = scenes.around(opened, colors, 3999, 2)
    assert scene.node_ids[0] == scene.target == 3999
    assert "of 4,000 nodes: 2 hops around node 3999" in text
    assert list(scene.nodes.color) == colors.of(scene.node_ids)[0]


def test_nodes_are_found_by_number_and_name(opened: OpenGraph) -> None:
    graph = opened.graph
    texts = (" 17 ", "3999", "4000", "-1", "²", "", "x" * 80)
    assert [node_called(graph, text) for text in texts] == [17, 3999, None, None, None, None, None]
    vars(graph)["node_names"] = ("Ada", "Adam", "eve")
    try:
        assert [node_called(graph, text) for text in ("ada", "ADAM", "dam", "Eve", "1", "bob")] == [0, 1, 1, 2, 1, None]
    finally:
        vars(graph)["node_names"] = None
