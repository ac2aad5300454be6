"""GATS (Hsu et al. 2022): temperatures from the neighbours' ranked logits, weighted by attention."""

from __future__ import annotations

from core.data import Bools, GraphData, Ints
from core.work import Report, silent
from explainers.calibrators.contract import Calibrator, Fitted, Floats
from explainers.calibrators.node_temperatures import fitted_temperatures

NO_TRAINING = "No training node has a known label: it stops by the validation nodes that it is fitted to."


def fit(logits: Floats, y: Ints, validation: Bools, train: Bools, graph: GraphData, *, seed: int, report: Report = silent) -> Fitted:
    """Eight heads, fitted to the NLL of the validation nodes; the epoch kept is that of the least NLL of the training nodes.

    As in the authors' code a node counts among its own neighbours, γ is learned for training nodes and for those with a training
    node among their in-neighbours and is 1 for all others, and messages follow the edges as they are stored. Unlike there, δc is a
    mean over in-neighbours in directed graphs too, and logits that are all equal are stretched to 0, not 0 / 0.
    """
    from explainers.calibrators.gats.attention import Attention, learned

    stopping, said = (train, "") if train.any() else (validation, NO_TRAINING)
    weights = learned(logits, y, validation, train, stopping, graph.edge_index, seed, report)
    attention, parameters = Attention(graph.edge_index, train, weights), sum(weight.numel() for weight in weights)
    return fitted_temperatures(attention.of, logits, y, validation, graph, parameters=parameters, said=said)


CALIBRATOR = Calibrator(
    name="gats",
    title="GATS",
    question="Do the neighbours' logits, their confidence and the distance to training nodes say how sure each node should be?",
    fit=fit,
    source="Hsu et al., What makes graph neural networks miscalibrated?, NeurIPS 2022; the layer as in the authors' code "
    "(attention_ts.py), fitted to validation nodes and stopped by training nodes; eight heads, a weight decay of 0.005 and T₀ = 1 at "
    "the start as in their settings for a GCN on Cora",
    equation=(
        r"T_i = T_0 + \frac{1}{H} \sum_h \mathrm{softplus}\Big(\omega\, \delta c_i + \sum_{j \in \hat{\mathcal N}(i)} \alpha_{ij}\,"
        r" \gamma_j\, \theta_h^\top \tilde z_j\Big), \quad"
        r" \alpha_{ij} = \mathrm{softmax}_j\left(\mathrm{LeakyReLU}(z_i^\top z_j / \gamma_i \gamma_j)\right)"
    ),
    keeps_class=True,
    graph_aware=True,
    reports=True,
)
