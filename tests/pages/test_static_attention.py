"""The page on static and dynamic attention: it waits for a click, answers, gathers sizes, and another window has the answers at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.home import home
from core.work import run_inline
from explainers.lenses.dictionary_lookup import kept
from explainers.lookup_request import Request
from pages._shared import engine
from tests.pages.window import button, named, opened, settled, words

PAGE = named("static_attention")
WORK = "explainers.runner:run_lens"
LINK = {"lookup.keys": "3", "lookup.heads": "1,2", "lookup.seeds": "2"}


@pytest.fixture(autouse=True)
def few_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    values: Any = Request.values.fget  # type: ignore[attr-defined]
    monkeypatch.setattr(Request, "values", property(lambda self: values(self) | {"epochs": "2"}))


def trained(at: AppTest) -> AppTest:
    return settled(button(at, "Train").click().run())


def asked() -> list[Any]:
    """The settings of all trainings that are in memory."""
    return [job.arguments["values"] for job in engine.jobs()._jobs.values() if job.name == WORK and job.arguments["root"] == home()]


def test_nothing_is_trained_before_somebody_asks() -> None:
    at = opened(PAGE)
    assert "Press Train" in words(at)
    assert not asked()


def test_it_answers_and_gathers_sizes(own_home: Path) -> None:
    at = opened(PAGE)
    at.slider(key="lookup.size").set_value(3).run()
    at = trained(at)
    assert asked() == [{"sizes": "3", "models": "gat,gatv2,gcn", "heads": "1,8", "epochs": "2"}]
    assert "With 3 keys GAT with 1 head ranks the keys alike for every query" in words(at)
    assert button(at, "Trained").disabled
    at.slider(key="lookup.size").set_value(4).run()
    assert "Press Train" in words(at), "another question"
    at = trained(at)
    assert "With 4 keys GATv2 with 1 head" in words(at)
    assert at.query_params["lookup.keys"] == "4"
    (curve, *_) = [one for one in at.get("plotly_chart") if str(one.proto.id).endswith("lookup.accuracy")]
    assert '"tickvals":[3,4]' in curve.proto.spec, "both sizes are drawn"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(kept, "get", lambda _root, cell: None if cell.size > 4 else pytest.fail("it was read before"))
        settled(at.run())
    at.session_state["lookup"] = Request(4, tab="rankings")
    at = settled(at.run())
    rankings = at.dataframe[0].value
    assert len(rankings) == 18
    assert (rankings.loc[(rankings["model"] == "gat"), "kendall_tau_min"] == 1).all()
    at.slider(key="lookup.size").set_value(3).run()
    assert button(at, "Trained").disabled, "the first answer is still there"


def test_another_window_and_another_process_show_it_at_once(own_home: Path) -> None:
    first = trained(opened(PAGE, **LINK))
    said = words(first)
    (before,) = asked()
    engine._views.clear()
    again = opened(PAGE, **LINK)
    assert words(again) == said
    assert button(again, "Trained").disabled
    assert asked() == [before], "nothing is trained twice"


def test_what_the_command_has_trained_is_there(own_home: Path) -> None:
    wanted = Request(3, ("gcn",), (4,))
    run_inline(WORK, {"lens": "dictionary_lookup", "spec": _nobody(), "seeds": 1, "values": wanted.values, "root": home()})
    at = opened(PAGE, **{"lookup.keys": "3", "lookup.models": "gcn", "lookup.heads": "4"})
    assert "With 3 keys GCN answers" in words(at)
    assert not asked()


def test_a_page_that_is_loaded_anew_follows_its_training(monkeypatch: pytest.MonkeyPatch) -> None:
    values: Any = Request.values.fget  # type: ignore[attr-defined]
    monkeypatch.setattr(Request, "values", property(lambda self: values(self) | {"epochs": "10000"}))
    at = opened(PAGE, **LINK)
    button(at, "Train").click().run()
    again = opened(**LINK).switch_page(PAGE).run()
    assert button(again, "Training …").disabled
    button(again, "Stop").click().run()
    assert not settled(again).exception
    assert not button(again, "Train").disabled, "stopped, and offered again"
    assert not button(settled(at.run()), "Train").disabled, "where it was started as well, and nobody starts it anew"
    assert not engine.jobs().active()


def test_models_that_do_not_attend_have_curves_and_no_maps() -> None:
    at = opened(PAGE, **{"lookup.keys": "3"})
    at.button_group(key="lookup.models").set_value(["gcn"])
    at = trained(at.run())
    assert asked()[-1]["models"] == "gcn"
    assert "With 3 keys GCN answers" in words(at)
    at.session_state["lookup"] = Request(3, ("gcn",), tab="scores")
    assert "None of these models attends" in words(settled(at.run()))


def test_a_bad_link_gets_a_sentence_and_no_models_are_no_question() -> None:
    at = opened(**{"lookup.keys": "99", "lookup.models": "gat,gatv3", "lookup.heads": "1,2", "lookup.tab": "curves"})
    (said,) = [box.value for box in at.warning]
    assert "it takes a whole number from 3 to 12" in said
    assert "gatv3" in said
    at = settled(at.switch_page(PAGE).run())
    assert at.slider(key="lookup.size").value == 5
    assert {name: value for name, value in at.query_params.items() if name.startswith("lookup")} == {
        "lookup.heads": "1,2",
        "lookup.tab": "curves",
    }
    at.button_group(key="lookup.models").set_value([]).run()
    assert "Pick at least one model" in words(at)


def _nobody() -> Any:
    from pages._shared.looking_up import NOBODY

    return NOBODY
