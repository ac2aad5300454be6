"""The controls of the over-smoothing page: which depths, which models, which remedies."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.catalogue import ModelCard
from core.errors import UserError
from explainers.depth import request
from explainers.depth.plan import DEPTHS, MOST_MODELS, RECIPE, Variant
from explainers.depth.request import Request
from explainers.wording import model_name
from pages._shared import controls as widgets
from pages._shared import engine, state
from pages._shared.frame import as_text

PROBLEM = "smoothing.problem"


def controls(asked: Request) -> None:
    """Depths, remedies, other models, recipe, seeds."""
    _depths(asked)
    _remedies(asked)
    _models(asked)
    widgets.parameter(RECIPE, asked.recipe, "smoothing", lambda _, value: state.deep.change(recipe=value))
    widgets.parameter(request.SEEDS, asked.seeds, "smoothing", lambda _, value: state.deep.change(seeds=value))


def _depths(asked: Request) -> None:
    """The depths as text; what cannot be read stays in the box, with a sentence below it."""
    key, problem = "smoothing.depths", st.session_state.get(PROBLEM)
    if problem and problem[2] != state.selection():  # it was about another model or graph
        problem = st.session_state.pop(PROBLEM) and None
    st.session_state[key] = problem[0] if problem else (asked.depths or DEPTHS.default).replace(",", ", ")
    st.text_input(DEPTHS.title, key=key, on_change=_set_depths, args=(key,), help=f"{DEPTHS.help} Empty: the suggested ones.")
    if problem:
        st.warning(as_text(f"{problem[1]} The figures keep the depths they had."))


def _remedies(asked: Request) -> None:
    """Settings of the selected model as curves beside its own."""
    offered = request.remedies(state.selection(), engine.catalogue(), asked.recipe)
    with st.container(key="smoothing-remedies"):  # its pills take several lines, see style.css
        _pills(asked, offered)


def _pills(asked: Request, offered: Mapping[str, tuple[str, str]]) -> None:
    key = _key("remedies")
    st.session_state[key] = [text for text in asked.models if text in offered]
    st.pills(
        "Remedies",
        list(offered),
        selection_mode="multi",
        key=key,
        format_func=lambda text: offered[text][0],
        on_change=_set_models,
        help="Each is trained as a curve of its own beside the selected model: "
        + "; ".join(f"**{title}** {why}" for title, why in offered.values())
        + ".",
    )


def _models(asked: Request) -> None:
    offered, catalogue = request.others(state.selection(), engine.catalogue()), engine.catalogue()
    remedies = request.remedies(state.selection(), catalogue, asked.recipe)
    chosen = [text for text in asked.models if text not in remedies]
    names = {name: _title(name, why) for name, why in offered.items()}
    names |= {text: Variant.of(text).title(_card(text)) for text in chosen if text not in offered}
    key = _key("models")
    st.session_state[key] = chosen
    st.multiselect(
        "Other models",
        list(names),
        key=key,
        format_func=lambda name: names[name],
        max_selections=MOST_MODELS - 1,
        filter_mode="contains",
        select_all=False,
        on_change=_set_models,
        help="Drawn beside the selected model. An MLP of equal depth is always there.",
    )


def _set_models() -> None:
    found = [text for name in ("remedies", "models") for text in st.session_state.get(_key(name)) or ()]
    state.deep.change(models=tuple(found[: MOST_MODELS - 1]))
    if len(found) > MOST_MODELS - 1:
        state.say(f"{MOST_MODELS - 1} models and remedies are the most for one figure; the first of them are shown.")


def _set_depths(key: str) -> None:
    text = st.session_state[key].strip()
    st.session_state.pop(PROBLEM, None)
    try:
        found = DEPTHS.check(text) if text else ""
        request.planned(Request(found), state.selection(), engine.catalogue())
    except UserError as error:
        st.session_state[PROBLEM] = (text, str(error), state.selection())
        return
    state.deep.change(depths="" if found == DEPTHS.default else found)


def _key(name: str) -> str:
    """Another model has other choices: another widget."""
    return f"smoothing.{name}.{state.selection().model}"


def _title(name: str, why: str) -> str:
    return f"{model_name(name)} · {why}" if why else model_name(name)


def _card(text: str) -> ModelCard:
    return engine.catalogue().model(Variant.of(text).model)
