"""A scene as one HTML file that shows itself anywhere: nodes to drag, no network, nothing else to install. Free of torch.

Drawn by pyvis, whose page is mended: it asks another host for Bootstrap, reads headings and some tooltips as HTML, and
knows no dark. What comes from a file stays text: in the data by JSON's escapes, on the page by those of HTML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape
from typing import Any

from core.errors import UserError
from core.scene import MAX_NODES, TEXT, Scene, Shape
from explainers.coloring import Mark

NAMED = 60
"""Nodes up to which every name is written; of more of them names appear when one zooms in."""
FAINT = "rgba(140, 140, 140, 0.5)"
"""Edges and borders without a colour of their own, readable on light and dark."""
SHAPES: Mapping[Shape, str] = {
    "circle": "dot",
    "square": "square",
    "diamond": "diamond",
    "triangle-up": "triangle",
    "triangle-down": "triangleDown",
    "star": "star",
    "hexagon": "hexagon",
}
"""vis-network's names; what it does not have is drawn as a glyph."""
GLYPHS: Mapping[Shape, str] = {
    "circle": "●",
    "square": "■",
    "diamond": "◆",
    "triangle-up": "▲",
    "triangle-down": "▼",
    "star": "★",
    "hexagon": "⬢",
    "cross": "✚",
    "x": "✖",
    "pentagon": "⬟",
}
FETCHED = re.compile(r"<link\b[^>]*>|<script\b[^>]*\bsrc\s*=[^>]*>\s*</script>|<!--.*?-->|<center>.*?</center>", re.DOTALL)
"""What pyvis would fetch, its comments and its two headings."""
SAFE = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:\">"
)
"""Whatever else a later pyvis may want: the browser refuses to ask anybody."""
STYLE = """
:root { color-scheme: light dark; --text: #1f2937; --page: #ffffff; --faint: #6b7280; }
@media (prefers-color-scheme: dark) { :root { --text: #e5e7eb; --page: #0e1117; --faint: #9ca3af; } }
html, body { height: 100%; margin: 0; }
body { display: flex; flex-direction: column; background: var(--page); color: var(--text); font: 15px/1.45 system-ui, sans-serif; }
header, footer { padding: 0.7rem 1rem; }
h1 { margin: 0 0 0.3rem; font-size: 1.15rem; }
.legend { display: flex; flex-wrap: wrap; gap: 0.15rem 1rem; font-size: 0.85rem; }
.legend b { font-weight: normal; margin-right: 0.3rem; }
footer { color: var(--faint); font-size: 0.85rem; }
.card { flex: 1; min-height: 320px; position: relative; }
#mynetwork { position: absolute; inset: 0; width: auto; height: auto; float: none; border: 0; }
div.vis-tooltip { font: 13px/1.4 system-ui, sans-serif; white-space: pre-line; color: var(--text); background: var(--page);
  border-color: var(--faint); }
"""
SCRIPT = """
nodes.update(nodes.get().map(({ id, said }) => ({ id, title: said || undefined })));
edges.update(edges.get().map(({ id, said }) => ({ id, title: said || undefined })));
const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => {
  const { color } = getComputedStyle(document.body);
  network.setOptions({ nodes: { font: { color } } });
  edges.update(edges.get({ filter: ({ strong }) => strong }).map(({ id }) => ({ id, color: { color, highlight: color, hover: color } })));
};
dark.addEventListener("change", paint);
paint();
network.on("afterDrawing", (ctx) => {
  if (TARGET === null) return;
  const { x, y } = network.getPosition(TARGET), size = nodes.get(TARGET).size;
  ctx.lineWidth = Math.max(2.5, size / 5);
  ctx.strokeStyle = "#D55E00";
  ctx.beginPath();
  ctx.arc(x, y, 1.35 * size + 3, 0, 2 * Math.PI);
  ctx.stroke();
});
network.once("afterDrawing", () => network.fit({ animation: false }));
addEventListener("resize", () => network.fit({ animation: false }));
"""


