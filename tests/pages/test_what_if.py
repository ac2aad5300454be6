"""The what-if tab on its own: it answers, takes edits from the link and the controls, undoes them, and says what is wrong."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import catalogue as catalogues
from core.edits import Edits
from core.jobs import Jobs
from core.plans import run_plan
from core.selection import start
from core.spec import TrainingSpec
from core.work import silent
from pages._shared import engine
from tests.pages.window import settled

SCRIPT = """
import streamlit as st
from pages._shared import engine, pictures, state, why_what_if
state.open_link()
state.settle()
state.write_link()
for message in state.messages():
    st.warning(message)
opened = pictures.opened_graph()
if opened is not None:
    why_what_if.tab(opened, engine.run(engine.specs(state.selection())[0].key), state.selection().node)
"""


@pytest.fixture(scope="module")
def jobs() -> Iterator[Jobs]:
    found = Jobs(engine.WARM)
    yield found
    found.close()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the catalogue and a short run of the karate club."""
    home = tmp_path_factory.mktemp("prepared")
    known = catalogues.ensure(home)
    run_plan(silent, specs=start(known, training=TrainingSpec(epochs=20), seeds=1).specs(known), root=home, device="cpu")
    return home


@pytest.fixture(autouse=True)
def app(own_home: Path, prepared: Path, jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    shutil.copytree(prepared, own_home)
    st.cache_resource.clear()
    monkeypatch.setattr(engine, "jobs", lambda: jobs)
    yield
    st.cache_resource.clear()


def opened(**query: str) -> AppTest:
    at = AppTest.from_string(SCRIPT, default_timeout=60)
    for name, value in ({"dataset": "karate", "seeds": "1", "t.epochs": "20", "node": "0"} | query).items():
        at.query_params[name] = value
    return settled(at.run())


def said(at: AppTest) -> str:
    return " ".join(element.proto.body for element in at.get("html"))


def edits(at: AppTest) -> Edits:
    found: Edits = at.session_state["edits"]
    return found


def press(at: AppTest, label: str) -> AppTest:
    return settled(next(button for button in at.button if button.label == label).click().run())


def test_edits_are_added_undone_and_taken_back() -> None:
    at = opened()
    assert "Edit the graph to see what would change that." in said(at)
    press(at, "Add edit")  # the first neighbour
    assert edits(at) == (("remove", "0", "1"),)
    assert "Without the edge 0–1 the model" in said(at)
    assert at.query_params["edits"] == "-0:1"
    press(at, "Undo")
    assert edits(at) == ()
    press(at, "Add edit")
    at.button(key="what_if.row.0").click().run()
    assert edits(settled(at)) == ()


def test_a_link_brings_its_edits_with_a_plus_as_a_space() -> None:
    at = opened(edits=" 0:9,-0:1")
    assert edits(at) == (("add", "0", "9"), ("remove", "0", "1"))
    assert "After these 2 edits the model" in said(at)
    press(at, "Reset")
    assert edits(at) == ()


@pytest.mark.parametrize(("text", "sentence"), [("rubbish", "'rubbish' is no edit"), ("-0:9", "there is no edge 0–9 to remove")])
def test_what_is_wrong_in_a_link_is_said(text: str, sentence: str) -> None:
    at = opened(edits=text)
    assert edits(at) == ()
    assert any(sentence in box.value for box in at.warning)


def test_the_search_says_its_cost_first_and_what_it_found_can_be_applied() -> None:
    at = opened(node="8")
    assert any("single edits" in caption.value for caption in at.caption)
    press(at, "Find the smallest edit that flips it")
    assert "Proven minimal with 2 edits: no single edit of the 72 candidates flips it." in said(at)
    press(at, "Apply")
    assert len(edits(at)) == 2
    assert "instead of" in said(at)


def test_clicks_do_not_wait_behind_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    do, lanes = engine.ask, dict[str, str]()

    def ask(name: str, work: dict[str, Any], **options: Any) -> Any:
        lanes[name] = options.get("lane", "interactive")
        return do(name, work, **options)

    monkeypatch.setattr(engine, "ask", ask)
    press(opened(node="8"), "Find the smallest edit that flips it")
    work = "explainers.what_if"
    assert (lanes[f"{work}.search:search"], lanes[f"{work}.search:plan"]) == ("batch", "interactive")
    assert lanes[f"{work}.evaluate:evaluate"] == "interactive"


def test_the_search_has_its_command() -> None:
    at = opened(node="8")
    at.session_state["what_if.search.command"] = True
    at.run()
    (code,) = at.code
    assert code.value.startswith("hopscope what-if --dataset karate")
    assert code.value.endswith("--node 8 --search deletion,feature --most 2")


@pytest.mark.parametrize(("value", "text"), [(0.123456789, "0.123456789"), (2.0, "2")])
def test_a_feature_is_set_to_all_digits(value: float, text: str) -> None:
    at = opened(node="8")
    settled(at.segmented_control(key="what_if.do").set_value("feature").run())
    at.number_input(key="what_if.feature.8.value").set_value(value).run()
    press(at, "Add edit")
    assert edits(at) == (("feature", "8", "8", text),)


def test_another_graph_drops_the_edits() -> None:
    at = AppTest.from_string(SCRIPT.partition("opened = ")[0] + "state.change_dataset('digits')", default_timeout=60)
    at.query_params["edits"] = "-0:1"
    assert edits(at.run()) == ()
