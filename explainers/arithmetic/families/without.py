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
    Family("cognn", reason="Co-GNN lets its nodes choose what is sent and heard: an edge counts only if both of its ends want it."),
    Family("coulgat", reason="CoulGAT scores a neighbour by what surrounds it, several hops away, and not by the neighbour alone."),
    Family("dir_gnn", reason="Dir-GNN sums over who points at a node and over whom it points to: a state is no single sum."),
    Family("adpa", reason="ADPA sums by six patterns of edges and weighs the steps of each: a state is no single sum over neighbours."),
    Family("glognn", reason="GloGNN lets every node gather from all nodes: most of what it sums comes from no neighbour."),
    Family("acm_gcn", reason="ACM-GCN mixes two sums over neighbours and the node's own state by shares of each node's own."),
    Family("gcn_sep", reason="GCN-sep has a perceptron in every block: a layer is more than one sum over neighbours."),
    Family("sage_sep", reason="SAGE-sep has a perceptron in every block: a layer is more than one sum over neighbours."),
    Family("gat_sep", reason="GAT-sep has a perceptron in every block: a layer is more than one sum over neighbours."),
    Family("gt_sep", reason="GT-sep has a block of attention and one of a perceptron in each layer, which is more than one sum."),
    Family("gps", reason="GPS lets every node attend to all nodes: most of what it sums comes from no neighbour."),
    Family("h2gcn", reason="H2GCN puts sums over neighbours and over nodes two hops away side by side: a state is no single sum."),
    Family("linkx", reason="LINKX reads whom a node is linked with as it reads features, in perceptrons: no layer passes messages."),
    Family("tangnn", reason="TANGNN lets all nodes attend to the same few, wherever these are: half of a state comes from no neighbour."),
    Family("tide", reason="TIDE diffuses over all hops at once before each layer, which is no sum over neighbours."),
)
