"""Put something else in the place of what a layer attends to, or of what its nodes do, at fixed weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch import Tensor, nn

from core.actions import ACTIONS, DEALT
from core.attention import Attention, Heads
from core.capture import attending, choosing

Swap = Literal["uniform", "permuted", "removed"]
SWAPS: tuple[Swap, ...] = ("uniform", "permuted", "removed")


@contextmanager
def swapped(module: nn.Module, swap: Swap, layer: int | None = None, head: int | None = None, *, seed: int = 0) -> Iterator[None]:
    """Within, a head attends in another way; None: all heads of the layer, or of all layers.

    *uniform*: every in-edge, the own loop among them, has the same weight. *permuted*: the learned weights of every node's in-edges
    are dealt out anew among these, drawn by the seed. *removed*: the head passes nothing on (Michel et al. 2019). The hooks are
    released on every way out, so the model is left as it was. Raises `IndexError` for a layer or head that is not there.
    """
    taps = attending(module)
    handles = [_hook(tap, swap, head, seed + number) for number, tap in enumerate(taps if layer is None else [taps[layer]])]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def told(module: nn.Module, action: str, layer: int | None = None, *, seed: int = 0) -> Iterator[None]:
    """Within, all nodes do the `action` in a layer, or in all layers (None), whatever they chose; `DEALT`: what others chose.

    What they choose in later layers follows from what they then see. The hooks are released on every way out, so the model is left as
    it was. Raises `IndexError` for a layer that is not there, `ValueError` for an action that is none.
    """
    if action not in (*ACTIONS, DEALT):
        raise ValueError(f"There is no action {action!r}; there are {', '.join(ACTIONS)}.")
    taps = choosing(module)
    place = None if action == DEALT else ACTIONS.index(action)

    def hook(number: int) -> Any:
        draw = torch.Generator().manual_seed(seed + number)

        def instead(_tap: nn.Module, _inputs: Any, chosen: Tensor) -> Tensor:
            if place is None:
                return chosen[torch.randperm(len(chosen), generator=draw).to(chosen.device)]
            return torch.zeros_like(chosen).index_fill_(1, torch.tensor([place], device=chosen.device), 1.0)

        return instead

    handles = [tap.register_forward_hook(hook(number)) for number, tap in enumerate(taps if layer is None else [taps[layer]])]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _hook(tap: Attention, swap: Swap, head: int | None, seed: int) -> Any:
    if swap == "removed":
        return tap.register_forward_hook(lambda _, inputs, out: _silent(out, head))

    def before(_: Attention, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        pattern, scores, *rest = inputs
        mine = (pattern.slots if head is None else pattern.slots[:, [head]]).flatten()
        return (pattern, scores.index_copy(0, mine, _changed(pattern, scores, mine, swap, seed)), *rest)

    return tap.register_forward_pre_hook(before)


def _silent(out: Tensor, head: int | None) -> Tensor:
    """The heads' sums [num_nodes, heads, channels] without one, or any."""
    kept = torch.zeros(out.shape[1], dtype=out.dtype, device=out.device)
    if head is not None:
        kept += 1
        kept[head] = 0
    return out * kept[None, :, None]


def _changed(pattern: Heads, scores: Tensor, mine: Tensor, swap: Swap, seed: int) -> Tensor:
    """What stands in the place of the scores of the entries `mine`."""
    if swap == "uniform":
        return scores.new_zeros(len(mine))
    # each node's and head's entries in random order, against the same in the order that they have
    draw = torch.rand(len(mine), generator=torch.Generator().manual_seed(seed)).to(scores.device)
    row = pattern.row.index_select(0, mine).long()
    shuffled = torch.argsort(draw)
    shuffled = shuffled[torch.argsort(row[shuffled], stable=True)]
    return scores.new_empty(len(mine)).index_copy_(0, torch.argsort(row, stable=True), scores.index_select(0, mine[shuffled]))
