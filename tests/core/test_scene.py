"""Scenes: what crosses to the browser, what is refused; the library's copy."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import vis_assets
from core.errors import UserError
from core.scene import SHAPES, EdgeLook, NodeLook, Scene


def scene(**changes: Any) -> Scene:
    """Three nodes with ids that are not places, and two edges."""
    plain = Scene(
        "three",
        positions=np.array([[0, 0], [2, 0], [1, 1]], dtype=np.float32),
        node_ids=np.array([30, 10, 20]),
        edges=np.array([[10, 20], [30, 10]]),
    )
    return replace(plain, **changes)


def test_geometry_in_places_and_screen_coordinates() -> None:
    body = scene(labels=["a", "b", "c"]).geometry.body
    assert body["ids"] == [30, 10, 20]
    assert body["edges"] == [1, 2, 0, 1]
    assert body["x"] == [-500, 500, 0]
    assert body["y"] == [250, 250, -250], "y grows downwards on a screen"
    assert body["labels"] == ["a", "b", "c"]


def test_look_is_packed() -> None:
    body = scene(nodes=NodeLook(color=["#000000", "#ffffff", "#000000"], size=np.array([1, 2, 2], np.float32))).look.body
    assert body["nodes"]["color"] == {"values": ["#000000", "#ffffff"], "index": [0, 1, 0]}
    assert body["nodes"]["size"] == {"values": [1.0, 2.0], "index": [0, 1, 1]}
    assert body["nodes"]["shape"] == {"values": ["circle"], "index": []}
    assert body["lines"]["dashed"] == {"values": [False], "index": []}


def test_recolouring_leaves_the_geometry_and_moving_leaves_the_look() -> None:
    plain, coloured, moved = scene(), scene(nodes=NodeLook(color="#D55E00")), scene(positions=np.eye(3, 2, dtype=np.float32))
    assert coloured.geometry.name == plain.geometry.name
    assert coloured.look.name != plain.look.name
    assert moved.geometry.name != plain.geometry.name
    assert moved.look.name == plain.look.name


def test_everything_crosses_as_json() -> None:
    full = scene(
        images=["data:image/png;base64,AA==", None, None],
        nodes=NodeLook(size=np.ones(3, np.float32), shape=SHAPES[:3], border=[None, "#000000", "#00000080"], tooltip=["<b>", "", "x"]),
        lines=EdgeLook(color=[None, "#D55E00"], width=np.array([0.5, 2]), dashed=np.array([True, False])),
    )
    assert json.loads(json.dumps([full.geometry.body, full.look.body]))[1]["lines"]["dashed"]["values"] == [True, False]


def test_an_empty_scene() -> None:
    empty = Scene("none", np.zeros((0, 2), np.float32), np.zeros(0, np.int64), np.zeros((0, 2), np.int64))
    assert empty.geometry.body["ids"] == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"positions": np.zeros((2, 2))}, "positions has shape"),
        ({"positions": np.full((3, 2), np.nan)}, "finite"),
        ({"edges": np.array([[10, 99]])}, "join nodes"),
        ({"labels": ["one"]}, "labels has shape"),
        ({"images": ["https://example.org/a.png", None, None]}, "data URLs"),
        ({"nodes": NodeLook(color="red;}")}, "not a colour"),
        ({"nodes": NodeLook(color=["#000000"])}, "nodes.color"),
        ({"nodes": NodeLook(shape="blob")}, "no shape 'blob'"),  # type: ignore[arg-type]
        ({"lines": EdgeLook(width=[1.0])}, "lines.width"),
    ],
)
def test_what_cannot_be_drawn_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        scene(**changes)


def test_a_ready_scene_holds_what_crosses() -> None:
    made = scene().ready()
    assert {"geometry", "look"} <= set(vars(made))
    assert made.geometry.body["ids"] == [30, 10, 20]


def test_the_library_comes_out_of_pyvis_once(tmp_path: Path) -> None:
    static = tmp_path / "static"
    name = vis_assets.publish(static)
    copied = static / name
    assert copied.read_text(encoding="utf-8").startswith("/**\n * vis-network")
    os.utime(copied, (1, 1))
    assert vis_assets.publish(static) == name
    assert copied.stat().st_mtime == 1, "not written again"
    assert [path.name for path in static.iterdir()] == [name]


def test_a_new_pyvis_replaces_the_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = vis_assets.publish(tmp_path / "static")
    newer = tmp_path / "vis.js"
    newer.write_text("// newer")
    monkeypatch.setattr(vis_assets, "_shipped", lambda: newer)
    name = vis_assets.publish(tmp_path / "static")
    assert name != old
    assert [path.name for path in (tmp_path / "static").iterdir()] == [name]


def test_no_library_and_no_room_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "static"
    blocked.write_text("a file in the way")
    with pytest.raises(UserError, match="cannot be written"):
        vis_assets.publish(blocked)
    monkeypatch.setattr(vis_assets, "find_spec", lambda _: None)
    with pytest.raises(UserError, match="pip install"):
        vis_assets.publish(tmp_path / "other")
