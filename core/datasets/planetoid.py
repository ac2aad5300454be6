"""Cora, CiteSeer and PubMed as every paper knows them (Yang et al. 2016)."""

from __future__ import annotations

from core.datasets.contract import Dataset
from core.datasets.public import GEOM_GCN, ROW_NORMALISED, TEN, Form, public, through_pyg
from core.datasets.pyg import Recipe


def _citations(
    name: str,
    title: str,
    question: str,
    expected: tuple[int, int, int],
    class_names: tuple[str, ...],
    size: str,
    flaws: tuple[str, ...] = (),
) -> Dataset:
    standard = Recipe(title, "Planetoid", f"Planetoid/{title}/raw", {"name": title}, expected)
    splits = Recipe(f"{title} (ten splits)", "Planetoid", f"Planetoid/{title}/geom-gcn/raw", {"name": title, "split": "geom-gcn"}, expected)
    return public(
        Form(name, class_names, ("public", *TEN)),
        through_pyg(standard, splits),
        title=title,
        question=question,
        family="Citations",
        parameters=(ROW_NORMALISED,),
        size=size,
        source=(
            "Yang et al. 2016, Planetoid, through PyG's Planetoid; "
            f"public split of 20 training nodes a class, 500 for validation, 1,000 for testing; {GEOM_GCN}."
        ),
        licence="MIT (the Planetoid repository); none stated for the ten splits",
        flaws=("Class names follow the sizes of the original collections; the files hold numbers only.", *flaws),
    )


DATASETS = (
    _citations(
        "cora",
        "Cora",
        "2,708 machine-learning papers that cite each other: which of seven fields?",
        (2708, 10556, 1433),
        (
            "Theory",
            "Reinforcement Learning",
            "Genetic Algorithms",
            "Neural Networks",
            "Probabilistic Methods",
            "Case Based",
            "Rule Learning",
        ),
        "2,708 nodes, 5,278 edges",
        ("The ten splits cover the 2,485 nodes of the largest component only.",),
    ),
    _citations(
        "citeseer",
        "CiteSeer",
        "3,327 papers in many small pieces: what if there is nobody to ask?",
        (3327, 9104, 3703),
        ("AI", "ML", "IR", "DB", "Agents", "HCI"),
        "3,327 nodes, 4,552 edges",
        (
            "48 nodes have no link at all; 15 others have neither words nor a label: they carry class 0, in the ten splits as well.",
            "Of the ten splits, 4 and 5 cover the 2,120 nodes of the largest component only.",
        ),
    ),
    _citations(
        "pubmed",
        "PubMed",
        "19,717 diabetes papers with 60 labels: how far does a label carry?",
        (19717, 88648, 500),
        ("Diabetes, experimental", "Diabetes, type 1", "Diabetes, type 2"),
        "19,717 nodes, 44,324 edges",
    ),
)
