"""The graph canvas as a Streamlit element: a scene goes in, clicks come back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from core.errors import UserError
from core.scene import Part, Scene
from core.vis_assets import publish

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "assets" / "canvas"
KNOWN = "canvas.known"
"""Session key: names of the parts that this browser window has been sent, the latest last."""
LONGEST = 80
"""Letters of a search that are taken."""
KEPT = 16
"""How many of them it remembers, as in canvas.js."""


@dataclass(frozen=True)
class CanvasEvent:
    """What the user did, in the one run of the script that follows it; all None in every other run.

    `nodes`: ids of the nodes that are now selected, () where the selection was cleared. `edge`: the ids at the
    ends of the edge that was clicked. `area`: whether the nodes come from dragging over an area. `find`: what was
    searched for in vain in the part of a graph that is drawn.
    """

    nodes: tuple[int, ...] | None = None
    edge: tuple[int, int] | None = None
    area: bool = False
    find: str = ""

    @property
    def node(self) -> int | None:
        """The node that was clicked or found, where it is one."""
        return self.nodes[0] if self.nodes is not None and len(self.nodes) == 1 else None


def graph_canvas(
    scene: Scene,
    *,
    key: str,
    selected: int | Iterable[int] | None = None,
    height: int = 520,
    empty: str = "There are no nodes to show.",
    part: bool = False,
    on_event: Callable[[CanvasEvent], None] | None = None,
) -> CanvasEvent:
    """Draw a scene with the nodes `selected` in it marked, and return what the user did.

    `height` in pixels, tools included; `empty`: the sentence for a scene without nodes; `part`: whether the graph has
    more nodes than the scene. `on_event` is
    called before the script runs, so that what it stores is already there for everything on the page;
    the event is returned as well. The camera stays while `scene.graph_id` does.
    """
    try:
        script = _script()
    except UserError as error:
        st.error(str(error))
        return CanvasEvent()

    def happened() -> None:
        raw = st.session_state[key].get("event")
        _number(key, raw)  # here already: the script may start over before it comes to the canvas
        event = _event(scene, raw)
        if on_event and event != CanvasEvent():
            on_event(event)

    def missing() -> None:
        known = st.session_state.get(KNOWN, [])
        st.session_state[KNOWN] = [name for name in known if name not in (st.session_state[key].get("missing") or ())]

    raw = (st.session_state.get(key) or {}).get("event")
    result = _component()(
        key=key,
        data={
            "graph": scene.graph_id,
            "geometry": scene.geometry.name,
            "look": scene.look.name,
            "parts": {part.name: part.body for part in _unsent(scene.geometry, scene.look)},
            "target": scene.target,
            "selected": _ids(selected),
            "seen": _number(key, raw),
            "script": script,
            "height": height,
            "empty": empty,
            "part": part,
        },
        on_event_change=happened,
        on_missing_change=missing,
    )
    return _event(scene, result.event)


def _event(scene: Scene, raw: Any) -> CanvasEvent:
    """What the browser sent, as far as it is about this scene: anything else may be late, or made up."""
    if not isinstance(raw, Mapping) or raw.get("geometry") != scene.geometry.name:
        return CanvasEvent()
    if raw.get("kind") == "edge":
        row = raw.get("edge")
        valid = isinstance(row, int) and 0 <= row < len(scene.edges)
        return CanvasEvent(edge=(int(scene.edges[row][0]), int(scene.edges[row][1]))) if valid else CanvasEvent()
    if raw.get("kind") == "find":
        text = raw.get("text")
        return CanvasEvent(find=text[:LONGEST]) if isinstance(text, str) else CanvasEvent()
    there = set(scene.geometry.body["ids"])
    nodes = tuple(node for node in raw.get("nodes") or () if isinstance(node, int) and node in there)
    return CanvasEvent(nodes=nodes, area=raw.get("kind") == "area")


def _unsent(*wanted: Part) -> list[Part]:
    """Parts that this window has not been sent; it asks again for what it lost."""
    known: list[str] = st.session_state.get(KNOWN, [])
    names = [part.name for part in wanted]
    unsent = [part for part in wanted if part.name not in known]
    st.session_state[KNOWN] = [*(name for name in known if name not in names), *names][-KEPT:]
    return unsent


def _number(key: str, raw: Any) -> int:
    """Number of the last event that Python has seen; until then the browser trusts its own selection."""
    name = f"{key}.seen"
    if isinstance(raw, Mapping) and isinstance(raw.get("number"), int):
        st.session_state[name] = raw["number"]
    return int(st.session_state.get(name, 0))


def _ids(selected: int | Iterable[int] | None) -> list[int]:
    if selected is None:
        return []
    return [int(node) for node in (selected if isinstance(selected, Iterable) else (selected,))]


@cache
def _script() -> str:
    """Address of vis-network on this server, which serves the folder static/ beside app.py."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return (f"/{base}" if base else "") + f"/app/static/{publish(ROOT / 'static')}"


@cache
def _component() -> Any:
    def read(name: str) -> str:
        return (ASSETS / name).read_text(encoding="utf-8")

    return st.components.v2.component(
        "hopscope.graph_canvas", html=read("canvas.html"), css=read("canvas.css"), js=read("draw.js") + read("canvas.js")
    )
