"""A trained model asked why: what it says of some nodes as a function of their edges and features.

Edges act as PyG's masks do: an edge of weight w passes on w times its message, with the degrees of the whole graph (*masked*).
Features are asked about where they are: an absent word of a bag of words has no value to change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy.sparse import csr_matrix, issparse
from torch import Tensor

from core.computation_graph import ComputationGraph, computation_graph, union
from core.cuts import Cuts, masked
from core.data import Bools, Floats, GraphData, Ints
from core.errors import UserError
from core.masked import MaskedEdges, WeightedMatrix
from core.models.contract import model, reach
from core.rebuilt import CPU, module_of
from core.run import Run
from core.sparse import Features, dense, features_from_scipy
from core.versions import code_versions

MOST_NUMBERS = 8_000_000
"""Numbers in what is asked at once; a gradient holds them several times."""
WIDTH = 64
"""Numbers that a model may hold for each node, as a guess."""
COPIES = 4
"""Blocks of several copies that are kept at hand."""
KEPT = 20_000_000
"""Numbers in the computation graphs that are kept at hand."""


class Subject:
    """The model of a run, and the graph that it is asked about.

    A copy of its own: explainers leave marks on what they explain. Raises `UserError` for a run of older code, of which
    today's code would explain something else, and for one without weights.
    """

    def __init__(self, run: Run, graph: GraphData) -> None:
        if not run.weights:
            raise UserError("The run was read without its weights, which an explanation needs.")
        if dict(run.code) != code_versions(run.spec):
            raise UserError("The run was made by older code of its model; train it again to explain it.")
        self.spec, self.graph = run.spec, graph
        self.module = module_of(run.spec, graph, run.weights).requires_grad_(False)
        self.predicted: Ints = run.predictions
        self._parts, self._held = dict[int, ComputationGraph](), 0
        self.reach = reach(run.spec.model.name, dict(run.spec.model.parameters))
        """Hops that a node sees; None: all."""
        self.alone = self.reach is None
        """Whether the model looks at all nodes at once, so that nothing may lie beside its graph."""

    @property
    def weighs_messages(self) -> bool:
        return model(self.spec.model.name).weighs_messages

    @property
    def uses_edges(self) -> bool:
        return model(self.spec.model.name).uses_edges

    @property
    def uses_features(self) -> bool:
        return model(self.spec.model.name).uses_features

    def cuts(self, node: int) -> Cuts:
        """The same model, asked about a node where edges are gone."""
        return Cuts(self.module, self.part(node))

    def targets(self, nodes: Sequence[int], target: ArrayLike | None = None) -> Ints:
        """The class to explain of each node: those given, one for all or one for each, by default the predicted ones."""
        check_nodes(self.graph, nodes)
        if target is None:
            return self.predicted[np.asarray(nodes, dtype=np.int64)]
        given = np.broadcast_to(np.asarray(target, dtype=np.int64), (len(nodes),))
        wrong = given[(given < 0) | (given >= self.graph.num_classes)]
        if len(wrong):
            raise UserError(f"There is no class {wrong[0]}; {self.graph.name} has the classes 0 to {self.graph.num_classes - 1}.")
        return np.array(given)

    def blocks(self, nodes: Sequence[int]) -> Iterator[tuple[slice, Block]]:
        """All nodes, as many at once as fit: where they are in `nodes`, and their computation graphs side by side."""
        parts: list[ComputationGraph] = []
        room = MOST_NUMBERS
        for number, node in enumerate(nodes):
            part = self.part(node)
            if parts and (self.alone or self._numbers(part) > room):
                yield slice(number - len(parts), number), Block(self, parts)
                parts, room = [], MOST_NUMBERS
            parts, room = [*parts, part], room - self._numbers(part)
        if parts:
            yield slice(len(nodes) - len(parts), len(nodes)), Block(self, parts)

    def part(self, node: int) -> ComputationGraph:
        """The computation graph of a node; the last ones are kept while they are small."""
        if node not in self._parts:
            self._parts[node] = computation_graph(self.graph, node, self.spec)
            self._held += self._numbers(self._parts[node])
            while len(self._parts) > 1 and self._held > KEPT:
                self._held -= self._numbers(self._parts.pop(next(iter(self._parts))))
        return self._parts[node]

    def _numbers(self, part: ComputationGraph) -> int:
        features = part.graph.features
        stored = features.nnz if isinstance(features, csr_matrix) and self.weighs_messages else int(np.prod(features.shape))
        return len(part.nodes) * WIDTH + stored


def check_nodes(graph: GraphData, nodes: Sequence[int]) -> None:
    """Raises `UserError` for a node that is not there."""
    for node in nodes:
        if not 0 <= node < graph.num_nodes:
            raise UserError(f"There is no node {node}. {graph.name} has nodes 0 to {graph.num_nodes - 1:,}.")


class Block:
    """Computation graphs side by side, so that one call answers for all their nodes.

    What can be asked about are *weights* [num_pairs], one for each edge of the parts, part after part, 1 as it is; and the
    features' *values*: of dense features all of them [n, num_features], of sparse ones those that are stored [num_stored].
    """

    def __init__(self, subject: Subject, parts: Sequence[ComputationGraph]) -> None:
        self.parts, self.joined, self.module, self._subject = parts, union(parts), subject.module, subject
        # nodes beyond the model's reach are there for degrees only, which masks leave as they are
        fast = subject.weighs_messages
        inner = self.joined.hop >= 0 if fast and not subject.alone else np.ones(len(self.joined.nodes), dtype=bool)
        self._sizes = [int(inner[rows].sum()) for rows in _slices([len(part.nodes) for part in parts])]
        features, place = self.joined.graph.features[inner], np.cumsum(inner) - 1
        self._targets = torch.from_numpy(place[self.joined.targets])
        self._pattern = features_from_scipy(features, CPU) if isinstance(features, csr_matrix) else None
        self.values = self._pattern.forward.values() if self._pattern else torch.from_numpy(np.asarray(features, dtype=np.float32))
        row = self._pattern.rows if self._pattern else torch.arange(len(self.values))
        self._owner = torch.repeat_interleave(torch.tensor(self._sizes))[row]
        """Which node's part the rows, or stored values, belong to."""
        self._edges = MaskedEdges(self.joined, inner, inner & self._receives) if fast else StoredEdges(self.joined)
        self._copies: dict[int, Block] = {1: self}

    @property
    def asked(self) -> list[int]:
        """The nodes, by their ids in the whole graph."""
        return [int(node) for node in self.joined.nodes[self.joined.targets]]

    @property
    def num_pairs(self) -> int:
        return self.joined.num_pairs

    @property
    def num_nodes(self) -> int:
        """Of the whole graph."""
        return self._subject.graph.num_nodes

    @property
    def pair_owner(self) -> Tensor:
        """[num_pairs] which of the nodes that are asked about an edge belongs to."""
        return torch.repeat_interleave(torch.tensor([part.num_pairs for part in self.parts]))

    @property
    def messages(self) -> Tensor:
        """[num_pairs] how many of a pair's stored edges carry a message that can reach the node: not those into its outermost ring."""
        part = self.joined
        counts = (part.pair_of >= 0) & self._receives[part.graph.edge_index[1]]
        return torch.from_numpy(np.bincount(part.pair_of[counts], minlength=part.num_pairs)).float()

    @property
    def _receives(self) -> Bools:
        """[n] the nodes whose messages can still reach those that are asked about: all within reach but the outermost ring."""
        hop, hops = self.joined.hop, self._subject.reach
        return np.asarray((hop >= 0) & (hop < (len(hop) if hops is None else hops)))

    @property
    def room(self) -> int:
        """How many copies of it may be asked about at once."""
        return 1 if self._subject.alone else max(1, MOST_NUMBERS // (sum(self._sizes) * WIDTH + self.values.numel()))

    def whole(self) -> Tensor:
        """Weights with which everything is as it is."""
        return torch.ones(self.num_pairs)

    def logits(self, values: Tensor, weights: Tensor) -> Tensor:
        """[num_nodes_asked, num_classes]; differentiable in both."""
        x: Features = WeightedMatrix(self._pattern, values) if self._pattern else values
        if isinstance(self._edges, MaskedEdges):
            out = self.module(x, self._edges.weighted(weights))
        else:
            with masked(self.module, self._edges.stored(weights), self._edges.edge_index):
                out = self.module(dense(x), self._edges.edge_index)
        found: Tensor = out.index_select(0, self._targets)
        return found

    def scores(self, values: Tensor, weights: Tensor, targets: Ints) -> Tensor:
        """[num_nodes_asked] logit of each node's class."""
        return self.logits(values, weights).gather(1, torch.from_numpy(targets)[:, None])[:, 0]

    def times(self, count: int) -> Block:
        """So many copies side by side; the last few are at hand."""
        if count not in self._copies:
            if len(self._copies) > COPIES:
                self._copies.pop(next(number for number in self._copies if number > 1))
            self._copies[count] = Block(self._subject, [*self.parts] * count)
        return self._copies[count]

    def scaled(self, masks: Tensor) -> Tensor:
        """The features' values times masks [num_nodes_asked, num_features], one for all nodes around each that is asked about."""
        if self._pattern is None:
            return self.values * masks.index_select(0, self._owner)
        return self.values * masks.flatten().index_select(0, self._mask_of)

    @cached_property
    def _mask_of(self) -> Tensor:
        """[num_stored] which of the flattened masks a stored value is scaled by: selecting by one index costs a quarter of by two."""
        return self._owner * self.joined.graph.num_features + self.columns

    @property
    def columns(self) -> Tensor:
        """The feature that each value belongs to, of the values' shape."""
        if self._pattern:
            return self._pattern.forward.col_indices().long()
        return torch.arange(self.values.shape[1]).expand(self.values.shape)

    def per_feature(self, values: Tensor) -> Tensor:
        """[num_nodes_asked, num_features] what belongs to each feature; the same on all nodes around one that is asked about."""
        found = values.new_zeros(len(self.parts), self.joined.graph.num_features)
        owner = self._owner if self._pattern else self._owner[:, None].expand(self.values.shape)
        return found.index_put((owner, self.columns), values)

    def by_pair(self, weights: Tensor) -> list[Floats]:
        """What belongs to the weights, node by node: [num_pairs] each."""
        return [one.numpy() for one in weights.detach().float().split([part.num_pairs for part in self.parts])]

    def by_feature(self, values: Tensor) -> list[Floats | csr_matrix]:
        """What belongs to the features' values, node by node: [n, num_features] each, sparse as the features are."""
        found, rows = values.detach().float().numpy(), _slices(self._sizes)
        if self._pattern:
            pattern = self._pattern.forward
            every = csr_matrix((found, pattern.col_indices().numpy(), pattern.crow_indices().numpy()), shape=self._pattern.shape)
            inner: list[Floats | csr_matrix] = [every[own] for own in rows]
        else:
            inner = [found[own] for own in rows]
        return [_spread(own, part) for own, part in zip(inner, self.parts, strict=True)]


class StoredEdges:
    """Edges as PyG's message passing masks them, for models whose messages are not made by prepared matrices."""

    def __init__(self, part: ComputationGraph) -> None:
        pair_of = torch.from_numpy(part.pair_of)
        # where a layer adds loops of its own, PyG takes the mask for one of the entries without loops: they come first
        order = torch.argsort((pair_of < 0).long(), stable=True)
        self.edge_index, self.pair_of = torch.from_numpy(part.graph.edge_index)[:, order], pair_of[order]

    def stored(self, weights: Tensor) -> Tensor:
        """[num_stored] the weight of each stored edge, 1 for loops."""
        return torch.cat([weights, weights.new_ones(1)])[self.pair_of]


def _slices(sizes: Sequence[int]) -> list[slice]:
    ends = np.cumsum([0, *sizes]).tolist()
    return [slice(start, end) for start, end in pairwise(ends)]


def _spread(inner: Floats | csr_matrix, part: ComputationGraph) -> Floats | csr_matrix:
    """Rows of the nodes within reach as rows of all nodes of a part."""
    if inner.shape[0] == len(part.nodes):
        return inner
    rows = np.flatnonzero(part.hop >= 0)
    if issparse(inner):
        spread = csr_matrix((np.ones(len(rows), np.float32), (rows, np.arange(len(rows)))), shape=(len(part.nodes), len(rows)))
        return csr_matrix(spread @ inner)
    every = np.zeros((len(part.nodes), inner.shape[1]), dtype=np.float32)
    every[rows] = inner
    return every
