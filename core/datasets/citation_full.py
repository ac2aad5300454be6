"""Larger citation graphs without fixed splits (Bojchevski & Günnemann 2018)."""

from __future__ import annotations

from core.datasets.contract import Dataset
from core.datasets.public import DIRECTION, ROW_NORMALISED, Form, numbered, public, through_pyg
from core.datasets.pyg import Recipe


def _citations(
    name: str, title: str, pyg_name: str, question: str, expected: tuple[int, int, int], classes: int, size: str, stored: str
) -> Dataset:
    recipe = Recipe(title, "CitationFull", f"CitationFull/{pyg_name}/raw", {"name": pyg_name, "to_undirected": False}, expected)
    return public(
        Form(name, numbered(classes)),
        through_pyg(recipe),
        title=title,
        question=question,
        family="Citations",
        parameters=(ROW_NORMALISED, DIRECTION),
        size=size,
        source=f"Bojchevski & Günnemann 2018, Graph2Gauss, through PyG's CitationFull; {stored}; words counted as present or absent.",
        licence="MIT (the graph2gauss repository)",
        flaws=("There is no fixed split: only numbers from the same random split compare.",),
    )


DATASETS = (
    _citations(
        "cora_ml",
        "Cora ML",
        "cora_ml",
        "The machine-learning part of the full Cora: does a result on Cora carry over?",
        (2995, 8416, 2879),
        7,
        "2,995 nodes, 8,158 edges",
        "stored as 8,416 one-way citations",
    ),
    _citations(
        "dblp",
        "DBLP",
        "dblp",
        "17,716 papers of four fields: a citation graph of middle size.",
        (17716, 105734, 1639),
        4,
        "17,716 nodes, 52,867 edges",
        "stored in both directions",
    ),
    _citations(
        "citeseer_full",
        "CiteSeer (full)",
        "citeseer",
        "Nearly every link stays within a class: is there anything left to learn?",
        (4230, 5358, 602),
        6,
        "4,230 nodes, 5,337 edges",
        "stored as 5,358 one-way citations",
    ),
)