def standalone(scene: Scene, title: str, caption: str, legend: Mapping[str, Mark] | None = None) -> str:
    """The file's text. `caption`: what is shown, by which method, of which model; `legend`: name → (colour, shape), as a `Coloring` has it.

    Physics is off: nodes are where the scene has them, and stay where they are dragged. Raises `UserError` for a scene of more
    nodes than a browser moves smoothly.
    """
    if len(scene.node_ids) > MAX_NODES:
        raise UserError(f"This picture has {len(scene.node_ids):,} nodes; a file for the browser holds at most {MAX_NODES:,}.")
    page = FETCHED.sub("", _drawn(scene))
    head = f"<!DOCTYPE html>\n<html lang='en'>\n<head>\n{SAFE}<title>{escape(title)}</title>"
    page = re.sub(r"\A\s*<html>\s*<head>", lambda _: head, page)
    page = page.replace("</head>", f"<style>{STYLE}</style>\n</head>", 1)
    page = page.replace("<body>", f"<body>\n<header><h1>{escape(title)}</h1>{_legend(legend or {})}</header>", 1)
    script = SCRIPT.replace("TARGET", json.dumps(None if scene.target is None else int(scene.target)))
    end = f"<footer>{escape(caption)} Made with Hopscope.</footer>\n<script>{script}</script>\n</body>"
    return end.join(page.rsplit("</body>", 1))


def _drawn(scene: Scene) -> str:
    """pyvis' own page, everything in it."""
    from pyvis.network import Network  # half a second

    # undirected, it would compare each edge with all others
    network = Network(height="100%", width="100%", bgcolor="transparent", directed=True, cdn_resources="in_line")
    radius = _radius(scene)
    network.set_options(json.dumps(_options(len(scene.node_ids), radius)))
    for node in _nodes(scene, radius):
        network.add_node(node.pop("id"), **node)
    for edge in _edges(scene):
        network.add_edge(edge.pop("from"), edge.pop("to"), **edge)
    return str(network.generate_html())


def _options(count: int, radius: float) -> dict[str, Any]:
    return {
        "physics": {"enabled": False},
        "layout": {"improvedLayout": False},
        "interaction": {"hover": True, "tooltipDelay": 120, "dragNodes": True},
        "nodes": {"borderWidth": 1, "borderWidthSelected": 3, "font": {"size": 18 if count <= NAMED else round(1.2 * radius, 1)}},
        "edges": {"smooth": False, "arrows": {"to": {"scaleFactor": 0.5}}},
    }


def _radius(scene: Scene) -> float:
    """Of a node of size 1, in a box 1000 wide: as on the canvas."""
    return float((33 if scene.images else 20) * max(len(scene.node_ids), 12) ** -0.23)


def _nodes(scene: Scene, radius: float) -> list[dict[str, Any]]:
    body, look = scene.geometry.body, scene.look.body["nodes"]
    labels = body["labels"] or list(map(str, body["ids"]))
    images = body["images"] or [None] * len(labels)
    columns = (_each(look[name], len(labels)) for name in ("color", "border", "size", "shape", "tooltip"))
    found = []
    for node, x, y, label, image, color, border, size, shape, said in zip(
        body["ids"], body["x"], body["y"], labels, images, *columns, strict=True
    ):
        colors = {"background": color, "border": border or FAINT}
        own: dict[str, Any] = {"shape": SHAPES.get(shape, "icon"), "color": {**colors, "highlight": colors, "hover": colors}}
        if image:
            own |= {"shape": "image", "image": image, "shapeProperties": {"useBorderWithImage": True}}
        elif shape not in SHAPES:
            own["icon"] = {"face": "sans-serif", "code": GLYPHS[shape], "size": round(2.6 * size * radius, 1), "color": color}
        # not as `title`: one that holds “href” would become HTML
        found.append({"id": node, "label": label or str(node), "x": x, "y": y, "size": round(size * radius, 1), "said": said, **own})
    return found


def _edges(scene: Scene) -> list[dict[str, Any]]:
    """Those that are drawn; of width 0 none is."""
    look, count = scene.look.body["lines"], len(scene.edges)
    columns = (_each(look[name], count) for name in ("color", "width", "dashed", "arrow", "tooltip"))
    return [
        {
            "from": int(u),
            "to": int(v),
            "color": FAINT if color in (None, TEXT) else color,
            "strong": color == TEXT,
            "width": width,
            "dashes": bool(dashed),
            "said": said,
            "arrows": "to" if scene.arrows and arrow else "",
        }
        for (u, v), color, width, dashed, arrow, said in zip(scene.edges.tolist(), *columns, strict=True)
        if width > 0
    ]


def _each(column: Mapping[str, Any], count: int) -> list[Any]:
    """A column of a scene's look, value by value."""
    values, index = column["values"], column["index"]
    return [values[place] for place in index] if index else values[:1] * count


def _legend(marks: Mapping[str, Mark]) -> str:
    names = (
        f"<span><b style='color:{escape(color, quote=True)}'>{GLYPHS.get(shape, GLYPHS['circle'])}</b>{escape(name)}</span>"
        for name, (color, shape) in marks.items()
    )
    return f"<div class='legend'>{''.join(names)}</div>" if marks else ""
