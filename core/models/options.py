"""Options that several architectures share, declared once so that they mean the same everywhere."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torch_geometric.nn import PairNorm

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
    words = (("relu", "ReLU"), ("elu", "ELU"), ("gelu", "GELU"), ("tanh", "tanh"), ("identity", "no activation"))
    return Choice("activation", "Activation", default, words, help="Non-linearity after each hidden layer.", common=False)


def normalization(default: str = "none", meaning: str = "Of each hidden state, before the activation.") -> Choice:
    words = (("none", "none"), ("batch", "BatchNorm"), ("layer", "LayerNorm"), ("pair", "PairNorm"), ("node", "NodeNorm"))
    return Choice("normalization", "Normalisation", default, words, help=meaning, common=False)


RESIDUAL = Flag("residual", "Residual", False, help="Adds a layer's input to its output: H ← σ(conv(H)) + H.", common=False)
NORMALIZATION = normalization()
DROP_EDGE = Real(
    "drop_edge", "DropEdge", 0.0, 0.0, 0.95, step=0.05, help="Share of edges taken out of the graph, anew in each step.", common=False
)
BIAS = Flag("bias", "Bias", True, help="Adds a learned vector in each layer.", common=False)


def stack(counted: Integer | None = None) -> tuple[Parameter, ...]:
    """What every plain stack of layers takes; `counted` is its depth where that is not of message-passing layers."""
    return (counted or depth(), width(), dropout(), RESIDUAL, NORMALIZATION, BIAS, activation())


class NodeNorm(nn.Module):
    """h ↦ h / σ^(1/p) with p = 2, σ the standard deviation of a node's own channels.

    NodeNorm_p of Zhou et al. 2021, Understanding and resolving performance degradation in deep graph convolutional
    networks; the mean stays, and ε = 1e-5 is added to the variance, as in their code ("srv").
    """

    def forward(self, x: Tensor) -> Tensor:
        return x / (x.var(dim=1, unbiased=False, keepdim=True) + 1e-5).pow(0.25)


def make_norm(kind: str, channels: int) -> nn.Module:
    """The normalisation of a hidden state [num_nodes, channels].

    PairNorm is that of Zhao & Akoglu 2020, eq. 10 and 11, with s = 1: its mean and scale are those of all nodes.
    """
    made: dict[str, Callable[[], nn.Module]] = {
        "none": nn.Identity,
        "batch": lambda: nn.BatchNorm1d(channels),
        "layer": lambda: nn.LayerNorm(channels),
        "pair": PairNorm,
        "node": NodeNorm,
    }
    return made[kind]()
