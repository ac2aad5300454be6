"""Ask methods about one node: scores, curves, trust. Named work; what was asked last is kept, so that a slider costs little."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from pathlib import Path

import numpy as np

from core import device as devices
from core import memory
from core.cuts import Cuts, How
from core.data import Bools, GraphData, Ints
from core.kept import Kept
from core.metrics import top_k
from core.run import Run
from core.spec import RunSpec
from core.stored import run_and_graph
from core.work import Report
from explainers.attribution.contract import Attribution
from explainers.attribution.contract import method as unit
from explainers.attribution.learned import weights_name
from explainers.trust.ask import Ask
from explainers.trust.comparison import Answered, Request, answered, known_edges, known_motifs, scored, unlike
from explainers.trust.sanity import cascade
from explainers.why.result import Answer, BothCuts, Curve, Sanity, Trust

ALL_POINTS, MOST_POINTS, LEAST_POINTS = 30, 24, 6
"""Up to so many edges a curve has every point; of more edges at most and at least so many."""
MOST_ENTRIES = 20_000_000
"""Stored edges that the cuts of a curve may have together: some ten seconds on two cores."""
MOST_CUTS = 400
"""Single edges whose loss is asked about."""

_answers = Kept(200_000_000)


def explain(report: Report, *, spec: RunSpec, node: int, method: str, target: int | None, seeds: int, how: How, root: Path) -> Answer:
    """What a method says of a node; `target`: the class, None for the predicted one. Raises `UserError` without a stored run."""
    report(0, 2, f"Asking {method}")
    run, graph = run_and_graph(report, spec, root)
    found = _asked(run, graph, _request(node, method, target, seeds, how), root)
    report(1, 2, "Cutting edges")
    with memory.reused(), devices.threads_for(graph.num_stored_edges):
        return _answer(found, graph, run, node, how)


def trust(
    report: Report, *, spec: RunSpec, node: int, method: str, target: int | None, seeds: int, how: How, keep: int, root: Path
) -> Trust:
    """The scores of what a method says of a node, as `hopscope explain` has them."""
    report(message=f"Testing {method}")
    run, graph = run_and_graph(report, spec, root)
    request = _request(node, method, target, seeds, how, keep)
    found = _asked(run, graph, request, root)
    with memory.reused(), devices.threads_for(graph.num_stored_edges):
        key = ("random model", *_question(run, request), found.attributions[0][0].target)
        random_model = _answers.made(key, lambda: unlike(found, run, graph, request.given(method), root))
        explained = scored(found, graph, request, known_motifs(run, graph, [node])[0], random_model)
    values = {name: tuple(one[0][name] for one in explained.scores) for name in explained.scores[0][0]}
    over_seeds = {name: (value,) for name, value in explained.nodes[0].items()}
    return Trust(method, values | over_seeds | {"auc": explained.auc})


def sanity(report: Report, *, spec: RunSpec, node: int, method: str, target: int | None, seeds: int, how: How, root: Path) -> Sanity:
    """How the scores of a method's first seed change as the model's layers are drawn anew, the last one first."""
    run, graph = run_and_graph(report, spec, root)
    request = _request(node, method, target, seeds, how)
    found = _asked(run, graph, request, root)
    with memory.reused(), devices.threads_for(graph.num_stored_edges):
        stages = cascade(method, found.attributions[0][0], run, graph, request.given(method), report, root)
    return Sanity(method, tuple(name for name, _ in stages), tuple(value for _, value in stages))


def both_cuts(report: Report, *, spec: RunSpec, node: int, target: int | None, root: Path) -> BothCuts:
    """Deleting against masking, edge by edge."""
    from core.explained import Subject

    run, graph = run_and_graph(report, spec, root)
    subject = Subject(run, graph)
    label, part, cuts = int(subject.targets([node], target)[0]), subject.part(node), subject.cuts(node)
    asked = np.flatnonzero(part.within)[:MOST_CUTS]
    falls: dict[How, list[float]] = {"deleted": [], "masked": []}
    with memory.reused(), devices.threads_for(graph.num_stored_edges):
        for how, found in falls.items():
            for start in range(0, len(asked), CHUNK):
                report(start + (how == "masked") * len(asked), 2 * len(asked), f"Cutting single edges, {how}")
                found.extend(cuts.falls(asked[start : start + CHUNK], label, how))
    return BothCuts(part.pairs[asked], np.array(falls["deleted"]), np.array(falls["masked"]), int(part.within.sum()) - len(asked))


CHUNK = 50
"""Edges between two reports."""


def _request(node: int, name: str, target: int | None, seeds: int, how: How, keep: int = Ask.keep) -> Request:
    """A method that draws nothing is asked once, however many seeds there are."""
    return Request((name,), (node,), seeds if unit(name).drawn else 1, Ask(keep, how), target=target)


def _question(run: Run, request: Request) -> tuple[Hashable, ...]:
    """All that an answer follows from; how many edges are kept does not count."""
    (name,), given = request.methods, request.given(request.methods[0])
    return run.spec.key, weights_name(run), name, request.nodes, request.target, request.seeds, tuple(sorted(given.items()))


def _asked(run: Run, graph: GraphData, request: Request, root: Path) -> Answered:
    """The method's answer, from memory if it was asked before."""
    found: Answered = _answers.made(_question(run, request), lambda: _fresh(run, graph, request, root))
    return found


