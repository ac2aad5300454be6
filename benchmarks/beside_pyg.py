"""GNNExplainer beside PyG's own on the same nodes of the same model: is a low AUC a mistake of ours?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch_geometric.data import Data

from benchmarks import reference
from core.data import GraphData, dense_rows
from core.metrics import explanation_auc
from core.rebuilt import module_of
from core.run import Run
from explainers.attribution.contract import Attribution, method, ready
from explainers.trust.comparison import known_edges

NAME = "gnn_explainer"


def both(run: Run, graph: GraphData, nodes: Sequence[int]) -> tuple[float, float]:
    """AUC of ours and of PyG's, own motif, pooled. PyG's mask has two entries for an edge, of which the higher counts."""
    assert graph.motif_of_node is not None
    found = method(NAME).attribute(ready(NAME, run, graph, seed=run.spec.seed), nodes)
    net = module_of(run.spec, graph, run.weights).eval()
    data = Data(x=torch.from_numpy(dense_rows(graph.features)), edge_index=torch.from_numpy(graph.edge_index))
    known = [known_edges(one.part, graph, int(graph.motif_of_node[one.node]))[one.part.within] for one in found]
    theirs = [by_pair(reference.gnn_explainer(net, data, one.node, run.spec.seed), one, np.maximum) for one in found]
    return explanation_auc([one.pair_scores[one.part.within] for one in found], known), explanation_auc(theirs, known)


def by_pair(mask: torch.Tensor, found: Attribution, join: np.ufunc) -> np.ndarray:
    """A mask on all stored edges, as a score for each edge within reach, from its two directions."""
    part = found.part
    is_link, scores = part.pair_of >= 0, np.zeros(part.num_pairs)
    join.at(scores, part.pair_of[is_link], mask.numpy()[part.stored][is_link])
    return np.asarray(scores[part.within])


def rows(found: Mapping[str, Sequence[tuple[float, float]]]) -> list[dict[str, str]]:
    """A row a dataset, by its title, the models one after the other."""
    return [
        {
            "dataset": dataset,
            "ours": ", ".join(f"{own:.3f}" for own, _ in pairs),
            "PyG's": ", ".join(f"{own:.3f}" for _, own in pairs),
        }
        for dataset, pairs in found.items()
    ]
