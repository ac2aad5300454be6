"""Every page, alone and through app.py: no exception boxes, one selection, sessions that do not mix."""

from __future__ import annotations

import ast
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.data import GraphData
from core.errors import UserError
from core.jobs import Job
from core.selection import decode, start
from core.spec import RunSpec
from core.store import Store
from explainers.attribution.contract import methods
from explainers.overview import Group
from explainers.scenes import some
from explainers.sweep.request import MOST_MODELS, Request
from explainers.sweep.request import decode as decode_sweep
from pages._shared import engine, pictures, sweep_controls
from tests.pages.window import EPOCHS, PAGES, ROOT, alone, button, named, opened, selection, settled, table, words

BAD_LINK = {"dataset": "nope", "model": "xx", "seeds": "-3", "m.depth": "999", "node": "²"}


def key_of(stored: list[Group], model: str, split: str = "public") -> str:
    (found,) = [group.key for group in stored if (group.spec.model.name, group.spec.dataset.split) == (model, split)]
    return found


def test_there_are_the_pages_of_the_menu() -> None:
    found = {Path(page).stem[2:] for page in PAGES}
    assert found >= {
        "home",
        "dataset",
        "train",
        "sweep",
        "explore",
        "errors",
        "compare",
        "explain",
        "methods",
    }


@pytest.mark.parametrize("page", PAGES)
def test_a_page_through_the_app_without_runs(page: str) -> None:
    at = opened(page)
    assert at.header
    assert len(at.sidebar.selectbox) >= 3


@pytest.mark.parametrize("page", PAGES)
def test_a_page_through_the_app_with_runs(page: str, stored: list[Group]) -> None:
    at = opened(page, **{"t.epochs": str(EPOCHS)})
    assert at.header
    assert "not trained yet" not in words(at)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_alone(page: str, stored: list[Group]) -> None:
    assert alone(page, **{"t.epochs": str(EPOCHS)}).header


@pytest.mark.parametrize("page", PAGES)
def test_a_bad_link_gets_a_sentence_for_each_value_and_the_page_lives(page: str) -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.switch_page(page)
    for name, value in BAD_LINK.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    assert sum(box.value.count("was replaced") for box in at.warning) == len(BAD_LINK)
    assert selection(at) == start(engine.catalogue())
    assert settled(at).header
    assert not [box for box in at.run().warning if "was replaced" in box.value]


def test_a_node_that_the_graph_lacks_is_said_and_dropped() -> None:
    at = opened(named("dataset"), node="34")
    assert "There is no node 34 in this graph; it has nodes 0 to 33." in words(at)
    assert selection(at).node is None


def test_the_address_holds_the_selection() -> None:
    query = {"dataset": "csbm", "model": "gat", "seeds": "4", "split": "random", "m.heads": "2", "node": "7"}
    at = opened(named("methods"), **query)
    assert decode(at.query_params, engine.catalogue()) == (selection(at), [])
    assert (selection(at).dataset, selection(at).node, dict(selection(at).model_settings)["heads"]) == ("csbm", 7, 2)


def test_another_model_keeps_the_rest_and_settings_are_remembered() -> None:
    at = opened(named("methods"), dataset="csbm", node="3", seeds="5", **{"t.lr": "0.05", "m.depth": "4"})
    before = selection(at)
    at.selectbox(key="bench.model").select("gat").run()
    gat = selection(at)
    assert (gat.model, dict(gat.model_settings)["depth"]) == ("gat", 2)
    kept = ("dataset", "dataset_settings", "split", "split_seed", "training", "seeds", "node")
    assert all(getattr(gat, name) == getattr(before, name) for name in kept)
    at.selectbox(key="bench.model").select("gcn").run()
    assert selection(at) == before


def test_another_dataset_keeps_the_model_and_its_settings_are_remembered() -> None:
    at = opened(named("methods"), dataset="csbm", model="gat", node="3", **{"d.degree": "7", "split": "per_class", "split_seed": "2"})
    before = selection(at)
    at.selectbox(key="bench.dataset").select("karate").run()
    karate = selection(at)
    assert (karate.dataset, karate.split, karate.model, karate.node) == ("karate", "public", "gat", None)
    at.selectbox(key="bench.dataset").select("csbm").run()
    assert (selection(at).dataset_settings, selection(at).split, selection(at).split_seed) == (before.dataset_settings, "per_class", 2)


