"""What a dataset declares, and how it is loaded by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.data import GraphData
from core.discovery import collect
from core.errors import unknown
from core.parameters import Parameter, Value, resolve

Report = Callable[[str], None]
"""Told what is going on while a dataset is fetched or made, as a short sentence."""


@dataclass(frozen=True)
class Dataset:
    """One dataset: its card, its parameters, and the function that makes the graph.

    `load(values, report)` gets every declared parameter and raises `UserError` with a remedy if the
    data cannot be had. `splits` are the names of the fixed splits; random ones always exist.
    """

    name: str
    title: str
    question: str
    """What this graph is good for, in one line."""
    family: str
    """Heading under which lists show it."""
    load: Callable[[Mapping[str, Value], Report], GraphData]
    parameters: tuple[Parameter, ...] = ()
    splits: tuple[str, ...] = ()
    default_split: str = "random"
    metric: str = "accuracy"
    """Or "roc_auc"."""
    embedded: bool = False
    """Needs no network."""
    size: str = ""
    """Nodes and undirected edges as words, before anything is loaded: "2,708 nodes, 5,278 edges"."""
    source: str = ""
    licence: str = ""
    flaws: tuple[str, ...] = ()
    """Known flaws, a sentence each."""


def datasets() -> dict[str, Dataset]:
    """All datasets by name."""
    return collect("core.datasets", "DATASETS")


def dataset(name: str) -> Dataset:
    """The dataset of that name; `UserError` with the nearest name otherwise."""
    known = datasets()
    if name not in known:
        raise unknown("dataset", name, known)
    return known[name]


def load(name: str, given: Mapping[str, object], report: Report = lambda _: None) -> GraphData:
    """The graph of a dataset, with checked parameters."""
    unit = dataset(name)
    return unit.load(resolve(unit.parameters, given, f"dataset {name}"), report)
