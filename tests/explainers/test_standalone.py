"""The file of an explanation: all in it, nothing fetched, and text stays text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from core.errors import UserError
from core.scene import MAX_NODES, SHAPES, EdgeLook, NodeLook, Scene
from explainers.standalone import standalone

EVIL = "</script><script>alert(1)</script> href"
DIGIT = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAAAAABX3VL4AAAADklEQVR4nGP4/5/h/38ABf8B/tGZ5usAAAAASUVORK5CYII="


class Tags(HTMLParser):
    """What a browser makes of a file: its tags, and the text of its title, heading, footer and script tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data):
        if self._open:
            self.text.setdefault(self._open[-1], []).append(data)


@pytest.fixture(scope="module")
def scene() -> Scene:
    """Node 12 above the middle of 10 and 11, whose edge is not drawn."""
    return Scene(
        "line",
        np.array([[0, 0], [2, 0], [1, 1]], np.float32),
        np.array([10, 11, 12]),
        np.array([[10, 11], [11, 12], [10, 12]]),
        labels=["zero", EVIL, "two"],
        nodes=NodeLook(color=["#0072B2", "#E69F00", "#009E73"], shape=["circle", "square", "cross"], size=[2.0, 1.0, 1.0], tooltip=EVIL),
        lines=EdgeLook(color=[None, "#D55E00", None], width=[0.0, 4.0, 1.0], dashed=[False, True, False], tooltip=["", EVIL, "score 1"]),
        target=12,
    )


def data(text: str, name: str) -> list[dict]:
    """The nodes or edges that a file holds."""
    found = re.search(rf"{name} = new vis\.DataSet\((\[.*?\])\);\n", text)
    assert found
    return json.loads(found[1])


def test_places_looks_and_the_target(scene: Scene) -> None:
    text = standalone(scene, "Why?", "3 nodes, saliency, GCN on line.")
    zero, one, two = data(text, "nodes")
    assert [(node["id"], node["x"], node["y"]) for node in (zero, one, two)] == [(10, -500, 250), (11, 500, 250), (12, 0, -250)]
    assert zero["size"] == pytest.approx(2 * one["size"], abs=0.1)
    assert (zero["shape"], one["shape"], two["shape"]) == ("dot", "square", "icon")
    assert two["icon"]["code"] == "✚"
    assert zero["color"]["background"] == "#0072B2"
    heavy, faint = data(text, "edges")
    assert (heavy["from"], heavy["to"], heavy["width"], heavy["dashes"], heavy["color"]) == (11, 12, 4, True, "#D55E00")
    assert (faint["from"], faint["to"], faint["said"]) == (10, 12, "score 1")
    assert (heavy["arrows"], data(standalone(replace(scene, arrows=True), "", ""), "edges")[0]["arrows"]) == ("", "to")
    headless = replace(scene, arrows=True, lines=replace(scene.lines, arrow=[True, False, True]))
    assert [edge["arrows"] for edge in data(standalone(headless, "", ""), "edges")] == ["", "to"]
    assert "if (12 === null)" in text
    assert "if (null === null)" in standalone(replace(scene, target=None), "", "")
    options = json.loads(re.search(r"var options = (\{.*?\});\n", text)[1])
    assert options["physics"] == {"enabled": False}
    assert options["interaction"]["dragNodes"] is True


def test_nothing_is_fetched(scene: Scene) -> None:
    text = standalone(scene, "Why?", "", {"a": ("#0072B2", "circle")})
    tags = Tags(text).tags
    assert not [tag for tag, _ in tags if tag in ("link", "iframe", "base", "object", "embed", "img")]
    assert not [attributes for _, attributes in tags if {"src", "href"} & attributes.keys()]
    assert not re.search(r"(@import|url\(\s*[\"']?)\s*(https?:)?//", text)
    assert "bootstrap" not in text
    policy = next(attributes for tag, attributes in tags if tag == "meta" and "http-equiv" in attributes)
    assert policy["content"].startswith("default-src 'none'")
    assert text.startswith("<!DOCTYPE html>")


def test_text_from_files_stays_text(scene: Scene) -> None:
    plain = Tags(standalone(scene, "Why?", "Caption.", {"class a": ("#0072B2", "circle")}))
    evil = Tags(standalone(scene, EVIL, EVIL, {EVIL: ("#0072B2", "star")}))
    assert [tag for tag, _ in evil.tags] == [tag for tag, _ in plain.tags], "no tag more than without it"
    assert evil.text["title"] == evil.text["h1"] == [EVIL]
    assert evil.text["footer"] == [f"{EVIL} Made with Hopscope."]
    assert evil.text["b"][0] == "★"
    text = standalone(scene, EVIL, EVIL)
    assert data(text, "nodes")[1]["label"] == data(text, "nodes")[0]["said"] == EVIL
    assert "title" not in data(text, "nodes")[0], "pyvis makes HTML of a title that holds “href”"
    assert "innerHTML = nodeData" not in text


def test_a_title_is_no_pattern_and_no_template(scene: Scene) -> None:
    found = Tags(standalone(scene, r"\1 \g<0> {{7*7}} TARGET </body>", r"\2 TARGET </body>"))
    assert found.text["title"] == [r"\1 \g<0> {{7*7}} TARGET </body>"]
    assert found.text["footer"] == [r"\2 TARGET </body> Made with Hopscope."]


def test_every_shape_images_and_unnamed_nodes() -> None:
    count = len(SHAPES)
    scene = Scene(
        "shapes",
        np.random.default_rng(0).random((count, 2)).astype(np.float32),
        np.arange(count),
        np.zeros((0, 2), int),
        images=[DIGIT, *[None] * (count - 1)],
        nodes=NodeLook(shape=SHAPES),
    )
    found = data(standalone(scene, "", ""), "nodes")
    assert found[0]["image"] == DIGIT
    assert [node["label"] for node in found] == [str(node) for node in range(count)]
    assert len({(node["shape"], node.get("icon", {}).get("code")) for node in found}) == count


def test_no_nodes_and_too_many() -> None:
    nothing = Scene("empty", np.zeros((0, 2), np.float32), np.zeros(0, int), np.zeros((0, 2), int))
    assert data(standalone(nothing, "", ""), "nodes") == []
    many = MAX_NODES + 1
    with pytest.raises(UserError, match="has 3,001 nodes; a file for the browser holds at most 3,000"):
        standalone(Scene("many", np.zeros((many, 2), np.float32), np.arange(many), np.zeros((0, 2), int)), "", "")
