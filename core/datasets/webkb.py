"""University web pages: tiny graphs on which neighbours mislead (Pei et al. 2020)."""

from __future__ import annotations

from core.datasets.contract import Dataset
from core.datasets.public import DIRECTION, GEOM_GCN, ROW_NORMALISED, TEN, Form, numbered, public, through_pyg
from core.datasets.pyg import Recipe

TINY = "183 to 251 nodes: a test set holds 37 to 51 nodes, so that one node is 2 to 3 points."
TEXAS_SIZES = (33, 1, 18, 101, 30)


def _pages(recipe: Recipe, name: str, question: str, size: str, stored: str, flaws: tuple[str, ...] = ()) -> Dataset:
    return public(
        Form(name, numbered(5), TEN),
        through_pyg(recipe),
        title=recipe.title,
        question=question,
        family="Web pages",
        parameters=(ROW_NORMALISED, DIRECTION),
        size=size,
        source=f"Pages of the CMU WebKB project, as prepared by Pei et al. 2020, through PyG's WebKB; stored as {stored}; {GEOM_GCN}. "
        "Classes are student, project, course, staff and faculty; the files do not say which number is which.",
        licence="none stated",
        flaws=(TINY, *flaws),
    )


def _recipe(title: str, expected: tuple[int, int, int], class_sizes: tuple[int, ...]) -> Recipe:
    return Recipe(title, "WebKB", f"WebKB/{title.lower()}/raw", {"name": title}, expected, class_sizes)


CORRECTED = Recipe(
    "Cornell (corrected)",
    "WebKB",
    "WebKB_corrected/cornell/raw",
    {"name": "Cornell"},
    (183, 298, 1703),
    (38, 16, 30, 82, 17),
    "https://raw.githubusercontent.com/LspongebobJH/geom-gcn/HEAD",
)

DATASETS = (
    _pages(
        _recipe("Texas", (183, 325, 1703), TEXAS_SIZES),
        "texas",
        "Pages link to pages of other kinds: does a plain MLP win?",
        "183 nodes, 279 edges",
        "325 one-way links, 16 of them self-loops",
        ("One class has a single node.",),
    ),
    _pages(
        _recipe("Wisconsin", (251, 515, 1703), (10, 70, 118, 32, 21)),
        "wisconsin",
        "Pages link to pages of other kinds: does a plain MLP win?",
        "251 nodes, 450 edges",
        "515 one-way links, 16 of them self-loops",
    ),
    _pages(
        _recipe("Cornell", (183, 298, 1703), TEXAS_SIZES),
        "cornell",
        "A mixed-up benchmark: Cornell's links with the words and classes of Texas.",
        "183 nodes, 277 edges",
        "298 one-way links, 3 of them self-loops",
        (
            "The public file of Cornell's features and labels is that of Texas, byte for byte, so that links and labels have nothing "
            "to do with each other: numbers on it mean little. Use cornell_corrected.",
            "One class has a single node.",
        ),
    ),
    _pages(
        CORRECTED,
        "cornell_corrected",
        "Pages link to pages of other kinds: Cornell as it was meant.",
        "183 nodes, 277 edges",
        "298 one-way links, 3 of them self-loops",
        (
            "Not the file that most papers used, so that numbers do not compare with theirs. Checked: features, labels and links "
            "equal those of the heterophilous-graphs repository's cornell.npz but for self-loops.",
        ),
    ),
)
