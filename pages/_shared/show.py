"""Questions, answers, figures, tables and empty states: every page says things in the same way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from core.jobs import Job
from core.spec import RunSpec
from explainers.contract import Chart, Table
from explainers.overview import Group
from explainers.wording import count, duration, in_training, spread
from pages._shared import engine, state
from pages._shared.plot import live_plot

MOST_ROWS = 5_000
"""Rows of a table that a page shows."""
IN_VIEW = 8
"""Rows of a table beside other things that are shown without scrolling."""
LETTER = 8
"""Pixels that a letter takes in a table, with its share of the margin."""


def question(text: str, answers: Sequence[str] = ()) -> None:
    """The page's question, what the numbers answer, and below it what else they say."""
    st.header(text, anchor=False)
    answer(answers)


def answer(sentences: Sequence[str]) -> None:
    """What the numbers answer, and below it what else they say."""
    for first in sentences[:1]:
        st.html(f"<p class='answer'>{escape(first)}</p>")
    asides(sentences[1:])


def diagnostic(why: str) -> None:
    """The badge of numbers that use labels of test nodes; why it is there on hover."""
    st.badge("diagnostic", icon=":material/science:", color="orange", help=why)


def asides(sentences: Sequence[str]) -> None:
    """What else the numbers say."""
    for sentence in sentences:
        st.html(f"<p class='aside'>{escape(sentence)}</p>")


def chart(view: Chart, key: str, on_select: Callable[[], None] | None = None) -> None:
    """A figure with how to read it below, and the rest behind "Details"."""
    config = {"displaylogo": False, "toImageButtonOptions": {"format": "svg", "filename": key}, "modeBarButtonsToRemove": ["autoScale2d"]}
    st.plotly_chart(view.figure, key=key, on_select=on_select or "ignore", config=config)
    _about(view, key)


def live_chart(view: Chart, drawn: str, key: str, alt: str, on_point: Callable[[Any], None]) -> None:
    """As `chart`, of a figure that changes while it is looked at. `drawn`: it, from `as_json`; the rest as of `live_plot`."""
    live_plot(drawn, view.figure.layout.height, key, alt, on_point)
    _about(view, key)


def _about(view: Chart, key: str) -> None:
    left, right = st.columns([1, 0.14], gap="small")
    left.caption(view.reading)
    about = "What it does not show, formula, source, numbers"
    box = right.popover("", icon=":material/info:", help=about, type="tertiary", key=f"{key}.about", on_change="rerun")
    if box.open:
        with box:
            details(view, key)


def details(view: Chart, key: str) -> None:
    """What a figure does not show, its formula, its source and its numbers."""
    st.markdown(f"**What this does not show.** {view.not_shown}")
    if view.formula:
        st.latex(view.formula)
    if view.source:
        st.caption(view.source)
    if view.data is not None:
        st.dataframe(view.data.iloc[:MOST_ROWS], height=220, hide_index=True)
        if len(view.data) > MOST_ROWS:
            st.caption(f"The first {MOST_ROWS:,} of {len(view.data):,} rows; the file has all.")
        download(view.data, key)


def table(view: Table, name: str, height: int | str = 360, on_row: Callable[[int], None] | None = None) -> None:
    """A sortable table; a click on a row selects its node everywhere, or calls `on_row` with its number.

    Of a long one its first rows are shown, and that of the selected node; all can be had as a file.
    """
    node = state.selection().node
    data = _first_rows(view, node)
    if len(view.data) > MOST_ROWS:
        with st.container(horizontal=True, vertical_alignment="center"):
            more = f", and below them that of node {node}" if len(data) > MOST_ROWS else ""
            st.caption(f"The first {MOST_ROWS:,} of {len(view.data):,} rows{more}.")
            download(view.data, name, "All rows as CSV")
    columns = {name: _column(data[name], view.help.get(name, ""), wide=name == view.wide, shares=view.shares) for name in data}
    if not view.node and on_row is None:
        st.dataframe(data, key=name, height=height, hide_index=True, column_config=columns)
        return
    key = state.fresh(name)

    def picked() -> None:
        chosen = st.session_state[key]["selection"]["rows"]
        if on_row is None:
            state.select(int(data[view.node].iloc[chosen[0]]) if chosen else None, by=name)
        elif chosen:
            on_row(chosen[0])

    st.dataframe(data, key=key, height=height, hide_index=True, column_config=columns, on_select=picked, selection_mode="single-row")


def height(rows: int) -> int | str:
    """Of a table beside other things: it scrolls where it would push them away."""
    return "content" if rows <= IN_VIEW else 315


def _first_rows(view: Table, node: int | None) -> pd.DataFrame:
    """As many rows as a browser sorts at once, and below them that of the selected node where it is not among them.

    Below, because the browser marks a clicked row by its place, which must not become another node's.
    """
    first, rest = view.data.iloc[:MOST_ROWS], view.data.iloc[MOST_ROWS:]
    if view.node and node is not None:
        first = pd.concat([first, rest[rest[view.node] == node]])
    return first.reset_index(drop=True)


def download(data: pd.DataFrame, name: str, label: str = "Download as CSV") -> None:
    """A table as a file, written when it is asked for."""
    st.download_button(label, lambda: data.to_csv(index=False), f"{name}.csv", "text/csv", key=f"{name}.csv", on_click="ignore")


