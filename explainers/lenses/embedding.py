"""Where does the model put the nodes? Hidden states in the plane, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from core import figures
from core.parameters import Choice, Integer, Value
from core.run import Run
from core.spec import RunSpec
from explainers.contract import Chart, Context, Lens, Unsupported, View
from explainers.node_scatter import Points, node_scatter
from explainers.nodes import part_of
from explainers.planning import over_seeds
from explainers.projection import Plane, between_class_share, common_plane, neighbour_map
from explainers.wording import count, percent, split_name

TITLES = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}


@dataclass(frozen=True, eq=False)
class Embedding:
    """`coordinates` [steps, nodes, 2] of the recorded `nodes`, one step for t-SNE and UMAP.

    `epochs`, `predictions`, `confidence` go with the steps; `between` [steps] is the share of the spread of the full
    states that lies between classes; `labels` and `parts` [nodes]; `start` is the step nearest to the best epoch.
    `graph_predictions` and `graph_confidence` [steps, num_nodes] are of every node, recorded or not, in the short numbers
    of the recording: they are most of a large graph's result. `state` says what the states are: hidden ones, or what the
    model has instead.
    """

    method: str
    seed: int
    split: str
    class_names: tuple[str, ...]
    node_names: tuple[str, ...] | None
    num_nodes: int
    width: int
    nodes: NDArray[np.int64]
    labels: NDArray[np.int64]
    parts: NDArray[np.object_]
    epochs: NDArray[np.int64]
    coordinates: NDArray[np.float32]
    explained: NDArray[np.float64]
    between: NDArray[np.float64]
    predictions: NDArray[np.int64]
    confidence: NDArray[np.float64]
    graph_predictions: NDArray[np.int16]
    graph_confidence: NDArray[np.float16]
    start: int
    best_epoch: int
    state: str = "hidden states"
    note: str = ""


def plan(spec: RunSpec, seeds: int, values: Mapping[str, Value]) -> tuple[RunSpec, ...]:
    """One run: two seeds have two unrelated state spaces."""
    return over_seeds(spec, 1)


def measure(context: Context, values: Mapping[str, Value]) -> Embedding:
    """Raises `Unsupported` if the run holds no recording of its states."""
    run, graph = context.runs[0], context.graph
    steps, note = _usable_steps(run)
    epochs = run.probes["embedding.epochs"][steps].astype(np.int64)
    start = int(np.abs(epochs - run.best_epoch).argmin())
    method = str(values["method"])
    if method != "pca":
        start = start if int(values["step"]) < 0 else min(int(values["step"]), len(steps) - 1)
        steps, epochs, start = steps[[start]], epochs[[start]], 0
    states, nodes = run.probes["embedding.states"], run.probes["embedding.nodes"].astype(np.int64)
    first = "; the first UMAP of a session takes some seconds longer" if method == "umap" else ""
    context.report(0, 0, f"{TITLES[method]} of {count(len(nodes), 'node')}{first}")
    predictions = run.probes["embedding.predictions"][steps].astype(np.int16, copy=False)
    confidence = run.probes["embedding.confidence"][steps].astype(np.float16, copy=False)
    plane: Plane = common_plane(states[steps]) if method == "pca" else neighbour_map(states[steps[0]], method, run.spec.seed)
    return Embedding(
        method=method,
        seed=run.spec.seed,
        split=split_name(run.spec.dataset),
        class_names=graph.class_names,
        node_names=None if graph.node_names is None else tuple(graph.node_names[node] for node in nodes),
        num_nodes=graph.num_nodes,
        width=states.shape[2],
        nodes=nodes,
        labels=graph.labels[nodes],
        parts=part_of(context.split)[nodes],
        epochs=epochs,
        coordinates=plane.coordinates,
        explained=plane.explained,
        between=np.array([between_class_share(states[step], graph.labels[nodes]) for step in steps]),
        predictions=predictions[:, nodes].astype(np.int64),
        confidence=confidence[:, nodes].astype(float),
        graph_predictions=predictions,
        graph_confidence=confidence,
        start=start,
        best_epoch=run.best_epoch,
        state=_state(run),
        note=note,
    )


def scatter(result: Embedding, step: int, colour_by: str = "class", selected: Sequence[int] = ()) -> go.Figure:
    """The nodes of one step, coloured by class, prediction, correctness, split or confidence.

    `selected` are node ids; the others stay visible. The axes are those of all steps, so that playing does not jump.
    """
    points = Points(
        nodes=result.nodes,
        xy=result.coordinates[step],
        labels=result.labels,
        predictions=result.predictions[step],
        confidence=result.confidence[step],
        parts=result.parts,
        class_names=result.class_names,
        node_names=result.node_names,
    )
    figure = node_scatter(points, colour_by, selected, _reach(result.coordinates))
    return figure.update_layout(uirevision=f"{result.method}-{result.num_nodes}")


def draw(result: Embedding) -> Mapping[str, View]:
    views: dict[str, View] = {"embedding": _chart(result)}
    if len(result.epochs) > 1:
        views["between"] = Chart(
            _between_figure(result),
            reading="The part of the nodes' spread that lies between class means; 100 % would be one point a class.",
            not_shown="How it looks within a class, and classes that lie along a curve. Uses all labels: diagnostic.",
            formula=r"\eta^2 = \frac{\sum_c n_c \lVert \bar h_c - \bar h \rVert^2}{\sum_i \lVert h_i - \bar h \rVert^2}",
            data=pd.DataFrame({"epoch": result.epochs, "between_classes": result.between, "plane_shows": result.explained.sum(axis=1)}),
        )
    return views


def captions(result: Embedding, step: int | None = None) -> list[str]:
    """Sentences on one step; without one, on the step that `draw` shows."""
    step = result.start if step is None else step
    shown = count(len(result.nodes), "node")
    if len(result.nodes) < result.num_nodes:
        shown = f"{len(result.nodes):,} of {result.num_nodes:,} nodes, drawn at random"
    best = " (the kept one)" if result.epochs[step] == result.best_epoch else f" (the kept one is {result.best_epoch})"
    where = f"{TITLES[result.method]}, epoch {result.epochs[step]}{best}, seed {result.seed}: {result.state} of {shown}."
    spread = (
        _spread_sentences(result, step)
        if np.isfinite(result.between[step])
        else "All nodes have the same state at this epoch: no spread to draw."
    )
    return [where, spread, *([result.note] if result.note else [])]


def left_out(result: Embedding, node: int | None) -> list[str]:
    """A sentence if a node is not among those whose states were recorded."""
    if node is None or node in result.nodes:
        return []
    return [f"Node {node} is not among them: while a large graph trains, the states of some nodes are recorded."]


def _spread_sentences(result: Embedding, step: int) -> str:
    """How much of the spread the plane shows, and how much of it lies between classes."""
    plane = f"The plane shows {percent(result.explained[step].sum(), 0)} of the spread of the {count(result.width, 'dimension')}; "
    between = f"{percent(result.between[step], 0)} of the spread lies between classes"
    if step and np.isfinite(result.between[0]):
        between += f", at epoch {result.epochs[0]} it was {percent(result.between[0], 0)}"
    return f"{plane if result.method == 'pca' else ''}{between} (all labels, diagnostic)."


def _state(run: Run) -> str:
    """What the model's last recorded states are. Some models have no hidden state before their classifier."""
    from core.models.contract import models  # loads torch
    from core.rebuilt import has_states

    unit, (nodes, classes) = models().get(run.spec.model.name), run.logits.shape
    if unit is None:
        return "states"
    if not has_states(run.spec, nodes, classes):
        return "logits"
    propagated = unit.depth_counts == "propagation steps" and run.probes["embedding.states"].shape[2] == classes
    return "propagated class scores" if propagated else "hidden states"


