"""The explain page: a node is picked, a method answers, and every control leads to what it says."""

from __future__ import annotations

import json
import time

import pytest
from streamlit.testing.v1 import AppTest

from explainers.why.request import TAB
from tests.pages.window import EPOCHS, button, named, opened, selection, settled, table, words

PAGE = named("explain")
TABS = {title: name for name, title in TAB.options}
LINK = {"t.epochs": str(EPOCHS), "node": "5", "why.seeds": "2"}


def shown(tab: str = "", **query: str) -> AppTest:
    at = opened(PAGE, **(LINK | query | ({"why.tab": TABS[tab]} if tab else {})))
    assert at.session_state["explain.tabs"] == (tab or "Edges and features")
    return settled(at)


def until(at: AppTest, sign: str) -> str:
    """What the page says once that is among it."""
    end = time.monotonic() + 60
    while sign not in words(at) and time.monotonic() < end:
        time.sleep(0.3)
        at.run()
    said = words(settled(at))
    assert sign in said
    return said


def test_without_a_run_it_says_what_to_press() -> None:
    assert "Press Train in the sidebar" in words(opened(PAGE, node="5"))


def test_without_a_node_the_wrong_ones_are_offered(stored) -> None:
    at = opened(PAGE, **{"t.epochs": str(EPOCHS)})
    assert "Pick a node" in words(at)
    rows = table(at, "confidence")
    assert (rows["class"] != rows["predicted"]).all()
    assert rows["confidence"].is_monotonic_decreasing
    assert not at.selectbox(key="bench.model").disabled


def test_a_node_is_explained_in_a_sentence_with_its_numbers(stored) -> None:
    said = words(shown())
    assert "Node 5" in said
    assert "is predicted" in said
    assert "GNNExplainer: without its 10 kept edges" in said
    assert "edges deleted" in said
    assert "within 2 hops" in said


def test_the_kept_edges_move_the_sentence_and_the_link(stored) -> None:
    at = shown()
    at.select_slider(key="explain.keep").set_value(3).run()
    assert "without its 3 kept edges" in words(settled(at))
    assert at.query_params["why.keep"] == "3"


def test_method_class_and_cut_can_be_chosen_and_are_in_the_link(stored) -> None:
    at = shown()
    at.selectbox(key="explain.method").select("saliency").run()
    at.selectbox(key="explain.target").select(0).run()
    at.segmented_control(key="explain.cut").set_value("masked").run()
    said = words(settled(at))
    assert "Saliency: without" in said
    assert "edges masked" in said
    assert (at.query_params["why.method"], at.query_params["why.target"], at.query_params["why.cut"]) == ("saliency", "0", "masked")


def test_a_method_that_does_not_apply_says_so_and_the_rest_lives(stored) -> None:
    at = shown(**{"why.method": "attention"})
    assert "no attention weights" in words(at)
    assert at.selectbox(key="explain.method").value == "attention"
    assert not at.error


def test_a_model_without_edges_is_said(stored) -> None:
    assert "no edges within reach: only its own features decide" in words(shown(model="mlp"))


def test_methods_come_side_by_side(stored) -> None:
    at = shown("Side by side")
    at.multiselect(key="explain.methods").set_value(["saliency", "attention"]).run()
    until(at, "no attention weights")
    until(at, "The 10 highest edges of each method")
    (panels,) = [json.loads(one.proto.spec) for one in at.get("plotly_chart") if one.proto.id.endswith("explain.panels")]
    titles = [note["text"].partition(" · ")[0] for note in panels["layout"]["annotations"]]
    assert titles == ["GNNExplainer", "Saliency", "Random edges"]


def test_trust_shows_scores_signs_and_asks_before_the_sanity_check(stored) -> None:
    at = shown("Trust")
    at.multiselect(key="explain.methods").set_value(["saliency"]).run()
    until(at, "Dots: mean over the seeds")
    until(at, "change sign between the two")
    button(at, "Run the sanity check").click().run()
    until(at, "draws one more layer anew")


SIGNS = {
    "Edges and features": "with the largest scores",
    "What if": "Edit the graph to see",
    "Layer by layer": "Blue pushes the number up",
    "Many nodes": "Pick nodes and methods",
}


@pytest.mark.parametrize("tab", SIGNS)
def test_the_other_tabs_stand(stored, tab) -> None:
    at = shown(tab)
    assert not at.exception
    until(at, SIGNS[tab])


def test_back_leads_to_the_whole_graph(stored) -> None:
    at = shown()
    button(at, "Other node").click().run()
    assert selection(at).node is None
    assert "Pick a node" in words(settled(at))


def test_another_dataset_explains_its_predicted_class_again(stored) -> None:
    at = shown(**{"why.target": "1"})
    at.selectbox(key="bench.dataset").select("csbm").run()
    assert not at.exception
    assert "why.target" not in at.query_params


def test_a_class_that_the_graph_lacks_is_said(stored) -> None:
    at = shown(**{"why.target": "77"})
    assert "There is no class 77 in this graph" in words(at)


def test_a_node_selected_among_the_errors_can_be_explained(stored) -> None:
    at = opened(named("explore"), **{"t.epochs": str(EPOCHS), "node": "5"})
    button(at, "Why this prediction of node 5?").click().run()
    assert "Node 5 (member 6) is predicted" in words(settled(at))
