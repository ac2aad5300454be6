"""The page on static and dynamic attention: it waits for a click, answers, and gathers sizes."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.work import run_inline
from tests.pages.window import button, named, opened, settled, words

PAGE = named("static_attention")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Work done on the spot, with few epochs; what was asked for."""
    asked: list[Any] = []

    def ask(name: str, arguments: dict[str, Any], **_: Any) -> Any:
        asked.append(arguments["values"])
        return run_inline(name, arguments | {"values": arguments["values"] | {"epochs": 2}})

    monkeypatch.setattr("pages._shared.looking_up.engine.ask", ask)
    return asked


def trained(at: AppTest) -> AppTest:
    return settled(button(at, "Train").click().run())


def test_nothing_is_trained_before_somebody_asks(quick: list[Any]) -> None:
    at = opened(PAGE)
    assert "Press Train" in words(at)
    assert not quick


def test_it_answers_and_gathers_sizes(quick: list[Any]) -> None:
    at = opened(PAGE)
    at.slider(key="lookup.size").set_value(3).run()
    at = trained(at)
    assert quick[-1] == {"sizes": "3", "models": "gat,gatv2", "heads": "1,8"}
    assert "With 3 keys GAT with 1 head ranks the keys alike for every query" in words(at)
    assert button(at, "Trained").disabled
    at.slider(key="lookup.size").set_value(4).run()
    assert "Press Train" in words(at), "another question"
    at = trained(at)
    assert "With 4 keys GATv2 with 1 head" in words(at)
    at.session_state["lookup.tabs"] = "Rankings"
    at = settled(at.run())
    rankings = at.dataframe[0].value
    assert len(rankings) == 18
    assert (rankings.loc[(rankings["model"] == "gat"), "kendall_tau_min"] == 1).all()
    at.slider(key="lookup.size").set_value(3).run()
    assert button(at, "Trained").disabled, "the first answer is still there"


def test_models_that_do_not_attend_have_curves_and_no_maps(quick: list[Any]) -> None:
    at = opened(PAGE)
    at.slider(key="lookup.size").set_value(3)
    at.session_state["lookup.models"] = ["gcn"]
    at = trained(at.run())
    assert quick[-1]["models"] == "gcn"
    assert "With 3 keys GCN answers" in words(at)
    at.session_state["lookup.tabs"] = "Scores"
    assert "None of these models attends" in words(settled(at.run()))