def _usable_steps(run: Run) -> tuple[NDArray[np.int64], str]:
    """Steps whose states are numbers, and a sentence if some are not."""
    if "embedding.states" not in run.probes:
        raise Unsupported("This run holds no recorded states; train it again with the recording 'embedding'.")
    finite = np.isfinite(run.probes["embedding.states"].astype(np.float32)).all(axis=(1, 2))
    if not finite.any():
        raise Unsupported("None of the recorded states are numbers: the training diverged at once. A lower learning rate usually helps.")
    lost = run.probes["embedding.epochs"][~finite]
    note = f"From epoch {lost.min()} on the states are no numbers (the training diverged); these steps are left out." if len(lost) else ""
    return np.flatnonzero(finite), note


def _reach(coordinates: NDArray[np.float32]) -> tuple[tuple[float, float], tuple[float, float]]:
    low, high = coordinates.min(axis=(0, 1)), coordinates.max(axis=(0, 1))
    margin = 0.05 * np.maximum(high - low, 1e-6 + 0.2 * (high - low).max())
    (x0, y0), (x1, y1) = (low - margin).tolist(), (high + margin).tolist()
    return (x0, x1), (y0, y1)


def _chart(result: Embedding) -> Chart:
    linear = result.method == "pca"
    alike = "similar states in the model's last hidden layer" if result.state == "hidden states" else f"similar {result.state}"
    return Chart(
        scatter(result, result.start),
        reading=f"Points that lie near each other have {alike}. Click one, or lasso some, to see them elsewhere."
        if linear
        else f"Near points have {alike}; groups matter, the distances between them do not.",
        not_shown=f"What lies outside this plane{_outside(result)}."
        if linear
        else "Sizes of groups and distances between them mean nothing; another seed gives another picture.",
        formula=r"(h_i - \bar h)\,[u_1\; u_2],\; u = \mathrm{eig}\sum_t \mathrm{Cov}(H_t)" if linear else "",
        source=SOURCES[result.method],
        data=_table(result),
    )


