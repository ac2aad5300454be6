"""The calibration page: refused politely, fitted, read, and looked at closer."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import catalogue as catalogues
from core.plans import run_plan
from core.work import silent
from tests.pages.window import named, opened, selected, settled, words

PAGE = named("calibration")
GCN = {"dataset": "karate", "model": "gcn", "seeds": "3", "t.epochs": "30"}


@pytest.fixture
def trained(own_home: Path) -> None:
    known = catalogues.ensure(own_home)
    run_plan(silent, specs=selected(known, "gcn").specs(known), root=own_home, device="cpu", probes=("embedding",))


def charts(at: AppTest) -> list[str]:
    return [str(one.proto.id).split("-")[-1] for one in at.get("plotly_chart")]


def test_untrained_it_says_what_to_press() -> None:
    assert "Press Train" in words(opened(PAGE, **GCN))


def test_the_answer_comes_first_and_controls_change_the_diagram(trained: None) -> None:
    at = opened(PAGE, **GCN)
    assert "on average and is right on" in words(at)
    assert charts(at) == ["calibration.reliability", "calibration.scores", "calibration.brier"]
    assert "Temperature scaling" in at.dataframe[0].value["calibrator"].tolist()
    at = settled(at.selectbox(key="calibration.calibrator").set_value("temperature").run())
    assert "GCN with temperature scaling" in words(at)
    assert at.query_params["cal.calibrator"] == "temperature"
    at = settled(at.slider(key="calibration.bins").set_value(7).run())
    assert "7 bins, equally wide" in words(at)
    at = settled(at.segmented_control(key="calibration.part").set_value("validation").run())
    assert "of the validation nodes" in words(at)


@pytest.mark.parametrize(
    ("tab", "expected", "said"),
    [
        ("factors", "calibration.homophily", "Accuracy − confidence: above 0"),
        ("conformal", "calibration.coverages", "Calibration nodes are drawn from"),
        ("abstain", "calibration.abstain", "abstain"),
        ("graph", "calibration.temperatures", "have a temperature below"),
        ("numbers", "calibration.reliability", "Conformal"),
    ],
)
def test_closer_looks(trained: None, tab: str, expected: str, said: str) -> None:
    at = opened(PAGE, **GCN, **{"cal.tab": tab}, node="5")
    assert expected in charts(at)
    assert said in words(at)


def test_the_target_coverage_is_in_the_link(trained: None) -> None:
    at = opened(PAGE, **GCN, **{"cal.tab": "conformal"}, node="5")
    assert "Sets of node 5" in words(at)
    at = settled(at.slider(key="calibration.coverage").set_value(0.8).run())
    assert at.query_params["cal.alpha"] == "0.2"
    assert "true class of 80 % of the nodes" in words(at) or "take at least" in words(at)
