"""What one node does, layer by layer: the probabilities, whom it hears and who hears it. Free of torch."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core import figures
from core.actions import ACTIONS
from core.data import GraphData
from core.metrics.actions import between, carrying, taken
from explainers.contract import Chart, Table
from explainers.lenses.actions.marks import COLORS, NAMES
from explainers.lenses.actions.result import Actions
from explainers.nodes import class_of
from explainers.wording import class_words, count, percent

FADED = 0.45

FEW = 4
"""Layers of which a sentence speaks."""


def probabilities(found: Actions, node: int, run: int = 0) -> Chart:
    """The probability of each action in each layer, of one of the runs; what is taken stands out."""
    reading, figure = found.readings[run], go.Figure()
    policy = np.stack([layer.policy[node] for layer in reading.layers])
    chosen = np.array([layer.action[node] for layer in reading.layers])
    for place, action in enumerate(ACTIONS):
        mine = chosen == place
        figure.add_bar(
            y=[f"layer {number}" for number in found.layers],
            x=policy[:, place],
            orientation="h",
            name=NAMES[action],
            marker={"color": COLORS[action], "opacity": np.where(mine, 1.0, FADED).tolist()},
            text=["taken" if one else "" for one in mine.tolist()],
            textposition="inside",
            insidetextanchor="middle",
            hovertemplate="%{y}, " + NAMES[action] + ": %{x:.1%}<extra></extra>",
        )
    figures.layout(figure, x="probability", height=110 + 34 * len(found.layers), toolbar=True)
    figure.update_layout(barmode="stack", bargap=0.3, legend_traceorder="normal", margin_r=24)
    figure.update_xaxes(range=[0, 1], tickformat="~%")
    figure.update_yaxes(autorange="reversed", ticklabelstandoff=4)
    table = pd.DataFrame(policy, columns=list(ACTIONS))
    table.insert(0, "layer", list(found.layers))
    return Chart(
        figure,
        f"What node {node} may do in each layer; the likeliest is taken. Seed {reading.seed}.",
        "What it would do on other states: a layer chooses by what the layers before it have made.",
        r"\pi\big(h_i, \{h_j\}_{j \in N(i)}\big)",
        "Finkelshtein et al., Cooperative graph neural networks, ICML 2024",
        table,
    )


def table(graph: GraphData, found: Actions, node: int, run: int = 0) -> Table:
    """A row a layer: what it does in one of the runs, how sure that is, whom it hears, who hears it, and how many seeds say the same."""
    rows = []
    for number, layer in enumerate(found.readings[run].layers, 1):
        action = int(layer.action[node])
        same = sum(int(one.layers[number - 1].action[node] == action) for one in found.readings)
        hears, near, heard, others = reach(graph, found, number, node, run)
        rows.append(
            {
                "layer": number,
                "action": NAMES[ACTIONS[action]],
                "probability": percent(float(layer.policy[node, action])),
                "hears": f"{hears} of {near}",
                "heard_by": f"{heard} of {others}",
                "seeds": f"{same} of {found.seeds}",
            }
        )
    return Table(
        pd.DataFrame(rows),
        {
            "action": "What it does: the likeliest action.",
            "probability": "Of that action.",
            "hears": "In-neighbours that broadcast while it listens.",
            "heard_by": "Nodes that it sends to that listen while it broadcasts.",
            "seeds": "Seeds in which it does the same.",
        },
    )


def reach(graph: GraphData, found: Actions, layer: int, node: int, run: int = 0) -> tuple[int, int, int, int]:
    """In one layer of one of the runs: how many of its in-neighbours a node hears, and how many of those that it sends to hear it."""
    links = np.unique(between(graph.edge_index[:, (graph.edge_index == node).any(axis=0)]), axis=1)
    passes = carrying(links, taken(found.readings[run].layers[layer - 1].action)) > 0
    into, out = links[1] == node, links[0] == node
    return int(passes[into].sum()), int(into.sum()), int(passes[out].sum()), int(out.sum())


def said(graph: GraphData, found: Actions, node: int, run: int = 0) -> str:
    """What the node is, and in each layer whom it hears and who hears it."""
    label = class_words(class_of(graph, graph.labels[[node]])[0])
    layers = [reach(graph, found, number, node, run) for number in range(1, len(found.layers) + 1)]
    _, near, _, others = layers[0]
    if not near and not others:
        return f"Node {node} ({label}) has no neighbour: whatever it does, no message passes."
    each = [f"in layer {number} it hears {hears:,}, and {heard:,} hear it" for number, (hears, _, heard, _) in enumerate(layers, 1)]
    shown = each if len(each) <= FEW else [*each[: FEW - 1], "… as in the table"]
    ends = count(near, "in-neighbour") + ("" if near == others else f" and sends to {count(others, 'node')}")
    return f"Node {node} ({label}) has {ends}: {'; '.join(shown)}."
