"""The loop that ours is measured against: PyG's layers and training loop as its documentation writes them.

Dense features, `edge_index`, every layer's own cache switched on, torch's own number of threads. The epoch
with the lowest validation loss gives the test score, as in ours.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch_geometric.data import Data
from torch_geometric.explain import CaptumExplainer, Explainer, GNNExplainer, ModelConfig
from torch_geometric.nn import APPNP, FAConv, GATConv, GATv2Conv, GCNConv, GINConv, Linear, MixHopConv, SAGEConv, SGConv

from core.data import GraphData, Split
from core.metrics.roc import roc_auc
from core.parameters import Value
from core.run import Run
from core.spec import RunSpec


@dataclass(frozen=True)
class Outcome:
    """Test score at the epoch with the lowest validation loss, and the seconds of the loop."""

    score: float
    seconds: float


class Net(nn.Module):
    """Dropout → layer → activation, layer by layer; the last layer gives the logits."""

    def __init__(self, layers: list[nn.Module], dropout: float, activation: Callable[[Tensor], Tensor] = functional.relu) -> None:
        super().__init__()
        self.layers, self.dropout, self.activation = nn.ModuleList(layers), dropout, activation

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        for layer in self.layers[:-1]:
            x = self.activation(layer(functional.dropout(x, self.dropout, self.training), edge_index))
        out: Tensor = self.layers[-1](functional.dropout(x, self.dropout, self.training), edge_index)
        return out


class Perceptron(nn.Module):
    """Layers that never look at the edges."""

    def __init__(self, sizes: list[int], dropout: float) -> None:
        super().__init__()
        self.linears = nn.ModuleList(Linear(a, b, weight_initializer="glorot") for a, b in itertools.pairwise(sizes))
        self.dropout = dropout

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        for linear in self.linears[:-1]:
            x = functional.relu(linear(functional.dropout(x, self.dropout, self.training)))
        out: Tensor = self.linears[-1](functional.dropout(x, self.dropout, self.training))
        return out


class PredictThenPropagate(nn.Module):
    """PyG's example of APPNP: a perceptron, then the propagation."""

    def __init__(self, perceptron: Perceptron, steps: int, alpha: float, edge_dropout: float) -> None:
        super().__init__()
        self.perceptron = perceptron
        self.propagation = APPNP(steps, alpha, dropout=edge_dropout, cached=True)

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        out: Tensor = self.propagation(self.perceptron(x, edge_index), edge_index)
        return out


class FrequencyAdaptive(nn.Module):
    """PyG's `FAConv` between a linear layer in and one out, as its authors use it."""

    def __init__(self, sizes: tuple[int, int, int], depth: int, eps: float, dropout: float) -> None:
        super().__init__()
        features, width, classes = sizes
        self.before, self.after, self.dropout = nn.Linear(features, width), nn.Linear(width, classes), dropout
        self.layers = nn.ModuleList(FAConv(width, eps, dropout, cached=True, add_self_loops=False) for _ in range(depth))

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        x = functional.relu(self.before(functional.dropout(x, self.dropout, self.training)))
        x = start = functional.dropout(x, self.dropout, self.training)
        for layer in self.layers:
            x = layer(x, start, edge_index)
        out: Tensor = self.after(x)
        return out


class SummedPowers(nn.Module):
    """The last layer of MixHop, from PyG's `MixHopConv`: a softmax over q weighs the powers."""

    def __init__(self, size: int, classes: int, order: int) -> None:
        super().__init__()
        self.convolution = MixHopConv(size, classes, list(range(order + 1)))
        self.q, self.classes = nn.Parameter(torch.zeros(order + 1)), classes

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        parts = self.convolution(x, edge_index).view(len(x), -1, self.classes)
        out: Tensor = (parts * self.q.softmax(dim=0)[:, None]).sum(dim=1)
        return out


Values = dict[str, Value]


def _sizes(values: Values, num_features: int, num_classes: int) -> list[int]:
    """Channels before and after each layer."""
    return [num_features] + [int(values["width"])] * (int(values["depth"]) - 1) + [num_classes]


def _net(layer: Callable[[int, int], nn.Module], values: Values, num_features: int, num_classes: int) -> nn.Module:
    pairs = itertools.pairwise(_sizes(values, num_features, num_classes))
    return Net([layer(*pair) for pair in pairs], float(values["dropout"]))


def _attention(layer: type[GATConv] | type[GATv2Conv], values: Values, num_features: int, num_classes: int) -> nn.Module:
    width, heads, rate = int(values["width"]), int(values["heads"]), float(values["attention_dropout"])
    sources = [num_features] + [width * heads] * (int(values["depth"]) - 1)
    hidden = [layer(size, width, heads=heads, dropout=rate) for size in sources[:-1]]
    last = layer(sources[-1], num_classes, heads=int(values["output_heads"]), concat=False, dropout=rate)
    return Net([*hidden, last], float(values["dropout"]), functional.elu)


def _gin(values: Values, num_features: int, num_classes: int) -> nn.Module:
    width = int(values["width"])

    def layer(size: int, out: int) -> nn.Module:
        return GINConv(nn.Sequential(nn.Linear(size, width), nn.ReLU(), nn.Linear(width, out)), train_eps=True)

    return _net(layer, values, num_features, num_classes)


def _appnp(values: Values, num_features: int, num_classes: int) -> nn.Module:
    sizes = _sizes(values | {"depth": values["layers"]}, num_features, num_classes)
    perceptron = Perceptron(sizes, float(values["dropout"]))
    return PredictThenPropagate(perceptron, int(values["depth"]), float(values["alpha"]), float(values["edge_dropout"]))