def test_the_selection_outlives_a_change_of_page() -> None:
    at = opened(PAGES[0], model="gat", node="3", **{"m.heads": "3"})
    before = selection(at)
    for page in (named("methods"), named("train"), PAGES[0]):
        settled(at.switch_page(page).run())
        assert selection(at) == before


def test_two_windows_do_not_mix() -> None:
    first, second = opened(named("methods")), opened(named("methods"))
    first.selectbox(key="bench.model").select("gat").run()
    first.selectbox(key="bench.dataset").select("digits").run()
    second.run()
    assert (selection(second).dataset, selection(second).model) == ("karate", "gcn")
    second.number_input(key="bench.seeds").set_value(7).run()
    first.run()
    assert (selection(first).dataset, selection(first).model, selection(first).seeds) == ("digits", "gat", 3)


def test_train_stores_the_runs_and_the_header_says_their_score() -> None:
    at = opened(named("methods"), seeds="2", **{"t.epochs": "15"})
    button(at, "Train 2 runs").click().run()
    at = settled(at)
    scores = [entry.scores["test_score"] for entry in engine.entries(engine.specs(selection(at))) if entry]
    assert len(scores) == 2
    assert f"test accuracy {100 * sum(scores) / 2:.1f}" in words(at)
    assert not [one for one in at.button if one.label.startswith("Train ")]


def test_the_train_page_follows_a_plan_and_stop_ends_it() -> None:
    at = opened(named("train"), seeds="3", **{"t.epochs": "100000"})
    button(at, "Train 3 runs").click().run()
    until = time.monotonic() + 60
    while not at.main.metric and time.monotonic() < until:
        time.sleep(0.2)
        at.run()
    shown = {metric.label: metric.value for metric in at.main.metric}
    assert list(shown) == ["Runs", "Epoch", "Left", "Training loss", "Validation score"]
    assert shown["Runs"] == "0 of 3"
    assert shown["Epoch"].endswith(" of 100000")
    assert "0 of 3 runs · epoch " in at.sidebar.get("progress")[0].proto.text
    button(at, "Stop").click().run()
    settled(at)
    assert not engine.trainings()
    assert engine.entries(engine.specs(selection(at))) == [None] * 3


def test_while_runs_are_trained_the_pages_say_so_instead_of_what_to_press(monkeypatch: pytest.MonkeyPatch) -> None:
    at = opened(named("explore"), **{"t.epochs": str(EPOCHS)})
    assert "Nothing is trained for this selection yet. Press Train in the sidebar." in words(at)
    job = Job(1, "GCN", "batch", engine.TRAINING, {"specs": engine.specs(selection(at))}, state="running")
    monkeypatch.setattr(engine, "trainings", lambda: [job])
    said = words(at.run())
    assert "The first of 3 seeds is training; this fills in when it has ended." in said
    assert "Press Train" not in said


def test_a_very_long_plan_is_asked_about_before_it_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.costs.MANY", 1)
    at = opened(named("methods"), seeds="2", **{"t.epochs": "15"})
    button(at, "Train 2 runs").click().run()
    assert "This plan trains 2 runs: an unknown time" in "".join(box.value for box in at.sidebar.warning)
    assert not engine.trainings()
    at.number_input(key="bench.seeds").set_value(3).run()
    assert not at.sidebar.warning, "that was asked of another plan"
    at.number_input(key="bench.seeds").set_value(2).run()
    button(at, "Train them all").click().run()
    at = settled(at)
    assert all(engine.entries(engine.specs(selection(at))))
    assert not at.sidebar.warning


