"""The page of the homophily dial: knobs that contradict each other, a turn that trains, and surgery on the selected graph."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from core.jobs import Job
from core.parameters import resolve
from core.spec import RunSpec
from explainers.dial_request import DIAL
from explainers.lenses.homophily_dial.plan import dial_grid
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


def test_a_turn_goes_before_what_trains_and_loses_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    at, known = opened(PAGE, **LINK), engine.catalogue()
    whole = dial_grid(resolve(DIAL, {"models": "mlp"}, "dial"), 1, known.model)
    others = tuple(replace(run, seed=7) for run in whole.queue[:2])  # of another window
    running = Job(5, "Dial", "batch", engine.TRAINING, {"specs": (*whole.queue, *others)}, state="running")
    cancelled: list[int] = []
    trained: list[tuple[RunSpec, ...]] = []
    monkeypatch.setattr(engine, "trainings", lambda: [running])
    monkeypatch.setattr(engine.jobs(), "job", {5: running}.get)
    monkeypatch.setattr(engine.jobs(), "cancel", cancelled.append)
    monkeypatch.setattr(engine, "train", lambda runs, *_, **__: trained.append(runs) or len(trained))
    at.slider(key="dial.homophily").set_value(0.3).run()
    assert cancelled == [5]
    first, rest = trained
    assert dict(first[0].dataset.parameters)["homophily"] == 0.3, "where the dial stands"
    assert set(first) == set(whole.queue), "then the rest of its curve"
    assert rest == others, "and what somebody else waits for"


def test_a_training_that_stops_is_not_taken_for_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = dial_grid(resolve(DIAL, {"models": "mlp", "homophily": "0.3"}, "dial"), 1, engine.catalogue().model).runs
    work = {"specs": runs}
    going, stopping = (Job(n, "", "batch", engine.TRAINING, work, state="running", stopping=n == 2) for n in (1, 2))
    monkeypatch.setattr(engine.jobs(), "submit", lambda *_, **__: 3)
    for there, number in (([going], 1), ([stopping], 3), ([stopping, going], 1)):
        monkeypatch.setattr(engine, "trainings", lambda there=there: there)
        assert engine.train(runs, "cpu", "Dial", sure=True) == number


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
