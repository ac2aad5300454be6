"""The controls of the heterophily page: which models over which seeds and splits, and what the picture is by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from explainers.heterophily_request import ALWAYS, BY, MODELS, MOST_MODELS, SEEDS, SPLITS, Request
from explainers.wording import model_name
from pages._shared import controls as widgets
from pages._shared import engine, state


def controls(asked: Request, splits: int) -> None:
    """Models, seeds, and splits where there are several."""
    key = "heterophily.models"
    st.session_state[key] = [name for name in MODELS.words(asked.models) if name not in ALWAYS]
    st.multiselect(
        f"{MODELS.title} beside {' and '.join(map(model_name, ALWAYS))}",
        [name for name in engine.catalogue().models if name not in ALWAYS],
        key=key,
        format_func=model_name,
        max_selections=MOST_MODELS - len(ALWAYS),
        help=MODELS.help,
        on_change=lambda: state.heterophily.change(models=",".join(st.session_state[key])),
    )
    columns = st.columns(2, vertical_alignment="bottom")
    with columns[0]:
        widgets.parameter(SEEDS, asked.seeds, "heterophily", lambda _, value: state.heterophily.change(seeds=value))
    if splits > 1:
        with columns[1]:
            widgets.parameter(SPLITS, asked.splits, "heterophily", lambda _, value: state.heterophily.change(splits=value))
    st.caption("Each model has its default settings. Dataset, training and device are those of the sidebar; its model plays no part here.")


def tabs(asked: Request) -> None:
    """What the picture is by."""
    looks: dict[str, Any] = {"format_func": lambda name: dict(BY.options)[name].capitalize(), "label_visibility": "collapsed"}
    widgets.segments(BY, asked.by, "heterophily", lambda _, value: state.heterophily.change(by=value), **looks)


def grid_model(models: Sequence[str], model: str) -> None:
    """Whose grid is drawn."""
    key = "heterophily.model"
    st.session_state[key] = model
    st.segmented_control(
        "Model",
        list(models),
        key=key,
        required=True,
        format_func=model_name,
        label_visibility="collapsed",
        on_change=lambda: state.heterophily.change(model=st.session_state[key]),
    )
