"""The layer arithmetic alone: what cannot be had is said within the tab, and what was stopped can be started again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import UserError
from core.spec import DatasetSpec, ModelSpec, RunSpec
from pages._shared import engine

SCRIPT = """
import streamlit as st
from tests.pages.test_why_arithmetic import RUN
from pages._shared import why_arithmetic
why_arithmetic.tab(None, RUN, 3)
st.caption("The page goes on.")
"""
SPEC = RunSpec(DatasetSpec("karate"), ModelSpec("gcn"))
RUN = SimpleNamespace(spec=SPEC, key=SPEC.key)


def shown(monkeypatch: pytest.MonkeyPatch, error: UserError) -> AppTest:
    def ask(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(engine, "ask", ask)
    monkeypatch.setattr(engine, "version", lambda key: key)
    at = AppTest.from_string(SCRIPT, default_timeout=60).run()
    assert not at.exception, [box.message for box in at.exception]
    assert [caption.value for caption in at.caption] == ["The page goes on."]
    return at


def test_what_was_stopped_can_be_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    resumed: list[str] = []
    monkeypatch.setattr(engine, "resume", resumed.append)
    at = shown(monkeypatch, engine.Stopped("Layer arithmetic of node 3", "question"))
    assert [box.value for box in at.info] == ["Layer arithmetic of node 3 was stopped."]
    (button,) = at.button
    assert button.label == "Start again"
    button.click().run()
    assert resumed == ["question"]


def test_what_cannot_be_had_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    at = shown(monkeypatch, UserError("This run is not stored any more; press Train again."))
    said = " ".join(str(element.value) for kind in (at.html, at.info, at.caption) for element in kind)
    said += " ".join(element.proto.body for element in at.get("html"))
    assert "not stored any more" in said
    assert not at.button
