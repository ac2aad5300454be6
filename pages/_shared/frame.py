"""What surrounds every page: the header strip with the answer so far, messages, and the link to share."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st
from streamlit.navigation.page import Page as StreamlitPage

from core.errors import UserError
from core.home import home
from core.seeds import interval
from core.selection import command, encode, python
from pages._shared import bench, engine, state

STYLE = Path(__file__).resolve().parents[2] / "assets" / "style.css"


def open_frame() -> None:
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
            _share()
    messages = state.messages()
    if messages:
        st.warning("\n".join(f"- {as_text(message)}" for message in messages))


def run(page: StreamlitPage) -> None:
    """Run a page; what cannot be done is said on it, and the rest of the screen lives on."""
    try:
        page.run()
    except UserError as error:
        st.error(as_text(str(error)), icon=":material/error:")


def as_text(message: str) -> str:
    """A sentence that may quote what a user or a file said, safe from being read as Markdown."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|$:~-])", r"\\\1", message)


def _strip() -> None:
    chosen, catalogue = state.selection(), engine.catalogue()
    model = catalogue.model(chosen.model)
    depth = chosen.spec.model.depth
    seeds = f"{chosen.seeds} seed{'' if chosen.seeds == 1 else 's'}"
    device = st.session_state.get("bench.device", "auto")
    words = [
        catalogue.dataset(chosen.dataset).title,
        model.title,
        f"depth {depth}" if depth is not None else "",
        seeds,
        _score(),
        f"device {device}",
    ]
    words.append("no node selected" if chosen.node is None else f"node {chosen.node}")
    st.html(f"<div class='strip' role='status'>{''.join(f'<span>{escape(word)}</span>' for word in words if word)}</div>")


def _score() -> str:
    """Test score over the stored seeds, with its split."""
    chosen = state.selection()
    found = [entry for entry in engine.entries(engine.specs(chosen)) if entry]
    if not found:
        return "not trained yet"
    spread = interval([entry.scores["test_score"] for entry in found])
    plus_minus = f" ± {100 * spread.half_width:.1f}" if spread.n > 1 else ""
    metric = "ROC-AUC" if found[0].metric == "roc_auc" else "accuracy"
    count = "" if spread.n == chosen.seeds else f", {spread.n} of {chosen.seeds} seeds"
    return f"test {metric} {100 * spread.mean:.1f}{plus_minus} % ({chosen.split} split{count})"


def _share() -> None:
    chosen = state.selection()
    base = (st.context.url or "").split("?")[0]
    query = urlencode(encode(chosen, engine.catalogue()))
    st.markdown("**Link** to this page, dataset, model, settings, seeds and node")
    st.code(f"{base}?{query}", language=None, wrap_lines=True)
    st.markdown("**Command** that trains the same runs")
    st.code(command(chosen, engine.catalogue()), language="bash", wrap_lines=True)
    st.markdown("**Python** for the first seed")
    st.code(python(chosen, engine.catalogue()), language="python")
    st.caption(f"Runs are kept in {home()}")
