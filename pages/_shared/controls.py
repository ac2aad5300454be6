"""Declared parameters as widgets. The selection is the truth; a widget shows it and reports changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from core.parameters import Choice, Flag, Integer, Parameter, Real, Value

Change = Callable[[str, Value], None]


def parameter(declared: Parameter, value: Value, key: str, change: Change) -> None:
    """One widget for one parameter; `change(name, value)` runs when the user moves it."""
    name = f"{key}.{declared.name}"
    st.session_state[name] = value
    options: dict[str, Any] = {
        "key": name,
        "help": declared.help or None,
        "on_change": lambda: change(declared.name, st.session_state[name]),
    }
    match declared:
        case Integer():
            st.number_input(_label(declared), declared.low, declared.high, step=declared.step, **options)
        case Real() if declared.high - declared.low <= 1 and declared.step >= 0.01:
            st.slider(_label(declared), declared.low, declared.high, step=declared.step, **options)
        case Real():
            st.number_input(_label(declared), declared.low, declared.high, step=declared.step, format="%g", **options)
        case Choice():
            words = dict(declared.options)
            st.selectbox(declared.title, list(words), format_func=lambda word: words[word], **options)
        case Flag():
            st.toggle(declared.title, **options)


def parameters(declared: Sequence[Parameter], values: Mapping[str, Value], key: str, change: Change) -> None:
    """Small parameters two in a row, the others one below the other."""
    narrow = [p for p in declared if isinstance(p, Integer)]
    for pair in (narrow[i : i + 2] for i in range(0, len(narrow), 2)):
        for column, one in zip(st.columns(2), pair, strict=False):
            with column:
                parameter(one, values[one.name], key, change)
    for one in declared:
        if one not in narrow:
            parameter(one, values[one.name], key, change)


def segments(declared: Choice | Integer, value: Value, key: str, change: Change, offered: Sequence[Value] = (), **looks: Any) -> None:
    """One of a few values side by side: those of a `Choice`, or what is `offered`; `looks`: as of `st.segmented_control`."""
    name = f"{key}.{declared.name}"
    words: dict[Any, str] = dict(declared.options) if isinstance(declared, Choice) else {}
    st.session_state[name] = value
    st.segmented_control(
        declared.title,
        list(offered or words),
        key=name,
        required=True,
        on_change=lambda: change(declared.name, st.session_state[name]),
        **{"format_func": lambda one: words.get(one, str(one))} | looks,
    )


def _label(declared: Integer | Real) -> str:
    return f"{declared.title} ({declared.unit})" if declared.unit else declared.title
