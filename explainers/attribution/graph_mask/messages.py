"""The messages that PyG's layers pass in a block of computation graphs: what they are, and what the model says of others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch_geometric.nn import MessagePassing

from core.cuts import masked
from core.data import dense_rows
from core.explained import Block, StoredEdges, Subject
from core.models.contract import Shape, build, model
from core.spec import RunSpec

Change = Callable[[int, Tensor, Tensor, Tensor], Tensor]
"""(number of the call, states of the links' sources, of their targets, messages), each [num_links, …] → other messages."""


class Messages:
    """A block's model, call by call: a *call* is one round of messages, and most layers make one.

    Only messages along stored links can be changed; those of loops stay. `used` names for each call the links whose message
    can still come to the asked node in the calls left; `inputs` holds for them [num_used, width] the states of both ends, as
    the layer hands them to its messages, and the message, all where nothing is changed.
    """

    def __init__(self, subject: Subject, block: Block) -> None:
        self._module, self._stored = block.module, StoredEdges(block.joined)
        self._x = torch.from_numpy(dense_rows(block.joined.graph.features))
        self._targets = torch.from_numpy(block.joined.targets)
        self.num_nodes = len(block.parts)
        self.pair_of = self._stored.pair_of[self._stored.pair_of >= 0]
        """[num_links] the pair of each stored link."""
        self.owner = torch.repeat_interleave(torch.tensor([part.num_pairs for part in block.parts]))[self.pair_of]
        """[num_links] which of the nodes each is there for."""
        seen: list[tuple[Tensor, ...]] = []

        def keep(_: int, *found: Tensor) -> Tensor:
            seen.append(found)
            return found[-1]

        with torch.no_grad():
            logits = self.logits(keep)
        self.expected = logits.log_softmax(dim=1)
        """[num_nodes_asked, num_classes] log-probabilities where nothing is changed."""
        self.shapes = [tuple(found[-1].shape[1:]) for found in seen]
        """Of a message of each call."""
        self.used = self._used(subject, block, len(seen))
        self.inputs = [[one.flatten(1)[kept] for one in found] for found, kept in zip(seen, self.used, strict=True)]

    def logits(self, change: Change) -> Tensor:
        """[num_nodes_asked, num_classes] where the messages along links are what `change` makes of them."""
        edges, weights = self._stored.edge_index, torch.ones(self._stored.edge_index.shape[1])
        with masked(self._module, weights, edges), changed(self._module, len(self.pair_of), change):
            out: Tensor = self._module(self._x, edges)
        return out[self._targets]

    def _used(self, subject: Subject, block: Block, calls: int) -> list[Tensor]:
        hop = torch.from_numpy(block.joined.hop)
        source, target = hop[self._stored.edge_index[:, : len(self.pair_of)]]
        inside = (source >= 0) & (target >= 0)
        hops = subject.reach
        if hops is None:
            return [torch.arange(len(self.pair_of))] * calls
        # calls that are not one hop each may run side by side, so that nothing is known of which come later
        left = [calls - 1 - call if hops == calls else hops - 1 for call in range(calls)]
        return [torch.nonzero(inside & (target <= most))[:, 0] for most in left]


@contextmanager
def changed(module: nn.Module, num_links: int, change: Change) -> Iterator[None]:
    """Within, the first `num_links` messages of each call are what `change` makes of them; loops come behind them."""
    ends: list[tuple[Tensor, Tensor]] = []

    def before(_: MessagePassing, inputs: tuple[Tensor, Any, dict[str, Any]]) -> None:
        edge_index, _size, given = inputs
        x = given["x"] if isinstance(given["x"], tuple) else (given["x"], None)
        source, target = edge_index[:, :num_links]
        ends.append((x[0][source], (x[0] if x[1] is None else x[1])[target]))

    def after(_: MessagePassing, _inputs: Any, out: Tensor) -> Tensor:
        return torch.cat([change(len(ends) - 1, *ends[-1], out[:num_links]), out[num_links:]])

    layers = [layer for layer in module.modules() if isinstance(layer, MessagePassing)]
    handles = [layer.register_propagate_forward_pre_hook(before) for layer in layers]
    handles += [layer.register_message_forward_hook(after) for layer in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def without_messages(spec: RunSpec) -> str:
    """Why a model has no messages to gate; empty if it has. A model that looks at no edge has none to score either, and is let through."""
    unit = model(spec.model.name)
    with torch.device("meta"):
        module = build(spec.model.name, Shape(1, 2, 2), dict(spec.model.parameters))
    if not unit.uses_edges or any(isinstance(part, MessagePassing) for part in module.modules()):
        return ""
    return f"This method gates the messages of PyG's layers, and {unit.title} has none. Take GCN, GAT or GraphSAGE, or another method."
