"""PGExplainer (Luo et al. 2020): a small network, learned once for a model, that tells the edges of any node apart."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from core.data import GraphData
from core.parameters import Integer, Real, Value
from core.run import Run
from explainers.attribution.contract import Arrays, Attribution, Method, Prepared


def prepare(run: Run, data: GraphData, *, seed: int = 0, avoid: Sequence[int] = (), **values: Value) -> Prepared:
    """Learns the network on training and validation nodes, drawn by the seed: never on test nodes or those to `avoid`."""
    from explainers.attribution.pg_explainer.network import prepared

    return prepared(run, data, seed, avoid, values)


def recall(run: Run, data: GraphData, arrays: Arrays, *, seed: int, **values: Value) -> Prepared:
    """The network that was learned before."""
    from explainers.attribution.pg_explainer.network import recalled

    return recalled(run, data, arrays, seed, values)


def attribute(state: Prepared, nodes: Sequence[int], *, target: ArrayLike | None = None) -> list[Attribution]:
    """Probabilities 0 … 1 that an edge is in the explanation; 0 for edges whose messages do not come to the node.

    The network was taught to keep the predicted classes and sees no class, so the scores are the same whatever `target` is.
    `said` tells of nodes that it was taught on.
    """
    from explainers.attribution.pg_explainer.network import explained

    return explained(state, nodes, target)


ATTRIBUTION = Method(
    name="pg_explainer",
    title="PGExplainer",
    question="Which edges would a rule keep that holds for all nodes?",
    attribute=attribute,
    prepare=prepare,
    recall=recall,
    parameters=(
        Integer("epochs", "Epochs", 30, 1, 1000, help="Passes over the nodes that it learns on."),
        Integer("nodes", "Nodes", 200, 1, 500, help="Training and validation nodes that it learns on, at most.", common=False),
        Real("lr", "Learning rate", 0.003, 1e-5, 1.0, step=0.001, help="Of Adam.", common=False),
        Real(
            "first_temperature", "First temperature", 1.0, 0.05, 10.0, help="Of the noise; high ones keep masks from 0 and 1.", common=False
        ),
        Real("last_temperature", "Last temperature", 1.0, 0.05, 10.0, help="The first goes over to it, epoch by epoch.", common=False),
        Real("size", "Weight of the size", 0.05, 0.0, 10.0, help="Penalty on each edge that is kept.", common=False),
        Real("entropy", "Weight of the entropy", 1.0, 0.0, 10.0, help="Penalty on edges that are kept by half.", common=False),
    ),
    source="Luo et al., Parameterized explainer for graph neural network, NeurIPS 2020, section 4; penalties as in PyG's code",
    equation=r"s_{uv} = \sigma\left(\tfrac{1}{2}\left(\omega_{uv} + \omega_{vu}\right)\right),\;"
    r"\omega_{uv} = \mathrm{MLP}\left[z_u \,\Vert\, z_v \,\Vert\, z_\mathrm{asked}\right]",
    signed=False,
    drawn=True,
    scores_features=False,
)
