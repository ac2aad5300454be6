"""What surrounds every page: the header strip with the answer so far, messages, and the link to share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from html import escape
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import streamlit as st
from streamlit.navigation.page import Page as StreamlitPage

from core.catalogue import ModelCard
from core.edits import written
from core.errors import UserError
from core.home import home
from core.models.contract import attention_is_read
from core.parameters import Value
from core.selection import command, python
from core.spec import ModelSpec
from explainers import (
    attention_request,
    calibration_request,
    designs_request,
    dial_request,
    heterophily_request,
    homophily_request,
    lookup_request,
    overview,
    requests,
    runner,
)
from explainers.depth import request as deeps
from explainers.sweep import repeat
from explainers.why import request as whys
from explainers.wording import count
from pages._shared import bench, engine, state

STYLE = Path(__file__).resolve().parents[2] / "assets" / "style.css"
LENSES = {
    "actions": "layers",
    "attention": "heads",
    "calibration": "summary",
    "heterophily": "by_local_homophily",
    "homophily": "measures",
    "homophily_dial": "summary",
}
"""Pages that show one lens on what is selected, and the table that stands for it unless the page asks for another."""
HAS: dict[str, Callable[[ModelCard], bool]] = {"actions": lambda card: card.has_actions, "attention": attention_is_read}
"""What must hold of a model for the lens to say anything of it."""


def open_frame(page: StreamlitPage) -> None:
    """Draw all that is the same on every page. Call before the page itself."""
    st.html(f"<style>{STYLE.read_text()}</style>")
    state.open_link()
    state.settle()
    state.write_link()
    bench.sidebar()
    left, right = st.columns([1, 0.14], vertical_alignment="center")
    with left:
        _strip()
    with right:
        box = st.popover("Share", width="stretch", key="frame.share", on_change="rerun")
    if box.open:
        with box:
            _share(page)
    messages = state.messages()
    if messages:
        st.warning("\n".join(f"- {as_text(message)}" for message in messages))


def run(page: StreamlitPage) -> None:
    """Run a page; what cannot be done is said on it, and the rest of the screen lives on."""
    try:
        page.run()
    except engine.Stopped as stopped:
        st.info(as_text(str(stopped)), icon=":material/stop_circle:")
        st.button("Start again", on_click=engine.resume, args=(stopped.question,))
    except UserError as error:
        st.error(as_text(str(error)), icon=":material/error:")


def as_text(message: str) -> str:
    """A sentence that may quote what a user or a file said, safe from being read as Markdown."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|$:~-])", r"\\\1", message)


def _strip() -> None:
    chosen, catalogue = state.selection(), engine.catalogue()
    depth = chosen.spec.model.depth
    found = [entry for entry in engine.entries(engine.specs(chosen)) if entry]
    words = [
        catalogue.dataset(chosen.dataset).title,
        catalogue.model(chosen.model).title,
        f"depth {depth}" if depth is not None else "",
        count(chosen.seeds, "seed"),
        overview.standing(found, chosen.seeds),
        " and ".join(sorted({entry.device for entry in found})) or f"device {st.session_state.get('bench.device', 'auto')}",
        "no node selected" if chosen.node is None else f"node {chosen.node}",
    ]
    edits = state.edits()
    badge = f"<span><b class='edited' title='{escape(written(edits))}'>{count(len(edits), 'edit')} (what-if)</b></span>" if edits else ""
    st.html(f"<div class='strip' role='status'>{''.join(f'<span>{escape(word)}</span>' for word in words if word)}{badge}</div>")


