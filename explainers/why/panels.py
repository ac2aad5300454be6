"""Several methods on one node: their pictures side by side, and how far they agree. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core import figures
from core.data import Bools
from core.metrics import jaccard, rank_correlation
from core.views import OpenGraph
from explainers.attribution.contract import method
from explainers.coloring import Coloring
from explainers.contract import Chart
from explainers.rings import places
from explainers.why.picture import laid_out
from explainers.why.result import Answer

COLUMNS, PANEL = 4, 210
"""Pictures in a row, and the pixels that each is high."""
MOST_NODES = 60
LINE = "#7F7F7F"
"""Grey that is seen on light and dark alike."""


def side_by_side(opened: OpenGraph, colors: Coloring, answers: Sequence[Answer], keep: int) -> Chart:
    """One small picture a method, all in the same layout; the planted motif first where there is one."""
    laid = laid_out(opened, answers[0], MOST_NODES)
    truth = answers[0].truth
    panels: list[tuple[str, Bools, np.ndarray]] = [("Planted motif (truth)", truth, truth.astype(float))] if truth is not None else []
    for answer in answers:
        title = f"{method(answer.method).title} · {seconds(answer.seconds)}"
        panels.append((title, answer.kept(keep), answer.importance))
    rows = -(-len(panels) // COLUMNS)
    figure = make_subplots(
        rows, COLUMNS, subplot_titles=[title for title, _, _ in panels], horizontal_spacing=0.01, vertical_spacing=0.16 / max(rows, 2)
    )
    ends = laid.positions[places(laid.nodes, answers[0].pairs[laid.drawn])]
    shown, shapes = colors.of(laid.nodes)
    for number, (_, kept, scores) in enumerate(panels):
        at = {"row": number // COLUMNS + 1, "col": number % COLUMNS + 1}
        for trace in _lines(ends, kept[laid.drawn], scores[laid.drawn]):
            figure.add_trace(trace, **at)
        figure.add_trace(_nodes(laid.nodes.tolist(), laid.positions, shown, list(shapes)), **at)
    figures.layout(figure, height=rows * PANEL + 20, legend=False)
    figure.update_layout(margin={"t": 24, "b": 4, "l": 4, "r": 4})
    figure.update_annotations(font_size=12.5)
    wide, high = 1.12 * np.maximum(np.abs(laid.positions).max(axis=0), 0.5)
    figure.update_xaxes(visible=False, range=[-wide, wide])
    figure.update_yaxes(visible=False, range=[-high, high])
    part = "" if laid.drawn.all() else f" {len(laid.nodes)} of {len(answers[0].nodes):,} nodes are drawn, the same in each."
    return Chart(
        figure,
        f"The {keep} highest edges of each method; the thicker, the higher. The time is of one seed, the method's own training "
        f"included.{part}",
        "How good they are: see Trust.",
        data=_ranked(answers, keep),
    )


def seconds(value: float) -> str:
    """ "12 ms", "3.4 s"."""
    return f"{1000 * value:.0f} ms" if value < 1 else f"{value:.1f} s"


def _lines(ends: np.ndarray, kept: Bools, scores: np.ndarray) -> list[go.Scatter]:
    """The rest thin, the kept ones in three widths."""
    largest = float(np.abs(scores[kept]).max(initial=0)) or 1.0
    step = np.clip(np.ceil(3 * np.abs(scores) / largest), 1, 3)
    groups = [(~kept, 0.6, 0.45), *((kept & (step == size), 1 + 1.3 * size, 1.0) for size in (1, 2, 3))]
    return [_line(ends[chosen], width, opacity) for chosen, width, opacity in groups if chosen.any()]


def _line(ends: np.ndarray, width: float, opacity: float) -> go.Scatter:
    gaps = np.full((len(ends), 1), np.nan)
    x, y = (np.concatenate([ends[:, :, axis], gaps], axis=1).ravel() for axis in (0, 1))
    return go.Scatter(x=x, y=y, mode="lines", line={"color": LINE, "width": width}, opacity=opacity, hoverinfo="skip")


def _nodes(ids: Sequence[int], positions: np.ndarray, colors: Sequence[str], shapes: Sequence[str]) -> go.Scatter:
    sizes = [12.0, *[7.0] * (len(ids) - 1)]
    lines = [2.0, *[0.0] * (len(ids) - 1)]
    return go.Scatter(
        x=positions[:, 0],
        y=positions[:, 1],
        mode="markers",
        marker={"color": list(colors), "symbol": list(shapes), "size": sizes, "line": {"color": LINE, "width": lines}},
        customdata=ids,
        hovertemplate="node %{customdata}<extra></extra>",
    )


def _ranked(answers: Sequence[Answer], keep: int) -> pd.DataFrame:
    """A row a kept edge of each method."""
    tables = [answer.strongest(keep).assign(method=method(answer.method).title, seconds=answer.seconds) for answer in answers]
    return pd.concat(tables, ignore_index=True)[["method", "u", "v", "score", "sd", "seconds"]]


def agreement(answers: Sequence[Answer], keep: int) -> Chart:
    """Rank correlation of all edges, method against method; the overlap of the kept ones on hover."""
    names = [method(answer.method).title for answer in answers]
    rho = np.array([[rank_correlation(one.importance, other.importance) for other in answers] for one in answers])
    common = np.array([[jaccard(one.importance, other.importance, keep) for other in answers] for one in answers])
    heat = go.Heatmap(
        z=rho,
        x=names,
        y=names,
        zmin=-1,
        zmax=1,
        colorscale=[[0, figures.WRONG], [0.5, "#d9dde3"], [1, figures.RIGHT]],
        xgap=1,
        ygap=1,
        showscale=False,  # the numbers are in the cells
        text=np.where(np.isnan(rho), "", np.char.mod("%.2f", np.nan_to_num(rho))),
        texttemplate="%{text}",
        textfont={"size": 10},
        customdata=common,
        hovertemplate="%{y} and %{x}<br>rank correlation %{z:.2f}<br>common among the kept %{customdata:.0%}<extra></extra>",
    )
    figure = figures.layout(go.Figure(heat), height=26 * len(names) + 150, legend=False, toolbar=True)
    figure.update_xaxes(tickangle=-45)
    figure.update_yaxes(autorange="reversed")
    rows = [
        {"method": names[i], "other": names[j], "rank_correlation": rho[i, j], "top_k_jaccard": common[i, j]}
        for i in range(len(names))
        for j in range(i)
    ]
    return Chart(
        figure,
        "1: two methods order all edges alike; 0: no more than chance; below 0: one's best are the other's last.",
        "Which of them is right. Methods may agree because they share a flaw.",
        r"\rho(s^{(a)}, s^{(b)}),\quad |A \cap B| / |A \cup B|",
        data=pd.DataFrame(rows),
    )