def test_methods_lists_every_unit_and_the_search_narrows_them() -> None:
    at = opened(named("methods"))
    known = engine.catalogue()
    (models,) = [one for one in at.main.radio if one.key == "methods.model"]
    assert set(models.options) == {card.title for card in known.models.values()}
    assert next(one.value for one in at.main.latex).strip("$\n") == known.model("gcn").equation
    at.session_state["methods.tabs"] = "Attributions"
    at.run()
    (attributions,) = [one for one in at.main.radio if one.key == "methods.attribution"]
    assert set(attributions.options) == {method.title for method in methods().values()}
    at.session_state["methods.tabs"] = "Models"
    at.main.text_input(key="methods.search").set_value("attention").run()
    attentive = set(at.main.radio(key="methods.model").options)
    assert attentive >= {"GAT", "GATv2"}
    assert not attentive & {"GCN", "SGC", "APPNP"}
    at.main.text_input(key="methods.search").set_value("zzz").run()
    assert "No model mentions" in words(at)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_thin(page: str) -> None:
    source = (ROOT / page).read_text(encoding="utf-8")
    tree = ast.parse(source)
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {name.partition(".")[0] for name in imported} & {"numpy", "torch", "torch_geometric", "pandas", "scipy", "sklearn"}
    assert not [
        node for node in ast.walk(tree) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub | ast.Mult | ast.Div | ast.Pow)
    ]
    assert len(source.splitlines()) <= 60


# The compare page.


@pytest.fixture
def comparing(stored: list[Group]) -> Callable[..., AppTest]:
    """The compare page with some groups ticked."""

    def show(*ticked: tuple[str, str] | str, **query: str) -> AppTest:
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        for name, value in ({"t.epochs": str(EPOCHS)} | query).items():
            at.query_params[name] = value
        at.session_state["compare.chosen"] = [key_of(stored, *([one] if isinstance(one, str) else one)) for one in ticked]
        at.run()
        return settled(at.switch_page(named("compare")).run())

    return show


def test_compare_says_whether_two_differ_by_more_than_noise(comparing: Callable[..., AppTest], stored: list[Group]) -> None:
    at = comparing("gcn", "mlp")
    assert "95 % interval" in words(at)
    assert "On Karate club (epochs 30): " in words(at)
    assert "3 seeds, public split" in words(at)
    assert "Where do they disagree?" in [one.value for one in at.subheader]
    assert "the two agree on" in words(at)
    nodes = table(at, "right")
    assert {"node", "class", "GCN", "GCN, confidence", "degree"} <= set(nodes.columns)


def test_compare_ticks_two_at_first_and_remembers_what_was_ticked(stored: list[Group]) -> None:
    at = opened(named("compare"), **{"t.epochs": str(EPOCHS)})
    ticked = at.session_state["compare.chosen"]
    assert len(ticked) == 2
    assert key_of(stored, "gcn") in ticked
    settled(at.switch_page(named("methods")).run())
    settled(at.switch_page(named("compare")).run())
    assert at.session_state["compare.chosen"] == ticked


@pytest.mark.parametrize(
    ("ticked", "sentence"),
    [
        ((), "Tick two rows to compare them"),
        (("gcn",), "Tick a second row"),
        (("gcn", ("gcn", "random")), "scores of different splits cannot be paired"),
        (("gcn", "mlp", ("gcn", "random")), "scores of different splits cannot be paired"),
    ],
)
def test_compare_says_what_would_work(comparing: Callable[..., AppTest], ticked: tuple[Any, ...], sentence: str) -> None:
    assert sentence in words(comparing(*ticked))


def test_compare_ranks_more_than_two_against_the_first(comparing: Callable[..., AppTest]) -> None:
    at = comparing("gcn", "mlp", "sgc")
    ranked = table(at, "p (Holm)")
    assert len(ranked) == 2
    assert {"difference", "95 % interval", "is it noise?"} <= set(ranked.columns)
    assert "not corrected for the number of comparisons" in words(at)
    assert "On Karate club (epochs 30" in words(at)


def test_compare_offers_to_open_another_dataset(comparing: Callable[..., AppTest]) -> None:
    at = comparing("gcn", "mlp", dataset="ba_shapes")
    button(at, "Open Karate club").click().run()
    assert selection(settled(at)).dataset == "karate"
    assert "the two agree on" in words(at)


