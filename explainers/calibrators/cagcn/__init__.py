"""CaGCN (Wang et al. 2021): a graph convolutional network on the logits gives each node its temperature."""

from __future__ import annotations

from core.data import Bools, GraphData, Ints
from core.work import Report, silent
from explainers.calibrators.contract import Calibrator, Fitted, Floats
from explainers.calibrators.node_temperatures import fitted_temperatures


def fit(logits: Floats, y: Ints, validation: Bools, train: Bools, graph: GraphData, *, seed: int, report: Report = silent) -> Fitted:
    """Two graph convolutions with 16 hidden channels, fitted to the validation nodes.

    As in the authors' code the loss is the NLL plus half a margin, dropout is ½, and the epoch kept is that of the least NLL of the
    validation nodes themselves, without dropout; training nodes have no part in it. Unlike there, the trained model is at rest
    while its calibrator learns: only its logits are known here. Messages follow the edges as they are stored.
    """
    from explainers.calibrators.cagcn.network import Network, learned

    weights = learned(logits, y, validation, graph.edge_index, seed, report)
    network = Network(graph.edge_index, graph.num_nodes, weights)
    return fitted_temperatures(network.of, logits, y, validation, graph, parameters=sum(weight.numel() for weight in weights))


CALIBRATOR = Calibrator(
    name="cagcn",
    title="CaGCN",
    question="Does a network on the neighbours' logits know how sure each node should be?",
    fit=fit,
    source="Wang et al., Be confident! Towards trustworthy graph neural networks via confidence calibration, NeurIPS 2021; 1.1 "
    "for 1, λ = 0.5 and all other settings as in the authors' code (CaGCN.py, models_calibration.py)",
    equation=(
        r"t = \hat A\, \mathrm{ReLU}(\hat A Z W_1 + b_1)\, W_2 + b_2, \quad T_i = 1 / \ln(1.1 + e^{t_i}), \quad"
        r" \min_{W, b}\; \mathrm{NLL}(Z / T) + \tfrac{\lambda}{n} \Big[\sum_{\mathrm{right}} (1 - p_i^{(1)} + p_i^{(2)})"
        r" + \sum_{\mathrm{wrong}} (p_i^{(1)} - p_i^{(2)})\Big]"
    ),
    keeps_class=True,
    graph_aware=True,
    reports=True,
)
