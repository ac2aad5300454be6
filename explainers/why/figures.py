"""Figures of one prediction: its probabilities, how it falls as edges are cut, and what matters in it. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from core import figures
from core.data import GraphData, Ints
from core.metrics import top_k
from explainers.attribution.contract import method
from explainers.contract import Chart
from explainers.trust.metrics import YUAN
from explainers.why.result import Answer, Curve
from explainers.wording import count

MOST_CLASSES, MOST_EDGES, MOST_FEATURES = 10, 15, 15
ROW = 22
"""Pixels of a bar with its name."""
FOR, AGAINST = figures.RIGHT, figures.WRONG
WITHOUT, ALONE = figures.OKABE_ITO[0], figures.OKABE_ITO[1]


def probabilities(graph: GraphData, answer: Answer) -> Chart:
    """Of the classes, the likeliest first; of many only those, the true and the explained one."""
    shares, truth = answer.curve.whole, int(graph.labels[answer.node])
    order = np.argsort(-shares, kind="stable")
    shown = [int(c) for place, c in enumerate(order) if place < MOST_CLASSES or c in (truth, answer.target)]
    marks = {answer.target: "explained"} if answer.target != order[0] else {}
    marks |= {truth: "true"}
    names = [escape(graph.class_names[c]) for c in shown]
    names[0] = f"<b>{names[0]}</b>"
    bars = go.Bar(
        y=names,
        x=shares[shown],
        orientation="h",
        marker_color=[figures.class_color(c) for c in shown],
        text=[f"{shares[c]:.1%}{' · ' + marks[c] if c in marks else ''}" for c in shown],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{x:.2%}<extra></extra>",
    )
    figure = figures.layout(go.Figure(bars), height=ROW * len(shown) + 16, legend=False)
    figure.update_xaxes(visible=False, range=[0, 1.9 * float(shares.max())])  # room for the words behind the longest
    figure.update_yaxes(autorange="reversed", type="category", ticksuffix=" ")
    return Chart(
        figure,
        "The model's probability of each class; bold: the predicted one.",
        "Whether the probabilities are calibrated: a model can be sure and wrong.",
        r"p_c = \mathrm{softmax}(z)_c",
        data=pd.DataFrame({"class": [graph.class_names[c] for c in order], "probability": shares[order]}),
    )


def fidelity(answer: Answer, random: Answer | None, keep: int) -> Chart:
    """Fidelity+ and − against the number of kept edges, with random edges' in grey and the cut that is looked at."""
    figure = go.Figure()
    for name, one, dash in (("random edges", random, "dot"), ("", answer, "solid")):
        if one is not None:
            for trace in _pair(one.curve, answer.target, name, dash):
                figure.add_trace(trace)
    curve = answer.curve
    figure.add_hline(0, line={"color": figures.NEUTRAL, "width": 1})
    place = curve.nearest(keep)
    if curve.kept[place] or not _logarithmic(curve):
        figure.add_vline(float(curve.kept[place]), line={"color": figures.NEUTRAL, "width": 1.5, "dash": "dash"})
    figures.layout(figure, x="kept edges", y="fall of the probability", height=250)
    ticks = {"type": "log", "tickvals": [k for k in (1, 3, 10, 30, 100, 300, 1000, 3000, 10000) if k <= curve.kept[-1]], "tickformat": "d"}
    figure.update_xaxes(**(ticks if _logarithmic(curve) else {}))
    return Chart(
        figure,
        "Blue: how far the class falls without the kept edges; the earlier it rises, the better. Orange: how far it falls with them "
        "alone; the earlier it reaches 0, the better." + (" Dotted: random edges." if random else ""),
        f"Graphs with many edges {curve.how} are unlike those that the model was trained on; robust fidelity (Trust) cuts fewer at once.",
        r"\mathrm{Fid}_+ = p(G) - p(G \setminus S), \qquad \mathrm{Fid}_- = p(G) - p(S)",
        YUAN,
        _numbers(answer),
    )


def _pair(curve: Curve, target: int, name: str, dash: str) -> list[go.Scatter]:
    sparsity = 1 - curve.kept / max(int(curve.kept[-1]), 1)
    found = []
    for title, values, color in (("kept edges gone", curve.plus(target), WITHOUT), ("kept edges alone", curve.minus(target), ALONE)):
        label = f"{title}, {name}" if name else title
        found.append(
            go.Scatter(
                x=curve.kept,
                y=values,
                mode="lines" if name else "lines+markers",
                name=label,
                showlegend=not name,
                line={"color": color, "dash": dash, "width": 1.2 if name else 2},
                opacity=0.6 if name else 1,
                marker={"size": 4},
                customdata=sparsity,
                hovertemplate=f"{label}: %{{y:.3f}}<br>%{{x}} edges kept, sparsity %{{customdata:.1%}}<extra></extra>",
            )
        )
    return found


def _logarithmic(curve: Curve) -> bool:
    return int(curve.kept[-1]) > 40


def _numbers(answer: Answer) -> pd.DataFrame:
    curve, target = answer.curve, answer.target
    return pd.DataFrame(
        {
            "kept_edges": curve.kept,
            "sparsity": 1 - curve.kept / max(int(curve.kept[-1]), 1),
            "probability_fidelity_plus": curve.plus(target),
            "probability_fidelity_minus": curve.minus(target),
        }
    )


