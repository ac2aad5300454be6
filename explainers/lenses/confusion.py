"""Which classes are mistaken for which? The confusion matrix of a part of the split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from core import figures
from core.parameters import Choice, Value
from core.spec import RunSpec
from core.splits import split_of
from explainers.contract import Chart, Context, Lens, Table, View
from explainers.nodes import part_mask
from explainers.planning import over_seeds
from explainers.wording import count, one_in, percent, split_names

MOST_NUMBERS = 15
"""Classes up to which a cell has room for its number."""

MOST_LETTERS = 16
"""Letters of a class name beside the axes; the whole name is in the hover text."""


@dataclass(frozen=True, eq=False)
class Confusion:
    """`counts` [runs, true, predicted] over the nodes of `part`; the first run is the one that is drawn."""

    part: str
    split: str
    seeds: tuple[int, ...]
    same_split: bool
    class_names: tuple[str, ...]
    counts: NDArray[np.int64]

    @property
    def shares(self) -> NDArray[np.float64]:
        """Row shares [runs, true, predicted]: of the nodes of a class, the part called so; NaN for an empty class."""
        sizes = self.counts.sum(axis=2, keepdims=True)
        return np.asarray(np.divide(self.counts, sizes, out=np.full(self.counts.shape, np.nan), where=sizes > 0))


def plan(spec: RunSpec, seeds: int, values: Mapping[str, Value]) -> tuple[RunSpec, ...]:
    return over_seeds(spec, seeds)


def measure(context: Context, values: Mapping[str, Value]) -> Confusion:
    """Raises `Unsupported` for a part without nodes."""
    graph, part = context.graph, str(values["part"])
    counts = []
    for run in context.runs:
        mask = part_mask(graph, split_of(graph, run.spec.dataset), part)
        counts.append(confusion_matrix(graph.labels[mask], run.predictions[mask], graph.num_classes))
    splits = {(run.spec.dataset.split, run.spec.dataset.split_seed) for run in context.runs}
    return Confusion(
        part=part,
        split=split_names([run.spec.dataset for run in context.runs]),
        seeds=tuple(run.spec.seed for run in context.runs),
        same_split=len(splits) == 1,
        class_names=graph.class_names,
        counts=np.stack(counts),
    )


def confusion_matrix(true: NDArray[np.int64], predicted: NDArray[np.int64], num_classes: int) -> NDArray[np.int64]:
    """How many nodes of each class get each prediction, [true, predicted]."""
    return np.bincount(true * num_classes + predicted, minlength=num_classes**2).reshape(num_classes, num_classes)


def draw(result: Confusion) -> Mapping[str, View]:
    return {
        "matrix": Chart(
            _figure(result),
            reading="A row is a true class: its colours say what share of it gets each prediction. The diagonal is right.",
            not_shown="Large and small classes look alike; the numbers in the cells are nodes."
            if len(result.class_names) <= MOST_NUMBERS
            else "Large and small classes look alike; hover for the numbers of nodes.",
            formula=r"C_{ab} = |\{i : y_i = a,\ \hat y_i = b\}|,\quad \mathrm{colour} = C_{ab} / \sum_{b'} C_{ab'}",
            data=pd.DataFrame(result.counts[0], columns=list(result.class_names))
            .assign(true=result.class_names)
            .set_index("true")
            .reset_index(),
        ),
        "classes": Table(
            by_class(result),
            {
                "class": "True class.",
                "nodes": f"Nodes of the class in the {result.part} part.",
                "right": "Recall: of the nodes of the class, the share called so.",
                "called": "Nodes that are called so.",
                "truly": "Precision: of the nodes called so, the share that are.",
            },
        ),
    }


def by_class(result: Confusion) -> pd.DataFrame:
    """Recall and precision of each class, of the first run; NaN where nothing is there to divide by."""
    counts = result.counts[0]
    nodes, called, right = counts.sum(axis=1), counts.sum(axis=0), np.diag(counts)
    with np.errstate(invalid="ignore"):
        return pd.DataFrame(
            {"class": result.class_names, "nodes": nodes, "right": right / nodes, "called": called, "truly": right / called}
        )


def captions(result: Confusion) -> list[str]:
    counts = result.counts[0]
    where = f"{result.part} nodes, {result.split}, seed {result.seeds[0]}"
    wrong = counts - np.diag(np.diag(counts))
    if not wrong.any():
        return [f"No confusion: {int(counts.sum()):,} of {int(counts.sum()):,} right ({where})."]
    true, called = np.unravel_index(wrong.argmax(), wrong.shape)
    names, size = result.class_names, counts[true].sum()
    are = "is" if wrong[true, called] == 1 else "are"
    largest = f"{wrong[true, called]:,} of {size:,} '{names[true]}' nodes {are} called '{names[called]}'"
    right = f"{int(counts.trace()):,} of {int(counts.sum()):,} {result.part} nodes are right"
    lines = [f"{right}. Largest confusion: {largest} ({result.split}, seed {result.seeds[0]}{_spread(result, int(true), int(called))})."]
    never = [name for name, column in zip(names, counts.sum(axis=0), strict=True) if not column]
    if never:
        are = "is" if len(never) == 1 else "are"
        lines.append(f"{len(never)} of {count(len(names), 'class', 'classes')} {are} never predicted: {', '.join(never)}.")
    return lines


def _spread(result: Confusion, true: int, called: int) -> str:
    """The same cell over all seeds."""
    if len(result.seeds) == 1:
        return ""
    if result.same_split:
        return f"; {one_in(result.counts[:, true, called].tolist())} over {len(result.seeds)} seeds"
    shares = result.shares[:, true, called]
    low, high = percent(float(np.nanmin(shares)), 0), percent(float(np.nanmax(shares)), 0)
    return f"; {low if low == high else f'{low} to {high}'} over {len(result.seeds)} seeds and their splits"


def _figure(result: Confusion) -> go.Figure:
    names = [escape(name) for name in result.class_names]
    size = len(names)
    heat = go.Heatmap(
        z=result.shares[0],
        zmin=0,
        zmax=1,
        colorscale=figures.SEQUENTIAL,
        xgap=1,
        ygap=1,
        customdata=np.moveaxis(np.indices((size, size)), 0, -1),
        hoverinfo="skip",
        text=result.counts[0] if size <= MOST_NUMBERS else None,
        texttemplate="%{text}" if size <= MOST_NUMBERS else None,
        showscale=False,  # the numbers are in the cells and in the hover text
    )
    height = max(320, min(640, 34 * size + 140))
    short = [escape(name if len(name) <= MOST_LETTERS else name[: MOST_LETTERS - 1] + "…") for name in result.class_names]
    figure = figures.layout(go.Figure([heat, _targets(result, names)]), x="predicted", y="true", height=height, legend=False)
    axis = {"tickvals": list(range(size)), "ticktext": short, "showgrid": False}
    figure.update_xaxes(range=[-0.5, size - 0.5], tickangle=-35, **axis)
    figure.update_yaxes(range=[size - 0.5, -0.5], **axis)
    return figure.update_layout(hovermode="closest")


def _targets(result: Confusion, names: list[str]) -> go.Scatter:
    """Invisible points over the cells, since a heat-map's cells cannot be selected by click or lasso."""
    counts, shares, size = result.counts[0], result.shares[0], len(names)
    cells = [(true, called) for true in range(size) for called in range(size)]
    return go.Scatter(
        x=[called for _, called in cells],
        y=[true for true, _ in cells],
        mode="markers",
        marker={"symbol": "square", "size": max(8, 300 // size), "opacity": 0, "color": figures.WRONG},
        selected={"marker": {"opacity": 0.35}},
        unselected={"marker": {"opacity": 0}},
        customdata=cells,
        text=[
            f"{counts[a, b]:,} of {counts[a].sum():,} '{names[a]}' nodes ({percent(shares[a, b])})<br>are called '{names[b]}'"
            for a, b in cells
        ],
        hovertemplate="%{text}<extra></extra>",
    )


LENS = Lens(
    name="confusion",
    title="Confusion matrix",
    question="Which classes are mistaken for which?",
    plan=plan,
    measure=measure,
    draw=draw,
    captions=captions,
    parameters=(
        Choice("part", "Nodes", "test", (("test", "test nodes"), ("validation", "validation nodes"), ("train", "training nodes"))),
    ),
)
