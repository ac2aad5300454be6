"""Which nodes a stored run chooses, layer by layer, and what they are given. Needs torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from core import device as devices
from core.capture import Asked, asked
from core.data import GraphData, Ints
from core.metrics.actions import between
from core.metrics.attention import in_degree
from core.rebuilt import module_of
from core.run import Run
from core.tasks import node_classification as task
from explainers.nodes import class_of
from explainers.swapped import asked_batch


def read(run: Run, graph: GraphData) -> pd.DataFrame:
    """A row a layer, head and chosen node of a run; columns as `explainers.lenses.chosen_nodes.COLUMNS`, but for the seed. Within a head
    the one with the largest share of the attention is first. Raises `UserError` for weights that do not fit today's model.
    """
    degree = in_degree(between(graph.edge_index), graph.num_nodes, loops=False)
    layers = chosen(module_of(run.spec, graph, run.weights), asked_batch(run.spec, graph))
    frames = [_rows(layer, graph, degree).assign(layer=number) for number, layer in enumerate(layers, 1)]
    return pd.concat(frames, ignore_index=True)


@torch.no_grad()
def chosen(module: nn.Module, batch: task.Batch) -> list[Asked]:
    """Whom the nodes ask in a module in evaluation mode, first layer first."""
    edges: Any = batch.edges
    with asked(module) as found, devices.threads_for(edges.edge_index.shape[1]):
        module(batch.x, batch.edges)
    return found


def _rows(layer: Asked, graph: GraphData, degree: Ints) -> pd.DataFrame:
    nodes, share = layer.nodes.numpy(), layer.alpha.double().mean(dim=1).numpy()
    frames = [
        pd.DataFrame(
            {
                "head": head,
                "node": nodes,
                "class": class_of(graph, graph.labels[nodes]),
                "degree": degree[nodes],
                "similarity": layer.similarity.double().numpy(),
                "alpha": alpha,
            }
        ).iloc[np.argsort(-alpha, kind="stable")]
        for head, alpha in enumerate(share, 1)
    ]
    return pd.concat(frames)
