"""A figure that fills in while runs train, drawn in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from explainers.contract import Chart
from pages._shared import engine, show
from pages._shared.plot import as_json


def live(key: str, alt: str, make: Callable[[], Chart], of: tuple[Any, ...]) -> None:
    """A figure that is made anew only when what it follows from has changed."""

    def drawn() -> tuple[Chart, str]:
        chart = make()
        return chart, as_json(chart.figure)

    view, text = engine.view(drawn, key, *of)
    show.live_chart(view, text, key, alt, lambda point: None)