def empty(text: str, height: int = 0) -> None:
    """What to do when there is nothing to see yet; `height` in pixels, of the picture that will be there."""
    st.html(f"<div class='empty' style='min-height:{height}px'>{escape(text)}</div>")


def untrained() -> bool:
    """Whether runs of the selection are missing; then says what to press, or how far their training is."""
    missing, seeds = _missing(), state.selection().seeds
    if _at_work(missing):
        st.fragment(_follow, run_every=1)(missing)
    elif len(missing) == seeds:
        empty("Nothing is trained for this selection yet. Press Train in the sidebar.")
    elif missing:
        empty(f"{len(missing)} of {seeds} seeds are not trained yet. Press Train in the sidebar.")
    return bool(missing)


def _missing() -> set[RunSpec]:
    """The runs of the selection that are not stored."""
    planned = engine.specs(state.selection())
    return {spec for spec, entry in zip(planned, engine.entries(planned), strict=True) if entry is None}


def _at_work(missing: set[RunSpec]) -> list[Job]:
    """The trainings that make any of them."""
    return [job for job in engine.trainings() if missing & set(job.arguments["specs"])]


def _follow(missing: set[RunSpec]) -> None:
    """Says how far the training is; the page draws itself again as soon as one more run is stored."""
    jobs = _at_work(missing)
    if not jobs or _missing() != missing:
        st.rerun()
    training = missing & {spec for job in jobs for spec in job.arguments["specs"]}
    empty(in_training(state.selection().seeds, len(missing), len(training), any(job.state == "running" for job in jobs)))


def waiting(job: Job) -> None:
    """Progress of work that a part of the page waits for; the page draws itself again when it ends."""

    @st.fragment(run_every=0.3)
    def watch() -> None:
        now = engine.jobs().job(job.number)
        if now is None or now.finished:
            st.rerun()
        left = f" · {duration(now.eta)} left" if now.eta is not None else ""
        st.progress(now.share, f"{now.message or now.title}{left}")
        st.button("Stop", key=f"stop.{job.number}", on_click=lambda: engine.jobs().cancel(job.number))

    watch()


def runs(
    found: Sequence[Group], key: str, mode: str = "single-row", chosen: Sequence[Group] = (), height: int | str = "content"
) -> list[Group]:
    """A table of stored runs, a row for each group of seeds; returns the selected ones, at first those in `chosen`."""
    rows = pd.DataFrame(
        [
            {
                "": "★" if group.pinned else "",
                "runs": group.label,
                "seeds": len(group.entries),
                "test": spread(group.test),
                "seconds": group.seconds,
                "trained": datetime.fromisoformat(group.made),
                "note": next((entry.note for entry in group.entries if entry.note), "")
                or ("" if engine.is_current(group) else "made by older code"),
            }
            for group in found
        ]
    )
    columns = {
        "": st.column_config.TextColumn(width=30, help="Pinned.") if any(group.pinned for group in found) else None,
        "test": st.column_config.TextColumn(help="Test score: mean over seeds and 95 % t-interval."),
        "seconds": st.column_config.NumberColumn(format="%.1f", help="Training time of all seeds together."),
        "trained": st.column_config.DatetimeColumn(format="distance"),
    }
    keys = {group.key for group in chosen}
    first: Any = {"selection": {"rows": [row for row, group in enumerate(found) if group.key in keys]}} if keys else None
    options: dict[str, Any] = {"height": height, "selection_mode": mode, "selection_default": first}
    event = st.dataframe(rows, key=key, hide_index=True, column_config=columns, on_select="rerun", **options)
    lost = engine.unreadable()
    if lost:
        st.caption(f"Not listed: {count(lost, 'stored run')} that cannot be read; `hopscope store verify` says why.")
    return [found[row] for row in event["selection"]["rows"] if row < len(found)]


def facts(rows: Sequence[tuple[str, str, str, str]]) -> None:
    """Names with their values; what was counted below the name, the meaning on hover."""
    items = "".join(
        f"<div title='{escape(meaning, quote=True)}'><dt>{escape(name)}<small>{escape(how)}</small></dt><dd>{escape(value)}</dd></div>"
        for name, how, value, meaning in rows
    )
    st.html(f"<dl class='facts'>{items}</dl>")


def legend(marks: Mapping[str, tuple[str, str]]) -> None:
    """Names with their colours and shapes above a picture, never on it."""
    entries = "".join(
        f"<span class='{escape(shape)}' style='--dot:{escape(color)}'>{escape(name)}</span>" for name, (color, shape) in marks.items()
    )
    st.html(f"<div class='legend'>{entries}</div>")


def _column(values: pd.Series, text: str, *, wide: bool, shares: bool) -> Any:
    """A share reads as a percentage, the rest as it is; no underscores on the screen."""
    label, meaning = str(values.name).replace("_", " "), text or None
    if values.dtype == float and not shares:
        return st.column_config.NumberColumn(label, help=meaning, format="%.4f")
    if values.dtype == float and values.dropna().between(0, 1).all():
        return st.column_config.NumberColumn(label, help=meaning, format="percent")
    return st.column_config.Column(label, help=meaning, width=LETTER * int(values.str.len().max()) if wide and len(values) else None)
