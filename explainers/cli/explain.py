"""`hopscope explain`: which edges and features are behind predictions, by several methods, and how far each can be trusted."""

from __future__ import annotations

import contextlib
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from core.errors import UserError
from core.parameters import Integer, Value, resolve
from explainers.cli.command import Command, Job
from explainers.cli.output import Answer, Record, check_target, declare_json, shortened, write
from explainers.cli.training.arguments import declare_single, declare_subject

if TYPE_CHECKING:
    from core.data import GraphData
    from core.spec import RunSpec
    from explainers.trust.comparison import Explained, Request

SEEDS = Integer("--seeds", "Number of seeds", 3, 1, 100)
KEEP = Integer("--keep", "Edges in an explanation", 10, 0, 100_000)
SAMPLES = Integer("--samples", "Draws of robust fidelity", 50, 1, 10_000)
TARGET = Integer("--target", "Class", 0, 0, 100_000)
MOST_NODES = 10_000

EXAMPLES = """\
examples:
  hopscope explain --dataset cora --model gcn --nodes 1708,1709 --method gnn_explainer,occlusion --json explained.json
  hopscope explain --dataset ba_shapes --model gcn --nodes 400:700:5 --method all --seeds 3
  hopscope explain --dataset karate --model gcn --nodes 5 --method gnn_explainer --set gnn_explainer.epochs=300 --set depth=3

The seeds are those of the methods; the model is one, trained with seed 0. 'hopscope list attributions' shows the methods.
"""


def declare(parser: ArgumentParser) -> None:
    parser.epilog, parser.formatter_class = EXAMPLES, RawDescriptionHelpFormatter
    declare_subject(parser)
    parser.add_argument("--nodes", required=True, metavar="NODES", help="5 or 3,7,9 or 400:700:5 (first, end, step)")
    parser.add_argument("--method", required=True, metavar="NAMES", help="names with commas between them, or all; random is always there")
    parser.add_argument("--seeds", default=SEEDS.default, metavar="N", help="seeds 0 … N−1 of each method (default: %(default)s)")
    parser.add_argument("--cut", default="deleted", choices=["deleted", "masked"], help="what a cut does to an edge (default: %(default)s)")
    parser.add_argument("--target", metavar="CLASS", help="number of the class to explain, from 0 (default: the predicted one)")
    parser.add_argument("--keep", default=KEEP.default, metavar="K", help="an explanation is the K highest edges (default: %(default)s)")
    parser.add_argument("--samples", default=SAMPLES.default, metavar="N", help="draws of robust fidelity (default: %(default)s)")
    declare_single(parser, ", or METHOD.NAME=VALUE")
    declare_json(parser)


def prepare(arguments: Namespace, line: str) -> Job:
    seeds, keep, samples = SEEDS.check(arguments.seeds), KEEP.check(arguments.keep), SAMPLES.check(arguments.samples)
    target = None if arguments.target is None else int(TARGET.check(arguments.target))
    check_target(arguments.json)
    nodes = numbered(arguments.nodes)

    from core.datasets.contract import dataset
    from core.device import pick
    from core.models.contract import model
    from explainers.attribution.contract import method, methods
    from explainers.cli.training.plan import declared, single
    from explainers.settings import parse
    from explainers.trust.ask import Ask
    from explainers.trust.comparison import Request

    values, words = of_methods(arguments.sets)
    names = tuple(methods()) if arguments.method == "all" else tuple(method(name.strip()).name for name in arguments.method.split(","))
    data, architecture = dataset(arguments.dataset), model(arguments.model)
    pick(arguments.device)
    spec = single(data, architecture, parse(words, declared(data, architecture)), arguments.split)
    if spec.dataset.split == "all":
        raise UserError("One model is explained, so one split is asked for: public, random or a number, not all.")
    request = Request(names, nodes, int(seeds), Ask(int(keep), arguments.cut, samples=int(samples)), values, target)
    return lambda: _carry_out(spec, request, arguments, line)


def numbered(text: str) -> tuple[int, ...]:
    """The nodes that a text names, each once: "400:700:5" counts as Python does, without the end.

    >>> numbered("3,7:10")
    (3, 7, 8, 9)
    """
    found: list[int] = []
    for word in text.split(","):
        first, *rest = word.strip().split(":")
        is_named = all(part.isascii() and part.isdigit() and len(part) < 10 for part in (first, *rest)) and len(rest) < 3
        if not is_named or 0 in map(int, rest[1:]):
            raise UserError(f"--nodes {text}: '{word}' names no nodes; write 5, or 3,7,9, or 400:700:5 for first, end and step.")
        numbers = range(int(first), *map(int, rest)) if rest else range(int(first), int(first) + 1)
        if len(found) + len(numbers) > MOST_NODES:
            raise UserError(f"--nodes {text} are more nodes than the {MOST_NODES:,} that work at most.")
        found.extend(numbers)
    if not found:
        raise UserError(f"--nodes {text} names no node; the end does not belong to a range.")
    return tuple(dict.fromkeys(found))


def of_methods(words: Sequence[str]) -> tuple[dict[str, dict[str, Value]], list[str]]:
    """Settings of methods by method and name, and the words that are about something else."""
    from explainers.attribution.contract import methods

    known, given, others = methods(), dict[str, dict[str, object]](), list[str]()
    for word in words:
        owner, dot, setting = word.partition(".")
        name, equals, value = setting.partition("=")
        if dot and equals and owner.strip() in known:
            given.setdefault(owner.strip(), {})[name.strip()] = value.strip()
        else:
            others.append(word)
    return {owner: resolve(known[owner].parameters, own, f"attribution {owner}") for owner, own in given.items()}, others