def test_a_group_is_named_pinned_and_opened(comparing: Callable[..., AppTest], stored: list[Group]) -> None:
    at = comparing("sgc")
    key = key_of(stored, "sgc")
    at.text_input(key=f"compare.name.{key}").set_value("my <b>linear</b> one").run()
    button(at, "Pin").click().run()
    group = engine.groups()[0]
    assert (group.key, group.label, group.pinned) == (key, "my <b>linear</b> one", True)
    assert at.session_state["compare.chosen"] == [key]
    assert at.dataframe[0].value["runs"].iloc[0] == group.label
    assert "my &lt;b&gt;linear&lt;/b&gt; one: " in words(at)
    at.text_input(key=f"compare.name.{key}").set_value("").run()
    assert f"<p class='answer'>{group.title}: " in words(at), "alone it says what it is"
    at.text_input(key=f"compare.name.{key}").set_value("mine").run()
    button(at, "Open").click().run()
    assert selection(settled(at)).model == "sgc"
    button(at, "Unpin").click().run()
    assert not any(one.pinned for one in engine.groups())


def test_deleted_runs_come_back(comparing: Callable[..., AppTest], stored: list[Group]) -> None:
    at = comparing("mlp")
    button(at, "Delete 3 runs").click().run()
    assert key_of(stored, "mlp") not in [group.key for group in engine.groups()]
    (undo,) = [one for one in at.button if one.label.startswith("Undo")]
    undo.click().run()
    assert not at.exception
    assert {group.key for group in engine.groups()} == {group.key for group in stored}
    assert not [one for one in at.button if one.label.startswith("Undo")]


def ticked(at: AppTest) -> list[str]:
    """Names in the rows that the browser ticks when it gets the table."""
    rows = at.dataframe[0]
    chosen = json.loads(rows.proto.selection_default or "{}").get("selection", {}).get("rows", [])
    return [rows.value["runs"].iloc[row] for row in chosen]


def test_what_is_deleted_is_what_is_ticked_on_the_screen(comparing: Callable[..., AppTest], stored: list[Group]) -> None:
    titles = {group.key: group.title for group in stored}
    at = comparing("sgc", "mlp")
    tables = [at.dataframe[0].proto.id]
    assert ticked(at) == [titles[key_of(stored, "sgc")], titles[key_of(stored, "mlp")]]
    assert at.dataframe[0].value["runs"].tolist()[:2] == ticked(at), "in view, however many there are"
    assert all(title in button(at, "Delete 2 groups · 6 runs").help for title in ticked(at))
    button(at, "Delete 2 groups · 6 runs").click().run()
    tables.append(at.dataframe[0].proto.id)
    (undo,) = [one for one in at.button if one.label.startswith("Undo")]
    undo.click().run()
    tables.append(at.dataframe[0].proto.id)
    assert len(set(tables)) == 3, "the browser keeps what was ticked in a table of the same name"
    assert ticked(at) == at.session_state["compare.chosen"] == []
    assert button(at, "Delete").disabled


def test_the_ticked_rows_are_on_top_whenever_compare_is_entered(comparing: Callable[..., AppTest], stored: list[Group]) -> None:
    at = comparing(("gcn", "random"))
    top = at.dataframe[0].value["runs"].iloc[0]
    settled(at.switch_page(named("methods")).run())
    at.session_state["compare.chosen"] = [key_of(stored, "sgc")]
    settled(at.switch_page(named("compare")).run())
    assert ticked(at) == [at.dataframe[0].value["runs"].iloc[0]] != [top]
    table_id = at.dataframe[0].proto.id
    assert at.run().dataframe[0].proto.id == table_id, "rows do not move under the pointer"


def test_the_trash_gives_everything_back_in_another_window(comparing: Callable[..., AppTest], stored: list[Group]) -> None:
    at = comparing("mlp", "sgc")
    button(at, "Delete 2 groups · 6 runs").click().run()
    again = opened(named("compare"), **{"t.epochs": str(EPOCHS)})
    assert not [one for one in again.button if one.label.startswith("Undo")]
    button(again, "Restore all").click().run()
    assert not again.exception
    assert [toast.value for toast in again.toast] == ["6 runs came back from the trash."]
    assert {group.key for group in engine.groups()} == {group.key for group in stored}


def test_a_deletion_that_fails_leaves_nothing_to_undo(comparing: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Store, key: str) -> None:
        raise UserError("Nothing could be written.")

    at = comparing("mlp")
    with monkeypatch.context() as patch:
        patch.setattr(Store, "delete", refuse)
        button(at, "Delete 3 runs").click().run()
    assert "Nothing could be written." in words(at)
    assert not [one for one in at.button if one.label.startswith("Undo")]


