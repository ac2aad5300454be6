"""Five larger graphs made to test GNNs under heterophily (Platonov et al. 2023)."""

from __future__ import annotations

from core.datasets.contract import Dataset
from core.datasets.public import TEN, Form, numbered, public, through_pyg
from core.datasets.pyg import Recipe


def _graph(
    name: str,
    question: str,
    expected: tuple[int, int, int],
    class_names: tuple[str, ...],
    size: str,
    about: str,
    flaws: tuple[str, ...] = (),
) -> Dataset:
    title = name.replace("_", "-").capitalize()
    recipe = Recipe(title, "HeterophilousGraphDataset", f"HeterophilousGraphDataset/{name}/raw", {"name": title}, expected)
    binary = len(class_names) == 2
    ranked = ("Classes are unequal in size, so that the metric is ROC-AUC, not accuracy.",) if binary else ()
    return public(
        Form(name, class_names, TEN, "roc_auc" if binary else "accuracy"),
        through_pyg(recipe),
        title=title,
        question=question,
        family="Heterophilous",
        parameters=(),
        size=size,
        source="Platonov et al. 2023, A Critical Look at the Evaluation of GNNs under Heterophily, "
        f"through PyG's HeterophilousGraphDataset; ten splits of 50/25/25 %. {about}",
        licence="MIT (the heterophilous-graphs repository)",
        flaws=(*ranked, *flaws),
    )


DATASETS = (
    _graph(
        "roman_empire",
        "Words of one article in a chain: which grammatical role?",
        (22662, 65854, 300),
        numbered(18),
        "22,662 nodes, 32,927 edges",
        "Nodes are words, links are neighbours in the text and in the syntax tree, features word vectors.",
        ("A chain of thousands of steps: no GNN of usual depth sees far.",),
    ),
    _graph(
        "amazon_ratings",
        "Goods bought together: how well are they rated?",
        (24492, 186100, 300),
        numbered(5),
        "24,492 nodes, 93,050 edges",
        "Nodes are products, features averaged word vectors of the description, classes bands of the mean rating.",
    ),
    _graph(
        "minesweeper",
        "A 100×100 field: where are the mines?",
        (10000, 78804, 7),
        ("no mine", "mine"),
        "10,000 nodes, 39,402 edges",
        "Nodes are cells linked to their eight neighbours, features the number of mines around, hidden for half of the cells.",
        ("A made-up task; features say nothing of the cell itself.",),
    ),
    _graph(
        "tolokers",
        "Who worked with whom on a crowdsourcing platform: who was banned?",
        (11758, 1038000, 10),
        ("not banned", "banned"),
        "11,758 nodes, 519,000 edges",
        "Nodes are workers, links are tasks done by both, features profile and statistics of work.",
        ("Very dense, 88 neighbours a node: most nodes are two or three hops from any other.",),
    ),
    _graph(
        "questions",
        "Who answered whose questions: who stayed active?",
        (48921, 307080, 301),
        numbered(2),
        "48,921 nodes, 153,540 edges",
        "Nodes are users of a question site, features averaged word vectors of their description.",
        ("One class holds 97 % of the nodes; 15 % of the users have no description, marked by the last feature.",),
    ),
)