def _carry_out(spec: RunSpec, request: Request, arguments: Namespace, line: str) -> int:
    from core.explained import check_nodes
    from core.models.contract import model
    from core.plans import graph_of, run_plan
    from core.store import Store
    from core.stored import run_and_graph
    from explainers.cli.training.progress import Progress
    from explainers.trust.comparison import compare
    from explainers.whole.measure import gathered, summary
    from explainers.whole.tables import records

    store = Store.default()
    with contextlib.redirect_stdout(sys.stderr), Progress() as report:  # whatever a library prints must not mix with the result
        graph = graph_of(spec.dataset, lambda text: report(message=text))
        check_nodes(graph, request.nodes)
        run_plan(report, specs=[spec], root=store.root, device=arguments.device, again=True)
        run, _ = run_and_graph(report, spec, store.root)
        found, notes = compare(run, graph, request, report, root=store.root)
        whole = gathered(found, [summary(one, run, graph) for one in found], notes, run, graph, request)
    tables: dict[str, Sequence[Record]] = {
        "summary": list(summary_rows(found)),
        **records(whole),
        "scores": list(score_rows(found, request)),
        "edges": list(edge_rows(found)),
        "features": list(feature_rows(found, graph if model(spec.model.name).uses_features else None)),
        "remarks": list(remark_rows(found)),
    }
    said = [
        f"Cut edges are {request.ask.how}; an explanation is the {request.ask.keep} highest edges; robust fidelity at "
        f"α1 = {request.ask.alpha_plus:g}, α2 = {request.ask.alpha_minus:g} with {request.ask.samples} draws.",
        "Rows of summary: mean over the nodes (auc: over the seeds), with its 95 % t-interval; seconds for one seed and all nodes.",
        "by_class_pair, by_hop: mean over the nodes of the share of |score| that lies there, and of the share of edges; against_random: "
        "paired differences over the nodes (auc: over the seeds), intervals not corrected for their number.",
        *notes,
    ]
    short, cut = shortened(tables, whole=("summary", "against_random"))
    write(Answer(line, tables, [spec], said), arguments.json, shown=Answer(line, short, [spec], [*said, *cut]))
    return 0


def edge_rows(found: Sequence[Explained]) -> Iterator[Record]:
    """A row an edge of a node's computation graph, u < v (from u to v in a directed graph)."""
    for explained in found:
        for seed, attributed in enumerate(explained.attributions):
            for one in attributed:
                for (u, v), score in zip(one.part.pairs.tolist(), one.pair_scores.tolist(), strict=True):
                    yield {"method": explained.method, "node": one.node, "seed": seed, "u": u, "v": v, "score": score}


def feature_rows(found: Sequence[Explained], graph: GraphData | None) -> Iterator[Record]:
    """A row a feature whose score is not 0, summed over the nodes; without a graph, for models whose features are the nodes themselves."""
    for explained in found:
        for seed, attributed in enumerate(explained.attributions):
            for one in attributed:
                if (scores := one.features) is None:
                    continue
                for feature in scores.nonzero()[0].tolist():
                    name = f"node {feature}" if graph is None else graph.feature_names[feature] if graph.feature_names else feature
                    yield {"method": explained.method, "node": one.node, "seed": seed, "feature": name, "score": float(scores[feature])}


def remark_rows(found: Sequence[Explained]) -> Iterator[Record]:
    """What a method says of its own scores: completeness, a surrogate's agreement."""
    for explained in found:
        for seed, attributed in enumerate(explained.attributions):
            for one in attributed:
                if one.said:
                    yield {"method": explained.method, "node": one.node, "seed": seed, "said": one.said}


def score_rows(found: Sequence[Explained], request: Request) -> Iterator[Record]:
    """A row a node, seed and metric; what is over all seeds stands at seed 0."""
    for explained in found:
        for seed, scored in enumerate(explained.scores):
            for number, (node, scores) in enumerate(zip(request.nodes, scored, strict=True)):
                every = {**scores, **explained.nodes[number]} if seed == 0 else scores
                for metric, value in every.items():
                    yield {"method": explained.method, "node": node, "seed": seed, "metric": metric, "value": value}


def summary_rows(found: Sequence[Explained]) -> Iterator[Record]:
    """A row a method and metric: the mean of the nodes' means over the seeds; of the pooled AUC, over the seeds."""
    import numpy as np

    from core.seeds import interval

    for explained in found:
        values = {"auc": list(explained.auc)}
        for metric in explained.scores[0][0]:
            every = np.array([[scores[metric] for scores in scored] for scored in explained.scores])
            values[metric] = every.mean(axis=0).tolist()
        for metric in explained.nodes[0]:
            values[metric] = [scores[metric] for scores in explained.nodes]
        for metric, numbers in values.items():
            mean = interval(numbers)
            yield {
                "method": explained.method,
                "metric": metric,
                "mean": mean.mean,
                "low": mean.low,
                "high": mean.high,
                "n": mean.n,
                "seconds": explained.seconds,
            }


COMMAND = Command("explain", "Explain predictions by several methods, and say how far each can be trusted.", declare, prepare)