def test_emptying_the_trash_frees_the_disk_and_says_how_much(comparing: Callable[..., AppTest], own_home: Path) -> None:
    at = comparing("mlp")
    assert not [one for one in at.button if one.label == "Empty the trash"]
    button(at, "Delete 3 runs").click().run()
    runs, size = engine.store().trash()
    assert "It holds 3 deleted runs" in words(at)
    button(at, "Empty the trash").click().run()
    assert not at.exception
    assert [toast.value for toast in at.toast] == [f"The trash is empty: {size / 1000:.0f} kB were freed."]
    assert (runs, engine.trash(), (own_home / "trash").exists()) == (3, (0, 0), False)
    assert not [one for one in at.button if one.label.startswith(("Undo", "Empty"))]


def test_undo_says_that_another_window_has_emptied_the_trash(comparing: Callable[..., AppTest]) -> None:
    at = comparing("mlp")
    button(at, "Delete 3 runs").click().run()
    engine.store().prune()
    (undo,) = [one for one in at.button if one.label.startswith("Undo")]
    undo.click().run()
    assert not at.exception
    assert "the trash has been emptied" in words(at)
    assert not [one for one in at.button if one.label.startswith("Undo")]


LARGE = {"dataset": "csbm", "d.nodes": "4000", "d.degree": "6", "d.classes": "30", "d.dimensions": "30", "seeds": "1"}


def test_a_large_graph_is_drawn_in_part_and_around_the_selected_node() -> None:
    at = opened(named("dataset"), **LARGE)
    assert "Showing every node and 10,000 of " in words(at)
    assert "edges, drawn at random. Click a node to see what surrounds it." in words(at)
    at = opened(named("dataset"), **LARGE, node="3999")
    assert "of 4,000 nodes: 2 hops around node 3999" in words(at)
    button(at, "Show the whole graph").click().run()
    assert selection(at).node is None
    assert "Showing every node" in words(at)


def test_a_picture_is_made_once_for_its_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    monkeypatch.setattr(pictures.scenes, "some", lambda *given: drawn.append(1) or some(*given))
    at = opened(named("explore"), **LARGE)
    at.run()
    assert len(drawn) == 1
    at.segmented_control(key="explore.by.untrained").set_value("split").run()
    assert len(drawn) == 2
    at.segmented_control(key="explore.by.untrained").set_value("class").run()
    assert len(drawn) == 2


def test_a_long_table_shows_its_first_rows_and_below_them_that_of_the_selected_node() -> None:
    at = opened(named("explore"), **{**LARGE, "d.nodes": "6000"})
    assert "The first 5,000 of 6,000 rows." in words(at)
    assert len(table(at, "degree")) == 5000
    assert table(at, "degree")["node"].iloc[0] == 0
    at = opened(named("explore"), **{**LARGE, "d.nodes": "6000"}, node="5999")
    assert "The first 5,000 of 6,000 rows, and below them that of node 5999." in words(at)
    assert table(at, "degree")["node"].tolist() == [*range(5000), 5999], "no row moves when another node is selected"


def test_a_search_finds_what_is_not_drawn_and_says_what_is_not_there() -> None:
    graph = GraphData(
        "g", np.zeros((9, 1), np.float32), np.zeros((2, 0), np.int64), np.zeros(9, np.int64), ("a",), node_names=(*"abcdefgh", "Ada")
    )
    at = AppTest.from_function(_searches, kwargs={"graph": graph}).run()
    assert not at.exception
    assert [box.value for box in at.code] == ["8", "8", "There is no node “Zoë” in this graph; it has nodes 0 to 8."]


def _searches(graph) -> None:  # type: ignore[no-untyped-def]  # its source is run as a script of its own
    import streamlit as st

    from core.selection import start
    from pages._shared import engine, pictures, state

    st.session_state["selection"] = start(engine.catalogue())
    for text in ("8", "ada", "Zoë"):
        pictures.find(graph, text)
        st.code(next(iter(state.messages()), str(state.selection().node)))


