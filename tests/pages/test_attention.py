"""The attention page: refused politely, trained, read, and looked at closer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import catalogue as catalogues
from core.plans import run_plan
from core.store import Store
from core.work import run_inline, silent
from explainers.attention_request import TAB
from pages._shared import engine
from tests.pages.window import alone, button, named, opened, selected, selection, settled, words

PAGE = named("attention")
GAT = {"dataset": "karate", "model": "gat", "seeds": "3", "t.epochs": "30"}


@pytest.fixture
def trained(own_home: Path) -> None:
    known = catalogues.ensure(own_home)
    run_plan(silent, specs=selected(known, "gat").specs(known), root=own_home, device="cpu")


def tab(at: AppTest, title: str) -> AppTest:
    (name,) = [name for name, shown in TAB.options if shown == title]
    at.session_state["look"] = replace(at.session_state["look"], tab=name)
    return settled(at.run())


def charts(at: AppTest) -> list[str]:
    return [str(one.proto.id).split("-")[-1] for one in at.get("plotly_chart")]


def test_a_model_without_attention_says_which_have_it_and_takes_one() -> None:
    at = opened(PAGE, dataset="karate", model="gcn")
    assert "GCN has no attention weights. Take " in words(at)
    at = settled(button(at, "Take GAT").click().run())
    assert selection(at).model == "gat"
    assert "Press Train" in words(at)


def test_the_whole_model_answers_first(trained: None) -> None:
    at = opened(PAGE, **GAT)
    assert "heads of GAT, counted over 3 seeds," in words(at)
    assert "Find a node here" in words(at)
    assert charts(at)[:2] == ["attention.swaps", "attention.entropies"]
    assert {"attention.by_class", "attention.by_degree"} <= set(charts(tab(at, "Classes and degrees")))
    assert "attention.similar_1" in charts(tab(at, "Heads alike"))
    assert "probability" in tab(at, "Numbers").dataframe[1].value


def test_one_node_and_its_rollout(trained: None) -> None:
    at = opened(PAGE, **GAT, node="5")
    assert "5 in-edges sum to 1.000; the node keeps" in words(at)
    assert at.dataframe[0].value["node"].tolist() != []
    at.selectbox(key="attention.head").set_value(3).run()
    assert "layer 1, head 3" in words(settled(at))
    assert (at.query_params["attention.head"], "attention.layer" in at.query_params) == ("3", False)
    at.segmented_control(key="attention.layer").set_value(2).run()
    settled(at)
    assert "layer 2, head 1" in words(at)
    assert (at.query_params["attention.layer"], "attention.head" in at.query_params) == ("2", False)
    assert "attention.by_hop" in charts(tab(at, "Across layers"))


def test_a_name_that_is_not_there_is_looked_for_once_and_another_is_found(trained: None) -> None:
    at = alone(PAGE, **GAT)
    settled(at.text_input(key="attention.find").set_value("nobody").run())
    assert at.session_state["messages"] == ["There is no node “nobody” in this graph; it has nodes 0 to 33."]
    assert selection(at).node is None
    settled(at.text_input(key="attention.find").set_value("5").run())
    assert selection(at).node == 5
    assert "5 in-edges sum to 1.000" in words(at)


def test_the_open_tab_is_shared_as_the_command_that_gives_its_numbers() -> None:
    def shared(tab: str) -> list[str]:
        at = opened(PAGE, dataset="karate", model="gat", **{"attention.tab": tab})
        at.session_state["frame.share"] = True
        return [str(block.value) for block in settled(at.run()).code]

    command = "--dataset karate --model gat --seeds 3 --split public"
    assert f"hopscope lens attention {command}" in shared("numbers")
    assert f"hopscope lens attention {command} --set lens.explained=20" in shared("explains")
    lines = shared("course")
    assert f"hopscope lens attention_course {command}" in lines
    assert [line for line in lines if 'attention_course.tables(result)["course"]' in line]


def test_the_link_holds_the_tab_the_layer_and_the_head(trained: None) -> None:
    at = opened(PAGE, **GAT, node="5", **{"attention.layer": "1", "attention.head": "2"})
    assert "layer 1, head 2" in words(at)
    at.session_state["look"] = replace(at.session_state["look"], layer=3)  # of a deeper model
    settled(at.run())
    assert "This model has no layer 3 that attends; layer 1 is shown." in words(at)
    assert "layer 1, mean of the heads" in words(at)
    assert "attention.layer" not in at.query_params
    assert tab(at, "Numbers").query_params["attention.tab"] == "numbers"


def test_a_link_that_does_not_fit_is_said(trained: None) -> None:
    at = opened(**GAT, **{"attention.tab": "none", "attention.head": "-2"})
    assert "takes one of node, across" in at.warning[0].value
    assert "takes a whole number from 0 to 1000" in at.warning[0].value
    lacking = opened(PAGE, **GAT, **{"attention.tab": "screening"})
    assert "Find a node here" in words(lacking), "GAT has nothing of the kind: the first part is open"


def test_only_a_model_that_learns_it_has_a_screening(trained: None, own_home: Path) -> None:
    known = catalogues.ensure(own_home)
    run_plan(silent, specs=selected(known, "coulgat").specs(known), root=own_home, device="cpu")
    at = opened(PAGE, **GAT | {"model": "coulgat"})
    assert "weighs this much of one next to it (untrained 1): " in words(at)
    assert {"attention.screening", "attention.screening_shares"} <= set(charts(tab(at, "Screening")))
    at = opened(PAGE, **GAT)
    assert "untrained 1" not in words(at)
    assert "Screening" not in [one.label for one in at.tabs]


def test_a_recording_is_made_on_demand_and_changes_no_weight(trained: None, own_home: Path) -> None:
    known = catalogues.ensure(own_home)
    (first, *_) = selected(known, "gat").specs(known)
    before = Store(own_home).get(first.key, weights=True)
    at = tab(opened(PAGE, **GAT), "During training")
    assert "trained without recording" in words(at)
    settled(button(at, "Train again and record").click().run())
    at = tab(opened(PAGE, **GAT), "During training")
    assert "Mean normalised entropy of seed 0 goes from" in words(at)
    assert "Epoch " in words(at)
    after = Store(own_home).get(first.key, weights=True)
    assert before is not None
    assert after is not None
    assert all((before.weights[name] == weight).all() for name, weight in after.weights.items())


def test_it_is_compared_with_other_explanations_on_a_click(trained: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages._shared.attending_closer.EXPLAINED", 3)
    monkeypatch.setattr("explainers.lenses.attention.explains.SAMPLES", 2)
    asked: list[str] = []
    ask = engine.ask

    def inline(name: str, arguments: Any, **options: Any) -> Any:
        asked.append(name)
        return run_inline(name, arguments) if "explains" in name else ask(name, arguments, **options)

    at = opened(PAGE, **GAT, **{"attention.tab": "explains"})
    assert at.session_state["attention.tabs"] == "Does it explain?"
    monkeypatch.setattr("pages._shared.engine.ask", inline)
    monkeypatch.setattr("explainers.lenses.attention.readings.read", None)  # neither readings nor swaps are made again
    at = settled(button(at, "Compare").click().run())
    assert "explainers.lenses.attention.explains:read_explains" in asked
    assert "the order by the effect of deleting them: ρ =" in words(at)
    assert {"attention.correlations", "attention.fidelities"} <= set(charts(at))
