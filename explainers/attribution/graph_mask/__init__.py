"""GraphMask (Schlichtkrull et al. 2021): gates, learned once for a model, that say which messages of each layer it can do without."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from core.data import GraphData
from core.parameters import Integer, Real, Value
from core.run import Run
from core.spec import RunSpec
from explainers.attribution.contract import Arrays, Attribution, Method, Prepared


def prepare(run: Run, data: GraphData, *, seed: int = 0, avoid: Sequence[int] = (), **values: Value) -> Prepared:
    """Learns the gates on training and validation nodes, drawn by the seed: never on test nodes or those to `avoid`."""
    from explainers.attribution.graph_mask.gates import prepared

    return prepared(run, data, seed, avoid, values)


def recall(run: Run, data: GraphData, arrays: Arrays, *, seed: int, **values: Value) -> Prepared:
    """The gates that were learned before."""
    from explainers.attribution.graph_mask.gates import recalled

    return recalled(run, data, arrays, seed, values)


def attribute(state: Prepared, nodes: Sequence[int], *, target: ArrayLike | None = None) -> list[Attribution]:
    """Probabilities 0 … 1 that a gate is open: the highest of an edge's layers and directions; 0 for edges that cannot matter.

    A gate sees a message and the states of its ends, neither the asked node nor a class: the scores say what the model needs
    of an edge for all nodes, and are the same whatever `target` is. `said` tells of nodes that the gates were learned on.
    """
    from explainers.attribution.graph_mask.gates import explained

    return explained(state, nodes, target)


def _unsupported(spec: RunSpec) -> str:
    from explainers.attribution.graph_mask.messages import without_messages

    return without_messages(spec)


ATTRIBUTION = Method(
    name="graph_mask",
    title="GraphMask",
    question="Which messages can the model not do without?",
    attribute=attribute,
    prepare=prepare,
    recall=recall,
    parameters=(
        Integer("epochs", "Epochs", 60, 1, 1000, help="Passes over the nodes that it learns on, shared among the layers."),
        Integer("nodes", "Nodes", 100, 1, 500, help="Training and validation nodes that it learns on, at most.", common=False),
        Real("lr", "Learning rate", 0.01, 1e-5, 1.0, step=0.001, help="Of Adam.", common=False),
        Real("allowance", "Allowance", 0.03, 0.0, 1.0, unit="nats", help="Change of an answer (KL) that costs nothing.", common=False),
    ),
    source="Schlichtkrull, De Cao & Titov, Interpreting graph neural networks for NLP with differentiable edge masking, ICLR 2021, "
    "sections 3 and 4; a KL of the answers as the divergence",
    equation=r"\tilde m^{(k)}_{uv} = z^{(k)}_{uv} m^{(k)}_{uv} + (1 - z^{(k)}_{uv})\, b^{(k)},\;"
    r"s_{uv} = \max_k P\left(z^{(k)}_{uv} > 0 \mid h^{(k)}_u, h^{(k)}_v, m^{(k)}_{uv}\right)",
    signed=False,
    drawn=True,
    scores_features=False,
    unsupported=_unsupported,
)
