"""The list of what-if edits of a window, which `state` hands on."""

from __future__ import annotations

import streamlit as st

from core.data import GraphData
from core.edits import Edit, Edits, checked

EDITS, BEFORE = "edits", "edits.before"
UNDOS = 100
"""Changes of the list that can be undone."""


def edits() -> Edits:
    """The what-if edits of this window, in their order."""
    found: Edits = st.session_state.get(EDITS, ())
    return found


def start_edits(edited: Edits) -> None:
    """A list that nothing was before."""
    st.session_state[EDITS], st.session_state[BEFORE] = edited, ()


def change_edits(edited: Edits) -> None:
    """Another list; `undo_edits` brings the one before back."""
    if edited != edits():
        st.session_state[BEFORE] = (*st.session_state.get(BEFORE, ()), edits())[-UNDOS:]
        st.session_state[EDITS] = edited


def add_edit(edit: Edit, graph: GraphData) -> None:
    """One more edit, written as the graph has it. Raises `UserError` if it cannot be made after the others."""
    change_edits(checked([*edits(), edit], graph))


def can_undo_edits() -> bool:
    return bool(st.session_state.get(BEFORE))


def undo_edits() -> None:
    """The list as it was before its last change."""
    *rest, last = st.session_state[BEFORE]
    st.session_state[EDITS], st.session_state[BEFORE] = last, tuple(rest)
