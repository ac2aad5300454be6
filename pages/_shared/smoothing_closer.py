"""Closer looks of the over-smoothing page: what failed, one run layer by layer, one node, remedies, the limit without training."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.home import home
from core.jobs import Job
from explainers.depth import request
from explainers.lenses import over_smoothing as lens
from explainers.lenses.over_smoothing import layer_figures, result, state_figures
from explainers.lenses.over_smoothing.result import ByDepth
from explainers.sweep import Grid
from explainers.sweep import measure as respond
from explainers.wording import count, model_name
from pages._shared import engine, pictures, show, state, sweep_controls
from pages._shared.live import growing
from pages._shared.transport import transport

TABS, RUN, HOPS = "smoothing.tabs", "smoothing.run", 64
WORK = "explainers.lenses.over_smoothing"


def tabs(grid: Grid, found: ByDepth) -> None:
    names = ("What failed", "Layer by layer", "One node", "Depth × remedy", "Two depths", "Without training", "Numbers")
    opened = st.tabs(names, key=TABS, on_change="rerun")
    for tab, draw in zip(opened, (_causes, _layers, _node, _matrix, _two_depths, _untrained, _numbers), strict=True):
        if tab.open:
            with tab:
                draw(grid, found)


def _causes(grid: Grid, found: ByDepth) -> None:
    if not found.response.done:
        show.empty("The verdict on each depth appears here with the first trained runs.")
        return
    show.table(lens.causes_table(found.evidence), "smoothing.causes", height=420)
    st.caption(
        "Fallen: test score below 90 % of the model's best, at a greater depth. Not trained: training score under 90 %. Depth, not the "
        "graph: an MLP of equal depth falls as well. Signal gone: a linear probe is low, under 90 % of the best, on the smoothed features "
        "and on the last states, and those are smooth: under a tenth of the features' relative energy, or within a tenth of constant "
        "states. Over-fitting: the training nodes are fitted. More than one may hold. Means over seeds; the intervals are above."
    )


def _layers(grid: Grid, found: ByDepth) -> None:
    key = _run(found)
    if key is None:
        show.empty("Train a run of two or more layers to take it apart layer by layer.")
        return
    layers = engine.ask(f"{WORK}.readings:read_layers", {"key": key, "root": home()}, title="Taking a run apart", stamp=engine.version(key))
    if isinstance(layers, Job):
        show.waiting(layers)
        return
    if layers is None or layers.trained is None:
        show.empty("This run has no hidden layers.")
        return
    steps = list(range(1, len(layers.trained.xy) + 1))

    def draw(step: int) -> None:
        left, right = st.columns([1, 1.5], gap="large")
        with left:
            _picture(layers, step)
        with right:
            show.chart(layer_figures.by_layer(layers.measures, layer=steps[step]), "smoothing.by_layer")

    transport(steps, "layer", "smoothing.layer", draw, about=key)
    _all_layers(layers)
    show.chart(layer_figures.gradients(layers.gradients), "smoothing.gradients")
    if len(layers.omega):
        show.chart(state_figures.omegas(layers), "smoothing.omega")


def _all_layers(layers: Any) -> None:
    opened = pictures.opened_graph()
    if opened is not None:
        labels = opened.graph.labels[layers.nodes]
        show.chart(state_figures.small_multiples(layers, labels, opened.graph.class_names), "smoothing.multiples")


def _picture(layers: Any, step: int) -> None:
    """The states of one layer, before training and after."""
    opened = pictures.opened_graph()
    if opened is None:
        return
    labels = opened.graph.labels[layers.nodes]
    views = state_figures.pictures(layers, step, labels, opened.graph.class_names)
    show.chart(views, "smoothing.picture")


def _node(grid: Grid, found: ByDepth) -> None:
    node, key = state.selection().node, _run(found)
    if node is None:
        show.empty("Select a node on Explore or on Errors: how far it sees, and how alike its surroundings become, is shown here.")
        return
    if key is None or pictures.opened_graph() is None:
        show.empty("Train a run of two or more layers first.")
        return
    work = {"key": key, "root": home(), "node": node}
    seen = engine.ask(f"{WORK}.readings:read_node", work, title=f"Looking around node {node}", stamp=engine.version(key))
    if isinstance(seen, Job):
        show.waiting(seen)
        return
    if seen is None:
        show.empty("This run was deleted meanwhile.")
        return
    left, right = st.columns(2, gap="large")
    with left:
        show.chart(layer_figures.receptive_field(seen), "smoothing.rings")
    with right:
        show.chart(layer_figures.alike(seen), "smoothing.alike")


def _matrix(grid: Grid, found: ByDepth) -> None:
    if not found.response.done:
        show.empty("Switch on remedies or other models to the right and train them: accuracy and energy by depth appear here.")
        return
    left, right = st.columns(2, gap="large")
    for column, name in ((left, "test"), (right, "relative_energy")):
        with column:
            show.chart(state_figures.matrix(found, name), f"smoothing.matrix.{name}")


def _two_depths(grid: Grid, found: ByDepth) -> None:
    catalogue = engine.catalogue()
    models = request.apart(catalogue)
    left, right = st.columns([2, 1], gap="large")
    with right:
        model = st.segmented_control(
            "Model with two depths",
            models,
            default="dagnn" if "dagnn" in models else models[0],
            required=True,
            key=f"{TABS}.two",
            persist_state="session",
            format_func=model_name,
            help="It propagates apart from its layers, so that each depth can be set without the other.",
        )
    both = request.two_depths_planned(str(model), state.deep(), state.selection(), catalogue)
    growing(
        lambda: bool(sweep_controls.trainings(both)),
        (right, lambda: sweep_controls.training(both, f"{TABS}.two")),
        (left, lambda: _heat_map(both)),
    )


def _heat_map(both: Grid) -> None:
    entries = engine.entries(both.runs)
    if any(entries):
        show.chart(state_figures.two_depths(respond(both, entries)), "smoothing.two_depths")
    else:
        show.empty("Press Train: accuracy by number of layers and of hops fills in run by run.", 300)


def _untrained(grid: Grid, found: ByDepth) -> None:
    work = {"dataset": grid.runs[0].dataset, "hops": HOPS, "root": home()}
    asked = engine.ask(f"{WORK}.untrained:measure_untrained", work, title="Smoothing the features", lane="batch")
    if isinstance(asked, Job):
        show.waiting(asked)
        return
    rows, limits, directions = asked
    show.chart(layer_figures.untrained(rows, limits), "smoothing.untrained")
    left = count(directions, "direction")
    st.caption(
        f"In the limit {left} at most {'is' if directions == 1 else 'are'} left: the smaller of the numbers of components and of columns."
    )


def _numbers(grid: Grid, found: ByDepth) -> None:
    if not found.response.done:
        show.empty("A row a run appears here.")
        return
    rows = result.by_depth(found)
    st.dataframe(rows, hide_index=True, height=360)
    show.download(rows, "over_smoothing.by_depth")


def _run(found: ByDepth) -> str | None:
    """The run that is looked into: one of the selected model's, first seed, picked by its depth."""
    lead = model_name(state.selection().model)
    stored = {int(point.value): point.runs[0].spec.key for point in found.response.of(lead) if point.runs and point.value > 1}
    if not stored:
        return None
    depth = st.segmented_control(
        f"A run of {lead} ({_seed(found, lead)}), depth",
        list(stored),
        default=min((depth for depth in stored if depth >= 8), default=max(stored)),
        required=True,
        key=f"{RUN}.{','.join(map(str, stored))}",
        help="One run, the first seed's: what stands above are means over seeds.",
    )
    return stored[depth] if depth else None


def _seed(found: ByDepth, lead: str) -> str:
    """Which seed the runs that are looked into have; they may differ while a sweep trains."""
    seeds = {point.runs[0].spec.seed for point in found.response.of(lead) if point.runs}
    return f"seed {', '.join(map(str, sorted(seeds)))}"
