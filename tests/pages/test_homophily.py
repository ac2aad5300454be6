"""The homophily page: the graph's own numbers without any training, in the link and in the share box."""

from __future__ import annotations

import shlex

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.data import GraphData
from core.datasets.contract import load
from core.jobs import Job
from explainers.cli import main
from explainers.lenses import homophily as lens
from pages._shared import engine
from tests.pages.window import named, opened, settled, words

PAGE = named("homophily")


def charts(at: AppTest) -> list[str]:
    return [str(one.proto.id).split("-")[-1] for one in at.get("plotly_chart")]


def test_it_answers_without_anything_trained() -> None:
    at = opened(PAGE, dataset="karate", model="gcn")
    assert "Do neighbours tell a node's class?" in words(at)
    assert "Where the measures disagree, they ask different things" in words(at)
    assert "Press Train" not in words(at)
    assert "diagnostic" in words(at)
    assert charts(at) == ["homophily.class_edges", "homophily.ccns", "homophily.measures", "homophily.local"]
    said = words(at)
    assert said.count("No advice on direction") + said.count("direction of the edges can be dropped") == 1
    rows = at.table[0].value
    assert rows.index.tolist()[:3] == ["edge", "node", "node"]
    expected = lens.numbers.edge_homophily(*edges_of(load("karate", {})))
    assert rows["value"].iloc[0] == f"{float(expected):.3f}"
    assert (rows["definition"].str.len() > 20).all()


def edges_of(graph: GraphData) -> tuple[np.ndarray, np.ndarray]:
    return graph.edge_index, graph.labels


def test_another_model_or_training_is_the_same_question(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, own = [], engine.ask

    def recorded(name: str, arguments, **more):
        found = own(name, arguments, **more)
        if name.endswith("run_lens") and not isinstance(found, Job):
            asked.append((arguments["spec"], more["lane"], arguments["seeds"]))
        return found

    monkeypatch.setattr(engine, "ask", recorded)
    opened(PAGE, dataset="karate", model="gcn", seeds="3")
    opened(PAGE, dataset="karate", model="mlp", seeds="5", **{"t.epochs": "7"})
    assert len(set(asked)) == 1
    assert asked[0][1:] == ("interactive", 1)


def test_whose_labels_the_direction_score_looks_at_is_in_the_link_and_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    at = opened(PAGE, dataset="karate", model="gcn", **{"m.depth": "4", "homophily.labels": "all"})
    assert at.query_params["homophily.labels"] in ("all", ["all"])
    assert [one.value for one in at.selectbox if one.key == "homophily.labels"] == ["all"]
    at.session_state["frame.share"] = True
    at = settled(at.run())
    (command,) = [block.value for block in at.code if "lens homophily" in block.value]
    assert "--model" not in command, "it asks for no model, and takes no setting of one"
    assert main([*shlex.split(command)[1:], "--json", "-"]) == 0
    assert '"direction score"' in capsys.readouterr().out
    (lines,) = [block.value for block in at.code if "run_lens" in block.value]
    exec(lines)  # noqa: S102
    assert "label informativeness (edge)" in capsys.readouterr().out
