"""Shopping and co-author graphs without fixed splits (Shchur et al. 2018)."""

from __future__ import annotations

from core.datasets.contract import Dataset
from core.datasets.public import ROW_NORMALISED, Form, public, through_pyg
from core.datasets.pyg import Recipe

NO_SPLIT = "There is no fixed split; the paper's protocol is per_class, redrawn many times."


def _bought(name: str, question: str, expected: tuple[int, int, int], class_names: tuple[str, ...], size: str) -> Dataset:
    pyg_name = name.capitalize()
    recipe = Recipe(f"Amazon {pyg_name}", "Amazon", f"Amazon/{pyg_name}/raw", {"name": pyg_name}, expected)
    return public(
        Form(name, class_names),
        through_pyg(recipe),
        title=f"Amazon {pyg_name}",
        question=question,
        family="Bought together",
        parameters=(ROW_NORMALISED,),
        size=size,
        source="Shchur et al. 2018, Pitfalls of Graph Neural Network Evaluation, after McAuley et al. 2015, through PyG's Amazon; "
        "links are goods often bought together, words of reviews count as present or absent.",
        licence="MIT (the gnn-benchmark repository)",
        flaws=(NO_SPLIT,),
    )


def _coauthors(name: str, pyg_name: str, question: str, expected: tuple[int, int, int], class_names: tuple[str, ...], size: str) -> Dataset:
    recipe = Recipe(f"Coauthor {pyg_name}", "Coauthor", f"Coauthor/{pyg_name}/raw", {"name": pyg_name}, expected)
    return public(
        Form(name, class_names),
        through_pyg(recipe),
        title=f"Coauthor {pyg_name}",
        question=question,
        family="Co-authors",
        parameters=(ROW_NORMALISED,),
        size=size,
        source="Shchur et al. 2018, Pitfalls of Graph Neural Network Evaluation, through PyG's Coauthor; "
        "links are joint papers in the Microsoft Academic Graph, keywords count as present or absent.",
        licence="MIT (the gnn-benchmark repository)",
        flaws=(NO_SPLIT,),
    )


PHOTO = (
    "Film Photography",
    "Digital Cameras",
    "Binoculars & Scopes",
    "Lenses",
    "Tripods & Monopods",
    "Video Surveillance",
    "Lighting & Studio",
    "Flashes",
)
COMPUTERS = (
    "Desktops",
    "Data Storage",
    "Laptops",
    "Monitors",
    "Computer Components",
    "Video Projectors",
    "Routers",
    "Tablets",
    "Networking Products",
    "Webcams",
)
CS = (
    "bioinformatics",
    "machine learning",
    "computer vision",
    "NLP",
    "graphics",
    "networks",
    "security",
    "databases",
    "data mining",
    "game theory",
    "HCI",
    "information theory",
    "medical informatics",
    "robotics",
    "theoretical CS",
)
PHYSICS = ("Phys. Rev. D", "Phys. Rev. A", "Phys. Rev. B", "Phys. Rev. C", "Phys. Rev. E")

DATASETS = (
    _bought("photo", "Goods bought together: eight kinds of photo equipment.", (7650, 238162, 745), PHOTO, "7,650 nodes, 119,081 edges"),
    _bought(
        "computers", "Goods bought together: ten kinds of computer parts.", (13752, 491722, 767), COMPUTERS, "13,752 nodes, 245,861 edges"
    ),
    _coauthors(
        "cs", "CS", "Who writes with whom in computer science: fifteen fields.", (18333, 163788, 6805), CS, "18,333 nodes, 81,894 edges"
    ),
    _coauthors(
        "physics",
        "Physics",
        "Who writes with whom in physics: five fields, a large easy graph.",
        (34493, 495924, 8415),
        PHYSICS,
        "34,493 nodes, 247,962 edges",
    ),
)
