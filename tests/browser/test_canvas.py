"""The graph canvas in a real browser: what is drawn, what comes back, what stays, and that nobody else is asked."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed; run: pip install -e .[dev]")
from playwright.sync_api import Browser, Page, Route

from core.vis_assets import publish

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
ORANGE, SKY, GREEN = (230, 159, 0), (86, 180, 233), (0, 158, 115)

HELPERS = """
window.graphCanvas = () => [...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]
  .map((host) => host.shadowRoot?.querySelector('.stage canvas')).find(Boolean);
window.pixels = () => { const c = graphCanvas(); return c.getContext('2d').getImageData(0, 0, c.width, c.height).data; };
window.where = (rgb) => {
  const canvas = graphCanvas(), data = pixels(), box = canvas.getBoundingClientRect();
  let n = 0, x = 0, y = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] < 250 || rgb.some((value, c) => Math.abs(value - data[i + c]) > 3)) continue;
    n += 1; x += (i / 4) % canvas.width; y += Math.floor(i / 4 / canvas.width);
  }
  return [n, box.left + x / n * box.width / canvas.width, box.top + y / n * box.height / canvas.height];
};
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, answering: Callable[[str, float], None]) -> Iterator[str]:
    """Address of the stand-alone page, served under a base path, with the static/ that app.py has beside it."""
    folder = tmp_path_factory.mktemp("canvas")
    publish(folder / "static")
    shutil.copy(Path(__file__).with_name("canvas_script.py"), folder / "script.py")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "script.py", "--server.address", "127.0.0.1", "--server.port", str(port)]
    command += ["--server.headless", "true", "--server.enableStaticServing", "true", "--server.baseUrlPath", "a/base"]
    command += ["--browser.gatherUsageStats", "false", "--server.fileWatcherType", "none"]
    with (folder / "log.txt").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=os.environ | {"PYTHONPATH": str(ROOT)})
        try:
            address = f"http://127.0.0.1:{port}/a/base"
            answering(f"{address}/_stcore/health", 60)
            yield address
        finally:
            server.terminate()
            server.wait(10)


@pytest.fixture
def page(browser: Browser, served: str) -> Iterator[Page]:
    """A fresh window; at the end no error may have come up, and nobody but this machine may have been asked."""
    context = browser.new_context(viewport={"width": 1100, "height": 800}, accept_downloads=True)
    opened = context.new_page()
    opened.add_init_script(HELPERS)
    asked: list[str] = []
    errors: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    outside = [url for url in asked if not url.startswith((served, "data:", "blob:"))]
    hacked = opened.evaluate("window.hacked")
    context.close()
    assert not outside
    assert not errors
    assert hacked is None


def show(page: Page, served: str, query: str) -> None:
    page.goto(f"{served}/?{query}")
    page.wait_for_selector(".frame[data-ready]")
    settle(page)


def settle(page: Page) -> None:
    """Two frames and the end of Streamlit's run."""
    page.wait_for_function("() => !document.querySelector('[data-testid=stStatusWidget]')")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def where(page: Page, color: tuple[int, int, int]) -> tuple[float, float]:
    count, x, y = page.evaluate("where", list(color))
    assert count > 20, f"{color} is not on the canvas"
    return x, y


def pixel(page: Page, place: tuple[float, float]) -> list[int]:
    """Red, green, blue, alpha of the canvas at a place on the page."""
    read = """([x, y]) => { const c = graphCanvas(), box = c.getBoundingClientRect(), k = c.width / box.width;
      return [...c.getContext('2d').getImageData((x - box.left) * k, (y - box.top) * k, 1, 1).data]; }"""
    found: list[int] = page.evaluate(read, list(place))
    return found


