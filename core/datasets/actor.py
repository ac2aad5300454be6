"""Actors who appear on the same Wikipedia page (Pei et al. 2020)."""

from __future__ import annotations

from core.datasets.public import DIRECTION, GEOM_GCN, ROW_NORMALISED, TEN, Form, numbered, public, through_pyg
from core.datasets.pyg import Recipe

ACTOR = Recipe("Actor", "Actor", "Actor/raw", expected=(7600, 30019, 932), class_sizes=(853, 1337, 1630, 1815, 1965))

DATASETS = (
    public(
        Form("actor", numbered(5), TEN),
        through_pyg(ACTOR),
        title="Actor",
        question="Links that say almost nothing about the class: what is left to a GNN?",
        family="Web pages",
        parameters=(ROW_NORMALISED, DIRECTION),
        size="7,600 nodes, 26,659 edges",
        source="Tang et al. 2009, as prepared by Pei et al. 2020 (called film there), through PyG's Actor; stored as 30,019 one-way links, "
        f"93 of them self-loops; {GEOM_GCN}. Features are keywords of the actor's page, classes are groups of words on it.",
        licence="none stated",
        flaws=("Links carry hardly any information on the class, and the words little: all models end between 25 and 40 %.",),
    ),
)
