"""The page on designs and benchmarks: asked for, trained, read, and in the link."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.jobs import Job
from core.store import Store
from explainers.lenses.flawed_benchmarks.result import EVIDENCE
from pages._shared import designing, engine
from tests.explainers.test_across import ended, scores
from tests.pages.window import button, named, opened, words

PAGE = named("designs")
LINK = {"designs.datasets": "karate", "designs.models": "sgc", "designs.seeds": "2"}


def until(at: AppTest, there: Callable[[AppTest], bool]) -> AppTest:
    """The page once it has caught up with the workers."""
    end = time.monotonic() + 90
    while not there(at) and time.monotonic() < end:
        time.sleep(0.3)
        at.run()
    assert there(at), words(at)
    return at


def test_it_trains_what_is_asked_for_and_answers(own_home: Path) -> None:
    at = opened(PAGE, **LINK)
    assert "Which design helps where neighbours differ?" in words(at)
    assert "a point appears here as soon as its first run has ended" in words(at)
    button(at, "Train 6 runs").click().run()
    until(at, lambda page: "2 seeds" in words(page) and "so far" not in words(page))
    assert {entry.spec.model.name for entry in Store(own_home).entries()} == {"gcn", "mlp", "sgc"}
    assert {entry.spec.training.epochs for entry in Store(own_home).entries()} == {200}
    rows = at.dataframe[0].value
    assert set(rows["model"]) == {"GCN", "MLP", "SGC"}
    at.segmented_control(key="designs.against").set_value("mlp").run()
    assert "higher than that of MLP" in words(at)
    assert at.query_params["designs.against"] == "mlp"


def test_what_is_picked_is_in_the_link_and_nothing_picked_is_the_usual() -> None:
    at = opened(PAGE, **LINK)
    at.multiselect(key="designs.datasets").set_value(["karate", "digits"]).run()
    assert at.query_params["designs.datasets"] == "karate,digits"
    at.multiselect(key="designs.models").set_value([]).run()
    assert "designs.models" not in at.query_params
    assert at.multiselect(key="designs.models").value == []
    assert at.multiselect(key="designs.models").placeholder.startswith("The usual ")
    assert "SGC" not in at.multiselect(key="designs.models").help


def test_names_that_do_not_exist_are_left_out_with_a_sentence() -> None:
    at = opened(PAGE, **{"designs.models": "sgc,gcnn", "designs.seeds": "0"})
    assert "There is no model gcnn; it was left out." in words(at)
    assert at.number_input(key="designs.seeds").value == 10
    assert at.multiselect(key="designs.models").value == ["sgc"]


def test_what_the_graphs_show_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("cornell", "cornell_corrected")
    found = scores(*(ended(name, model, 0.5, 0.6) for name in names for model in ("gcn", "mlp")))
    answers: list[Job | pd.DataFrame] = [Job(1, "Looking", "interactive", "", {}, state="running")]
    rows = [("cornell", name, 183, np.nan, np.nan, float(name == "cornell")) for name in names]
    monkeypatch.setattr(designing, "measured", lambda *_: found)
    monkeypatch.setattr(engine, "ask", lambda *_, **__: answers[-1])
    link = {"designs.view": "flawed_benchmarks", "designs.benchmarks": "cornell", "designs.ranked": "gcn,mlp", "designs.seeds": "2"}
    at = opened(PAGE, **link)
    assert "Looking for copies in the graphs" in words(at)
    assert not at.dataframe
    answers.append(pd.DataFrame(rows, columns=EVIDENCE))
    at.run()
    assert "Looking for copies" not in words(at)
    assert "100 % of its nodes have the features and class of Texas" in words(at)
    assert at.dataframe[0].value["model"].tolist() == ["GCN", "MLP"]


def test_flawed_benchmarks_are_the_other_question(monkeypatch: pytest.MonkeyPatch) -> None:
    def evidence(name: str, arguments: dict[str, object], **_: object) -> pd.DataFrame:
        assert name.endswith("flawed_benchmarks:evidence")
        pair = arguments["pairs"][0]  # type: ignore[index]
        return pd.DataFrame([(pair.name, one, 10, np.nan, np.nan, 1.0) for one in (pair.name, pair.mended)], columns=EVIDENCE)

    monkeypatch.setattr(engine, "ask", evidence)
    at = opened(PAGE, **LINK)
    at.segmented_control(key="designs.view").set_value("flawed_benchmarks").run()
    assert "Does the ranking survive when the benchmark is mended?" in words(at)
    assert at.query_params["designs.view"] == "flawed_benchmarks"
    assert at.multiselect(key="designs.benchmarks").value == ["chameleon", "squirrel", "cornell"]
    at.multiselect(key="designs.benchmarks").set_value(["cornell"]).run()
    at.multiselect(key="designs.ranked").set_value(["gcn", "mlp"]).run()
    assert button(at, "Train 8 runs")
    at.segmented_control(key="designs.view").set_value("designs").run()
    assert at.multiselect(key="designs.models").value == ["sgc"], "each question keeps its models"
