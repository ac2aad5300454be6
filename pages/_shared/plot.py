"""A Plotly figure that changes in place, as a Streamlit element: it keeps its zoom while points arrive, and tells of clicks."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import plotly
import plotly.graph_objects as go
import streamlit as st

from core import served
from core.errors import UserError

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "assets" / "plot"


def as_json(figure: go.Figure) -> str:
    """A figure as the browser gets it, which dresses it in the page's theme."""
    text: str = go.Figure(figure).update_layout(template=None).to_json()
    return text


def live_plot(figure: str, height: int, key: str, alt: str, on_point: Callable[[Any], None] | None = None) -> None:
    """Draw a figure, from `as_json`, over the one that was there under this key; `height` in pixels.

    `alt` says what it shows to whoever cannot see it; `on_point` is called with the `customdata` of a point that was clicked,
    before the script runs. It comes from the browser: check it.
    """
    try:
        script = _script()
    except UserError as error:
        st.error(str(error))
        return

    def clicked() -> None:
        point = (st.session_state.get(key) or {}).get("point")
        if on_point and point is not None:
            on_point(point)

    _component()(
        key=key,
        data={"figure": figure, "height": height, "script": script, "alt": alt, "name": key},
        on_point_change=clicked,
    )


@cache
def _script() -> str:
    """Address of Plotly on this server, which serves the folder static/ beside app.py."""
    shipped = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    if not shipped.is_file():
        raise UserError("The figure cannot be drawn: the installed plotly has no plotly.min.js. Run pip install --force-reinstall plotly.")
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return (f"/{base}" if base else "") + f"/app/static/{served.publish(ROOT / 'static', shipped, 'plotly')}"


@cache
def _component() -> Any:
    def read(name: str) -> str:
        return (ASSETS / name).read_text(encoding="utf-8")

    # Plotly writes its styles into the document's head, which a shadow root does not see
    return st.components.v2.component(
        "hopscope.live_plot", html=read("plot.html"), css=read("plot.css"), js=read("plot.js"), isolate_styles=False
    )
