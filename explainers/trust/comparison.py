"""Several methods on the same nodes of the same model, each with its scores and its time, and random edges beside them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core import device as devices
from core import memory
from core.computation_graph import ComputationGraph
from core.data import Bools, GraphData
from core.explained import check_nodes
from core.metrics import explanation_auc, rank_correlation
from core.run import Run
from core.work import Report, silent
from explainers.attribution.contract import Attribution, Prepared, method, ready
from explainers.contract import Unsupported
from explainers.trust.ask import Ask
from explainers.trust.metrics import RANDOM
from explainers.trust.scores import randomized, stability, trusted

SURE = 0.95
"""Share of the evaluated nodes that the model must have right for a comparison with the truth to mean anything."""


@dataclass(frozen=True)
class Request:
    """Which methods explain which nodes. `values`: settings of methods, by method and name; `target`: the class to explain, None for
    the predicted one of each node."""

    methods: tuple[str, ...]
    nodes: tuple[int, ...]
    seeds: int = 1
    ask: Ask = field(default_factory=Ask)
    values: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    target: int | None = None

    def given(self, name: str) -> Mapping[str, object]:
        """Settings of a method: its own, and if it cuts edges itself, by the cut that its scores are judged by."""
        cuts = any(parameter.name == "cut" for parameter in method(name).parameters)
        return ({"cut": self.ask.how} if cuts else {}) | dict(self.values.get(name, {}))


@dataclass(frozen=True, eq=False)
class Explained:
    """What one method gave: `attributions` [seeds][nodes]; `scores` likewise by name; `nodes`: scores of a node over all seeds, by name;
    `auc` [seeds], pooled over the nodes; `seconds` for one seed and all nodes, the method's own training included (as long as it
    took, where it is not done again), the scoring not."""

    method: str
    attributions: tuple[tuple[Attribution, ...], ...]
    scores: tuple[tuple[Mapping[str, float], ...], ...]
    nodes: tuple[Mapping[str, float], ...]
    auc: tuple[float, ...]
    seconds: float


@dataclass(frozen=True, eq=False)
class Answered:
    """What one method says of some nodes, seed by seed, before it is put to any test; `seconds` as `Explained` has them."""

    method: str
    states: tuple[Prepared, ...]
    attributions: tuple[tuple[Attribution, ...], ...]
    seconds: float


def _all_of_it(answer: Explained) -> Explained:
    return answer


def compare(
    run: Run,
    graph: GraphData,
    request: Request,
    report: Report = silent,
    keep: Callable[[Explained], Explained] = _all_of_it,
    root: Path | None = None,
) -> tuple[list[Explained], list[str]]:
    """Each method's answer, random edges among them, and sentences on what was left out and why.

    `keep`: what is kept of an answer before the next method begins; the attributions of many nodes are large. `root`: the store in
    which methods find and leave what they learn.

    Raises `Unsupported` if a single method was asked for and does not apply.
    """
    check_nodes(graph, request.nodes)
    names = tuple(dict.fromkeys([*request.methods, RANDOM]))
    truth, notes = known_motifs(run, graph, request.nodes)
    found = []
    with memory.reused(), devices.threads_for(graph.num_stored_edges):
        for done, name in enumerate(names):
            report(done, len(names), f"{method(name).title} on {len(request.nodes):,} nodes")
            try:
                answer = answered(name, run, graph, request.nodes, request.seeds, request.given(name), request.target, root)
                random_model = unlike(answer, run, graph, request.given(name), root)
                found.append(keep(scored(answer, graph, request, truth, random_model)))
            except Unsupported as error:
                if len(request.methods) == 1:
                    raise
                notes.append(f"{method(name).title} was left out: {error}")
        report(len(names), len(names))
    return found, notes


def answered(
    name: str,
    run: Run,
    graph: GraphData,
    nodes: Sequence[int],
    seeds: int = 1,
    given: Mapping[str, object] | None = None,
    target: int | None = None,
    root: Path | None = None,
) -> Answered:
    """A method asked about some nodes, by each seed if it draws anything. `target`: the class, None for the predicted ones."""
    unit = method(name)
    started = time.perf_counter()
    states = tuple(ready(name, run, graph, seed=seed, avoid=nodes, given=given, root=root) for seed in range(seeds if unit.drawn else 1))
    attributions = tuple(tuple(unit.attribute(state, nodes, target=target)) for state in states)
    seconds = time.perf_counter() - started + sum(state.spent for state in states)
    return Answered(name, states, attributions, seconds / len(states))


def unlike(
    answer: Answered, run: Run, graph: GraphData, given: Mapping[str, object] | None = None, root: Path | None = None
) -> list[Attribution]:
    """What the method says of the same nodes and classes where all the model's weights are random."""
    first = answer.attributions[0]
    state = ready(answer.method, randomized(run, graph), graph, avoid=[one.node for one in first], given=given, root=root)
    return method(answer.method).attribute(state, [one.node for one in first], target=[one.target for one in first])