def _mlp(values: Values, num_features: int, num_classes: int) -> nn.Module:
    return Perceptron(_sizes(values, num_features, num_classes), float(values["dropout"]))


def _sgc(values: Values, num_features: int, num_classes: int) -> nn.Module:
    dropout = float(values["dropout"])
    return Net([SGConv(num_features, num_classes, K=int(values["depth"]), cached=not dropout)], dropout)


def _fagcn(values: Values, num_features: int, num_classes: int) -> nn.Module:
    sizes = num_features, int(values["width"]), num_classes
    return FrequencyAdaptive(sizes, int(values["depth"]), float(values["eps"]), float(values["dropout"]))


def _mixhop(values: Values, num_features: int, num_classes: int) -> nn.Module:
    order, width = int(values["order"]), int(values["width"])
    sources = [num_features] + [(order + 1) * width] * (int(values["depth"]) - 1)
    hidden = [MixHopConv(size, width, list(range(order + 1))) for size in sources[:-1]]
    return Net([*hidden, SummedPowers(sources[-1], num_classes, order)], float(values["dropout"]))


COUNTERPARTS: dict[str, Callable[[Values, int, int], nn.Module]] = {
    "appnp": _appnp,
    "fagcn": _fagcn,
    "gat": partial(_attention, GATConv),
    "gatv2": partial(_attention, GATv2Conv),
    "gcn": partial(_net, partial(GCNConv, cached=True)),
    "gin": _gin,
    "mixhop": _mixhop,
    "mlp": _mlp,
    "sage": partial(_net, SAGEConv),
    "sgc": _sgc,
}
"""How PyG's layers make the models that are measured; without features PyG would multiply a dense identity of num_nodes²: no opponent."""


def build(spec: RunSpec, num_features: int, num_classes: int) -> nn.Module:
    """The model of a spec, from PyG's layers; `KeyError` for a model that has no counterpart here."""
    return COUNTERPARTS[spec.model.name](dict(spec.model.parameters), num_features, num_classes)


def data_of(graph: GraphData, split: Split, device: torch.device) -> Data:
    """The graph as PyG holds it."""
    features = graph.features if not hasattr(graph.features, "toarray") else graph.features.toarray()
    return Data(
        x=torch.from_numpy(features).float(),
        edge_index=torch.from_numpy(graph.edge_index),
        y=torch.from_numpy(graph.labels),
        train_mask=torch.from_numpy(split.train),
        val_mask=torch.from_numpy(split.validation),
        test_mask=torch.from_numpy(split.test),
        metric=graph.metric,
    ).to(device)


def train(spec: RunSpec, data: Data) -> Outcome:
    """Train the model of a spec, evaluating after every epoch."""
    torch.manual_seed(spec.seed)
    net = build(spec, data.num_features, int(data.y.max()) + 1).to(data.x.device)
    optimizer = torch.optim.Adam(net.parameters(), lr=spec.training.lr, weight_decay=spec.training.weight_decay)
    lowest, score = math.inf, math.nan
    started = time.perf_counter()
    for _ in range(spec.training.epochs):
        net.train()
        optimizer.zero_grad()
        out = net(data.x, data.edge_index)
        functional.cross_entropy(out[data.train_mask], data.y[data.train_mask]).backward()
        optimizer.step()
        loss, _, _, test = evaluate(net, data)
        if loss < lowest:
            lowest, score = loss, test
    return Outcome(score, time.perf_counter() - started)


@torch.no_grad()
def evaluate(net: nn.Module, data: Data) -> tuple[float, float, float, float]:
    """Validation loss; training, validation and test score, by the dataset's metric."""
    net.eval()
    out = net(data.x, data.edge_index)
    loss = float(functional.cross_entropy(out[data.val_mask], data.y[data.val_mask]))
    masks = (data.train_mask, data.val_mask, data.test_mask)
    if data.metric == "roc_auc":
        score = out[:, 1] - out[:, 0]
        scores = [float(roc_auc(score[mask], data.y[mask] == 1)) for mask in masks]
    else:
        prediction = out.argmax(dim=1)
        scores = [float((prediction[mask] == data.y[mask]).float().mean()) for mask in masks]
    return loss, scores[0], scores[1], scores[2]


def trained(run: Run, data: Data) -> nn.Module:
    """PyG's layers with the weights of one of our runs of GCN."""
    net = build(run.spec, data.num_features, int(data.y.max()) + 1)
    net.load_state_dict({name.replace("convolutions", "layers"): torch.from_numpy(value) for name, value in run.weights.items()})
    return net.eval()


def gnn_explainer(net: nn.Module, data: Data, node: int, seed: int) -> Tensor:
    """[num_stored] edge mask of PyG's GNNExplainer, 100 epochs, one feature mask for all nodes as in the paper."""
    torch.manual_seed(seed)
    return _edge_mask(net, GNNExplainer(epochs=100), "common_attributes", data, node)


def integrated_gradients(net: nn.Module, data: Data, node: int, seed: int) -> Tensor:
    """[num_stored] edge attributions of captum's integrated gradients through PyG, 50 steps for edges and features."""
    return _edge_mask(net, CaptumExplainer("IntegratedGradients", n_steps=50), "attributes", data, node)


def _edge_mask(net: nn.Module, algorithm: nn.Module, features: str, data: Data, node: int) -> Tensor:
    explainer = Explainer(
        deepcopy(net),  # one algorithm leaves marks on which the next one fails
        algorithm,
        explanation_type="model",
        model_config=ModelConfig("multiclass_classification", "node", "raw"),
        node_mask_type=features,
        edge_mask_type="object",
    )
    mask: Tensor = explainer(data.x, data.edge_index, index=node).edge_mask
    return mask.detach()