def edges(answer: Answer) -> Chart:
    """The highest scores with their spread over the seeds."""
    order = top_k(np.abs(answer.importance), MOST_EDGES)
    order = order[np.argsort(-answer.importance[order], kind="stable")]
    arrow, scores = " → " if answer.directed else " – ", answer.importance[order]
    truth = answer.truth[order] if answer.truth is not None else np.zeros(len(order), dtype=bool)
    spread = {"type": "data", "array": answer.spread[order], "color": figures.NEUTRAL, "thickness": 1.5, "width": 3}
    figure = _bars([f"{u}{arrow}{v}{' ★' if t else ''}" for (u, v), t in zip(answer.pairs[order].tolist(), truth, strict=True)], scores)
    figure.update_traces(error_x=spread if len(answer.scores) > 1 else None)
    drawn = f"; whiskers: ± 1 sd over {len(answer.scores)} seeds" if len(answer.scores) > 1 else ""
    return Chart(
        figure,
        f"The {count(len(order), 'edge')} with the largest scores{drawn}.{' ★: in the planted motif.' if truth.any() else ''}",
        "Scores of different methods have different units; only their order can be compared.",
        method(answer.method).equation,
        method(answer.method).source,
        answer.strongest(len(answer.pairs)),
    )


def features(graph: GraphData, answer: Answer) -> Chart | None:
    """The highest features by name, or as a heat map where they are an image; None from methods that score edges only."""
    if answer.features is None:
        return None
    if graph.image_shape and len(answer.features) == graph.num_features:
        return _pixels(graph, answer)
    order = top_k(np.abs(answer.features), MOST_FEATURES)
    order = order[answer.features[order] != 0]
    names = feature_names(graph, answer, order)
    return Chart(
        _bars([escape(name[:28]) for name in names], answer.features[order]),
        "The features with the largest scores, summed over the nodes within reach.",
        "An absent word of a bag of words has no score: only what is there is asked about.",
        method(answer.method).equation,
        method(answer.method).source,
        feature_table(graph, answer),
    )


def feature_table(graph: GraphData, answer: Answer) -> pd.DataFrame:
    """A row a feature with a score, the largest first: feature, score, and of the node itself where the method tells."""
    assert answer.features is not None
    order = top_k(np.abs(answer.features), int(np.count_nonzero(answer.features)))
    columns: dict[str, object] = {"feature": feature_names(graph, answer, order), "score": answer.features[order]}
    if answer.own_features is not None:
        columns["on_the_node_itself"] = answer.own_features[order]
    return pd.DataFrame(columns)


def feature_names(graph: GraphData, answer: Answer, chosen: Ints) -> list[str]:
    """A model without features knows the nodes themselves instead."""
    assert answer.features is not None
    if len(answer.features) != graph.num_features:
        return [f"node {node}" for node in chosen.tolist()]
    return [graph.feature_names[i] if graph.feature_names else f"feature {i}" for i in chosen.tolist()]


def _pixels(graph: GraphData, answer: Answer) -> Chart:
    assert graph.image_shape is not None
    assert answer.features is not None
    scores = answer.features if answer.own_features is None else answer.own_features
    most = float(np.abs(scores).max()) or 1.0
    heat = go.Heatmap(
        z=scores.reshape(graph.image_shape),
        colorscale=[[0, AGAINST], [0.5, "rgba(140,140,140,0.08)"], [1, FOR]],
        zmin=-most,
        zmax=most,
        colorbar={"thickness": 10, "title": None},
        hovertemplate="row %{y}, column %{x}: %{z:.3g}<extra></extra>",
    )
    figure = figures.layout(go.Figure([_outline(graph, answer.node), heat]), height=ROW * MOST_FEATURES, legend=False)
    figure.update_xaxes(visible=False, constrain="domain")
    figure.update_yaxes(visible=False, autorange="reversed", scaleanchor="x")
    whose = "of the neighbourhood's images" if answer.own_features is None else "of the node's own image"
    return Chart(
        figure,
        f"The pixels {whose}: blue speaks for the class, orange against it. Grey squares: the digit itself.",
        "Which neighbour's pixels count: the table has the sums over all of them.",
        method(answer.method).equation,
        method(answer.method).source,
        feature_table(graph, answer),
    )


def _outline(graph: GraphData, node: int) -> go.Heatmap:
    """The node's image in grey below the scores."""
    pixels = np.asarray(graph.features[node], dtype=float).reshape(graph.image_shape)
    return go.Heatmap(
        z=np.where(pixels > 0, pixels, np.nan),
        colorscale=[[0, "rgba(128,128,128,0)"], [1, "rgba(128,128,128,0.75)"]],
        showscale=False,
        hoverinfo="skip",
    )


def _bars(names: Sequence[str], values: NDArray[np.floating]) -> go.Figure:
    """Signed bars, one below the other."""
    bars = go.Bar(
        y=list(range(len(names))),
        x=values,
        orientation="h",
        marker_color=[FOR if value >= 0 else AGAINST for value in values.tolist()],
        hovertext=list(names),
        hovertemplate="%{hovertext}: %{x:.3g}<extra></extra>",
    )
    figure = figures.layout(go.Figure(bars), x="score", height=ROW * max(len(names), 3) + 60, legend=False, toolbar=True)
    figure.update_yaxes(autorange="reversed", tickvals=list(range(len(names))), ticktext=list(names), ticksuffix=" ")
    figure.add_vline(0, line={"color": figures.NEUTRAL, "width": 1})
    return figure
