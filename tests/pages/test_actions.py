"""The actions page: refused politely, trained, drawn layer by layer, and looked at closer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import catalogue as catalogues
from core.plans import run_plan
from core.work import silent
from tests.pages.window import button, named, opened, selected, selection, settled, words

PAGE = named("actions")
COGNN = {"dataset": "karate", "model": "cognn", "seeds": "3", "t.epochs": "30"}


@pytest.fixture
def trained(own_home: Path) -> None:
    known = catalogues.ensure(own_home)
    run_plan(silent, specs=selected(known, "cognn").specs(known), root=own_home, device="cpu")


def tab(at: AppTest, name: str) -> AppTest:
    at.session_state["acting"] = replace(at.session_state["acting"], tab=name)
    return settled(at.run())


def charts(at: AppTest) -> list[str]:
    return [str(one.proto.id).split("-")[-1] for one in at.get("plotly_chart")]


def test_a_model_without_actions_says_which_has_them_and_takes_it() -> None:
    at = opened(PAGE, dataset="karate", model="gcn")
    assert "The nodes of GCN have no actions to choose from. Take Co-GNN" in words(at)
    at = settled(button(at, "Take Co-GNN").click().run())
    assert selection(at).model == "cognn"
    assert "Press Train" in words(at)


def test_the_attention_page_shows_the_way() -> None:
    at = opened(named("attention"), dataset="karate", model="cognn")
    assert "Co-GNN has no attention weights, but its nodes choose in each layer what they do" in words(at)
    at = settled(button(at, "See what its nodes do").click().run())
    assert "Who listens, who broadcasts" in words(at)


def test_the_page_answers_and_plays_through_the_layers(trained: None) -> None:
    at = opened(PAGE, **COGNN)
    assert "Co-GNN (3 seeds): in " in words(at)
    assert "Layer 1, seed 0." in words(at)
    assert charts(at)[0] == "actions.shares"
    assert "Click a node in the picture" in words(at)
    at = settled(at.button(key="actions.layer.next").click().run())
    assert "Layer 2, seed 0." in words(at)
    at = settled(at.segmented_control(key="actions.by").set_value("listens").run())
    assert "<span class='circle' style='--dot:#440154'>0%</span>" in words(at)


def test_closer_looks(trained: None) -> None:
    at = opened(PAGE, **COGNN, node="5")
    assert "Node 5 (class " in words(at)
    assert "actions.probabilities" in charts(at)
    assert at.dataframe[0].value["seeds"].str.endswith("of 3").all()
    at = tab(at, "messages")
    assert {"actions.messages", "actions.swaps"} <= set(charts(at))
    assert "test accuracy is" in words(at)
    at = tab(at, "groups")
    assert {"actions.class", "actions.degree", "actions.homophily"} <= set(charts(at))
    at = settled(at.segmented_control(key="actions.count").set_value("probability").run())
    assert '"text":"mean probability"' in next(
        one.proto.spec for one in at.get("plotly_chart") if str(one.proto.id).endswith("actions.class")
    )
    assert "carried" in tab(at, "numbers").dataframe[1].value


def test_what_is_looked_at_is_in_the_link(trained: None) -> None:
    at = opened(PAGE, **COGNN)
    at.segmented_control(key="actions.by").set_value("broadcasts").run()
    at = tab(at, "groups")
    at.segmented_control(key="actions.layer").set_value(2).run()
    at = settled(at.segmented_control(key="actions.count").set_value("probability").run())
    query = dict(at.query_params.items())
    asked = {name: value for name, value in query.items() if name.startswith("actions.")}
    assert asked == {"actions.by": "broadcasts", "actions.tab": "groups", "actions.layer": "2", "actions.count": "probability"}
    again = opened(PAGE, **query)
    assert words(again) == words(at)
    assert "Layer 2:" in words(again), "who does what in the second layer"
    at = opened(PAGE, **{**query, "actions.layer": "9"})
    assert "This model has no layer 9 in which nodes choose; layer 1 is shown." in words(at)
    assert "Layer 1:" in words(at)


def test_its_numbers_are_shared_as_a_command() -> None:
    def shared(model: str) -> list[str]:
        at = opened(PAGE, dataset="karate", model=model)
        at.session_state["frame.share"] = True
        return [str(block.value) for block in settled(at.run()).code]

    assert "hopscope lens actions --dataset karate --model cognn --seeds 3 --split public" in shared("cognn")
    assert "hopscope train --dataset karate --model gcn --seeds 3 --split public" in shared("gcn"), "the lens has nothing to say of it"


def test_one_layer_needs_no_player(own_home: Path) -> None:
    known = catalogues.ensure(own_home)
    flat = [(name, 1 if name == "depth" else value) for name, value in selected(known, "cognn").model_settings]
    chosen = selected(known, "cognn", model_settings=tuple(flat))
    run_plan(silent, specs=chosen.specs(known), root=own_home, device="cpu")
    at = opened(PAGE, **COGNN, **{"m.depth": "1"})
    assert "Layer 1, seed 0." in words(at)
    assert not [one for one in at.button if one.key == "actions.layer.next"]