def test_the_last_runs_can_be_brought_back_too(comparing: Callable[..., AppTest], stored: list[Group]) -> None:
    at = comparing("gcn", "mlp", "sgc", ("gcn", "random"))
    button(at, "Delete 4 groups · 12 runs").click().run()
    assert "No runs are stored yet" in words(at)
    (undo,) = [one for one in at.button if one.label.startswith("Undo")]
    undo.click().run()
    assert not at.exception
    assert len(engine.groups()) == len(stored)


# The sweep page.


def swept(at: AppTest) -> Request:
    found: Request = at.session_state["sweep"]
    return found


def test_a_sweep_of_nothing_says_what_to_press() -> None:
    at = opened(named("sweep"))
    assert "Nothing of this sweep is trained yet: 25 runs to go." in words(at)
    assert "Press “Train 25 runs”" in words(at)
    assert not button(at, "Train 25 runs").disabled
    assert "25 runs: an unknown time" in words(at)


def test_a_sweep_shows_what_is_stored_and_offers_the_rest(stored: list[Group]) -> None:
    at = opened(named("sweep"), **{"t.epochs": str(EPOCHS), "sweep.seeds": "3", "sweep.models": "gcn,mlp"})
    assert "6 of 30 runs so far. At depth 2 GCN has" in words(at)
    assert "At depth 2 MLP has" in words(at)
    assert "6 of 30 runs are stored already." in words(at)
    assert not button(at, "Train 24 runs").disabled
    assert table(at, "Depth")["runs"].tolist() == ["0 of 3", "3 of 3", "0 of 3", "0 of 3", "0 of 3"] * 2


def test_a_sweep_trains_what_is_missing_and_answers(stored: list[Group]) -> None:
    at = opened(named("sweep"), **{"t.epochs": str(EPOCHS), "sweep.seeds": "2", "sweep.values": "1,2"})
    button(at, "Train 2 runs").click().run()
    at = settled(at)
    assert "From depth 1 to 2 GCN" in words(at)
    assert "The best depth on the validation nodes is" in words(at)
    assert [one.label for one in at.main.button if one.label == "Trained"]
    assert table(at, "Depth")["runs"].tolist() == ["2 of 2", "2 of 2"]


def test_values_that_cannot_be_swept_are_said_and_the_page_keeps_those_it_had(stored: list[Group]) -> None:
    at = opened(named("sweep"), **{"t.epochs": str(EPOCHS), "sweep.values": "1,2"})
    box = "sweep.values.model.depth"
    for text, sentence in (("1,x", "it takes a whole number from 1 to 128"), ("7", "a sweep takes 2 to 30"), ("1:9:0", "holds no number")):
        at.text_input(key=box).set_value(text).run()
        assert not at.exception
        (warning,) = [one.value for one in at.warning]
        assert sentence in warning.replace("\\", "")
        assert at.text_input(key=box).value == text
        assert swept(at).values == "1,2"
        assert "3 of 10 runs so far" in words(at)
        assert button(at, "Train").disabled, "it would train the values that are not in the box"
    at.text_input(key=box).set_value("2, 4").run()
    assert not at.warning
    assert (swept(at).values, at.query_params["sweep.values"]) == ("2,4", "2,4")
    at.text_input(key=box).set_value("").run()
    assert (swept(at).values, at.text_input(key=box).value) == ("", "1, 2, 4, 8, 16")


def test_the_address_holds_the_sweep() -> None:
    query = {"dataset": "csbm", "sweep": "dataset.homophily", "sweep.values": "0:1:.5", "sweep.models": "gcn,sgc", "sweep.seeds": "2"}
    at = opened(named("sweep"), **query)
    expected = Request("dataset.homophily", "0:1:.5", ("gcn", "sgc"), 2)
    assert swept(at) == expected
    assert decode_sweep(at.query_params, selection(at), engine.catalogue()) == (expected, [])
    settled(at.switch_page(named("methods")).run())
    assert at.query_params["sweep"] == "dataset.homophily"
    at.selectbox(key="bench.dataset").select("karate").run()
    settled(at.switch_page(named("sweep")).run())
    said = "".join(box.value for box in at.warning).replace("\\", "")
    assert "has no setting 'dataset.homophily' to vary; its place was taken by Depth." in said
    assert swept(at) == Request(models=("gcn", "sgc"), seeds=2)


