"""Explaining many nodes at once: named work for a worker, and what the command line adds to its tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.cuts import How
from core.data import GraphData, Ints
from core.errors import UserError
from core.explained import Subject, check_nodes
from core.models.contract import model
from core.run import Run
from core.spec import RunSpec
from core.stored import run_and_graph
from core.work import Report
from explainers.attribution.contract import Attribution, method
from explainers.trust.ask import Ask
from explainers.trust.comparison import Explained, Request, compare
from explainers.trust.metrics import RANDOM
from explainers.whole.nodes import sampled
from explainers.whole.result import HIGHER, LOWER, Against, Floats, Shares, Summary, Whole, against

MOST_EDGES = 20_000_000
"""Stored edges in the computation graphs that one method holds at once, about 40 bytes each."""
PROBED = 16
"""Nodes whose computation graphs are counted to guess the others'."""
SAMPLES = 10
"""Draws of robust fidelity, most of the time that a node takes: fewer than for one node, since a mean over many of them is steadier."""
MOST_HOPS = 9
"""Hops told apart; what is farther is one bin."""
MOST_FEATURES = 30


def explain_many(
    report: Report,
    *,
    spec: RunSpec,
    nodes: Sequence[int],
    methods: Sequence[str],
    seeds: int,
    keep: int,
    how: How,
    root: Path,
) -> Whole:
    """Named work: several methods, and random edges, on many nodes of one stored run.

    At most `nodes.MOST` nodes, fewer where their computation graphs are large: an even sample of those that were asked for.
    Raises `UserError` without nodes or methods, for a node that is not there and where the run is not stored, `Unsupported` if a
    single method was asked for and does not apply.
    """
    if not nodes or not methods:
        raise UserError("Nothing to explain: pick at least one node and one method.")
    run, graph = run_and_graph(report, spec, root)
    check_nodes(graph, nodes)
    kept = sampled(nodes)
    kept = sampled(kept, affordable(run, graph, kept, seeds))
    request = Request(tuple(methods), kept, seeds, Ask(keep, how, samples=SAMPLES))
    whole = summed_up(run, graph, request, report, root)
    return replace(whole, asked=len(nodes))


def affordable(run: Run, graph: GraphData, nodes: Sequence[int], seeds: int) -> int:
    """How many such nodes a method may hold at once, judged by some of them; at least 2."""
    subject = Subject(run, graph)
    stored = [len(subject.part(node).stored) for node in sampled(nodes, PROBED)]
    return max(2, int(MOST_EDGES / (1 + seeds) / max(float(np.mean(stored)), 1.0)))


def summed_up(run: Run, graph: GraphData, request: Request, report: Report, root: Path | None = None) -> Whole:
    """`compare`, of which only the sums are kept."""
    summaries: list[Summary] = []

    def keep(answer: Explained) -> Explained:
        summaries.append(summary(answer, run, graph))
        return replace(answer, attributions=())

    found, notes = compare(run, graph, request, report, keep, root)
    return gathered(found, summaries, notes, run, graph, request)


def gathered(
    found: Sequence[Explained], summaries: Sequence[Summary], notes: Sequence[str], run: Run, graph: GraphData, request: Request
) -> Whole:
    """The summaries of all methods, and each against random edges."""
    nodes = np.array(request.nodes)
    labels = graph.labels[nodes]
    chance = next(place for place, one in enumerate(found) if one.method == RANDOM)
    return Whole(
        dataset=graph.name,
        model=model(run.spec.model.name).title,
        nodes=nodes,
        asked=len(nodes),
        wrong=int(((labels >= 0) & (run.predictions[nodes] != labels)).sum()),
        class_names=graph.class_names,
        directed=graph.directed,
        summaries=tuple(summaries),
        against=tuple(
            one
            for answer, own in zip(found, summaries, strict=True)
            if answer.method != RANDOM
            for one in _against(answer, own, found[chance], summaries[chance])
        ),
        keep=request.ask.keep,
        how=request.ask.how,
        seeds=request.seeds,
        samples=request.ask.samples,
        notes=tuple(notes),
    )


def summary(answer: Explained, run: Run, graph: GraphData) -> Summary:
    """What is drawn of one method's answer."""
    classes = graph.num_classes + 1
    each = answer.attributions
    return Summary(
        method=answer.method,
        title=method(answer.method).title,
        by_class_pair=shares(each, lambda one: class_pairs(one, classes), classes**2),
        by_hop=shares(each, hops, MOST_HOPS + 1),
        features=features(each, _feature_names(run, graph)),
        values=_values(answer),
        seconds=answer.seconds,
    )