def _outside(result: Embedding) -> str:
    share = 1 - result.explained[result.start].sum()
    return f": {percent(share, 0)} of the spread" if np.isfinite(share) else ""


SOURCES = {
    "pca": "One basis for all epochs: the eigenvectors of the covariance summed over epochs, each epoch centred on its own mean",
    "tsne": "van der Maaten & Hinton 2008, scikit-learn; PCA start, 500 iterations, perplexity 30 (less for small graphs)",
    "umap": "McInnes, Healy & Melville 2018, umap-learn; PCA start, 15 neighbours (fewer for small graphs)",
}


def _table(result: Embedding) -> pd.DataFrame:
    names = np.array([*result.class_names, "unknown"], dtype=object)
    step = result.start
    return pd.DataFrame(
        {
            "node": result.nodes,
            "class": names[result.labels],
            "split": result.parts,
            "predicted": names[result.predictions[step]],
            "confidence": result.confidence[step],
            "x": result.coordinates[step, :, 0],
            "y": result.coordinates[step, :, 1],
        }
    )


def _between_figure(result: Embedding) -> go.Figure:
    line = go.Scatter(
        x=result.epochs,
        y=result.between,
        mode="lines+markers",
        line={"color": figures.OKABE_ITO[0]},
        hovertemplate="epoch %{x}: %{y:.0%}<extra></extra>",
    )
    return figures.percent_axis(figures.layout(go.Figure(line), x="Epoch", y="Spread between classes", height=260, legend=False))


LENS = Lens(
    name="embedding",
    title="Embedding",
    question="Where does the model put the nodes, and when do the classes part?",
    plan=plan,
    measure=measure,
    draw=draw,
    captions=captions,
    parameters=(
        Choice(
            "method", "Method", "pca", tuple(TITLES.items()), help="PCA keeps one basis for all epochs; t-SNE and UMAP draw a single one."
        ),
        Integer("step", "Recorded step", -1, -1, 39, help="For t-SNE and UMAP: which recording; −1 is the one nearest to the kept epoch."),
    ),
    probes=("embedding",),
    source="Last hidden state in evaluation mode; of SGC and APPNP their propagated class scores, at depth 1 the logits",
)
