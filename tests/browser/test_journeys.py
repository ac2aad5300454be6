"""What people do, in a real browser: open, train, select, change page, share the link; and what nobody may see."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="playwright is not installed; run: pip install -e .[dev]")
from playwright.sync_api import Browser, Error, Page, expect

from explainers.cli import main

pytestmark = pytest.mark.browser

ARTEFACTS = Path(__file__).parents[2] / "test-artefacts"
SLOW = 60_000
"""Milliseconds that a busy machine may take for what takes a second."""


@pytest.fixture
def page(browser: Browser, app: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A window of its own; at the end its picture is kept, no error box may be there and no outside host asked."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(SLOW)
    expect.set_options(timeout=SLOW)
    asked: list[str] = []
    opened.on("request", lambda sent: asked.append(sent.url))
    yield opened
    ARTEFACTS.mkdir(exist_ok=True)
    opened.screenshot(path=ARTEFACTS / f"{request.node.name}.png")
    boxes = opened.locator("[data-testid=stException]").count()
    context.close()
    assert not boxes
    assert not [url for url in asked if not url.startswith((app, app.replace("http", "ws"), "data:", "blob:"))]


def strip(page: Page) -> str:
    return page.locator(".strip").inner_text()


def settle(page: Page) -> None:
    """Waits until the script has ended: what it draws next would move what is to be clicked."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def train(page: Page) -> None:
    """Trains what is selected, unless another test has."""
    page.get_by_role("button", name=re.compile("^(Train [0-9]+ run|Trained$)")).wait_for()
    if page.get_by_role("button", name="Trained", exact=True).count():
        return
    page.get_by_role("button", name=re.compile("^Train [0-9]+ run")).click()
    expect(page.get_by_role("button", name="Trained", exact=True)).to_be_visible(timeout=SLOW)


def test_opens_on_something_true(page: Page, app: str) -> None:
    page.goto(app)
    expect(page.locator(".answer")).to_contain_text("labelled members of 34")
    expect(page.locator(".strip")).to_contain_text("Karate club")
    expect(page.get_by_placeholder("Find a node")).to_be_visible()


def test_first_request_may_be_a_deep_link(page: Page, app: str) -> None:
    page.goto(f"{app}/methods?dataset=digits")
    expect(page.locator(".strip")).to_contain_text("Digits")
    assert page.get_by_text("Page not found").count() == 0


def test_train_then_every_page_shows_the_headless_numbers(page: Page, app: str, capfd: pytest.CaptureFixture[str]) -> None:
    page.goto(f"{app}/train?dataset=karate&model=gcn&seeds=2&t.epochs=60")
    train(page)
    expect(page.locator(".strip")).to_contain_text("test accuracy")
    shown = strip(page)
    assert main(["train", "--dataset", "karate", "--model", "gcn", "--seeds", "2", "--set", "epochs=60", "--json", "-"]) == 0
    summary = json.loads(capfd.readouterr().out)["tables"]["summary"][0]
    half = (summary["high"] - summary["low"]) / 2
    assert f"{100 * summary['mean']:.1f} ± {100 * half:.1f} %" in shown
    for name in ("Dataset", "Sweep", "Explore", "Errors", "Compare", "Methods", "Home"):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.locator("h2").first).to_be_visible()
        expect(page.locator(".strip")).to_contain_text(f"{100 * summary['mean']:.1f}")
        assert page.locator("[data-testid=stException]").count() == 0


def find(page: Page, node: str) -> None:
    """Search for a node: again, while a training's end draws the page anew and the old canvas is there for a moment."""
    for _ in range(10):
        box = page.get_by_placeholder("Find a node")
        expect(box).to_have_count(1)
        with suppress(Error, AssertionError):
            box.fill(node, timeout=5000)
            box.press("Enter", timeout=5000)
            return expect(page).to_have_url(re.compile(f"node={node}"), timeout=10_000)
    raise AssertionError(f"Node {node} was searched for ten times and never selected")


