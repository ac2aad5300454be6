"""A page with nothing but a canvas and buttons that change one thing each; driven by test_canvas.py."""

from __future__ import annotations

import json
import os

import numpy as np
import streamlit as st

from core.layout import layout
from core.scene import EdgeLook, NodeLook, Scene
from pages._shared.canvas import KNOWN, CanvasEvent, graph_canvas

COLORS = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")
DIGIT = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAAAAABX3VL4AAAADklEQVR4nGP4/5/h/38ABf8B/tGZ5usAAAAASUVORK5CYII="


@st.cache_data
def graph(size: int) -> tuple[np.ndarray, np.ndarray]:
    """A seeded graph in blocks, with its layout: positions [n, 2], edges [m, 2]."""
    rng = np.random.default_rng(0)
    source = rng.integers(0, size, 2 * size)
    near = (source + rng.integers(1, 12, 2 * size)) % size
    target = np.where(rng.random(2 * size) < 0.9, near, rng.integers(0, size, 2 * size))
    pairs = np.sort(np.stack([source, target], axis=1)[source != target], axis=1)
    edges = np.unique(pairs, axis=0)
    return layout(edges.T, size), edges


def happened(event: CanvasEvent) -> None:
    st.session_state.events = [*st.session_state.get("events", []), event]
    if event.nodes is not None:
        st.session_state.selected = list(event.nodes)


st.set_page_config(layout="wide")
kind = st.query_params.get("kind", "plain")
size = int(st.query_params.get("size", "60"))
if st.button("recolour"):
    st.session_state.shift = st.session_state.get("shift", 0) + 1
if st.button("select three"):
    st.session_state.selected = [3]
if st.button("rerun"):
    pass
shift = st.session_state.get("shift", 0)
selected = st.session_state.get("selected", [])
if kind == "empty":
    scene = Scene("empty", np.zeros((0, 2), np.float32), np.zeros(0, int), np.zeros((0, 2), int))
elif kind == "line":  # known places: 0 and 1 at the ends, 2 in the middle above, ids that are not places
    scene = Scene(
        "line",
        np.array([[0, 0], [2, 0], [1, 1]], np.float32),
        np.array([10, 11, 12]),
        np.array([[10, 11], [11, 12], [10, 12]]),
        labels=["zero", "one", "<script>window.hacked = 1</script>"],
        images=[None, DIGIT, None] if "images" in st.query_params else None,
        nodes=NodeLook(
            color=COLORS[shift : shift + 3],
            border=["#D55E00", None, None],
            tooltip=["first\nline", "", "<script>window.hacked = 1</script>"],
        ),
        lines=EdgeLook(width=[1.0, 2.0, 3.0], dashed=[True, False, False], color=[None, "#0072B2", None]),
        target=12,
    )
elif kind == "arrows":  # 0 → 1 has a head, 2 – 3 below it has none
    scene = Scene(
        "arrows",
        np.array([[0, 1], [2, 1], [0, 0], [2, 0]], np.float32),
        np.arange(4),
        np.array([[0, 1], [2, 3]]),
        arrows=True,
        lines=EdgeLook(color=["#E69F00", "#009E73"], width=2.0, arrow=[True, False]),
    )
elif kind in ("overlap", "forgetful"):  # 0 – 2 runs along 0 – 1
    places = np.array([[0, 0], [1, 0], [2, 0]], np.float32)
    scene = Scene("overlap", places, np.arange(3), np.array([[0, 1], [0, 2]]), nodes=NodeLook(color=[COLORS[0], COLORS[2], COLORS[1]]))
else:
    positions, edges = graph(size)
    classes = np.arange(size) * 7 // size
    scene = Scene(f"graph-{size}", positions, np.arange(size), edges, nodes=NodeLook(color=[COLORS[(c + shift) % 7] for c in classes]))
if kind == "forgetful":
    st.session_state.setdefault(KNOWN, [scene.geometry.name, scene.look.name])
event = graph_canvas(scene, key="canvas", selected=selected, height=int(st.query_params.get("height", "480")), on_event=happened)
events = [{"nodes": e.nodes, "edge": e.edge, "area": e.area} for e in st.session_state.get("events", [])]
st.session_state.runs = st.session_state.get("runs", 0) + 1
st.code(
    json.dumps(
        {
            "runs": st.session_state.runs,
            "selected": selected,
            "events": events,
            "now": [event.nodes, event.edge],
            "shift": shift,
            "pid": os.getpid(),
        }
    ),
    language=None,
)
