"""The whole-model view, alone: nothing begins by itself, the answer stays, and where there are no nodes it says how to get some."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import catalogue as catalogues
from core.plans import run_plan
from core.selection import start
from core.work import run_inline, silent
from pages._shared import engine

ALONE = """
from pages._shared import engine, pictures, state, why_many
state.open_link()
state.settle()
why_many.tab(pictures.opened_graph(), engine.run(engine.specs(state.selection())[0].key))
"""
LINK = {"dataset": "karate", "model": "gcn", "seeds": "1", "why.seeds": "1", "why.keep": "4"}


@pytest.fixture
def asked(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """A trained model, and work done on the spot; what was asked for of it."""
    found: list[dict[str, Any]] = []
    answers: dict[str, Any] = {}

    def ask(name: str, arguments: dict[str, Any], **_: Any) -> Any:
        question = f"{name} {arguments}"
        if question not in answers:
            if name.startswith("explainers.whole"):
                found.append(arguments)
            answers[question] = run_inline(name, arguments)
        return answers[question]

    known = catalogues.ensure(own_home)
    run_plan(silent, specs=start(known, dataset="karate", model="gcn", seeds=1).specs(known), root=own_home, device="cpu")
    st.cache_resource.clear()
    monkeypatch.setattr(engine, "ask", ask)
    yield found
    st.cache_resource.clear()


def opened() -> AppTest:
    at = AppTest.from_string(ALONE, default_timeout=60)
    for name, value in LINK.items():
        at.query_params[name] = value
    return shown(at.run())


def shown(at: AppTest) -> AppTest:
    assert not at.exception, [box.message for box in at.exception]
    return at


def words(at: AppTest) -> str:
    return "\n".join(str(element.value) for kind in (at.html, at.info, at.caption) for element in kind)


def explain(at: AppTest) -> Any:
    (found,) = [one for one in at.button if one.label.startswith("Explain")]
    return found


def pick(at: AppTest, kind: str) -> AppTest:
    return shown(at.segmented_control(key="explain.many.nodes").set_value(kind).run())


def test_it_asks_on_a_click_and_keeps_the_answer(asked: list[dict[str, Any]]) -> None:
    at = opened()
    assert not asked
    at = pick(at, "class")
    at.multiselect(key="explain.many.methods").set_value(["saliency"]).run()
    at = shown(explain(at).click().run())
    (request,) = asked
    assert (request["methods"], request["seeds"], request["keep"], request["how"]) == (("saliency",), 1, 4, "deleted")
    assert f"On {len(request['nodes'])} " in words(at)
    assert explain(at).disabled
    at = pick(at, "wrong")
    assert f"On {len(request['nodes'])} " in words(at), "until something else is asked for"
    assert asked == [request]
    at = shown(at.number_input(key="explain.many.keep").set_value(6).run())
    assert at.session_state["why"].keep == 6, "the same as for one node"
    at = shown(explain(at).click().run())
    assert asked[-1]["keep"] == 6


def test_without_nodes_or_methods_it_says_what_to_do(asked: list[dict[str, Any]]) -> None:
    at = pick(opened(), "selected")
    assert "No set of nodes is selected. Drag over an area" in words(at)
    assert explain(at).disabled
    at.session_state["nodes"] = (3, 5, 9)
    at = shown(at.run())
    assert (explain(at).label, explain(at).disabled) == ("Explain 3 nodes", False)
    at = shown(at.multiselect(key="explain.many.methods").set_value([]).run())
    assert explain(at).disabled
    assert not asked


def test_stopped_work_can_be_asked_for_again(asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    at, do = pick(opened(), "class"), engine.ask
    resumed: list[str] = []

    def stopped(name: str, arguments: dict[str, Any], **options: Any) -> Any:
        if name.startswith("explainers.whole"):
            raise engine.Stopped("Explaining", "question")
        return do(name, arguments, **options)

    monkeypatch.setattr(engine, "ask", stopped)
    monkeypatch.setattr(engine, "resume", resumed.append)
    at = shown(explain(at).click().run())
    assert "Stopped; nothing of it was kept" in words(at)
    assert resumed == ["question"]
    at = shown(at.run())
    assert not explain(at).disabled


def test_another_run_has_no_answer_yet(asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    at = pick(opened(), "class")
    at.multiselect(key="explain.many.methods").set_value(["saliency"]).run()
    at = shown(explain(at).click().run())
    monkeypatch.setattr(engine, "version", lambda key: (key, "trained again"))
    assert "Pick nodes and methods" in words(shown(at.run()))


def test_work_that_fails_is_a_sentence(asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    at = pick(opened(), "class")
    at = shown(at.multiselect(key="explain.many.methods").set_value(["attention"]).run())
    at = shown(explain(at).click().run())
    assert "no attention weights" in words(at)
