"""Hopscope's entry point: page config, menu from pages/*/, run the chosen page."""

from pathlib import Path

import streamlit as st

from pages._shared import frame

PAGES = Path(__file__).parent / "pages"


def menu() -> dict[str, list[st.Page]]:
    """A section a folder, a page a file, both in the order of their leading numbers; a section of one page needs no heading."""
    sections: dict[str, list[st.Page]] = {"": []}
    for folder in sorted(PAGES.glob("[0-9]_*")):
        found = [page(path) for path in sorted(folder.glob("[0-9]_*.py"))]
        heading = "" if folder.name.startswith("1_") or len(found) == 1 else folder.name[2:].capitalize()
        sections.setdefault(heading, []).extend(found)
    return sections


def page(path: Path) -> st.Page:
    """A page named after its file; the first one is what opens."""
    name = path.stem[2:]
    return st.Page(path, title=name.replace("_", "-").capitalize(), url_path=name, default=name == "home")


st.set_page_config("Hopscope", page_icon="assets/logo.svg", layout="wide", initial_sidebar_state="auto")
st.logo("assets/logo.svg", size="large")
chosen = st.navigation(menu(), position="top")
frame.open_frame(chosen)
frame.run(chosen)
