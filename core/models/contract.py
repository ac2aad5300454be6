"""What a model declares, and how it is built by name. Free of torch until a model is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from core.discovery import collect
from core.errors import unknown
from core.parameters import Parameter, Value, resolve

if TYPE_CHECKING:
    from torch import nn

    from core.data import GraphData


@dataclass(frozen=True)
class Shape:
    """What a model must know of its graph."""

    num_features: int
    num_classes: int
    num_nodes: int


@dataclass(frozen=True)
class Recipe:
    """The settings of a paper, so that "paper recipe" means something checkable."""

    source: str
    """Paper, section or table, and the code it was read from."""
    model: Mapping[str, Value] = field(default_factory=dict)
    training: Mapping[str, Value] = field(default_factory=dict)


def _depth(values: Mapping[str, Value]) -> int | None:
    return int(values["depth"])


def nothing_more(_: GraphData) -> str:
    """What a model says that builds nothing beside the edges."""
    return ""


@dataclass(frozen=True)
class Model:
    """One architecture.

    `build(shape, values)` makes an untrained `nn.Module` called as `module(x, edges) -> logits
    [num_nodes, num_classes]`. Its `states`, an `nn.ModuleList` of `nn.Identity`, is passed by every
    hidden state of a layer after its activation; `core.capture` listens there. Its `first_layer` (a property) is
    the module whose weights meet the features (papers often regularise it alone). It may have more properties:
    `decay_multiples`, pairs of one of its parts and what the training's weight decay is multiplied by there (within
    `decay_scope`; the other parts count once), and `held`, the numbers a node that training holds beside what
    `core.footprint` sees in the weights' sizes. A layer that holds all pairs of nodes within some hops says so in
    `pairs_within`, a model that can count such pairs without making them in its method `pairs_of(graph)`, which refuses with a
    `UserError` where they are too many, and a layer of attention in `held_per_entry` how many numbers for each edge and
    head it holds beside those that GAT does. One whose nodes look at all nodes, linked or not, has `sees_all = True`: for
    it graphs side by side are one graph. A loss of its own beside the task's is what its method `auxiliary_loss` gives, a scalar: that of
    its last call in training mode, in whose graph it lies. Training asks for it once a step and adds it to the task's;
    the history knows nothing of it.

    A layer that weighs what surrounds a node by its distance alone has `screening`, a property: [hops + 1, heads] what one
    node at the distance 0 … hops weighs, the node itself 1; and `surroundings(edges, num_nodes)`: [hops + 1, num_nodes] how
    many nodes are so far away.

    A module whose nodes choose in every layer what they do (`has_actions`) passes the choices of each through its
    `actions`, an `nn.ModuleList` of a tap for each layer, called as `tap(chosen, policy) -> chosen`, both
    [num_nodes, 4] in the order of `core.actions.ACTIONS`: one-hot, and the probabilities they were chosen by.
    `core.capture` listens there. One whose nodes attend to a few that each layer chooses (`chooses_nodes`) passes the weights of
    each layer through a tap with `asks_chosen = True`, called as `tap(alpha, chosen, similarity) -> alpha`:
    [heads, num_nodes, m], [m] and [m].
    """

    name: str
    title: str
    question: str
    build: Callable[[Shape, Mapping[str, Value]], nn.Module]
    parameters: tuple[Parameter, ...]
    recipe: Recipe
    source: str
    equation: str
    """The layer, as LaTeX."""
    depth_counts: str
    """What the depth counts: "message-passing layers", "propagation steps" …"""
    uses_features: bool = True
    """False: the node features are replaced by the identity (one free vector per node)."""
    uses_edges: bool = True
    has_attention: bool = False
    has_actions: bool = False
    """Whether every node chooses in each layer if it listens and if it broadcasts."""
    chooses_nodes: bool = False
    """Whether all nodes attend to a few that each layer chooses out of the whole graph."""
    states_per_edge: bool = False
    """Whether training keeps a state for every edge, which decides how large a graph fits into memory."""
    reach: Callable[[Mapping[str, Value]], int | None] = _depth
    """Hops within which a node's logits find all that they are made of, against the edges' direction; None: the whole graph."""
    both_ways: bool = False
    """Whether nodes also gather along the edges' direction, from those that they point to: then hops count in either."""
    weighs_messages: bool = False
    """Whether its layers make their messages by the matrices of prepared edges, or by their attention, so that `core.masked` masks them."""
    dense_features: bool = False
    """Whether it makes dense features of its own, of sparse ones too: the same decides there."""
    announces: Callable[[GraphData], str] = nothing_more
    """What it builds of a graph beside the edges, with its size, in a few words said before it is built; `UserError` for too much."""


def models() -> dict[str, Model]:
    """All models by name."""
    return collect("core.models", "MODEL")


def model(name: str) -> Model:
    """The model of that name; `UserError` with the nearest name otherwise."""
    known = models()
    if name not in known:
        raise unknown("model", name, known)
    return known[name]


class Attends(Protocol):
    """What a model's declaration, and its card in the catalogue, say of its attention."""

    @property
    def title(self) -> str: ...
    @property
    def has_attention(self) -> bool: ...
    @property
    def weighs_messages(self) -> bool: ...


def attention_is_read(unit: Attends) -> bool:
    """Whether `core.capture` sees what a model attends to."""
    return unit.has_attention and unit.weighs_messages


def why_unread(unit: Attends) -> str:
    """What stands in the way of reading a model's attention, said of it; empty if nothing does."""
    if attention_is_read(unit):
        return ""
    return "attends in a way of its own, which is not read here so far" if unit.has_attention else "has no attention weights"


def with_read_attention(units: Mapping[str, Attends]) -> str:
    """The titles of those whose attention is read: "CoulGAT, GAT or GATv2"."""
    *some, last = (unit.title for unit in units.values() if attention_is_read(unit))
    return f"{', '.join(some)} or {last}"


def reach(name: str, values: Mapping[str, Value]) -> int | None:
    """Hops that a node of a model with these settings sees in evaluation mode; None where that is the whole graph."""
    # PairNorm centres and scales a node by all the others
    return None if values.get("normalization") == "pair" else model(name).reach(values)


def build(name: str, shape: Shape, given: Mapping[str, object]) -> nn.Module:
    """An untrained model with checked settings."""
    unit = model(name)
    return unit.build(shape, resolve(unit.parameters, given, f"model {name}"))
