"""What the pages with questions of their own are asked in this window, each as its link holds it; `state` hands it on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from core.selection import Selection
from explainers import (
    actions_request,
    attention_request,
    calibration_request,
    designs_request,
    dial_request,
    heterophily_request,
    homophily_request,
    lookup_request,
)
from explainers.depth import request as deeps
from explainers.sweep import request as sweeps
from explainers.why import request as whys
from pages._shared.engine import catalogue

SWEEP, DEEP, WHY, LOOK, LOOKUP, ACTING, CALIBRATION = "sweep", "deep", "why", "look", "lookup", "acting", "calibration"
DESIGNING = "designing"
DIAL = "homophily_dial"
HOMOPHILY, HETEROPHILY = "homophily", "heterophily"


def open_questions(query: Mapping[str, str], chosen: Selection) -> list[str]:
    """Take them from a link; returns a sentence for everything in it that had to be replaced."""
    kept = st.session_state
    kept[SWEEP], of_sweep = sweeps.decode(query, chosen, catalogue())
    kept[DEEP], of_depth = deeps.decode(query, chosen, catalogue())
    kept[WHY], of_why = whys.decode(query)
    kept[LOOK], of_look = attention_request.decode(query)
    kept[LOOKUP], of_lookup = lookup_request.decode(query)
    kept[ACTING], of_acting = actions_request.decode(query)
    kept[CALIBRATION], of_calibration = calibration_request.decode(query)
    kept[DESIGNING], of_designs = designs_request.decode(query)
    kept[DIAL], of_dial = dial_request.decode(query)
    kept[HOMOPHILY], of_homophily = homophily_request.decode(query)
    kept[HETEROPHILY], of_heterophily = heterophily_request.decode(query, catalogue())
    of_graphs = [*of_homophily, *of_heterophily, *of_dial, *of_designs]
    return [*of_sweep, *of_depth, *of_why, *of_look, *of_lookup, *of_acting, *of_calibration, *of_graphs]


def questions_link() -> dict[str, str]:
    """Words of a link that asks the same."""
    of_selection = sweeps.encode(sweep()) | deeps.encode(deep()) | whys.encode(why())
    of_attention = attention_request.encode(look()) | lookup_request.encode(lookup()) | actions_request.encode(acting())
    of_graphs = homophily_request.encode(homophily()) | heterophily_request.encode(heterophily()) | dial_request.encode(dial())
    of_models = calibration_request.encode(calibration()) | designs_request.encode(designing())
    return of_selection | of_attention | of_graphs | of_models


def asked_questions() -> tuple[object, ...]:
    """All of them, to compare with what they were."""
    of_graphs = homophily(), heterophily(), dial(), designing()
    return sweep(), deep(), why(), look(), lookup(), acting(), calibration(), *of_graphs


def sweep() -> sweeps.Request:
    """The sweep that is asked for in this window."""
    found: sweeps.Request = st.session_state[SWEEP]
    return found


def deep() -> deeps.Request:
    """What is asked of the over-smoothing lens in this window."""
    found: deeps.Request = st.session_state[DEEP]
    return found


def why() -> whys.Request:
    """What is asked of the explain page in this window."""
    found: whys.Request = st.session_state[WHY]
    return found


def look() -> attention_request.Request:
    """What is looked at on the attention page in this window."""
    found: attention_request.Request = st.session_state[LOOK]
    return found


def lookup() -> lookup_request.Request:
    """What is asked of the page on static and dynamic attention in this window."""
    found: lookup_request.Request = st.session_state[LOOKUP]
    return found


def acting() -> actions_request.Request:
    """What is looked at on the actions page in this window."""
    found: actions_request.Request = st.session_state[ACTING]
    return found


def calibration() -> calibration_request.Request:
    """What is looked at on the calibration page in this window."""
    found: calibration_request.Request = st.session_state[CALIBRATION]
    return found


def designing() -> designs_request.Request:
    """What is asked of the page on designs and benchmarks in this window."""
    found: designs_request.Request = st.session_state[DESIGNING]
    return found


def dial() -> dial_request.Request:
    """What is asked of the homophily dial and of edge surgery in this window."""
    found: dial_request.Request = st.session_state[DIAL]
    return found


def homophily() -> homophily_request.Request:
    """What is looked at on the homophily page in this window."""
    found: homophily_request.Request = st.session_state[HOMOPHILY]
    return found


def heterophily() -> heterophily_request.Request:
    """What is asked of the heterophily page in this window."""
    found: heterophily_request.Request = st.session_state[HETEROPHILY]
    return found


def change_sweep(**changes: object) -> None:
    """Change parts of the sweep."""
    st.session_state[SWEEP] = replace(sweep(), **changes)  # type: ignore[arg-type]


def change_deep(**changes: object) -> None:
    """Change parts of what is asked of the over-smoothing lens."""
    st.session_state[DEEP] = replace(deep(), **changes)  # type: ignore[arg-type]


def change_why(**changes: object) -> None:
    """Change parts of what is asked of the explain page."""
    st.session_state[WHY] = replace(why(), **changes)  # type: ignore[arg-type]


def change_look(**changes: object) -> None:
    """Change parts of what is looked at on the attention page."""
    st.session_state[LOOK] = replace(look(), **changes)  # type: ignore[arg-type]


def change_lookup(**changes: object) -> None:
    """Change parts of what is asked of the page on static and dynamic attention."""
    st.session_state[LOOKUP] = replace(lookup(), **changes)  # type: ignore[arg-type]


def change_acting(**changes: object) -> None:
    """Change parts of what is looked at on the actions page."""
    st.session_state[ACTING] = replace(acting(), **changes)  # type: ignore[arg-type]


def change_calibration(**changes: object) -> None:
    """Change parts of what is looked at on the calibration page."""
    st.session_state[CALIBRATION] = replace(calibration(), **changes)  # type: ignore[arg-type]


def change_designing(**changes: object) -> None:
    """Change parts of what is asked of the page on designs and benchmarks."""
    st.session_state[DESIGNING] = replace(designing(), **changes)  # type: ignore[arg-type]


def change_dial(**changes: object) -> None:
    """Change parts of what is asked of the homophily dial and of edge surgery."""
    st.session_state[DIAL] = replace(dial(), **changes)  # type: ignore[arg-type]


def change_homophily(**changes: object) -> None:
    """Change parts of what is looked at on the homophily page."""
    st.session_state[HOMOPHILY] = replace(homophily(), **changes)  # type: ignore[arg-type]


def change_heterophily(**changes: object) -> None:
    """Change parts of what is asked of the heterophily page."""
    st.session_state[HETEROPHILY] = replace(heterophily(), **changes)  # type: ignore[arg-type]
