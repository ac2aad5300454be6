"""A real graph with edges added between classes: a node of class c gets neighbours of classes that c decides, or of any other class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core import memory
from core.data import GraphData, Ints
from core.datasets import citation_full, digits, karate, planetoid, shchur
from core.datasets.contract import Dataset, Report
from core.datasets.edges import ordered
from core.datasets.public import TEN
from core.errors import UserError
from core.parameters import Choice, Integer, Real, Value, resolve

Reals = NDArray[np.float64]

BASES: dict[str, Dataset] = {unit.name: unit for module in (planetoid, citation_full, shchur, digits, karate) for unit in module.DATASETS}
"""Graphs that can be changed, each with its own default settings: those whose links are mostly within classes. Imported by name, so that
the version of this dataset follows their code."""

FIRST = 4096
"""Draws of the first round; each further round has twice as many, however many edges are wanted."""


def load(values: Mapping[str, Value], report: Report) -> GraphData:
    """The base graph with its added edges. Raises `UserError` as `added_edges`, and where the base cannot be had."""
    unit = BASES[str(values["base"])]
    graph = unit.load(resolve(unit.parameters, {}, f"dataset {unit.name}"), report)
    number = number_added(len(graph.undirected_edges), float(values["added"]))
    new = added_edges(graph, number, float(values["gamma"]), np.random.default_rng(int(values["seed"])))
    both = np.concatenate([graph.edge_index, new, new[::-1]], axis=1)
    return replace(graph, name="surgery", edge_index=ordered(both, graph.num_nodes))


def number_added(edges: int, added: float) -> int:
    """Edges that are added to a graph of so many, `added` for each of its own."""
    return round(added * edges)


def homophily_after(homophily: float, edges: int, new: int) -> float:
    """Edge homophily of a graph of labelled nodes after so many edges between classes were added to it."""
    return homophily * edges / (edges + new)


def class_shares(classes: int, gamma: float) -> Reals:
    """[classes, classes]: where an added edge at a node of class c goes. Half to c − 1 and half to c + 1 (mod C), or with probability
    `gamma` to any other class alike. Raises `UserError` for one class, and for four where `gamma` is 0."""
    if classes < 2:
        raise UserError("All nodes are of one class, so that there is no other class to add edges to; take a graph of 2 or more classes.")
    if classes == 4 and gamma == 0:
        raise UserError(
            "With 4 classes the added edges are degenerate: classes c and c + 2 get the same neighbours (c − 1 and c + 1), so that the "
            "added edges do not tell them apart. Take gamma above 0, where some neighbours are of any other class, or a graph with another "
            "number of classes."
        )
    own = np.eye(classes)
    beside = (np.roll(own, 1, axis=1) + np.roll(own, -1, axis=1)) / 2
    return (1 - gamma) * beside + gamma * (1 - own) / (classes - 1)


def added_edges(graph: GraphData, number: int, gamma: float, random: np.random.Generator) -> Ints:
    """[2, number] new edges between labelled nodes of different classes, none of them twice and none that is there.

    One end is a labelled node, each as likely; its class decides that of the other (`class_shares`), of which each node is as likely
    (Ma et al. 2022, algorithm 1; draws of an edge that is there are drawn again). Fewer edges are the first of more. Raises `UserError`
    for more than half of the pairs that two classes have, beyond which the classes would no longer be those asked for.
    """
    classes = graph.num_classes
    nodes = np.flatnonzero(graph.labels >= 0)
    sizes = np.bincount(graph.labels[nodes], minlength=classes)
    shares = class_shares(classes, gamma)
    _check_room(graph, number, shares, sizes)
    members = nodes[np.argsort(graph.labels[nodes], kind="stable")]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    known = np.unique(_keys(graph.edge_index[0], graph.edge_index[1], graph.num_nodes))
    found, missing, draws = [np.empty((2, 0), dtype=np.int64)], number, FIRST
    while missing > 0:
        one = random.choice(nodes, draws)
        own = graph.labels[one]
        step = np.where(random.random(draws) < gamma, random.integers(1, classes, draws), random.choice([1, classes - 1], draws))
        theirs = (own + step) % classes
        other = members[starts[theirs] + (random.random(draws) * sizes[theirs]).astype(np.int64)]
        keys = _keys(one, other, graph.num_nodes)
        first = np.zeros(draws, dtype=bool)
        first[np.unique(keys, return_index=True)[1]] = True
        new = np.flatnonzero(first & ~np.isin(keys, known))[:missing]
        found.append(np.stack([one[new], other[new]]))
        known = np.union1d(known, keys[new])
        missing, draws = missing - len(new), draws * 2
    return np.concatenate(found, axis=1)


def _check_room(graph: GraphData, number: int, shares: Reals, sizes: Ints) -> None:
    empty = [graph.class_names[k] for k in np.flatnonzero(sizes == 0)]
    if empty:
        raise UserError(f"No labelled node is of class {empty[0][:40]}, so that no edge can be added to it; take another graph.")
    memory.require(number * 300, f"Adding {number:,} edges", "Fewer added edges would fit.")
    ends = graph.labels[graph.undirected_edges]
    there = np.zeros(shares.shape)
    known = ends[(ends >= 0).all(axis=1)]
    np.add.at(there, (known[:, 0], known[:, 1]), 1)
    room = np.outer(sizes, sizes) - there - there.T
    wanted = sizes[:, None] / sizes.sum() * shares
    wanted = wanted + wanted.T
    asked = np.triu(wanted, 1) > 0
    most = int((room[asked] / wanted[asked]).min() / 2)
    if number > most:
        edges = len(graph.undirected_edges)
        raise UserError(
            f"{number:,} added edges would take more than half of the pairs between two of these classes, which leaves no chance in who is "
            f"linked; the most here is {most:,}, that is added = {np.floor(100 * most / max(edges, 1)) / 100:g}."
        )


def _keys(one: Ints, other: Ints, num_nodes: int) -> Ints:
    """A number for each pair, whatever its direction."""
    keys: Ints = np.minimum(one, other) * num_nodes + np.maximum(one, other)
    return keys


DATASETS = (
    Dataset(
        name="surgery",
        title="Edge surgery",
        question="Do neighbours of other classes hurt, if it is always the same other classes?",
        family="Generated from others",
        load=load,
        parameters=(
            Choice("base", "Graph", "cora", tuple((name, unit.title) for name, unit in BASES.items()), help="The graph that is changed."),
            Real("added", "Added edges", 1.0, 0.0, 50.0, step=0.25, unit="per edge", help="Between classes, for each edge of the graph."),
            Real(
                "gamma",
                "Noise γ",
                0.0,
                0.0,
                1.0,
                step=0.1,
                help="How often an added edge goes to any other class, not to those beside its own.",
            ),
            Integer("seed", "Surgery seed", 0, 0, 2**31 - 1, help="Draws the added edges; not the split, not the training."),
        ),
        splits=("public", *TEN),
        default_split="public",
        size="as the graph, with edges added",
        source="Ma et al., Is homophily a necessity for graph neural networks?, ICLR 2022, algorithm 1; the graph as its own entry says",
        licence="as the graph's own",
        flaws=(
            "Added edges are drawn by the classes of both ends, test nodes included: they encode labels, less so the larger γ.",
            "It has the fixed splits that its graph has: digits and the graphs of Shchur et al. 2018 have none.",
        ),
    ),
)
