"""What pages ask, as far as runs and selection allow it, which may have changed under it; what had to be left out is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import streamlit as st

from explainers import actions_request, attention_request, calibration_request, designs_request, dial_request
from explainers.depth import request as deeps
from explainers.sweep import request as sweeps
from pages._shared import questions, state
from pages._shared.engine import catalogue
from pages._shared.questions import Question

T = TypeVar("T")


def sweep() -> sweeps.Request:
    """The sweep as far as the selection allows it."""
    return _settled(questions.sweep, *sweeps.settle(questions.sweep(), state.selection(), catalogue()))


def deep() -> deeps.Request:
    """The same of what is asked of the over-smoothing lens."""
    return _settled(questions.deep, *deeps.settle(questions.deep(), state.selection(), catalogue()))


def look(heads: tuple[int, ...]) -> attention_request.Request:
    """The same of what is looked at on the attention page, of a model whose layers have so many heads."""
    return _settled(questions.look, *attention_request.settle(questions.look(), heads))


def calibration(parts: Sequence[str], calibrators: Sequence[str]) -> calibration_request.Request:
    """The same of what is looked at on the calibration page, of runs that have these parts and calibrators."""
    return _settled(questions.calibration, *calibration_request.settle(questions.calibration(), parts, calibrators))


def acting(layers: int, runs: int) -> actions_request.Request:
    """The same of what is looked at on the actions page, of so many runs of a model of so many layers."""
    return _settled(questions.acting, *actions_request.settle(questions.acting(), layers, runs))


def dial() -> dial_request.Request:
    """The same of what is asked of the homophily dial."""
    return _settled(questions.dial, *dial_request.settle(questions.dial(), catalogue().models))


def designing() -> designs_request.Request:
    """The same of what is asked of the page on designs and benchmarks."""
    known = catalogue()
    return _settled(questions.designing, *designs_request.settle(questions.designing(), known.datasets, known.models))


def _settled(question: Question[T], found: T, said: Sequence[str]) -> T:
    if found != question():
        st.session_state[question.key] = found
        for sentence in said:
            state.say(sentence)
        st.rerun()
    return found