def shares(each: Sequence[Sequence[Attribution]], bins: Callable[[Attribution], Ints], size: int) -> Shares:
    """Where the importance lies. `each` [seeds][nodes]; `bins` gives the bin of every pair of an attribution, [num_pairs].

    A node weighs as much as any other, whatever its degree, and so does a seed. Nodes without edges within reach, or with all
    scores 0, have no shares and are left out.
    """
    importance, edges, counted = np.zeros(size), np.zeros(size), 0
    for same in zip(*each, strict=True):
        own = [found for one in same if (found := _share(one, bins(one), size)) is not None]
        if own:
            importance += np.mean([found[0] for found in own], axis=0)
            edges += own[0][1]
            counted += 1
    return Shares(importance / counted, edges / counted, counted) if counted else Shares(np.full(size, np.nan), np.full(size, np.nan), 0)


def _share(one: Attribution, bins: Ints, size: int) -> tuple[Floats, Floats] | None:
    """Shares of |score| and of edges [size] of one attribution; None where they are not defined."""
    within = one.part.within
    sizes = np.abs(one.pair_scores[within]).astype(np.float64)
    if not sizes.sum() > 0:
        return None
    importance = np.bincount(bins[within], sizes, minlength=size)
    return importance / sizes.sum(), np.bincount(bins[within], minlength=size) / len(sizes)


def class_pairs(one: Attribution, classes: int) -> Ints:
    """[num_pairs] a·classes + b of the true classes that each pair joins, −1 the last one; the lower class first unless directed."""
    part = one.part
    ends = part.graph.labels[part.pair_ends] % classes
    if not part.graph.directed:
        ends = np.sort(ends, axis=1)
    return np.asarray(ends[:, 0] * classes + ends[:, 1])


def hops(one: Attribution) -> Ints:
    """[num_pairs] how far the nearer end of each pair is from the node, at most `MOST_HOPS`; 0 for its own edges."""
    return np.asarray(np.clip(one.part.hop[one.part.pair_ends].min(axis=1), 0, MOST_HOPS))


def features(each: Sequence[Sequence[Attribution]], name: Callable[[int], str]) -> dict[str, float]:
    """Mean over nodes and seeds of each feature's |score|, itself summed over the nodes of the computation graph; the highest ones."""
    scores = [found for same in each for one in same if (found := one.features) is not None]
    if not scores:
        return {}
    mean = np.zeros(len(scores[0]))
    for found in scores:
        mean += np.abs(found)
    mean /= len(scores)
    highest = np.argsort(-mean, kind="stable")[:MOST_FEATURES]
    return {name(place): float(mean[place]) for place in highest.tolist() if mean[place] > 0}


def _feature_names(run: Run, graph: GraphData) -> Callable[[int], str]:
    """Where the model has no features, each node is one."""
    if not model(run.spec.model.name).uses_features:
        return lambda place: f"node {place}"
    names = graph.feature_names
    return lambda place: f"{place} {names[place]}" if names else f"feature {place}"


def _values(answer: Explained) -> dict[str, Floats]:
    """Each metric by name, [num_nodes]: the mean over the seeds that have it."""
    found = {metric: _means([[scores[metric] for scores in seed] for seed in answer.scores]) for metric in answer.scores[0][0]}
    return found | {metric: np.array([scores[metric] for scores in answer.nodes], dtype=float) for metric in answer.nodes[0]}


def _means(values: Sequence[Sequence[float]]) -> Floats:
    """Mean of the columns over what is a number, NaN where nothing is."""
    array = np.array(values, dtype=float)
    there = np.isfinite(array)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(there, array, 0).sum(axis=0) / there.sum(axis=0))


def _against(answer: Explained, own: Summary, chance: Explained, of_random: Summary) -> list[Against]:
    """One method on every metric that has a better side and is defined here; the AUC, pooled over the nodes, seed by seed."""
    pairs = {metric: (own.values[metric], of_random.values[metric]) for metric in own.values if metric in (*HIGHER, *LOWER)}
    pairs["auc"] = (np.resize(answer.auc, len(chance.auc)), np.array(chance.auc))
    found = [against(answer.method, metric, *values) for metric, values in pairs.items()]
    return [one for one in found if one.difference.n]
