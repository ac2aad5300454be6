"""The attention page: refused politely, trained, read, and looked at closer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import catalogue as catalogues
from core.home import home
from core.plans import run_plan
from core.store import Store
from core.work import run_inline, silent
from tests.pages.window import button, named, opened, selected, selection, settled, words

PAGE = named("attention")
GAT = {"dataset": "karate", "model": "gat", "seeds": "3", "t.epochs": "30"}


@pytest.fixture
def trained(own_home: Path) -> None:
    known = catalogues.ensure(own_home)
    run_plan(silent, specs=selected(known, "gat").specs(known), root=own_home, device="cpu")


def tab(at: AppTest, name: str) -> AppTest:
    at.session_state["attention.tabs"] = name
    return settled(at.run())


def charts(at: AppTest) -> list[str]:
    return [str(one.proto.id).split("-")[-1] for one in at.get("plotly_chart")]


def test_a_model_without_attention_says_which_have_it_and_takes_one() -> None:
    at = opened(PAGE, dataset="karate", model="gcn")
    assert "GCN has no attention. Take " in words(at)
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
    at.segmented_control(key="attention.layer.2").set_value(2).run()
    settled(at)
    assert "layer 2, head 1" in words(at)
    assert "attention.by_hop" in charts(tab(at, "Across layers"))


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
    asked: list[Any] = []
    monkeypatch.setattr("explainers.lenses.attention.explains.SAMPLES", 2)

    def lens(name: str, chosen: Any, values: Any, seeds: int | None = None) -> Any:
        asked.append(values)
        arguments = {"lens": name, "spec": chosen.spec, "seeds": chosen.seeds, "values": dict(values), "root": home()}
        return run_inline("explainers.runner:run_lens", arguments)

    monkeypatch.setattr("pages._shared.engine.lens", lens)
    at = tab(opened(PAGE, **GAT), "Does it explain?")
    assert asked[-1] == {}
    at = settled(button(at, "Compare").click().run())
    assert {"explained": 3} in asked
    assert "order the edges alike with ρ" in words(at)
    assert {"attention.correlations", "attention.fidelities"} <= set(charts(at))