def scored(
    answer: Answered, graph: GraphData, request: Request, truth: Mapping[int, int], random_model: Sequence[Attribution]
) -> Explained:
    """An answer with its scores. `truth`: the motif of each node whose explanation is known; `random_model`: from `unlike`."""
    subject, first = answer.states[0].subject, answer.attributions[0]
    known = {one.node: known_edges(one.part, graph, truth[one.node]) for one in first if one.node in truth}
    scores = tuple(
        tuple(trusted(subject.cuts(one.node), one, request.ask, known.get(one.node)) for one in every) for every in answer.attributions
    )
    drawn, keep = method(answer.method).drawn, request.ask.keep
    by_node = tuple(
        _over_seeds(same, other, drawn, keep) for same, other in zip(zip(*answer.attributions, strict=True), random_model, strict=True)
    )
    return Explained(
        answer.method, answer.attributions, scores, by_node, tuple(_auc(every, known) for every in answer.attributions), answer.seconds
    )


def _over_seeds(same: Sequence[Attribution], unlike: Attribution, drawn: bool, keep: int) -> Mapping[str, float]:
    """Scores of one node's attributions by all seeds, and against that of the model with random weights."""
    steady = stability(same, keep) if drawn else (1.0, 1.0)
    within = same[0].part.within
    sanity = rank_correlation(same[0].pair_scores[within], unlike.pair_scores[within])
    return {"stability": steady[0], "stability_top_k": steady[1], "sanity": sanity}


def _auc(attributed: Sequence[Attribution], known: Mapping[int, Bools]) -> float:
    """The edges of all nodes whose motif is known, pooled."""
    compared = [one for one in attributed if one.node in known]
    return explanation_auc([one.pair_scores[one.part.within] for one in compared], [known[one.node][one.part.within] for one in compared])


def known_motifs(run: Run, graph: GraphData, nodes: Sequence[int]) -> tuple[dict[int, int], list[str]]:
    """The motif of each node whose explanation is known, and what to say about them."""
    if graph.motif_of_node is None:
        return {}, []
    motifs, right = graph.motif_of_node[list(nodes)], (run.predictions == graph.labels)[list(nodes)]
    inside = motifs >= 0
    if not inside.any():
        return {}, ["None of the nodes is in a planted motif, so there is no truth to compare with."]
    share = float(right[inside].mean())
    if share < SURE:
        return {}, [
            f"The model is right on {share:.0%} of the nodes in motifs; below {SURE:.0%} the motif need not be what it looks at, "
            "so AUC and top-k precision are left out."
        ]
    said = "The truth of a node is the edges of its own motif; edges of other motifs count as wrong."
    return {int(node): int(motif) for node, motif in zip(np.array(nodes)[inside], motifs[inside], strict=True)}, [said]


def known_edges(part: ComputationGraph, graph: GraphData, motif: int) -> Bools:
    """[num_pairs] which edges of a computation graph are those of a motif."""
    assert graph.truth_edges is not None
    found = np.zeros(part.num_pairs, dtype=bool)
    stored = part.pair_of[(graph.truth_edges[part.stored] == motif) & (part.pair_of >= 0)]
    found[stored] = True
    return found
