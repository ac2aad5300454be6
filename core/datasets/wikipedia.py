"""Wikipedia pages on chameleons and squirrels, with and without the duplicates that leak (Platonov et al. 2023)."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from functools import partial

import numpy as np

from core.datasets.arrays import Arrays
from core.datasets.contract import Dataset, Report
from core.datasets.files import damaged, fetched, reason_of
from core.datasets.public import DIRECTION, GEOM_GCN, RAW, TEN, Form, public, through_pyg
from core.datasets.pyg import Recipe
from core.home import data_root
from core.parameters import Value

ADDRESS = "https://github.com/yandex-research/heterophilous-graphs/raw/main/data"
TRAFFIC = ("least traffic", "little traffic", "middle traffic", "much traffic", "most traffic")


def filtered(name: str, expected: tuple[int, int], values: Mapping[str, Value], report: Report) -> Arrays:
    """Arrays of a filtered graph, of its own file for links as stored. Raises `UserError`.

    `expected`: nodes and features. The files hold plain arrays: features [nodes, dim], labels [nodes], edges [E, 2], masks [10, nodes].
    """
    file = f"{name}_directed.npz" if values["direction"] == "stored" else f"{name}.npz"
    folder = data_root() / "extra_npz"
    path = fetched(file, f"{ADDRESS}/{file}", folder / file, report)
    try:
        with np.load(path, allow_pickle=False) as found:
            masks = np.stack([found[f"{part}_masks"] for part in ("train", "val", "test")])
            arrays = Arrays.of(found["node_features"], found["edges"].T, found["node_labels"], masks)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise damaged(file, folder, reason_of(error)) from error
    if arrays.features.shape != expected:
        raise damaged(file, folder, f"{arrays.features.shape} nodes and features where there should be {expected}")
    return arrays


def _pages(name: str, expected: tuple[int, int, int], size: str, stored: str, leak: str) -> Dataset:
    recipe = Recipe(name.capitalize(), "WikipediaNetwork", f"WikipediaNetwork/{name}/geom_gcn/raw", {"name": name}, expected)
    return public(
        Form(name, TRAFFIC, TEN),
        through_pyg(recipe),
        title=recipe.title,
        question="A popular heterophily benchmark with duplicated nodes: how much of the score is the leak?",
        family="Wikipedia",
        parameters=(RAW, DIRECTION),
        size=size,
        source="Rozemberczki et al. 2021 (MUSAE), as prepared by Pei et al. 2020, through PyG's WikipediaNetwork; "
        f"{stored}; {GEOM_GCN}. Features are nouns on the page, classes five bands of monthly traffic.",
        licence="none stated for the preparation; MUSAE is GPL-3.0",
        flaws=(f"Duplicates leak from training to test: {leak}. Use {name}_filtered to measure.",),
    )


def _filtered_pages(name: str, expected: tuple[int, int], size: str, stored: str, before: str) -> Dataset:
    return public(
        Form(f"{name}_filtered", TRAFFIC, TEN),
        partial(filtered, f"{name}_filtered", expected),
        title=f"{name.capitalize()} (filtered)",
        question="The heterophily benchmark without its duplicates: does the ranking hold?",
        family="Wikipedia",
        parameters=(RAW, DIRECTION),
        size=size,
        source="Platonov et al. 2023, A Critical Look at the Evaluation of GNNs under Heterophily (repository heterophilous-graphs); "
        f"{stored}; ten splits of 48/32/20 %.",
        licence="MIT",
        flaws=(
            f"Small: {expected[0]:,} of the {before} nodes are left after duplicates were removed; scores vary a lot from split to split.",
        ),
    )


# Counted on the links as stored; a test counts again.
CHAMELEON_TWINS = (
    "1,830 of the nodes link to exactly the same pages as another node of their class, "
    "and 305 of split 0's 456 test nodes have such a twin among the training nodes"
)
SQUIRREL_TWINS = (
    "4,134 of the nodes link to exactly the same pages as another node of their class, "
    "and 650 of split 0's 1,041 test nodes have such a twin among the training nodes"
)

DATASETS = (
    _pages(
        "chameleon",
        (2277, 36101, 2325),
        "2,277 nodes, 31,371 edges",
        "stored as 36,101 one-way links, 50 of them self-loops",
        CHAMELEON_TWINS,
    ),
    _pages(
        "squirrel",
        (5201, 217073, 2089),
        "5,201 nodes, 198,353 edges",
        "stored as 217,073 one-way links, 140 of them self-loops",
        SQUIRREL_TWINS,
    ),
    _filtered_pages("chameleon", (890, 2325), "890 nodes, 8,854 edges", "stored as 13,584 one-way links in a file of its own", "2,277"),
    _filtered_pages("squirrel", (2223, 2089), "2,223 nodes, 46,998 edges", "stored as 65,718 one-way links in a file of its own", "5,201"),
)
