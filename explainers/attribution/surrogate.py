"""The linear surrogate of Distill n' Explain (Pereira et al. 2023, section 3), and how scores of nodes become scores of edges.

Free of torch at import, as the declarations that read its parameters are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, identity
from scipy.sparse.linalg import LinearOperator, aslinearoperator
from scipy.special import log_softmax, softmax

from core.computation_graph import ComputationGraph
from core.data import Bools, Floats, GraphData, Ints
from core.models.contract import model, reach
from core.parameters import Integer, Parameter, Real, Value
from core.run import Run
from core.spec import RunSpec
from core.splits import split_of
from explainers.attribution.amortised import NOTHING_LEFT
from explainers.attribution.contract import Arrays, NothingToLearnFrom, Prepared
from explainers.wording import count, percent

Doubles: TypeAlias = NDArray[np.float64]

STILL = 1e-7
"""Largest entry of the gradient at which the distillation has converged."""
OUT_OF_STEPS = 1
"""What SciPy's L-BFGS-B returns then."""

PARAMETERS: tuple[Parameter, ...] = (
    Integer("hops", "Hops of the surrogate", 0, 0, 64, help="0: as many as the model sees. It never has more.", common=False),
    Real(
        "penalty",
        "Penalty",
        1e-5,
        1e-8,
        1.0,
        step=1e-6,
        help="L2, on the surrogate's weights for features of mean squared length 1. A small one imitates better, and takes longer.",
        common=False,
    ),
    Integer("steps", "Steps", 1000, 1, 100_000, step=100, help="Steps of L-BFGS at most; it ends when it has converged.", common=False),
)


@dataclass(frozen=True, eq=False)
class Surrogate:
    """softmax(Â^L X Θ + b), which imitates a model.

    `hops`: L. `weights` [num_features, num_classes]: Θ, whose rows sum to 0, so that a logit is against the mean of all classes;
    `bias` [num_classes]. `messages` [num_nodes, num_classes]: X Θ. `predicted` [num_nodes]: its classes. `distilled_on`
    [num_nodes]: the nodes whose probabilities it has seen. `agreement`: a sentence on all the others. `ended`: whether the
    distillation has converged.
    """

    hops: int
    weights: Doubles
    bias: Doubles
    messages: Doubles
    predicted: Ints
    distilled_on: Bools
    agreement: str
    ended: bool

    def arrays(self) -> dict[str, np.ndarray]:
        """Plain, without what follows from the graph."""
        return {
            "weights": self.weights,
            "bias": self.bias,
            "distilled_on": self.distilled_on,
            "ended": np.array(self.ended),
        }

    def near(self, part: ComputationGraph) -> Bools:
        """[n] which nodes of a part its logits can depend on."""
        return np.asarray((part.hop >= 0) & (part.hop <= self.hops))

    def contributions(self, part: ComputationGraph) -> Doubles:
        """[n, num_classes] what each node of a part adds to the logits of its node, [Â^L]_ij x_j Θ: they sum to the logits without bias."""
        return row_of_power(part, self.hops)[:, None] * self.messages[part.nodes]

    def pair_scores(self, part: ComputationGraph, scores: Doubles) -> Floats:
        """[num_pairs] the mean of the scores [n] of an edge's two ends; 0 where an end is beyond the surrogate's reach.

        Half of the sum in the authors' code (`node_to_edge`), so in the same order.
        """
        near = self.near(part)[part.pair_ends].all(axis=1)
        return np.asarray(scores[part.pair_ends].mean(axis=1) * near, dtype=np.float32)

    def said(self, node: int, predicted: Ints) -> str:
        """How good it is, and how edges got their scores."""
        here = "the same class" if self.predicted[node] == predicted[node] else "another class"
        return f"{self.agreement}; of this node it says {here}. An edge's score is the mean of its two nodes' scores."


def prepare(run: Run, data: GraphData, *, seed: int = 0, avoid: Sequence[int] = (), **values: Value) -> Prepared:
    """Distils the model of a run, without a look at what it says of the test nodes, or of those to `avoid`."""
    from core.explained import Subject

    return Prepared(Subject(run, data), seed, values, learned=distilled(run, data, values, avoid))


def recall(run: Run, data: GraphData, arrays: Arrays, *, seed: int, **values: Value) -> Prepared:
    """The surrogate that was distilled before."""
    from core.explained import Subject

    parts = (arrays["weights"], arrays["bias"], arrays["distilled_on"], bool(arrays["ended"]))
    return Prepared(Subject(run, data), seed, values, learned=surrogate(run, data, values, *parts))


def unsupported(spec: RunSpec) -> str:
    """Why the surrogate cannot imitate a model, or nothing."""
    unit = model(spec.model.name)
    if not unit.uses_features:
        return (
            f"{unit.title} reads no features, and the surrogate knows nodes by their features only. GCN works; "
            "or take another method, such as saliency."
        )
    if reach(spec.model.name, dict(spec.model.parameters)) is None:
        return (
            f"{unit.title} looks at the whole graph at once with these settings, and the surrogate at some hops only. "
            "GCN without PairNorm works; or take another method, such as saliency."
        )
    return ""


