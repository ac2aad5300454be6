"""The table of stored runs on the compare page: tick them, open, name, pin and delete them, and take that back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from core.errors import UserError
from explainers.overview import Group
from explainers.wording import count, disk_size
from pages._shared import engine, show, state
from pages._shared.frame import as_text

CHOSEN, TRASH, ROWS = "compare.chosen", "compare.trash", "compare.rows"


class _Rows(NamedTuple):
    """What the table shows: its number, the keys of all groups as they were found, and in the order of its rows."""

    number: int
    found: tuple[str, ...]
    shown: tuple[str, ...]

    @property
    def key(self) -> str:
        return f"compare.runs.{self.number}"


def pick(found: Sequence[Group]) -> list[Group]:
    """The table of stored runs; what was ticked stays ticked when the list changes and when the page is left."""
    if CHOSEN not in st.session_state:
        st.session_state[CHOSEN] = [group.key for group in _first(found)]
    by_key = {group.key: group for group in found}
    ticked = [by_key[key] for key in st.session_state[CHOSEN] if key in by_key]
    rows = _rows(tuple(by_key), [group.key for group in ticked])
    chosen = show.runs([by_key[key] for key in rows.shown], rows.key, "multi-row", ticked, show.height(len(found)))
    st.session_state[CHOSEN] = [group.key for group in chosen]
    return chosen


def _rows(found: tuple[str, ...], ticked: Sequence[str]) -> _Rows:
    """A new table, the ticked rows first, when the page is entered and when the list changes.

    It never takes the name of an earlier one: the browser and the server each remember something of what was ticked
    in that, and not the same.
    """
    rows: _Rows = st.session_state.get(ROWS) or _Rows(0, (), ())
    if rows.found != found or rows.key not in st.session_state:
        rows = st.session_state[ROWS] = _Rows(rows.number + 1, found, (*ticked, *(key for key in found if key not in ticked)))
    return rows


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
            f"Delete {_counted(chosen)}" if chosen else "Delete",
            icon=":material/delete:",
            key="compare.delete",
            disabled=not chosen,
            help=f"To the trash; can be undone: {as_text('; '.join(group.label for group in chosen))}"
            if chosen
            else "Tick a row for this.",
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
        st.button("Restore all", on_click=state.guarded(_restore_all), help="All deleted runs are listed again.")
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
    text = f"bring back {groups[0].label}" if len(groups) == 1 else f"bring back {len(groups)} groups"
    deleted: list[str] = []
    try:
        for key in _keys(groups):
            engine.store().delete(key)
            deleted.append(key)
    finally:
        if deleted:  # undo brings back what went, even if the next one failed
            st.session_state.setdefault(TRASH, []).append((text, deleted))


def _restore() -> None:
    _, keys = st.session_state[TRASH][-1]
    restored = [engine.store().restore(key) for key in keys]
    st.session_state[TRASH].pop()
    if not any(restored):
        raise UserError("These runs cannot be brought back: the trash has been emptied. The same settings train the same runs again.")


def _restore_all() -> None:
    keys = engine.store().trashed()
    for key in keys:
        engine.store().restore(key)
    st.session_state.pop(TRASH, None)
    left, _ = engine.store().trash()
    stay = f" {count(left, 'run')} stayed, since the same was trained again." if left else ""
    st.toast(f"{count(len(keys), 'run')} came back from the trash.{stay}")


def _keys(groups: Sequence[Group]) -> list[str]:
    """Keys of their runs, each once: a run may be in two groups."""
    return list(dict.fromkeys(entry.key for group in groups for entry in group.entries))


def _counted(groups: Sequence[Group]) -> str:
    """ "5 runs" of one group, "2 groups · 36 runs"."""
    runs = count(len(_keys(groups)), "run")
    return runs if len(groups) == 1 else f"{len(groups)} groups · {runs}"


def _empty() -> None:
    freed = engine.store().prune()
    st.session_state.pop(TRASH, None)
    st.toast(f"The trash is empty: {disk_size(freed)} were freed.")