def test_a_selected_node_is_on_every_page_and_in_the_link(page: Page, app: str, browser: Browser) -> None:
    page.goto(f"{app}/explore?dataset=karate&model=gcn&seeds=1&t.epochs=40")
    train(page)
    find(page, "7")
    expect(page.locator(".strip")).to_contain_text("node 7")
    expect(page).to_have_url(re.compile("node=7"))
    page.get_by_role("link", name="Errors", exact=True).click()
    expect(page.locator(".strip")).to_contain_text("node 7")
    expect(page).to_have_url(re.compile("errors.*node=7"))
    elsewhere = browser.new_context().new_page()
    elsewhere.set_default_timeout(SLOW)
    elsewhere.goto(page.url)
    expect(elsewhere.locator(".strip")).to_contain_text("node 7")
    assert strip(elsewhere) == strip(page)
    elsewhere.context.close()


def test_a_confusion_cell_selects_its_nodes(page: Page, app: str) -> None:
    page.goto(f"{app}/explore?dataset=karate&model=gcn&seeds=1&t.epochs=40")
    train(page)
    expect(page.get_by_role("heading", name="Confusion")).to_be_visible()
    settle(page)
    drawn = page.locator(".js-plotly-plot").last.locator(".nsewdrag")
    size = drawn.bounding_box()
    assert size
    drawn.click(position={"x": size["width"] / 8, "y": size["height"] / 8})  # which waits until it has stopped moving
    expect(page.get_by_role("heading", name=re.compile("[0-9]+ selected nodes?"))).to_be_visible()


def test_play_runs_through_the_epochs(page: Page, app: str) -> None:
    page.goto(app)
    epoch = page.get_by_role("slider").last
    epoch.press("Home")
    expect(epoch).to_have_value("0")
    page.get_by_role("button", name="play_arrow").first.click()
    for passed in ("[1-9]", "[4-9]"):  # a busy machine may miss a step
        expect(epoch).to_have_value(re.compile(rf"^({passed}|\d\d+)$"))


def test_a_canvas_that_comes_back_is_painted(page: Page, app: str) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{app}/dataset?dataset=karate")
    for name in ("Methods", "Dataset", "Methods", "Dataset"):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.locator(".frame[data-ready]" if name == "Dataset" else "h2").first).to_be_visible()
    assert not errors


def test_two_windows_do_not_mix(page: Page, app: str, browser: Browser) -> None:
    page.goto(f"{app}/dataset?dataset=karate")
    other = browser.new_context().new_page()
    other.set_default_timeout(SLOW)
    other.goto(f"{app}/dataset?dataset=digits")
    expect(other.locator("h2").first).not_to_have_text("Karate club")
    page.get_by_role("link", name="Train", exact=True).click()
    expect(page.locator(".strip")).to_contain_text("Karate club")
    expect(other.locator(".strip")).not_to_contain_text("Karate club")
    other.context.close()


def test_a_training_is_found_again_mixes_with_nothing_and_stops(page: Page, app: str, browser: Browser) -> None:
    page.goto(f"{app}/train?dataset=digits&model=gat&seeds=1&t.epochs=20000")
    page.get_by_role("button", name=re.compile("^Train 1 run")).click()
    expect(page.get_by_text(re.compile("epoch [0-9,]+ of 20000")).first).to_be_visible()
    page.reload()  # the training goes on, and the new window of the same selection finds it
    expect(page.get_by_text(re.compile("GAT on Digits · .*epoch [0-9,]+ of 20000")).first).to_be_visible()
    other = browser.new_context().new_page()
    other.goto(f"{app}/train?dataset=karate&seeds=1&t.epochs=41")
    expect(other.get_by_role("button", name="Train 1 run")).to_be_visible()
    assert other.get_by_text("20000").count() == 0
    other.context.close()
    page.get_by_role("button", name="Stop").first.click()
    expect(page.get_by_role("button", name="Train 1 run")).to_be_visible()


def runs_so_far(page: Page, at_least: int) -> int:
    """Number of runs in the figure of a sweep, once they are so many."""
    runs = "() => document.querySelector('.plot')?.data?.find((trace) => trace.mode === 'markers')?.x.length ?? 0"
    page.wait_for_function(f"() => ({runs})() >= {at_least}", timeout=2 * SLOW)
    return int(page.evaluate(runs))