def test_a_wrong_sweep_in_a_link_is_said_and_the_page_lives() -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for name, value in {"sweep": "model.<b>", "sweep.values": "1,2", "sweep.models": "nope", "sweep.seeds": "0"}.items():
        at.query_params[name] = value
    at.run()
    said = "".join(box.value for box in at.warning).replace("\\", "")
    assert all(part in said for part in ("no setting 'model.<b>'", "nope: no such model", "from 1 to 20"))
    assert swept(at) == Request()
    settled(at.switch_page(named("sweep")).run())
    assert "25 runs to go" in words(at)


def test_a_picked_point_becomes_the_selection_and_the_sweep_stays(stored: list[Group]) -> None:
    at = opened(named("sweep"), **{"t.epochs": str(EPOCHS), "sweep.seeds": "3", "sweep.models": "gcn,mlp"})
    before = table(at, "Depth")
    at.session_state["sweep.point"] = ("training.epochs", "MLP", 2, "table")
    assert "Open" not in [one.label for one in at.run().main.button], "it was picked in the sweep of another setting"
    at.session_state["sweep.point"] = ("model.depth", "MLP", 2, "table")
    at.run()
    button(at, "Open").click().run()
    assert (selection(at).model, selection(at).seeds, dict(selection(at).model_settings)["depth"]) == ("mlp", 3, 2)
    pd.testing.assert_frame_equal(table(at, "Depth"), before)
    assert "is selected" in words(at)


def test_too_large_a_sweep_is_refused_with_its_number_and_the_controls_stay() -> None:
    at = opened(named("sweep"), **{"sweep": "training.epochs", "sweep.values": "10:40:1", "sweep.seeds": "20", "sweep.models": "gcn,mlp"})
    assert "2 models at 30 values with 20 seeds are 1,200 runs" in words(at)
    at.number_input(key="sweep.seeds").set_value(2).run()
    assert "120 runs to go" in words(at)


def test_all_models_of_a_figure_and_one_more() -> None:
    names = list(engine.catalogue().models)
    assert len(names) > MOST_MODELS
    drawn = names[:MOST_MODELS]
    at = opened(named("sweep"), **{"model": drawn[0], "sweep": "training.lr", "sweep.models": ",".join(drawn), "sweep.seeds": "1"})
    assert swept(at).models == tuple(drawn)
    at.selectbox(key="bench.model").select(names[MOST_MODELS]).run()
    assert not at.exception
    assert at.multiselect(key="sweep.models").value == [names[MOST_MODELS], *drawn[:-1]]
    assert f"{MOST_MODELS} are shown, the selected one among them" in "".join(box.value for box in at.warning)


def test_a_sweep_is_shared_as_a_sweep() -> None:
    at = opened(named("sweep"), **{"sweep.values": "1,3", "sweep.models": "gcn,mlp"})
    at.session_state["frame.share"] = True
    at.run()
    shared = [block.value for block in at.code]
    assert [line for line in shared if "--set model.depth=1,3" in line and "--model mlp" in line]
    assert [line for line in shared if "with_value" in line]


def test_the_first_screen_starts_a_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[RunSpec, ...]] = []
    monkeypatch.setattr(sweep_controls, "press_train", lambda runs, grid: started.append(runs))
    at = opened()
    at.button(key="preset.Does depth help?").click().run()
    assert not at.exception
    assert swept(at) == Request("model.depth", models=("gcn", "mlp"))
    assert selection(at).dataset == "csbm"
    (runs,) = started
    assert len(runs) == 50
    first = [(run.model.name, run.model.depth, run.seed) for run in runs[:4]]
    assert first == [("gcn", 1, 0), ("mlp", 1, 0), ("gcn", 2, 0), ("mlp", 2, 0)], "the whole course of both models first"


# The over-smoothing page.

DEEP = {"t.epochs": str(EPOCHS), "deep.depths": "1,2,4", "deep.seeds": "2"}


def read(at: AppTest) -> AppTest:
    """The page once the workers have measured what is stored."""
    until = time.monotonic() + 60
    while "The relative energy of" not in words(at) and time.monotonic() < until:
        time.sleep(0.3)
        at.run()
    return settled(at)


