"""The file of an explanation in a real browser, as somebody opens it who was sent it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("playwright", reason="playwright is not installed; run: pip install -e .[dev]")
from playwright.sync_api import Browser, Page

from core.scene import TEXT, EdgeLook, NodeLook, Scene
from explainers.standalone import standalone

pytestmark = pytest.mark.browser

EVIL = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'> href"
WHERE = """(id) => { const p = network.canvasToDOM(network.getPosition(id)), box = document.querySelector('canvas').getBoundingClientRect();
return [p.x + box.left, p.y + box.top]; }"""


def until(page: Page, truth: str) -> None:
    """Wait till ``truth`` holds: Playwright's own waiting evaluates text in the page, which the file's policy forbids."""
    for _ in range(200):
        if page.evaluate(truth):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"After 10 s it is still not so that {truth}")


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """The file of three nodes with hostile names; at the end nothing but the file was asked for, and no name was run."""
    scene = Scene(
        "line",
        np.array([[0, 0], [2, 0], [1, 1]], np.float32),
        np.array([10, 11, 12]),
        np.array([[10, 11], [11, 12]]),
        labels=["zero", EVIL, "two"],
        nodes=NodeLook(tooltip=EVIL),
        lines=EdgeLook(color=[TEXT, None], tooltip=EVIL),
        target=12,
    )
    file = tmp_path / "explanation.html"
    file.write_text(standalone(scene, EVIL, EVIL, {EVIL: ("#0072B2", "circle")}), encoding="utf-8")
    context = browser.new_context(viewport={"width": 900, "height": 700}, color_scheme="dark")
    opened = context.new_page()
    asked: list[str] = []
    errors: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    opened.goto(file.as_uri())
    until(opened, "network.body !== undefined && document.querySelector('canvas') !== null")
    yield opened
    hacked = opened.evaluate("window.hacked")
    context.close()
    assert hacked is None
    assert not errors
    assert asked == [file.as_uri()]


def test_the_file_draws_itself(page: Page) -> None:
    assert page.evaluate("[nodes.length, edges.length]") == [3, 2]
    until(page, "document.querySelector('canvas').getContext('2d').getImageData(0, 0, 900, 500).data.some((value) => value > 0)")
    assert page.locator("h1").inner_text() == EVIL
    strongest = "[getComputedStyle(document.body).backgroundColor, edges.get().find(({ strong }) => strong).color.color]"
    assert page.evaluate(strongest) == ["rgb(14, 17, 23)", "rgb(229, 231, 235)"]
    page.emulate_media(color_scheme="light")
    until(page, f"({strongest}).join() === 'rgb(255, 255, 255),rgb(31, 41, 55)'")


def test_a_tooltip_is_text_and_a_node_can_be_dragged(page: Page) -> None:
    page.wait_for_timeout(200)
    x, y = page.evaluate(WHERE, 12)
    page.mouse.move(x, y)
    tooltip = page.locator(".vis-tooltip")
    tooltip.wait_for(state="visible")
    assert tooltip.inner_text() == EVIL
    assert tooltip.locator("*").count() == 0
    page.mouse.down()
    page.mouse.move(x - 60, y + 80, steps=4)
    page.mouse.up()
    assert page.evaluate(WHERE, 12) == pytest.approx([x - 60, y + 80], abs=3)
