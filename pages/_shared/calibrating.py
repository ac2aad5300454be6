"""The parts of the calibration page: confidence against accuracy first; closer looks are in `calibrating_closer`."""

from __future__ import annotations

import streamlit as st

from explainers.calibration_request import BINNING, BINS, PART, RAW, Request
from explainers.lenses import calibration as lens
from explainers.lenses.calibration import figures
from explainers.lenses.calibration.captions import answers, facts
from explainers.lenses.calibration.result import Calibration, title
from pages._shared import calibrating_closer, controls, settled, show, state
from pages._shared.lens_page import measured

QUESTION = lens.LENS.question


def page() -> None:
    there = measured("calibration", QUESTION, "Every calibrator is fitted once to each run; the next look is instant.")
    if there is None:
        return
    opened, found = there
    asked = settled.calibration(found.parts, found.names)
    show.question(QUESTION, answers(found, asked.part, asked.calibrator))
    left, right = st.columns([1.9, 1], gap="large")
    with right:
        _controls(found, asked)
    with left:
        beside = "" if asked.calibrator == RAW else RAW
        view = figures.reliability(found, asked.calibrator, asked.part, asked.bins, equal_mass=asked.equal_mass, beside=beside)
        show.chart(view, "calibration.reliability")
    calibrating_closer.tabs(opened, found, asked)


def _controls(found: Calibration, asked: Request) -> None:
    st.session_state["calibration.part"] = asked.part
    words = dict(PART.options)
    st.segmented_control(
        PART.title,
        [part for part in words if part in found.parts],
        key="calibration.part",
        required=True,
        format_func=lambda part: words[part],
        help=PART.help,
        on_change=lambda: state.calibration.change(part=st.session_state["calibration.part"]),
    )
    st.session_state["calibration.calibrator"] = asked.calibrator
    st.selectbox(
        "Calibrator",
        found.names,
        key="calibration.calibrator",
        format_func=title,
        help="Fitted to the validation nodes. What each does is on the Methods page.",
        on_change=lambda: state.calibration.change(calibrator=st.session_state["calibration.calibrator"]),
    )
    columns = st.columns(2, vertical_alignment="bottom")
    with columns[0]:
        controls.parameter(BINNING, asked.binning, "calibration", lambda name, value: state.calibration.change(**{name: value}))
    with columns[1]:
        st.session_state["calibration.bins"] = asked.bins
        st.slider(
            BINS.title,
            BINS.low,
            BINS.high,
            key="calibration.bins",
            help=BINS.help,
            on_change=lambda: state.calibration.change(bins=st.session_state["calibration.bins"]),
        )
    show.facts(facts(found, asked.part, asked.calibrator))
