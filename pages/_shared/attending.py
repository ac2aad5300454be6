"""The parts of the attention page: the whole model's attention first; closer looks are in `attending_closer`."""

from __future__ import annotations

import streamlit as st

from core.models.contract import attention_is_read
from explainers.lenses import attention as lens
from explainers.wording import model_name
from pages._shared import acting, attending_closer, engine, show, state
from pages._shared.lens_page import measured

QUESTION = lens.LENS.question


def page() -> None:
    selection, models = state.selection(), engine.catalogue().models
    if reason := lens.unsupported(models[selection.model], models):
        show.question(QUESTION, [reason])
        acting.way_there(selection.model)
        _others()
        return
    if (there := measured("attention", QUESTION)) is None:
        return
    opened, result = there
    show.question(QUESTION, lens.captions(result))
    views = lens.draw(result)
    left, right = st.columns([1.2, 1], gap="large")
    with left:
        show.chart(views["swaps"], "attention.swaps")
    with right:
        show.chart(views["entropies"], "attention.entropies")
    attending_closer.tabs(opened, result, views)


def _others() -> None:
    """The models whose attention can be looked at, one click away."""
    with st.container(horizontal=True):
        for name, card in engine.catalogue().models.items():
            if attention_is_read(card):
                st.button(f"Take {model_name(name)}", key=f"attention.take.{name}", on_click=state.change_model, args=(name,))
