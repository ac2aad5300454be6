"""Look inside a model without changing it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn


@contextmanager
def hidden_states(module: nn.Module, *, last_only: bool = False) -> Iterator[list[Tensor]]:
    """List that the model's next call fills with its hidden states, first layer first, or with the last one.

    Each is [num_nodes, width], detached. Of layered models they are those after the activation, so at depth 1
    there is none. SGC has Âᵏ X W for k = 1 … K, of the classes' width and before the bias; APPNP has its
    perceptron's hidden ones, then the propagated scores Z¹ … Z^K, of which the last are the logits. Models with a
    linear layer of their own at the end have one state more: GCNII and ResGCN begin with that of their linear layer
    in, JK-Net ends with the one that its layers' were joined to. DAGNN has its perceptron's hidden ones, then
    Â Z … Âᴷ Z of the classes' width, then their gated sum, the logits. DGMLP has Âᵏ X W of its first layer's weights
    for k = 1 … K, then its perceptron's hidden ones, or the logits where that is one linear layer. ωGCN and ωGAT begin with
    their embedding, DeeperGCN has the normalised and activated state after each block, TIDE the state after each block,
    GRAND the states at the times 1 … T.
    The hooks are released on every way out, so the model is left as it was.
    """
    found: list[Tensor] = []
    taps = list(getattr(module, "states", ()))[-1 if last_only else 0 :]
    handles = [tap.register_forward_hook(lambda _module, _input, output: found.append(output.detach())) for tap in taps]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()
