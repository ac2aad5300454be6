"""GraphSAGE in the residual blocks of Platonov et al. 2023: a node's own state beside its neighbours' mean, and a perceptron on both."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from core.models import blocks
from core.models.contract import Model, Recipe, Shape
from core.models.sage import MeanConvolution
from core.parameters import Value


def build(shape: Shape, values: Mapping[str, Value]) -> nn.Module:
    return blocks.separated(shape, values, lambda size, out: MeanConvolution(size, out, bool(values["bias"])))


MODEL = Model(
    name="sage_sep",
    title="SAGE-sep",
    question="What if GraphSAGE has a perceptron and a residual connection in every layer?",
    build=build,
    parameters=blocks.parameters(),
    recipe=Recipe(blocks.SOURCE, model=blocks.RECIPE, training=blocks.TRAINING),
    source=f"{blocks.PAPER}, their SAGE: one linear layer on [h_i ‖ mean], which is the sum of one on each. GraphSAGE separates already: "
    "without the blocks this is GraphSAGE",
    equation=r"h_i' = W_r h_i + W_l\,\frac{1}{d_i}\sum_{j\in N(i)} h_j," + blocks.BLOCK,
    depth_counts="message-passing layers",
    weighs_messages=True,
)