def test_a_sweep_fills_in_run_by_run_keeps_the_zoom_and_stops(page: Page, app: str) -> None:
    page.goto(f"{app}/sweep?dataset=karate&model=gcn&t.epochs=4000&sweep.values=1,2,4&sweep.seeds=3")
    expect(page.get_by_text("Nothing of this sweep is trained yet: 9 runs to go.")).to_be_visible()
    page.get_by_role("button", name="Train 9 runs").click()
    first = runs_so_far(page, 1)
    expect(page.locator(".answer")).to_contain_text("of 9 runs so far")
    box = page.locator(".plot .nsewdrag").bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.8 * box["height"], steps=5)
    page.mouse.up()
    page.evaluate("() => { document.querySelector('.plot').dataset.mine = 'yes'; }")
    zoomed = page.evaluate("() => document.querySelector('.plot').layout.xaxis.range")
    second = runs_so_far(page, first + 1)
    assert page.locator(".plot").get_attribute("data-mine") == "yes", "the figure was not built anew"
    assert page.evaluate("() => document.querySelector('.plot').layout.xaxis.range") == zoomed
    page.get_by_role("button", name="Stop").last.click()
    button = page.get_by_role("button", name=re.compile("^Train [0-9] runs?$")).last
    expect(button).to_be_visible()
    missing = int(re.findall("[0-9]", button.inner_text())[0])
    assert 0 < missing <= 9 - second
    expect(page.get_by_text(f"{9 - missing} of 9 runs are stored already")).to_be_visible()
    assert runs_so_far(page, second) == 9 - missing
    page.reload()
    assert runs_so_far(page, second) == 9 - missing


def test_a_mark_of_a_sweep_becomes_the_selection(page: Page, app: str) -> None:
    page.goto(f"{app}/sweep?dataset=karate&model=gcn&t.epochs=20&sweep.values=1,3&sweep.seeds=2&sweep.models=gcn,sgc")
    page.get_by_role("button", name="Train 8 runs").click()
    expect(page.locator(".answer")).to_contain_text("From depth 1 to 3 GCN")
    expect(page.get_by_role("button", name="Trained", exact=True)).to_be_visible()
    mark = page.locator(".plot .scatterlayer .trace .point").last  # of SGC, the last model, at the last value
    mark.hover(force=True)
    place = mark.bounding_box()
    assert place
    page.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    page.locator("[data-testid=stMain] button:visible").filter(has_text="Open").click()
    expect(page.locator(".strip")).to_contain_text(re.compile("SGC.*depth 3.*2 seeds"))
    expect(page).to_have_url(re.compile("model=sgc.*m.depth=3"))
    expect(page.locator(".answer")).to_contain_text("From depth 1 to 3 SGC")


def test_depth_is_trained_measured_and_played_through(page: Page, app: str) -> None:
    page.goto(f"{app}/over_smoothing?dataset=karate&model=gcn&t.epochs=30&deep.depths=1,2,8&deep.seeds=2")
    expect(page.get_by_text("Nothing of this sweep is trained yet: 12 runs to go.")).to_be_visible()
    page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Train 12 runs").click()
    expect(page.locator(".aside").first).to_contain_text("The relative energy of GCN's last state goes from")
    expect(page.locator(".plot")).to_have_count(2)
    expect(page.locator(".plot").first.locator("text=MLP")).to_be_visible()
    slider = page.locator("[data-testid=stSlider]").last
    before = slider.inner_text()
    page.locator("[data-testid=stMain] button:has([data-testid=stIconMaterial]:text-is('skip_next'))").first.click()
    expect(slider).not_to_have_text(before)
    page.get_by_role("tab", name="Layer by layer").click()
    expect(page.get_by_text("where it is low before training already")).to_be_visible()
    page.get_by_role("tab", name="Without training").click()
    expect(page.get_by_text("direction at most is left")).to_be_visible()


