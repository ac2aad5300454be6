"""Models whose layers are no sums over neighbours with one coefficient each, and why."""

from __future__ import annotations

from explainers.arithmetic.contract import Family

ARITHMETIC = (
    Family("mlp", reason="An MLP passes no messages: no neighbour adds to its numbers."),
    Family(
        "deeper_gcn",
        reason="DeeperGCN weighs every channel of every neighbour by a softmax of its own: no neighbour has one coefficient.",
    ),
    Family("dgmlp", reason="DGMLP smooths the features once, before its layers, which pass no messages."),
    Family("grand", reason="GRAND diffuses in continuous time: a solver takes the steps between its states, and none is a layer."),
    Family("tide", reason="TIDE diffuses over all hops at once before each layer, which is no sum over neighbours."),
)
