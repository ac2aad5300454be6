"""What the controls of a what-if offer: neighbours by name, edits from words, the command for the same. Free of torch."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import numpy as np

from core.catalogue import Catalogue
from core.data import GraphData
from core.edits import Edit, Edits, written
from core.errors import UserError
from core.selection import Selection
from core.selection import command as training
from explainers.nodes import node_called

DO = {
    "remove": "Remove edge",
    "add": "Add edge",
    "swap": "Swap neighbour",
    "drop": "Drop node",
    "feature": "Set feature",
    "text": "As text",
}
"""What the controls can do, and what the screen says."""


def neighbours(graph: GraphData, node: int, edits: Sequence[Edit]) -> list[int]:
    """Nodes that are linked with a node after the edits, rising; in a directed graph those with a link into it or from it."""
    source, target = graph.edge_index
    found = set(np.concatenate([target[source == node], source[target == node]]).tolist()) - {node}
    for kind, *rest in edits:
        ends = [int(word) for word in rest[:2]] if kind in ("remove", "add") else []
        if node in ends and kind == "add":
            found |= {*ends} - {node}
        elif node in ends:
            found -= {*ends}
        elif kind == "drop":
            found = set() if int(rest[0]) == node else found - {int(rest[0])}
    return sorted(found)


def named(graph: GraphData, node: int) -> str:
    """ "12 · Theory", or with its name: number, name and class."""
    words = [str(node)]
    if graph.node_names is not None and graph.node_names[node] != str(node):
        words.append(graph.node_names[node])
    label = int(graph.labels[node])
    return " · ".join([*words, graph.class_names[label] if label >= 0 else "class unknown"])


def node_in(graph: GraphData, text: str) -> int:
    """The node of that number or name. Raises `UserError` if there is none."""
    found = node_called(graph, text) if text.strip() else None
    if found is None:
        given = f"There is no node “{text.strip()[:40]}”" if text.strip() else "Name a node"
        raise UserError(f"{given}; {graph.name} has the nodes 0 to {graph.num_nodes - 1:,}.")
    return found


def link_of(graph: GraphData, node: int, other: int, kind: str) -> Edit:
    """The edit that removes or adds the link of a node with another; in a directed graph the one into it, or what there is to remove."""
    source, target = graph.edge_index
    only_out = kind == "remove" and not ((source == other) & (target == node)).any()
    first, second = (node, other) if graph.directed and only_out else (other, node)
    return (kind, str(first), str(second))


def command(selection: Selection, catalogue: Catalogue, node: int, edits: Edits, retrain: bool) -> str:
    """The headless command that gives the same numbers."""
    words = [f"--edit={written([edit])}" for edit in edits]
    return shlex.join([*_asking(selection, catalogue, node), *words, *(["--retrain"] if retrain else [])])


def search_command(selection: Selection, catalogue: Catalogue, node: int, kinds: Sequence[str], most: int) -> str:
    """The headless command that makes the same search; like that on the screen, of the graph without edits."""
    return shlex.join([*_asking(selection, catalogue, node), "--search", ",".join(kinds), "--most", str(most)])


def _asking(selection: Selection, catalogue: Catalogue, node: int) -> list[str]:
    """The words that say which model is asked, and about which node."""
    words = shlex.split(training(selection, catalogue))
    seeds = words.index("--seeds")
    return ["hopscope", "what-if", *words[2:seeds], *words[seeds + 2 :], "--node", str(node)]
