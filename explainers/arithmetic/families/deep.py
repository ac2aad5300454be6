"""Layers between a linear layer in and one out: ResGCN, GCNII, JK-Net, ωGCN, ωGAT and FAGCN."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from explainers.arithmetic.contract import Family, Steps
from explainers.arithmetic.families.attention import ATTENTION, gat_attention
from explainers.arithmetic.families.stack import graph_convolution
from explainers.arithmetic.result import Step
from explainers.arithmetic.terms import SYMMETRIC, After, Asked, Terms, alone, step

if TYPE_CHECKING:
    from torch import Tensor


def classified(linear: Any, state: Tensor, asked: Asked) -> Step:
    """The linear layer out: W h_v + b of the node's own state [width]."""
    return step("Classifier", asked, alone(linear.product(state[None])[0], linear.bias, "W of its last state"), of_classes=True)


def resgcn(module: Any, asked: Asked) -> Iterator[Step]:
    """Hˡ⁺¹ = Hˡ + σ(norm(Â Hˡ Wˡ + b))."""
    hidden = module.before(asked.x)
    for number, (convolution, norm, activation) in enumerate(zip(module.convolutions, module.norms, module.activations, strict=True), 1):
        full = convolution(hidden, asked.edges)
        terms = graph_convolution(convolution, hidden, asked)
        yield step(f"Layer {number}", asked, terms, After(norm, full, activation, hidden[asked.row]))
        hidden = hidden + activation(norm(full))
    yield classified(module.after, hidden[asked.row], asked)


def gcnii(module: Any, asked: Asked) -> Iterator[Step]:
    """((1 − α) Â Hˡ + α H⁰) M with M = (1 − β) I + β W: the messages are M h_u."""
    import torch

    hidden = start = module.activations[0](module.before(asked.x))
    for number, (convolution, activation) in enumerate(zip(module.convolutions, module.activations[1:], strict=True), 1):
        mixing = (1 - convolution.beta) * torch.eye(len(convolution.weight1)) + convolution.beta * convolution.weight1
        rows, weights = asked.entries(asked.edges.symmetric)
        terms = Terms(
            (1 - convolution.alpha) * weights[:, None],
            (hidden[rows] @ mixing)[:, None],
            rows=rows,
            own=convolution.alpha * start[asked.row] @ mixing,
            own_is="α M h⁰_v",
            weighs="(1 − α) / √(d̃_v d̃_u)",
        )
        yield step(f"Layer {number}", asked, terms, After(activation=activation))
        hidden = activation(convolution(hidden, start, asked.edges))
    yield classified(module.after, hidden[asked.row], asked)


def jknet(module: Any, asked: Asked) -> Iterator[Step]:
    """Layers of GCN, and a classifier on what is made of all their states."""
    x: Any = asked.x
    states = []
    for number, (convolution, norm, activation) in enumerate(zip(module.convolutions, module.norms, module.activations, strict=True), 1):
        full = convolution(x, asked.edges)
        yield step(f"Layer {number}", asked, graph_convolution(convolution, x, asked), After(norm, full, activation))
        x = activation(norm(full))
        states.append(x[asked.row])
    yield step("Classifier", asked, _jumped(module, states), of_classes=True)


def _jumped(module: Any, states: list[Tensor]) -> Terms:
    """Concatenated states have a part of the weights each; else the classifier reads one state that was made of all."""
    import torch

    linear = module.classifier
    if module.jump.mode != "cat":
        jumped = module.jump([state[None] for state in states])
        return alone(linear.product(jumped)[0], linear.bias, "W of the state made of all layers'")
    parts = linear.weight.split(len(states[0]), dim=1)
    messages = torch.stack([part @ state for part, state in zip(parts, states, strict=True)])
    names = [f"state of layer {number}" for number in range(1, len(states) + 1)]
    return Terms(messages.new_ones(len(messages), 1), messages[:, None], names=names, bias=linear.bias, weighs="1: no message is passed")


def omega_gcn(layer: Any, hidden: Tensor, asked: Asked) -> Terms:
    """Σ_u Â_vu K ω h_u + K (1 − ω) h_v."""
    rows, weights = asked.entries(asked.edges.symmetric)
    return Terms(
        weights[:, None], layer.lin(layer.omega * hidden[rows])[:, None], rows=rows, **_kept(layer, hidden, asked), weighs=SYMMETRIC
    )


def omega_gat(layer: Any, hidden: Tensor, asked: Asked) -> Terms:
    """The same with attention; each head has channels of its own, which K mixes."""
    import torch

    heads, channels = layer.smoothing.heads, layer.smoothing.out_channels
    rows, weights = gat_attention(layer.smoothing, hidden.view(-1, heads, channels), asked)
    scaled = (layer.omega * hidden[rows]).view(-1, heads, channels)
    parts = layer.lin.weight.view(-1, heads, channels)
    messages = torch.einsum("nhc,ohc->nho", scaled, parts)
    return Terms(weights, messages, rows=rows, merge="summed", **_kept(layer, hidden, asked), weighs=ATTENTION)


def _kept(layer: Any, hidden: Tensor, asked: Asked) -> dict[str, Any]:
    return {"own": layer.lin((1 - layer.omega) * hidden[asked.row]), "own_is": "K (1 − ω) h_v"}


def omega(read: Any) -> Steps:
    """The steps of ωGCN and ωGAT, whose layers are read so."""

    def steps(module: Any, asked: Asked) -> Iterator[Step]:
        hidden = module.activations[0](module.embedding(asked.x))
        for number, (layer, activation) in enumerate(zip(module.layers, module.activations[1:], strict=True), 1):
            yield step(f"Layer {number}", asked, read(layer, hidden, asked), After(activation=activation))
            hidden = activation(layer(hidden, asked.edges))
        yield classified(module.classifier, hidden[asked.row], asked)

    return steps


def fagcn(module: Any, asked: Asked) -> Iterator[Step]:
    """Σ_u tanh(g · [h_v ‖ h_u]) / √(d_v d_u) h_u + ε h⁰_v, repeated edges as one; loops pass nothing."""
    import torch

    from core.models.fagcn import scale

    hidden = start = module.activation(module.before(asked.x))
    source, target = asked.edges.edge_index
    into = (target == asked.row) & (source != target)
    rows, place = torch.unique(source[into], return_inverse=True)
    divided = scale(asked.edges.edge_index, len(hidden), 0)[into]
    for number, convolution in enumerate(module.convolutions, 1):
        shares = (convolution.att_l(hidden[source[into]]) + convolution.att_r(hidden[asked.row])).tanh() * divided[:, None]
        weights = shares.new_zeros(len(rows), 1).index_add(0, place, shares)
        own = convolution.eps * start[asked.row]
        terms = Terms(weights, hidden[rows][:, None], rows=rows, own=own, own_is="ε h⁰_v", weighs="tanh(g · [h_v ‖ h_u]) / √(d_v d_u)")
        yield step(f"Layer {number}", asked, terms)
        hidden = convolution(hidden, start, asked.edges)
    yield classified(module.after, hidden[asked.row], asked)


ARITHMETIC = (
    Family("resgcn", resgcn),
    Family("gcnii", gcnii),
    Family("jknet", jknet),
    Family("omega_gcn", omega(omega_gcn)),
    Family("omega_gat", omega(omega_gat)),
    Family("fagcn", fagcn),
)
