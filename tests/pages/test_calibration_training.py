"""The tabs of the calibration page that train runs of their own, without the rest of the page, which fits all calibrators first."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import UserError
from core.store import Store
from explainers.contract import Unsupported
from explainers.overview import Group
from pages._shared import engine
from tests.pages.window import button, words

LINK = {"dataset": "karate", "model": "gcn", "seeds": "3", "t.epochs": "30"}
SCRIPT = """
from pages._shared import calibrating_training, pictures, state
state.open_link()
state.settle()
if opened := pictures.opened_graph():
    calibrating_training.{tab}(opened)
"""


def tab(name: str, **query: str) -> AppTest:
    """A window that shows one tab alone."""
    at = AppTest.from_string(SCRIPT.format(tab=name), default_timeout=60)
    for word, value in (LINK | query).items():
        at.query_params[word] = value
    return until(at.run(), lambda page: bool(page.text_input))


def until(at: AppTest, there: Callable[[AppTest], bool]) -> AppTest:
    """The page once its parts have caught up with the workers."""
    end = time.monotonic() + 90
    while not there(at) and time.monotonic() < end:
        time.sleep(0.3)
        at.run()
    assert not at.exception, [box.message for box in at.exception]
    assert there(at), words(at)
    return at


def offers(at: AppTest) -> list[str]:
    return [one.label for one in at.main.button if one.label.startswith("Train")]


def test_the_course_trains_runs_that_do_not_stop_and_answers(own_home: Path) -> None:
    at = tab("course")
    at.number_input(key="calibration.course.epochs").set_value(40).run()
    assert "Train 6 runs" in offers(at), "the selected weight decay and none, three seeds each"
    button(at, "Train 6 runs").click().run()
    until(at, lambda page: "Trained for 40 epochs, GCN ends" in words(page) and "so far" not in words(page))
    assert offers(at) == ["Trained"]
    assert "the ECE on test nodes is lowest" in words(at)
    made = [entry for entry in Store(own_home).entries() if "confidence" in entry.probes]
    assert {(entry.spec.training.epochs, entry.spec.training.keep, entry.spec.training.weight_decay) for entry in made} == {
        (40, "last", 0.0005),
        (40, "last", 0.0),
    }


def test_weight_decays_that_are_none_leave_the_figure_and_say_why() -> None:
    at = tab("course")
    at.text_input(key="calibration.weight_decays").set_value("0.1, heavy").run()
    assert "is 'heavy'; it takes a number from 0 to 1. The figure keeps the values it had." in words(at)
    assert at.text_input(key="calibration.weight_decays").value == "0.1, heavy"
    assert "Train 6 runs" in offers(at), "those of before"
    at.text_input(key="calibration.weight_decays").set_value("0.1").run()
    assert "heavy" not in words(at)
    assert "Train 6 runs" in offers(at)


def test_another_recipe_is_trained_and_drawn() -> None:
    at = tab("recipes")
    at.segmented_control(key="calibration.recipes.setting").set_value("epochs").run()
    at.text_input(key="calibration.values").set_value("5, 30").run()
    button(at, "Train 6 runs").click().run()
    until(at, lambda page: "Between epochs" in words(page) and "so far" not in words(page))
    assert offers(at) == ["Trained"]
    assert "The last epoch of each training is kept." in words(at)
    asked = at.session_state["calibration"]
    assert (asked.setting, asked.values) == ("epochs", "5,30")
    at.segmented_control(key="calibration.recipes.setting").set_value("dropout").run()
    assert at.text_input(key="calibration.values").value == "", "values are of one setting"


def test_what_is_stored_already_is_drawn_at_once(stored: list[Group]) -> None:
    at = tab("recipes")
    until(at, lambda page: "3 of 15 runs so far." in words(page))
    assert "Train 12 runs" in offers(at)
    at.text_input(key="calibration.values").set_value("2").run()
    assert "it takes a number from 0 to 1" in words(at)


def test_a_reading_that_fails_is_asked_for_once_and_said_once(stored: list[Group], monkeypatch: pytest.MonkeyPatch) -> None:
    asked, own = list[str](), engine.ask

    def fails(name: str, arguments: Mapping[str, Any], **words_: Any) -> Any:
        if not name.endswith(":read_runs"):
            return own(name, arguments, **words_)
        asked.extend(arguments["keys"])
        raise UserError("This run <cannot> be read.")

    monkeypatch.setattr(engine, "ask", fails)
    at = until(tab("recipes"), lambda page: "cannot" in words(page))
    for _ in range(3):
        at.run()
    assert len(asked) == len(set(asked)) == 3
    assert [box.value for box in at.warning if "cannot" in box.value] == ["This run \\<cannot\\> be read."]
    assert "Train 12 runs" in offers(at), "the others can still be trained"


def test_a_figure_is_drawn_anew_for_more_seeds(stored: list[Group], monkeypatch: pytest.MonkeyPatch) -> None:
    keys, own = set[tuple[object, ...]](), engine.view
    monkeypatch.setattr(engine, "view", lambda make, *of: keys.add(of) or own(make, *of))
    until(tab("recipes"), lambda page: "3 of 15 runs so far." in words(page))
    few = {of for of in keys if of[0] == "calibration.recipes.chart"}
    until(tab("recipes", seeds="4"), lambda page: "3 of 20 runs so far." in words(page))
    assert {of for of in keys if of[0] == "calibration.recipes.chart"} > few


def test_a_split_without_test_nodes_is_said_to_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object) -> None:
        raise Unsupported("This split has no test nodes.")

    monkeypatch.setattr("pages._shared.calibrating_training.part_mask", nobody)
    at = AppTest.from_string(SCRIPT.format(tab="course"), default_timeout=60).run()
    until(at, lambda page: "This split has no test nodes." in words(page))
    assert not at.text_input
