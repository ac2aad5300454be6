"""What the pages with questions of their own are asked in this window, each as its link holds it; `state` hands it on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import streamlit as st

from core.catalogue import Catalogue
from core.selection import Selection
from explainers import (
    actions_request,
    attention_request,
    calibration_request,
    designs_request,
    dial_request,
    heterophily_request,
    homophily_request,
    lookup_request,
)
from explainers.depth import request as deeps
from explainers.sweep import request as sweeps
from explainers.why import request as whys
from pages._shared.engine import catalogue

T = TypeVar("T")
Decoded = tuple[T, list[str]]
"""A request, and a sentence for everything in its link that had to be replaced."""


@dataclass(frozen=True)
class Question(Generic[T]):
    """What one page is asked in this window, a frozen dataclass of the type T: a call gives it, `change` changes parts of it.

    `key`: in the session; `decode`: from the words of a link; `encode`: to them.
    """

    key: str
    decode: Callable[[Mapping[str, str], Selection, Catalogue], Decoded[T]]
    encode: Callable[[T], dict[str, str]]

    def __call__(self) -> T:
        found: T = st.session_state[self.key]
        return found

    def change(self, **changes: object) -> None:
        """Change parts of it."""
        asked: Any = self()
        st.session_state[self.key] = replace(asked, **changes)


def _alone(decode: Callable[[Mapping[str, str]], Decoded[T]]) -> Callable[[Mapping[str, str], Selection, Catalogue], Decoded[T]]:
    """Of a question that the selection plays no part in."""
    return lambda query, chosen, known: decode(query)


sweep = Question("sweep", sweeps.decode, sweeps.encode)
deep = Question("deep", deeps.decode, deeps.encode)
why = Question("why", _alone(whys.decode), whys.encode)
look = Question("look", _alone(attention_request.decode), attention_request.encode)
lookup = Question("lookup", _alone(lookup_request.decode), lookup_request.encode)
acting = Question("acting", _alone(actions_request.decode), actions_request.encode)
calibration = Question("calibration", _alone(calibration_request.decode), calibration_request.encode)
homophily = Question("homophily", _alone(homophily_request.decode), homophily_request.encode)
heterophily = Question("heterophily", lambda query, _, known: heterophily_request.decode(query, known), heterophily_request.encode)
dial = Question("homophily_dial", _alone(dial_request.decode), dial_request.encode)
designing = Question("designing", _alone(designs_request.decode), designs_request.encode)

QUESTIONS: tuple[Question[Any], ...] = (
    sweep,
    deep,
    why,
    look,
    lookup,
    acting,
    calibration,
    homophily,
    heterophily,
    dial,
    designing,
)


def open_questions(query: Mapping[str, str], chosen: Selection) -> list[str]:
    """Take them from a link; returns a sentence for everything in it that had to be replaced."""
    said = list[str]()
    for question in QUESTIONS:
        st.session_state[question.key], replaced = question.decode(query, chosen, catalogue())
        said += replaced
    return said


def questions_link() -> dict[str, str]:
    """Words of a link that asks the same."""
    return {name: word for question in QUESTIONS for name, word in question.encode(question()).items()}


def asked_questions() -> tuple[object, ...]:
    """All of them, to compare with what they were."""
    return tuple(question() for question in QUESTIONS)
