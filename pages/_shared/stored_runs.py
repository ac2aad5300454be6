"""The table of stored runs on the compare page: tick them, open, name, pin and delete them, and take that back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import streamlit as st

from core.errors import UserError
from explainers.overview import Group
from explainers.wording import count, disk_size
from pages._shared import engine, show, state
from pages._shared.frame import as_text

CHOSEN, TRASH = "compare.chosen", "compare.trash"


def pick(found: Sequence[Group]) -> list[Group]:
    """The table of stored runs; what was ticked stays ticked when the order changes and when the page is left."""
    if CHOSEN not in st.session_state:
        st.session_state[CHOSEN] = [group.key for group in _first(found)]
    ticked = [group for group in found if group.key in st.session_state[CHOSEN]]
    order = hashlib.sha256(" ".join(group.key for group in found).encode()).hexdigest()[:12]
    chosen = show.runs(found, f"compare.runs.{order}", "multi-row", ticked, show.height(len(found)))
    st.session_state[CHOSEN] = [group.key for group in chosen]
    return chosen


def tools(chosen: Sequence[Group]) -> None:
    """Open, name, pin and delete what is ticked."""
    one = chosen[0] if len(chosen) == 1 else None
    why = None if one else "Tick one row for this."
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.button(
            "Open",
            icon=":material/open_in_browser:",
            disabled=not one,
            help=why or "Makes it the selection of every page.",
            on_click=state.open_runs,
            args=(one,),
        )
        pinned = bool(chosen) and all(group.pinned for group in chosen)
        st.button(
            "Unpin" if pinned else "Pin",
            icon=":material/keep_off:" if pinned else ":material/keep:",
            disabled=not chosen,
            help="Pinned runs stay on top.",
            on_click=state.guarded(_label),
            args=(chosen,),
            kwargs={"pinned": not pinned},
        )
        st.button(
            "Delete",
            icon=":material/delete:",
            disabled=not chosen,
            help="To the trash; can be undone.",
            on_click=state.guarded(_delete),
            args=(chosen,),
        )
        undo()
        trash()
        if one:
            key = f"compare.name.{one.key}"
            st.session_state[key] = one.name
            st.text_input(
                "Name",
                key=key,
                max_chars=80,
                placeholder=f"Name it, instead of “{one.title}”",
                label_visibility="collapsed",
                width=460,
                on_change=state.guarded(lambda: _label([one], name=st.session_state[key])),
            )


def undo() -> None:
    """Take the last deleted runs back."""
    if trash := st.session_state.get(TRASH):
        text, _ = trash[-1]
        st.button(f"Undo: {as_text(text)}", icon=":material/undo:", on_click=state.guarded(_restore))


def trash() -> None:
    """How much room the deleted runs take, and the way to have it back."""
    runs, size = engine.trash()
    if not runs:
        return
    with st.popover(f"Trash: {disk_size(size)}", icon=":material/delete_sweep:"):
        st.write(f"It holds {count(runs, 'deleted run')}, so that deleting can be undone.")
        st.button("Empty the trash", on_click=state.guarded(_empty), help="For good: these runs cannot be brought back.")


def _first(found: Sequence[Group]) -> list[Group]:
    """What is ticked at first: the selected runs and the newest that can be compared with them."""
    group = next((group for group in found if group.spec.key == state.selection().spec.key), found[0])
    other = next((one for one in found if one.spec.dataset == group.spec.dataset and one is not group), None)
    return [group, other] if other else [group]


def _label(groups: Sequence[Group], name: str | None = None, pinned: bool | None = None) -> None:
    for group in groups:
        for entry in group.entries:
            engine.store().label(entry.key, name=name, pinned=pinned)


def _delete(groups: Sequence[Group]) -> None:
    keys = [entry.key for group in groups for entry in group.entries]
    text = f"bring back {groups[0].label}" if len(groups) == 1 else f"bring back {len(groups)} groups"
    deleted: list[str] = []
    st.session_state.setdefault(TRASH, []).append((text, deleted))
    for key in keys:
        engine.store().delete(key)
        deleted.append(key)  # so that undo brings back what went, even if the next one fails


def _restore() -> None:
    _, keys = st.session_state[TRASH][-1]
    for key in keys:
        engine.store().restore(key)
    st.session_state[TRASH].pop()
    if not engine.store().keys() & set(keys):
        raise UserError("These runs cannot be brought back: the trash has been emptied. The same settings train the same runs again.")


def _empty() -> None:
    freed = engine.store().prune()
    st.session_state.pop(TRASH, None)
    st.toast(f"The trash is empty: {disk_size(freed)} were freed.")