def test_over_smoothing_of_nothing_says_what_to_press() -> None:
    at = opened(named("over_smoothing"))
    assert "Nothing of this sweep is trained yet: 42 runs to go." in words(at)
    assert [one.label for one in at.main.button if one.label.startswith("Train")] == ["Train 42 runs"]


def test_over_smoothing_trains_measures_and_answers(own_home: Path) -> None:
    at = opened(named("over_smoothing"), node="3", **DEEP)
    button(at, "Train 12 runs").click().run()
    until = time.monotonic() + 120
    while not any(one.label == "Trained" for one in at.main.button) and time.monotonic() < until:
        time.sleep(0.3)
        at.run()
    said = words(read(at))
    assert "GCN" in said
    assert "last state goes from" in said
    verdicts = table(at, "verdict")
    assert verdicts[["model", "depth"]].to_numpy().tolist() == [[model, depth] for model in ("GCN", "MLP") for depth in (1, 2, 4)]
    assert (own_home / "derived" / "over_smoothing").is_dir(), "what was measured is kept for the next visit"
    for tab, sign in (("Layer by layer", "weight decay"), ("One node", "L hops away"), ("Without training", "at most")):
        at.session_state["smoothing.tabs"] = tab
        at.run()
        until = time.monotonic() + 60
        while sign not in words(at) and time.monotonic() < until:
            time.sleep(0.3)
            at.run()
        assert sign in words(settled(at)), tab
    at.session_state["smoothing.tabs"] = "Numbers"
    rows = table(settled(at.run()), "mlp_test_score")
    assert len(rows) == 12
    assert rows["relative_energy"].notna().all()


def test_over_smoothing_keeps_what_it_cannot_read_and_says_why() -> None:
    at = opened(named("over_smoothing"), **DEEP)
    at.text_input(key="smoothing.depths").set_value("0, 2").run()
    assert "takes a whole number from 1 to 128" in words(at)
    assert at.text_input(key="smoothing.depths").value == "0, 2"
    assert at.query_params["deep.depths"] == "1,2,4"
    at.text_input(key="smoothing.depths").set_value("2, 8").run()
    assert at.query_params["deep.depths"] == "2,8"
    assert "takes a whole number" not in words(at)


def test_a_link_to_over_smoothing_holds_remedies_and_another_model_drops_them() -> None:
    at = opened(named("over_smoothing"), **DEEP, **{"deep.models": "gcn:residual=true,sage"})
    assert "24 runs to go" in words(at)
    at.selectbox(key="bench.model").select("sage").run()
    assert not at.exception
    assert at.query_params["deep.models"] == "gcn:residual=true", "the selected model is a curve of its own"


def test_over_smoothing_at_a_single_depth_and_at_two_depths_of_a_model(stored: list[Group]) -> None:
    at = opened(named("over_smoothing"), **{"t.epochs": str(EPOCHS), "deep.depths": "2", "deep.seeds": "3"})
    assert "works" in table(read_once(at), "verdict")["verdict"].tolist()
    at.session_state["smoothing.tabs"] = "Two depths"
    settled(at.run())
    assert [one.label for one in at.main.button if one.label.startswith("Train ")] == ["Train 72 runs"], "three of 75 are stored"


def read_once(at: AppTest) -> AppTest:
    """The page once its verdicts are there."""
    until = time.monotonic() + 60
    while not any("verdict" in one.value for one in at.dataframe) and time.monotonic() < until:
        time.sleep(0.3)
        at.run()
    return at


SETS = """
import streamlit as st
from pages._shared import bench, state
state.open_link()
state.settle()
bench._set_model("{model}", "width", 32)
bench._set_dataset("{dataset}", "classes", 3)
chosen = state.selection()
st.text(f"{{dict(chosen.model_settings)['width']}} {{dict(chosen.dataset_settings)['classes']}}")
"""


@pytest.mark.parametrize(("model", "dataset", "said"), [("gat", "csbm", "32 3"), ("gcn", "digits", "8 2")])
def test_a_setting_of_what_is_no_longer_selected_changes_nothing(model: str, dataset: str, said: str) -> None:
    at = AppTest.from_string(SETS.format(model=model, dataset=dataset), default_timeout=60)
    at.query_params["model"], at.query_params["dataset"] = "gat", "csbm"
    at.run()
    assert not at.exception
    assert at.text[0].value == said