def distilled(run: Run, graph: GraphData, values: Mapping[str, Value], avoid: Sequence[int] = ()) -> Surrogate:
    """The surrogate that minimises the mean of KL(model ‖ surrogate) over the nodes that may be used (section 3), with an L2 penalty
    on weights and bias.

    The problem is strictly convex and solved from 0, so that nothing of it is drawn.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    nodes = usable(graph, run.spec)
    nodes[list(avoid)] = False
    if not nodes.any():
        raise NothingToLearnFrom(NOTHING_LEFT)
    features = graph.features.astype(np.float64)
    scale = np.sqrt(_squares(features) / max(graph.num_nodes, 1)) or 1.0
    with threadpool_limits(1):  # the products are small, and BLAS's threads wait for each other
        smoothed = _smoothed(features / scale, _gather(graph, _hops(run, values)), nodes)
        weights, bias, ended = _imitation(smoothed, run.logits[nodes], float(values["penalty"]), int(values["steps"]))
    return surrogate(run, graph, values, weights / scale, bias, nodes, ended)


def surrogate(
    run: Run, graph: GraphData, values: Mapping[str, Value], weights: Doubles, bias: Doubles, nodes: Bools, ended: bool
) -> Surrogate:
    """What the distilled weights [num_features, num_classes] and bias [num_classes] say of the graph."""
    from threadpoolctl import threadpool_limits

    hops = _hops(run, values)
    with threadpool_limits(1):
        messages = np.asarray(graph.features.astype(np.float64) @ weights)
        predicted = (_gather(graph, hops).matmat(messages) + bias).argmax(axis=1)
    said = _agreement(predicted == run.predictions, nodes)
    if not ended:
        said += f" (stopped after {count(int(values['steps']), 'step')})"
    return Surrogate(hops, weights, bias, messages, predicted, nodes, said, ended)


def _hops(run: Run, values: Mapping[str, Value]) -> int:
    """Never more than the model sees."""
    most = reach(run.spec.model.name, dict(run.spec.model.parameters)) or 0
    return min(int(values["hops"]) or most, most)


def _gather(graph: GraphData, hops: int) -> LinearOperator:
    """Â^L, as something to multiply with."""
    return aslinearoperator(propagation(graph)) ** hops


def usable(graph: GraphData, spec: RunSpec) -> Bools:
    """[num_nodes] the nodes to distil on: those of training and validation, and those without a label that no one tests on."""
    split = split_of(graph, spec.dataset)
    fixed = graph.splits.get(spec.dataset.split, split)  # its test nodes, those without a label too
    return np.asarray((split.train | split.validation | (graph.labels < 0)) & ~fixed.test)


def row_of_power(part: ComputationGraph, hops: int) -> Doubles:
    """[n] the row of Â^L that belongs to the asked node; that of the whole graph up to the model's reach."""
    row, back = np.zeros(len(part.nodes)), propagation(part.graph).T
    row[part.targets[0]] = 1
    for _ in range(hops):
        row = back @ row
    return row


def propagation(graph: GraphData) -> csr_matrix:
    """Â as the models have it [num_nodes, num_nodes]."""
    import torch

    from core.sparse import Edges

    made = Edges(torch.from_numpy(graph.edge_index), graph.num_nodes).symmetric.forward
    entries = (made.values().double().numpy(), made.col_indices().numpy(), made.crow_indices().numpy())
    return csr_matrix(entries, shape=tuple(made.shape))


def _squares(features: Doubles | csr_matrix) -> float:
    return float(np.square(features.data if isinstance(features, csr_matrix) else features).sum())


def _smoothed(features: Doubles | csr_matrix, gather: LinearOperator, nodes: Bools) -> LinearOperator:
    """The nodes' rows of Â^L X, as something to multiply with: where X is sparse, they would be dense."""
    if isinstance(features, csr_matrix):
        rows = csr_matrix(identity(len(nodes)))[nodes]
        return aslinearoperator(rows) @ gather @ aslinearoperator(features)
    return aslinearoperator(gather.matmat(features)[nodes])


def _imitation(smoothed: LinearOperator, logits: Floats, penalty: float, steps: int) -> tuple[Doubles, Doubles, bool]:
    """Weights [num_features, num_classes], bias [num_classes] and whether the steps sufficed. `logits` [num_nodes_used, num_classes]."""
    from scipy.optimize import minimize

    aim = softmax(logits.astype(np.float64), axis=1)
    size, classes = smoothed.shape[1] + 1, logits.shape[1]

    def loss(flat: Doubles) -> tuple[float, Doubles]:
        every = flat.reshape(size, classes)
        said = log_softmax(smoothed.matmat(every[:-1]) + every[-1], axis=1)
        error = (np.exp(said) - aim) / len(aim)
        slope = np.vstack([smoothed.rmatmat(error), error.sum(axis=0)]) + penalty * every
        return -(aim * said).sum() / len(aim) + penalty / 2 * (flat @ flat), slope.ravel()

    options = {"maxiter": steps, "maxfun": 2 * steps + 20, "ftol": 0.0, "gtol": STILL, "maxcor": 30}
    found = minimize(loss, np.zeros(size * classes), jac=True, method="L-BFGS-B", options=options)
    every = found.x.reshape(size, classes)
    return every[:-1], every[-1], found.status != OUT_OF_STEPS


def _agreement(same: Bools, used: Bools) -> str:
    """How often both predict the same class where the surrogate was not taught; where it was, if that is everywhere."""
    agrees = "The surrogate agrees with the model on"
    if used.all():
        return f"{agrees} {percent(same.mean())} of the {count(len(same), 'node')}, all of which it learned from"
    others = same[~used]
    return f"{agrees} {percent(others.mean())} of the {count(len(others), 'other node')}"
