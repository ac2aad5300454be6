"""GCN without node features: what the structure alone can say."""

from __future__ import annotations

from core.models import gcn
from core.models.contract import Model, Recipe

MODEL = Model(
    name="gcn_structure",
    title="GCN on structure alone",
    question="What do the edges say without the features?",
    build=gcn.build,
    parameters=gcn.MODEL.parameters,
    recipe=Recipe(
        "Kipf & Welling 2017, section 5.1 (random graphs: a featureless approach, X = I), with the settings of their section 5.2",
        model=gcn.MODEL.recipe.model,
        training=gcn.MODEL.recipe.training,
    ),
    source="Kipf & Welling, ICLR 2017: the identity matrix stands in for the features, so that each node has a free vector",
    equation=r"H^{(1)} = \sigma\left(\tilde D^{-1/2}\tilde A\,\tilde D^{-1/2} I\, W^{(0)}\right)",
    depth_counts="message-passing layers",
    weighs_messages=True,
    uses_features=False,
)
