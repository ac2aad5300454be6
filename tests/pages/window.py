"""A browser window of the app, as the page tests open it, and what can be read on it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pandas as pd
from streamlit.testing.v1 import AppTest

from core.catalogue import Catalogue
from core.selection import Selection, start
from core.spec import TrainingSpec

ROOT = Path(__file__).parents[2]
PAGES = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "pages").glob("[0-9]_*/[0-9]_*.py"))]
EPOCHS = 30


def selected(known: Catalogue, model: str, **changes: object) -> Selection:
    return start(known, model=model, training=TrainingSpec(epochs=EPOCHS), seeds=3, **changes)


def opened(page: str = PAGES[0], **query: str) -> AppTest:
    """A browser window: the app's first page, then the wanted one."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for name, value in query.items():
        at.query_params[name] = value
    at.run()
    if page != PAGES[0]:
        at.switch_page(page).run()
    return settled(at)


def alone(page: str, **query: str) -> AppTest:
    """A page without the app around it, in which a rerun that the page asks for is one of that page, as in a browser."""
    code = f"import runpy\nfrom pages._shared import state\nstate.open_link()\nstate.settle()\nrunpy.run_path({str(ROOT / page)!r})\n"
    at = AppTest.from_string(code, default_timeout=60)
    for name, value in query.items():
        at.query_params[name] = value
    return settled(at.run())


def settled(at: AppTest) -> AppTest:
    """The page once no part of it waits for a worker."""
    until = time.monotonic() + 60
    while at.get("progress") and time.monotonic() < until:
        time.sleep(0.2)
        at.run()
    assert not at.exception, [box.message for box in at.exception]
    return at


def selection(at: AppTest) -> Selection:
    found: Selection = at.session_state["selection"]
    return found


def button(at: AppTest, label: str) -> Any:
    (found,) = [one for one in at.button if one.label == label]
    return found


def named(stem: str) -> str:
    (found,) = [page for page in PAGES if Path(page).stem[2:] == stem]
    return found


def words(at: AppTest) -> str:
    """Everything that the page says in words."""
    return "\n".join(str(element.value) for kind in (at.header, at.html, at.markdown, at.caption, at.info, at.warning) for element in kind)


def table(at: AppTest, column: str) -> pd.DataFrame:
    """The one table on the page with that column."""
    (found,) = [one.value for one in at.dataframe if column in one.value]
    return found
