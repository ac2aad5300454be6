"""Parts of the dataset page: a card in figures and words."""

from __future__ import annotations

import math

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.dataset_card import Card
from core.figures import class_color, layout
from core.selection import splits_of
from explainers.contract import Chart
from pages._shared import engine, show, state

MEANING = {
    "edge": "Share of edges that join nodes of the same class.",
    "node": "Mean over nodes of the share of neighbours with the node's class.",
    "class-insensitive": "Excess of each class's homophily over its share of the nodes, averaged over classes; 0 for chance.",
    "adjusted": "Edge homophily corrected for what the degrees of the classes alone would give; 0 for chance.",
}


def numbers(card: Card) -> None:
    """The size of the graph in one row."""
    how = "as directed edges" if card.directed else "both directions of each pair"
    values = {
        "Nodes": (f"{card.nodes:,}", None),
        "Edges": (
            f"{card.edges:,}",
            f"Linked pairs. {card.stored_edges:,} entries are stored, {how}.",
        ),
        "Features": (f"{card.features:,}", f"{card.feature_density:.1%} of the values are not zero."),
        "Classes": (f"{len(card.classes)}", None),
        "Degree": (f"{card.degree_median:g}", f"Median; from {card.degree_min} to {card.degree_max:,}."),
        "Components": (f"{card.components:,}", f"{card.isolated_nodes:,} nodes have no neighbour."),
    }
    for column, (label, (value, text)) in zip(st.columns(len(values)), values.items(), strict=True):
        column.metric(label, value, help=text)


def homophily(card: Card) -> None:
    st.subheader(
        "Homophily", anchor=False, help="Do neighbours share their class? Computed from all labels, test labels included: diagnostic."
    )
    show.facts(
        [(m.measure, m.policy, "not defined" if math.isnan(m.value) else f"{m.value:.3f}", MEANING[m.measure]) for m in card.homophily]
    )


def flaws(card: Card) -> None:
    """Known flaws, where someone must see them."""
    if card.flaws:
        st.warning("\n".join(f"- {flaw}" for flaw in card.flaws), icon=":material/report:")


def origin(card: Card) -> None:
    st.caption(f"Source: {card.source}  \nLicence: {card.licence}  \nMetric: {'ROC-AUC' if card.metric == 'roc_auc' else card.metric}")


def classes(card: Card) -> None:
    st.subheader("Classes", anchor=False)
    names, counts = zip(*card.classes, strict=True)
    figure = go.Figure(
        go.Bar(
            x=counts,
            y=names,
            orientation="h",
            marker_color=[class_color(i) for i in range(len(names))],
            hovertemplate="%{y}: %{x:,} nodes<extra></extra>",
        )
    )
    layout(figure, x="nodes", height=max(180, 34 * len(names) + 60), legend=False)
    figure.update_yaxes(autorange="reversed")
    unlabelled = f" {card.unlabelled:,} nodes have no label." if card.unlabelled else ""
    data = pd.DataFrame({"class": names, "nodes": counts})
    show.chart(
        Chart(
            figure, f"Nodes of each class; colours are the same on every page.{unlabelled}", "Which classes are linked to which.", data=data
        ),
        "classes",
    )


def splits(card: Card) -> None:
    st.subheader("Splits", anchor=False, help="Training nodes teach, validation nodes choose the epoch, test nodes judge.")
    words = splits_of(engine.catalogue().dataset(card.name))
    rows = [(words.get(s.name, s.name), s.train, s.validation, s.test) for s in card.splits]
    st.dataframe(
        pd.DataFrame(rows, columns=["split", "training", "validation", "test"]), hide_index=True, height=min(320, 40 + 36 * len(rows))
    )
    used = words.get(state.selection().split, state.selection().split)
    st.caption(f"In use: {used}.")
