"""Play, pause, step: one control for epochs and for depth."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from pages._shared import state

FRAME = 0.6
"""Seconds a step while playing; a picture of Cora's size takes half of that to draw."""


def transport(steps: Sequence[int], word: str, key: str, draw: Callable[[int], None], start: int | None = None, about: object = "") -> None:
    """Buttons and a slider over `steps` ("epoch 12"), and below them what `draw(position)` draws.

    Only this part of the page runs again from step to step. Something else to play (`about`) begins at `start`.
    """
    at, playing, played = f"{key}.at", f"{key}.playing", f"{key}.about"
    if at not in st.session_state or st.session_state[played] != about:
        st.session_state[at] = len(steps) - 1 if start is None else start
        st.session_state[playing], st.session_state[played] = False, about
    st.session_state[at] = min(st.session_state[at], len(steps) - 1)

    def step(by: int) -> None:
        st.session_state[at] = (st.session_state[at] + by) % len(steps)

    def toggle() -> None:
        st.session_state[playing] = not st.session_state.get(playing, False)
        if st.session_state[playing] and st.session_state[at] == len(steps) - 1:
            st.session_state[at] = -1  # from the end, play begins anew

    runs_by_itself = bool(st.session_state.get(playing))

    def frame() -> None:
        state.catch_up()
        if bool(st.session_state.get(playing)) != runs_by_itself:
            st.rerun()  # only a run of the whole page starts or ends the beat of this part
        if st.session_state.get(playing):
            step(1)
            if st.session_state[at] == len(steps) - 1:
                st.session_state[playing] = False
                st.rerun()
        position = st.session_state[at]
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button("", icon=":material/skip_previous:", key=f"{key}.back", help="One step back", on_click=step, args=(-1,))
            icon = ":material/pause:" if st.session_state.get(playing) else ":material/play_arrow:"
            st.button("", icon=icon, key=f"{key}.play", help="Play or pause", on_click=toggle)
            st.button("", icon=":material/skip_next:", key=f"{key}.next", help="One step on", on_click=step, args=(1,))
            slid = f"{key}.slider"
            st.session_state[slid] = steps[position]

            def slide() -> None:
                st.session_state[at] = list(steps).index(st.session_state[slid])

            st.select_slider(
                word, list(steps), key=slid, on_change=slide, label_visibility="collapsed", format_func=lambda value: f"{word} {value}"
            )
        draw(position)

    st.fragment(frame, run_every=FRAME if runs_by_itself else None)()
