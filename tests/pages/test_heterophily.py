"""The heterophily page: trained on a click, model by model, filled in as runs end, and the nodes of a bin."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import catalogue as catalogues
from core.plans import run_plan
from core.store import Store
from core.work import silent
from explainers.cli import main
from explainers.contract import Unsupported
from explainers.heterophily_request import planned
from pages._shared import suffering
from tests.pages.window import button, named, opened, selected, settled, words

PAGE = named("heterophily")
LINK = {"dataset": "karate", "model": "gcn", "seeds": "3", "t.epochs": "30", "heterophily.models": "gcn", "heterophily.seeds": "2"}


@pytest.fixture
def trained(own_home: Path) -> None:
    known = catalogues.ensure(own_home)
    plan = planned(selected(known, "gcn").spec, "gcn", 2, 0, lambda name: known.model(name).parameters)
    run_plan(silent, specs=[run for runs in plan.values() for run in runs], root=own_home, device="cpu")


def until(at: AppTest, there: Callable[[AppTest], bool]) -> AppTest:
    """The page once its parts have caught up with the workers."""
    end = time.monotonic() + 90
    while not there(at) and time.monotonic() < end:
        time.sleep(0.3)
        at.run()
    assert not at.exception, [box.message for box in at.exception]
    assert there(at), words(at)
    return at


def answered(at: AppTest) -> bool:
    return "By local homophily, beside the MLP" in words(at) and "so far" not in words(at)


def test_it_says_what_to_press_and_trains_every_model(own_home: Path) -> None:
    at = opened(PAGE, **LINK)
    assert "Press Train: points appear here as runs of GCN, MLP, GCN on structure alone end." in words(at)
    button(at, "Train 6 runs").click().run()
    until(at, answered)
    assert [one.label for one in at.main.button if one.label.startswith("Train")] == ["Trained"]
    made = Store(own_home).entries()
    assert sorted({entry.spec.model.name for entry in made}) == ["gcn", "gcn_structure", "mlp"]
    assert {entry.spec.training.epochs for entry in made} == {30}
    assert "diagnostic" in words(at)


def test_what_is_stored_is_drawn_at_once_and_more_seeds_are_offered(trained: None) -> None:
    at = until(opened(PAGE, **LINK), answered)
    at.number_input(key="heterophily.seeds").set_value(3).run()
    until(at, lambda page: "6 of 9 runs so far." in words(page))
    assert button(at, "Train 3 runs")


def test_models_are_chosen_and_the_link_keeps_what_is_asked(trained: None) -> None:
    at = until(opened(PAGE, **LINK), answered)
    at.multiselect(key="heterophily.models").set_value(["gcn", "sage"]).run()
    at.segmented_control(key="heterophily.by").set_value("degree").run()
    settled(at)
    asked = at.session_state["heterophily"]
    assert (asked.models, asked.by) == ("gcn,sage", "degree")
    assert at.query_params["heterophily.by"] in ("degree", ["degree"])
    assert button(at, "Train 2 runs")


def test_every_tab_is_drawn(trained: None) -> None:
    for by in ("homophily", "degree", "grid", "shift"):
        at = until(opened(PAGE, **LINK, **{"heterophily.by": by}), answered)
        assert "Points appear here" not in words(at)
        assert len([one for one in at.segmented_control if one.key == "heterophily.model"]) == (by == "grid")


def test_a_bin_that_is_clicked_selects_its_nodes(trained: None, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[Any] = []
    monkeypatch.setattr(suffering.state, "select", lambda node, nodes: chosen.append((node, list(nodes))))
    monkeypatch.setattr(suffering.state, "selection", lambda: SimpleNamespace(node=7))
    found = SimpleNamespace(nodes=lambda by, *places: [7, 9] if (by, places) in (("homophily", (4,)), ("grid", (4, 2))) else [1])
    suffering.pick(found, "homophily", [4])  # type: ignore[arg-type]
    suffering.pick(found, "grid", [4, 2])  # type: ignore[arg-type]
    suffering.pick(found, "degree", [2])  # type: ignore[arg-type]
    assert chosen == [(7, [7, 9]), (7, [7, 9]), (None, [1])]
    for by, point in (
        ("shift", [1]),
        ("grid", [3]),
        ("degree", ["4"]),
        ("degree", [1, 2]),
        ("homophily", 4),
        ("degree", [99]),
        ("grid", [0, -1]),
    ):
        suffering.pick(found, by, point)  # type: ignore[arg-type]
    assert len(chosen) == 3, "what a browser makes up is left alone"


def test_selected_nodes_are_listed(trained: None) -> None:
    at = until(opened(PAGE, **LINK), answered)
    assert "Click a mark or a cell" in words(at)
    at.session_state["nodes"] = (3, 5)
    settled(at.run())
    assert "2 nodes selected" in words(at)
    (rows,) = [frame.value for frame in at.dataframe if "degree" in frame.value]
    assert sorted(rows["node"]) == [3, 5]
    assert rows["local homophily"].between(0, 1).all()
    lost = rows["MLP"] & ~rows["GCN"]
    assert lost.tolist() == sorted(lost, reverse=True), "first those that the edges make wrong"


def test_a_split_without_test_nodes_is_said_to_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object) -> None:
        raise Unsupported("This split has no test nodes.")

    monkeypatch.setattr("pages._shared.suffering.part_mask", nobody)
    at = opened(PAGE, **LINK)
    assert "This split has no test nodes." in words(at)
    assert not at.multiselect


def test_the_share_box_gives_the_same_numbers(trained: None, capsys: pytest.CaptureFixture[str]) -> None:
    at = until(opened(PAGE, **LINK, **{"m.depth": "4"}), answered)
    at.session_state["frame.share"] = True
    at = settled(at.run())
    (command,) = [block.value for block in at.code if "lens heterophily" in block.value]
    assert "--model" not in command
    assert "--seeds 2" in command
    assert "--set training.epochs=30" in command
    assert main([*shlex.split(command)[1:], "--device", "cpu", "--json", "-"]) == 0
    assert capsys.readouterr().out.count('"test_score"') == 6
    (lines,) = [block.value for block in at.code if "run_lens" in block.value]
    exec(lines)  # noqa: S102
    answer = capsys.readouterr().out
    assert "By local homophily, beside the MLP" in answer
    assert answer.splitlines()[0] in words(at).replace("&#x27;", "'")