def state(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(page.get_by_test_id("stCode").inner_text())
    return found


def soon(page: Page, holds: Callable[[], bool]) -> None:
    """Wait for a picture that moves, or for a run of the script, at most ten seconds."""
    for _ in range(200):
        with suppress(AssertionError):
            if holds():
                return
        page.wait_for_timeout(50)
    assert holds()


def wait_for_events(page: Page, count: int) -> dict[str, Any]:
    soon(page, lambda: len(state(page)["events"]) >= count)
    settle(page)
    return state(page)


def press(page: Page, name: str) -> None:
    """A click, and the end of the run of the script that it starts."""
    before = state(page)["runs"]
    page.get_by_role("button", name=name, exact=True).click()
    soon(page, lambda: state(page)["runs"] > before)
    settle(page)


def test_click_on_a_node_and_on_the_ground(page: Page, served: str) -> None:
    show(page, served, "kind=line")
    x, y = where(page, SKY)
    page.mouse.click(x, y)
    assert wait_for_events(page, 1)["selected"] == [11]
    page.mouse.click(x - 100, y - 200)  # inside the triangle
    found = wait_for_events(page, 2)
    assert found["selected"] == []
    assert found["events"][0] == {"nodes": [11], "edge": None, "area": False}
    press(page, "rerun")
    assert state(page)["now"] == [None, None], "an event is there for one run"


def test_click_just_beside_a_node(page: Page, served: str) -> None:
    show(page, served, "kind=line")
    x, y = where(page, SKY)
    radius = 18 * 12**-0.23  # draw.js, for a handful of nodes; the lowest edge runs through its middle
    page.mouse.click(x, y + radius + 3)
    assert wait_for_events(page, 1)["selected"] == [11]


def test_click_on_an_edge_gives_its_ends(page: Page, served: str) -> None:
    show(page, served, "kind=line")
    (ax, ay), (bx, by) = where(page, ORANGE), where(page, SKY)
    page.mouse.click((ax + bx) / 2, (ay + by) / 2 - 6)
    assert wait_for_events(page, 1)["events"] == [{"nodes": None, "edge": [10, 11], "area": False}]


def test_overlapping_edges_are_offered_as_a_list(page: Page, served: str) -> None:
    show(page, served, "kind=overlap")
    (ax, ay), (bx, by) = where(page, ORANGE), where(page, SKY)
    page.mouse.click((3 * ax + bx) / 4, (3 * ay + by) / 4)
    page.get_by_role("menuitem", name="0 – 2").click()
    assert wait_for_events(page, 1)["events"][0]["edge"] == [0, 2]


def test_shift_drag_selects_an_area(page: Page, served: str) -> None:
    show(page, served, "kind=line")
    (ax, ay), (bx, by) = where(page, ORANGE), where(page, SKY)
    page.keyboard.down("Shift")
    page.mouse.move(ax - 40, ay - 40)
    page.mouse.down()
    page.mouse.move((ax + bx) / 2, ay, steps=3)
    page.mouse.move(bx + 30, by + 20, steps=3)
    page.mouse.up()
    page.keyboard.up("Shift")
    assert wait_for_events(page, 1)["events"][0] == {"nodes": [10, 11], "edge": None, "area": True}


def test_area_button_does_it_without_a_keyboard(page: Page, served: str) -> None:
    show(page, served, "kind=line")
    (ax, ay), (bx, by) = where(page, ORANGE), where(page, GREEN)
    page.get_by_role("button", name="Select an area by dragging").click()
    page.mouse.move(ax - 30, by - 30)
    page.mouse.down()
    page.mouse.move(bx + 40, ay + 20, steps=4)
    page.mouse.up()
    assert wait_for_events(page, 1)["events"][0]["nodes"] == [10, 12]
    assert page.locator(".area").get_attribute("aria-pressed") == "false"


def test_camera_and_layout_stay_when_recoloured_and_rerun(page: Page, served: str) -> None:
    show(page, served, "kind=line")
    page.locator(".stage").focus()
    for key in ("-", "ArrowLeft", "ArrowUp"):
        page.keyboard.press(key)
    settle(page)
    sky, green = where(page, SKY), where(page, GREEN)
    press(page, "rerun")
    assert where(page, SKY) == pytest.approx(sky, abs=1.5)
    press(page, "recolour")  # node 10 now has node 11's colour, and node 11 has node 12's
    assert state(page)["shift"] == 1
    assert where(page, GREEN) == pytest.approx(sky, abs=1.5)
    assert where(page, GREEN) != pytest.approx(green, abs=1.5)


def test_python_sets_the_selection_without_an_echo(page: Page, served: str) -> None:
    show(page, served, "size=60")
    before = page.evaluate("pixels().reduce((sum, value) => sum + value, 0)")
    press(page, "select three")
    assert page.evaluate("pixels().reduce((sum, value) => sum + value, 0)") != before
    page.wait_for_timeout(400)
    assert state(page)["events"] == []


def test_search_focuses_and_selects(page: Page, served: str) -> None:
    show(page, served, "kind=line")
    find = page.get_by_role("searchbox")
    find.fill("ONE")
    find.press("Enter")
    assert wait_for_events(page, 1)["selected"] == [11]
    stage = page.locator(".stage").bounding_box()
    assert stage is not None
    middle = (stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2)
    soon(page, lambda: where(page, SKY) == pytest.approx(middle, abs=4))
    find.fill("12")
    find.press("Enter")
    assert wait_for_events(page, 2)["selected"] == [12]
    find.fill("nobody")
    find.press("Enter")
    assert page.get_by_text("No node here is called “nobody”.").is_visible()
    page.get_by_role("button", name="Fit the whole graph into view").click()
    soon(page, lambda: page.evaluate("where", list(ORANGE))[0] > 20)


def test_a_search_before_there_is_a_picture_is_answered_with_it(page: Page, served: str) -> None:
    held: list[Route] = []
    page.route("**/*vis-network*", lambda route: held.append(route))
    page.goto(f"{served}/?kind=line")
    find = page.get_by_role("searchbox")
    find.fill("ONE")
    find.press("Enter")
    assert len(held) == 1, "the drawing library was to be late"
    held[0].continue_()
    assert wait_for_events(page, 1)["selected"] == [11]


def test_tooltips_and_names_are_plain_text(page: Page, served: str) -> None:
    show(page, served, "kind=line")
    page.mouse.move(*where(page, GREEN))
    tip = page.get_by_role("tooltip")
    tip.wait_for(state="visible")
    assert tip.inner_text() == "<script>window.hacked = 1</script>"
    assert page.locator(".tip *").count() == 0
    page.mouse.move(*where(page, SKY))
    soon(page, lambda: tip.inner_text() == "one")


def test_png_is_an_image_with_a_ground(page: Page, served: str) -> None:
    show(page, served, "kind=line")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the view as PNG").click()
    assert download.value.suggested_filename == "hopscope-graph.png"
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")


def test_theme_is_followed_live(page: Page, served: str, tmp_path: Path) -> None:
    page.emulate_media(color_scheme="light")
    show(page, served, "kind=line&images=1")
    ground = "() => getComputedStyle(graphCanvas().closest('.frame')).backgroundColor"
    light, drawn = page.evaluate(ground), page.evaluate("pixels().join().length")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"(light) => ({ground})() !== light", arg=light)
    settle(page)
    assert page.evaluate("pixels().join().length") != drawn, "edges and names have the other theme's colours"