def _fresh(run: Run, graph: GraphData, request: Request, root: Path) -> Answered:
    import captum.attr  # noqa: F401 - a second and a half, once a process, that are no method's own

    (name,) = request.methods
    with memory.reused(), devices.threads_for(graph.num_stored_edges):
        return answered(name, run, graph, request.nodes, request.seeds, request.given(name), request.target, root)


def _answer(found: Answered, graph: GraphData, run: Run, node: int, how: How) -> Answer:
    of_node = [one[0] for one in found.attributions]
    first, part = of_node[0], of_node[0].part
    within = np.flatnonzero(part.within)
    reached = np.flatnonzero(part.hop >= 0)
    order = reached[np.argsort(part.hop[reached], kind="stable")]
    motifs = known_motifs(run, graph, [node])[0]
    features = [one.features for one in of_node if one.features is not None]
    own = [row for one in of_node if (row := _own_row(one)) is not None]
    return Answer(
        method=found.method,
        node=node,
        target=first.target,
        nodes=part.nodes[order],
        hop=part.hop[order],
        pairs=part.pairs[within],
        directed=graph.directed,
        scores=np.stack([one.pair_scores[within] for one in of_node]).astype(np.float32),
        features=np.mean(features, axis=0).astype(np.float32) if features else None,
        own_features=np.mean(own, axis=0).astype(np.float32) if own else None,
        said=tuple(dict.fromkeys(one.said for one in of_node if one.said)),
        seconds=found.seconds,
        curve=_curve(found.states[0].subject.cuts(node), of_node, within, how),
        truth=known_edges(first.part, graph, motifs[node])[within] if node in motifs else None,
    )


def _own_row(one: Attribution) -> np.ndarray | None:
    """Scores of the node's own features, from methods that tell nodes apart."""
    scores = one.feature_scores
    if scores is None or scores.ndim == 1:
        return None
    row = scores[int(one.part.targets[0])]
    return np.asarray(row.toarray() if hasattr(row, "toarray") else row).ravel()


def _curve(cuts: Cuts, of_node: Sequence[Attribution], within: Ints, how: How) -> Curve:
    room = MOST_ENTRIES // (max(cuts.part.graph.num_stored_edges, 1) * len(of_node))
    kept = np.array(_numbers(len(within), min(max(room, LEAST_POINTS), MOST_POINTS)))
    masks = np.concatenate([_growing(one.pair_scores[within], kept, within, cuts.part.num_pairs) for one in of_node])
    every = np.ones((1, cuts.part.num_pairs), dtype=bool)
    found = cuts.answer(np.concatenate([every, ~masks, masks]), how)
    without, alone = found[1:].reshape(2, len(of_node), len(kept), -1)
    return Curve(how, kept, found[0], without, alone)


def _growing(scores: np.ndarray, kept: Ints, within: Ints, size: int) -> Bools:
    """[p, num_pairs] the highest edges, more and more of them."""
    masks = np.zeros((len(kept), size), dtype=bool)
    order = within[top_k(scores, len(scores))]
    for row, count in enumerate(kept.tolist()):
        masks[row, order[:count]] = True
    return masks


def _numbers(edges: int, points: int = MOST_POINTS) -> list[int]:
    """Numbers of kept edges that a curve has: every one of a few, of many ever fewer, 10 always among them."""
    if edges <= ALL_POINTS and points == MOST_POINTS:
        return list(range(edges + 1))
    spaced = np.geomspace(1, max(edges, 1), points - 2).round().astype(int).tolist()
    return sorted(number for number in {0, 10, edges, *spaced} if number <= edges)
