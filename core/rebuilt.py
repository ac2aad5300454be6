"""A trained model, or what it was before its training, to look inside. Everything follows from the spec and the stored weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import nn

from core import device as devices
from core.capture import hidden_states
from core.data import GraphData
from core.errors import UserError
from core.models.contract import Shape, build, model
from core.spec import RunSpec
from core.splits import split_of
from core.tasks import node_classification as task

CPU = torch.device("cpu")

Weights = Mapping[str, ArrayLike]
Array = NDArray[np.float32]


def batch_of(spec: RunSpec, graph: GraphData) -> task.Batch:
    """The graph as the model of a spec sees it, on the CPU."""
    return task.prepare(graph, split_of(graph, spec.dataset), CPU, uses_features=model(spec.model.name).uses_features)


def module_of(spec: RunSpec, graph: GraphData, weights: Weights | None = None) -> nn.Module:
    """The model of a spec in evaluation mode: with the weights of its run, or as its seed makes it before training.

    Initial weights are drawn on the CPU whatever the device of the training is, so they are those that the run began with.
    Raises `UserError` for weights that do not fit today's model.
    """
    shape = Shape(graph.num_features if model(spec.model.name).uses_features else graph.num_nodes, graph.num_classes, graph.num_nodes)
    with devices.seeded(spec.seed, CPU):
        module = build(spec.model.name, shape, dict(spec.model.parameters))
    if weights is not None:
        try:
            module.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in weights.items()})
        except RuntimeError as error:
            raise UserError("The stored weights do not fit today's code of the model; press Train again.") from error
    return module.eval()


@torch.no_grad()
def logits_of(module: nn.Module, batch: task.Batch) -> Array:
    """[num_nodes, num_classes] what a module in evaluation mode says of all nodes."""
    with devices.threads_for(_stored(batch)):
        found: Array = module(batch.x, batch.edges).float().numpy()
    return found


def has_states(spec: RunSpec, num_nodes: int, num_classes: int) -> bool:
    """Whether the model of a spec has a hidden state; at depth 1 most have none."""
    with torch.device("meta"):
        module = build(spec.model.name, Shape(1, num_classes, num_nodes), dict(spec.model.parameters))
    return len(getattr(module, "states", ())) > 0


@torch.no_grad()
def states_of(module: nn.Module, batch: task.Batch, *, last_only: bool = False) -> list[Array]:
    """The module's hidden states, first layer first, each [num_nodes, width]; the last one is what the classifier reads.

    `core.capture` says what they are in each architecture; at depth 1 most have none. `last_only`: on a large graph
    those of a deep model would fill the memory.
    """
    with hidden_states(module, last_only=last_only) as found, devices.threads_for(_stored(batch)):
        module(batch.x, batch.edges)
    return [state.float().numpy() for state in found]


def gradients_of(module: nn.Module, batch: task.Batch) -> dict[str, Array]:
    """Gradient of the task's loss on the training nodes for each weight, without dropout; by the name of the weight."""
    module.zero_grad()
    task.loss(module(batch.x, batch.edges), batch).backward()
    found = {name: weight.grad.numpy().copy() for name, weight in module.named_parameters() if weight.grad is not None}
    module.zero_grad()
    return found


def _stored(batch: task.Batch) -> int:
    edges: Any = batch.edges
    return int((edges if isinstance(edges, torch.Tensor) else edges.edge_index).shape[1])
