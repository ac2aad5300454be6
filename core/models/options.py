"""Options that several architectures share, declared once so that they mean the same everywhere."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from core.parameters import Choice, Flag, Integer, Parameter, Real

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
    "identity": nn.Identity,
}


def depth(default: int = 2, meaning: str = "Message-passing layers: how many hops a node sees.") -> Integer:
    return Integer("depth", "Depth", default, 1, 128, help=meaning)


def width(default: int = 16) -> Integer:
    return Integer("width", "Width", default, 1, 1024, step=8, help="Channels of each hidden state.")


def dropout(default: float = 0.5) -> Real:
    return Real("dropout", "Dropout", default, 0.0, 0.95, step=0.05, help="Share of inputs of each layer set to zero in training.")


def activation(default: str = "relu") -> Choice:
    words = (("relu", "ReLU"), ("elu", "ELU"), ("gelu", "GELU"), ("tanh", "tanh"), ("identity", "none (linear)"))
    return Choice("activation", "Activation", default, words, help="Non-linearity after each hidden layer.", common=False)


RESIDUAL = Flag("residual", "Residual", False, help="Adds a layer's input to its output: H ← σ(conv(H)) + H.", common=False)
NORMALIZATION = Choice(
    "normalization",
    "Normalisation",
    "none",
    (("none", "none"), ("batch", "BatchNorm"), ("layer", "LayerNorm")),
    help="Of each hidden state, before the activation.",
    common=False,
)
BIAS = Flag("bias", "Bias", True, help="Adds a learned vector in each layer.", common=False)


def stack(counted: Integer | None = None) -> tuple[Parameter, ...]:
    """What every plain stack of layers takes; `counted` is its depth where that is not of message-passing layers."""
    return (counted or depth(), width(), dropout(), RESIDUAL, NORMALIZATION, BIAS, activation())


def make_norm(kind: str, channels: int) -> nn.Module:
    """The normalisation of a hidden state [num_nodes, channels]."""
    if kind == "batch":
        return nn.BatchNorm1d(channels)
    return nn.LayerNorm(channels) if kind == "layer" else nn.Identity()
