"""The page of the homophily dial: knobs that contradict each other, a turn that trains, and surgery on the selected graph."""

from __future__ import annotations

import time

from pages._shared import engine
from tests.pages.window import button, named, opened, settled, words

PAGE = named("homophily_dial")
LINK = {"dial.models": "mlp", "dial.seeds": "1"}


def test_nothing_is_trained_before_somebody_turns_the_dial_and_the_theory_is_there() -> None:
    at = opened(PAGE, **LINK)
    assert "Nothing of this dial is trained yet: 11 runs to go" in words(at)
    assert "hurts between homophily 0.342 and 0.658" in words(at)
    assert not engine.trainings()


def test_a_turn_trains_where_the_dial_stands_and_is_in_the_link() -> None:
    at = opened(PAGE, **LINK)
    at.slider(key="dial.homophily").set_value(0.35).run()
    at = settled(at)
    until = time.monotonic() + 60
    while "1 of 12 runs so far" not in words(at) and time.monotonic() < until:
        time.sleep(0.2)
        at.run()
    assert "1 of 12 runs so far" in words(at)
    assert at.query_params["dial.homophily"] in ("0.35", ["0.35"])


def test_knobs_that_contradict_each_other_are_said_and_the_page_lives_on() -> None:
    at = opened(PAGE, **LINK, **{"dial.classes": "4", "dial.others": "circulant"})
    assert "Circulant with 4 classes is degenerate" in " ".join(box.value for box in at.warning).replace("\\", "")
    at.number_input(key="dial.classes").set_value(5).run()
    at = settled(at)
    assert "degenerate" not in " ".join(box.value for box in at.warning)
    assert "makes the two closest classes harder to tell at no homophily" in words(at), "five classes in a circle, degree 10"


def test_surgery_says_which_graphs_can_be_changed() -> None:
    at = opened(PAGE, dataset="csbm", **{"dial.tab": "surgery"})
    assert "csbm is not among them; take one of cora" in words(at)
    assert button(at, "Take Cora")


def test_surgery_keeps_a_text_that_cannot_be_read() -> None:
    at = opened(PAGE, dataset="digits", **{"dial.tab": "surgery"})
    assert "Nothing of this surgery is trained yet: 93 runs to go" in words(at)
    at.text_input(key="surgery.gamma").set_value("0, 7").run()
    at = settled(at)
    assert "The figure keeps the values it had" in " ".join(box.value for box in at.warning)
    assert "Nothing of this surgery is trained yet: 93 runs to go" in words(at)