def test_what_nodes_do_is_trained_and_stepped_through(page: Page, app: str) -> None:
    page.goto(f"{app}/actions?dataset=karate&model=cognn&seeds=1&t.epochs=42")
    expect(page.get_by_text("Press Train in the sidebar").first).to_be_visible()
    train(page)
    expect(page.locator(".answer")).to_contain_text("Co-GNN: in ")
    expect(page.get_by_text("Layer 1, seed 0.")).to_be_visible()
    page.locator("[data-testid=stMain] button:has([data-testid=stIconMaterial]:text-is('skip_next'))").first.click()
    expect(page.get_by_text("Layer 2, seed 0.")).to_be_visible()
    page.get_by_role("tab", name="Who does what").click()
    expect(page).to_have_url(re.compile("actions.tab=groups"))
    page.reload()
    expect(page.get_by_role("tab", name="Who does what")).to_have_attribute("aria-selected", "true")


def test_a_prediction_is_explained_and_taken_home_as_one_file(page: Page, app: str, browser: Browser, tmp_path: Path) -> None:
    page.goto(f"{app}/explain?dataset=karate&model=gcn&seeds=1&t.epochs=44")
    expect(page.get_by_text("Press Train in the sidebar").first).to_be_visible()
    train(page)
    expect(page.locator(".answer")).to_contain_text("Pick a node")
    find(page, "5")
    expect(page.locator(".answer")).to_contain_text("Node 5 (member 6) is predicted")
    expect(page.locator(".aside").first).to_contain_text("GNNExplainer: without its 10 kept edges")
    page.get_by_role("slider", name="Kept edges").press("ArrowLeft")
    expect(page.locator(".aside").first).to_contain_text("without its 9 kept edges")
    expect(page).to_have_url(re.compile("node=5.*why.keep=9"))
    page.get_by_role("tab", name="Side by side").click()
    expect(page.get_by_text("Edge occlusion ·").first).to_be_visible()
    expect(page).to_have_url(re.compile("why.tab=methods"))
    page.reload()
    expect(page.get_by_role("tab", name="Side by side")).to_have_attribute("aria-selected", "true")
    with page.expect_download() as download:
        page.get_by_role("button", name="Interactive HTML").click()
    download.value.save_as(tmp_path / "explanation.html")
    alone = browser.new_context(offline=True).new_page()
    alone.goto((tmp_path / "explanation.html").as_uri())
    expect(alone.locator("canvas")).to_be_visible()
    expect(alone.locator("h1")).to_have_text("Why this prediction? Node 5 (member 6)")
    alone.context.close()


def test_a_bad_link_says_what_was_replaced(page: Page, app: str) -> None:
    page.goto(f"{app}/train?dataset=<script>alert(1)</script>&model=gcnn&seeds=-3&node=abc&m.depth=9999")
    for said in ("There is no dataset", "Did you mean 'gcn'?", "Seeds", "not a node number", "Depth"):
        expect(page.get_by_text(said).first).to_be_visible()
    expect(page.locator(".strip")).to_contain_text("Karate club")


@pytest.mark.public_data
def test_cora_is_trained_and_on_screen(page: Page, app: str) -> None:
    assert os.environ["HOPSCOPE_DATA"]
    page.goto(f"{app}/explore?dataset=cora&model=gcn&seeds=1")
    train(page)
    expect(page.get_by_role("heading", name="All 2,708 nodes").first).to_be_visible()
    assert 78 < float(re.findall(r"accuracy ([0-9.]+) %", strip(page))[0]) < 85


def test_the_shared_link_of_a_page_opens_it(page: Page, app: str) -> None:
    """Static-attention's path begins like a folder that Streamlit serves itself."""
    page.goto(f"{app}/static_attention?lookup.keys=7")
    question = "Can a node attend to what it alone asks for?"
    expect(page.get_by_role("heading", name=question)).to_be_visible()
    settle(page)
    page.get_by_role("button", name="Share").click()
    link = page.locator("[data-testid=stCode]").first.inner_text().strip()
    assert link.startswith(f"{app}/static_attention?")
    assert "lookup.keys=7" in link
    page.goto(link)
    expect(page.get_by_role("heading", name=question)).to_be_visible()