def _share(page: StreamlitPage) -> None:
    """The link, and what gives the same without the dashboard: on the pages with a plan of their own, that plan."""
    base = _address(page)
    query = urlencode(state.link())
    what, lines, words, whose = _headless(page.url_path)
    st.markdown("**Link** to this page, dataset, model, settings, seeds, node and sweep")
    st.code(f"{base}?{query}", language=None, wrap_lines=True)
    st.markdown(f"**Command** that {what}")
    st.code(lines, language="bash", wrap_lines=True)
    st.markdown(f"**Python** for {whose}")
    st.code(words, language="python", wrap_lines=True)
    st.caption("The link works where this Hopscope can be reached; for another one, put its address in front of the “?”.")
    st.caption(f"Runs are kept in {home()}")


def _address(page: StreamlitPage) -> str:
    """Of a page, as a browser asks for it: put together here, since Streamlit doubles a path that begins like its own folders."""
    here = urlsplit(st.context.url or "")
    path = "/".join(filter(None, [str(st.get_option("server.baseUrlPath") or "").strip("/"), page.url_path]))
    return f"{here.scheme}://{here.netloc}/{path}"


def _headless(page: str) -> tuple[str, str, str, str]:
    """What a command does, the command, Python, and what that gives."""
    chosen, catalogue = state.selection(), engine.catalogue()
    if page == "sweep":
        asked_sweep = (state.sweep(), chosen, catalogue)
        return "trains the sweep", repeat.commands(*asked_sweep), repeat.python(*asked_sweep), "the same"
    if page == "over_smoothing":
        deep = state.deep()
        return "trains the same and prints the numbers", deeps.command(deep, chosen, catalogue), deeps.python(deep, chosen), "the same"
    if page == "explain" and chosen.node is not None:
        asked_why = (state.why(), chosen, catalogue)
        return "explains the same node", whys.command(*asked_why), whys.python(*asked_why), "the same"
    if page == "static_attention":
        asked = state.lookup()
        return "trains the same and prints the numbers", lookup_request.command(asked), lookup_request.python(asked), "the same"
    if page == "designs":
        return _own_data("trains the same and prints the numbers", *designs_request.headless(state.designing()), state.designing().seeds)
    if page == "homophily_dial" and state.dial().tab == "dial":
        return _own_data("turns the whole dial and prints the numbers", page, state.dial().dial, state.dial().seeds)
    if page in LENSES and (page not in HAS or HAS[page](catalogue.model(chosen.model))):
        lens, values, table = _asked(page)
        if lens == "edge_surgery":
            chosen = replace(chosen, seeds=min(chosen.seeds, dial_request.MOST_SEEDS))
        if page == "heterophily":
            chosen = heterophily_request.subject(state.heterophily(), chosen, catalogue)
        unit = runner.lens(lens)
        asked_for = [part for part, needed in (("d", True), ("m", unit.asks_model), ("t", unit.asks_training)) if needed]
        lines = requests.lens_command(lens, chosen, catalogue, values, asked_for)
        spec = chosen.spec if unit.asks_model else replace(chosen.spec, model=ModelSpec(""))
        return "prints the numbers", lines, requests.lens_python(lens, spec, chosen.seeds, values, table), "the same"
    return "trains the same runs", command(chosen, catalogue), python(chosen, catalogue), "the first seed"


def _own_data(what: str, lens: str, values: Mapping[str, Value], seeds: int) -> tuple[str, str, str, str]:
    """The same of a lens that makes its own data, or reads several datasets."""
    words = requests.own_data_python(lens, seeds, values, "summary")
    return what, requests.own_data_command(lens, seeds, values), words, "the same"


def _asked(page: str) -> tuple[str, Mapping[str, Value], str]:
    """The lens of a page of one, the settings that it is asked with, and the table that stands for it."""
    if page == "attention":
        return attention_request.headless(state.look())
    if page == "calibration":
        return calibration_request.headless(state.calibration())
    if page == "homophily_dial":
        return "edge_surgery", state.dial().surgery, "summary"
    if page == "heterophily":
        return page, heterophily_request.values(state.heterophily()), LENSES[page]
    if page == "homophily":
        return page, homophily_request.values(state.homophily()), LENSES[page]
    return page, {}, LENSES[page]