def test_images_are_drawn(page: Page, served: str) -> None:
    show(page, served, "kind=line")
    assert pixel(page, where(page, SKY)) == [*SKY, 255]
    show(page, served, "kind=line&images=1")
    soon(page, lambda: pixel(page, where(page, SKY)) != [*SKY, 255])  # the colour is only the image's frame


def test_an_edge_without_an_arrow_has_no_head(page: Page, served: str) -> None:
    show(page, served, "kind=arrows")
    rows = """(rgb) => { const data = pixels(), found = new Set();
      for (let i = 0; i < data.length; i += 4)
        if (rgb.every((value, c) => Math.abs(value - data[i + c]) < 4)) found.add(Math.floor(i / 4 / graphCanvas().width));
      return found.size; }"""
    headed, plain = (page.evaluate(rows, list(color)) for color in (ORANGE, GREEN))
    assert plain <= 3, "a line of two pixels"
    assert headed >= 5


def test_an_empty_scene_is_a_sentence(page: Page, served: str) -> None:
    page.goto(f"{served}/?kind=empty")
    page.get_by_text("There are no nodes to show.").wait_for()


def test_geometry_crosses_once(page: Page, served: str) -> None:
    sizes: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: sizes.append(len(frame))))
    show(page, served, "size=2708")
    assert max(sizes) > 100_000
    sizes.clear()
    press(page, "select three")
    assert max(sizes) < 40_000, "neither geometry nor colours again, only the component's own 30 kB"
    sizes.clear()
    press(page, "recolour")
    assert max(sizes) < 60_000, "colours only"


def test_what_the_browser_lost_is_sent_again(page: Page, served: str) -> None:
    show(page, served, "kind=forgetful")  # Python believes that it has sent everything, though it has not
    where(page, ORANGE)


def test_python_has_the_last_word_after_a_click(page: Page, served: str) -> None:
    show(page, served, "kind=line")
    page.mouse.click(*where(page, SKY))
    assert wait_for_events(page, 1)["selected"] == [11]
    total = "pixels().reduce((sum, value) => sum + value, 0)"
    marked = page.evaluate(total)
    press(page, "select three")  # there is no node 3 here, so nothing is marked
    assert page.evaluate(total) != marked
    page.mouse.click(*where(page, SKY))
    assert wait_for_events(page, 2)["selected"] == [11]
    assert page.evaluate(total) == marked


def test_the_wheel_scrolls_the_page_until_the_graph_has_the_focus(page: Page, served: str) -> None:
    show(page, served, "kind=line")
    x, y = where(page, SKY)
    page.mouse.move(x, y - 60)
    page.mouse.wheel(0, 200)
    page.get_by_text("Click the graph, then the wheel zooms.").wait_for()
    page.locator(".stage").focus()
    before = x, y = where(page, ORANGE)
    page.mouse.move(x + 200, y - 60)
    page.mouse.wheel(0, 200)
    soon(page, lambda: where(page, ORANGE) != pytest.approx(before, abs=3))
