"""`hopscope what-if`: what a trained model says of an edited graph, and the smallest edit that flips a prediction."""

from __future__ import annotations

import contextlib
import re
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.errors import UserError
from core.parameters import Integer
from explainers.cli.command import Command, Job
from explainers.cli.output import Answer, Record, check_target, declare_json, shortened, write
from explainers.cli.training.arguments import declare_single, declare_subject

if TYPE_CHECKING:
    from core.data import GraphData
    from core.edits import Edits
    from core.spec import RunSpec
    from explainers.what_if.result import Found, Outcome

NODE = Integer("--node", "Node", 0, 0, 10**9)
REMOVAL = re.compile(r"-\d+:\d+.*")
MOST = Integer("--most", "Edits in a set that are tried exhaustively", 2, 1, 3)

EXAMPLES = """\
examples:
  hopscope what-if --dataset cora --model gcn --node 1708 --edit -467:1708 --edit +3:1708
  hopscope what-if --dataset cora --model gcn --node 1708 --edit x467 --retrain --json answer.json
  hopscope what-if --dataset karate --model gcn --node 0 --search deletion,addition --most 2

-12:40 removes an edge, +3:9 adds one, x5 drops node 5, f5:17=0 sets its feature 17 to 0; --edit takes several with commas, too.
"""


def declare(parser: ArgumentParser) -> None:
    parser.epilog, parser.formatter_class = EXAMPLES, RawDescriptionHelpFormatter
    parser._negative_number_matcher = REMOVAL  # so that "-12:40" is a value, as -12 is, and not an option
    declare_subject(parser)
    parser.add_argument("--node", required=True, metavar="N", help="the node that is asked about")
    parser.add_argument("--edit", action="append", default=[], dest="edits", metavar="EDIT", help="may be given several times")
    parser.add_argument("--retrain", action="store_true", help="ask a model that is trained on the edited graph, too")
    parser.add_argument("--search", metavar="KINDS", help="find the smallest edit that flips it: deletion, addition, feature, with commas")
    parser.add_argument("--most", default=MOST.default, metavar="K", help="try all sets of up to K edits (default: %(default)s)")
    declare_single(parser)
    declare_json(parser)


def prepare(arguments: Namespace, line: str) -> Job:
    node, most = int(NODE.check(arguments.node)), int(MOST.check(arguments.most))
    check_target(arguments.json)

    from core.datasets.contract import dataset
    from core.device import pick
    from core.edits import parse
    from core.errors import unknown
    from core.models.contract import model
    from explainers.cli.training.plan import declared, single
    from explainers.settings import parse as parse_settings
    from explainers.what_if.result import KINDS

    edits = parse(",".join(arguments.edits))
    kinds = tuple(word.strip() for word in arguments.search.split(",")) if arguments.search is not None else ()
    for kind in kinds:
        if kind not in KINDS:
            raise unknown("kind of edit", kind, KINDS)
    if not edits and not kinds:
        raise UserError("Nothing to do: give --edit with an edit, such as --edit +3:9, or --search with kinds of edits.")
    if arguments.retrain and not edits:
        raise UserError("--retrain needs an --edit: without one, the graph is the one that the model was trained on.")
    data, architecture = dataset(arguments.dataset), model(arguments.model)
    pick(arguments.device)
    spec = single(data, architecture, parse_settings(arguments.sets, declared(data, architecture)), arguments.split)
    if spec.dataset.split == "all":
        raise UserError("One model is asked, so one split is needed: public, random or a number, not all.")
    return lambda: _carry_out(spec, node, edits, kinds, most, arguments, line)


def _carry_out(spec: RunSpec, node: int, edits: Edits, kinds: tuple[str, ...], most: int, arguments: Namespace, line: str) -> int:
    from core.edits import checked
    from core.explained import check_nodes
    from core.plans import graph_of, run_plan
    from core.store import Store
    from explainers.cli.training.progress import Progress
    from explainers.what_if import readings
    from explainers.what_if.evaluate import evaluate, evaluate_retrained
    from explainers.what_if.result import trained_on
    from explainers.what_if.search import search

    root = Store.default().root
    found: Found | None = None
    with contextlib.redirect_stdout(sys.stderr), Progress() as report:  # whatever a library prints must not mix with the result
        graph = graph_of(spec.dataset, lambda text: report(message=text))
        check_nodes(graph, [node])
        edits = checked(edits, graph)
        specs = [spec, *([trained_on(spec, edits)] if arguments.retrain else [])]
        run_plan(report, specs=specs, root=root, device=arguments.device, again=True)
        work = {"spec": spec, "node": node, "root": root}
        outcomes = {"same weights": evaluate(report, edits=edits, **work)}  # type: ignore[arg-type]
        if arguments.retrain:
            outcomes["retrained"] = evaluate_retrained(report, edits=edits, **work)  # type: ignore[arg-type]
        if kinds:
            found = search(report, kinds=kinds, most=most, **work)  # type: ignore[arg-type]
    tables = {
        "probabilities": list(probability_rows(outcomes)),
        "changed": list(changed_rows(outcomes)),
        "moved": list(moved_rows(outcomes)),
        "found": list(found_rows(found)) if found else [],
    }
    said = [sentence for outcome in outcomes.values() if edits for sentence in readings.answers(outcome, graph) if sentence]
    said += [readings.cost(found.planned), *readings.finding(found, graph)] if found else []
    said.append(_label(outcomes["same weights"], graph))
    short, cut = shortened(tables, whole=("probabilities",))
    write(Answer(line, tables, specs, said), arguments.json, shown=Answer(line, short, specs, [*said, *cut]))
    return 0


def probability_rows(outcomes: dict[str, Outcome]) -> Iterator[Record]:
    """A row a class."""
    for name, outcome in outcomes.items():
        for index, label in enumerate(outcome.class_names):
            yield {"model": name, "class": label, "before": float(outcome.before[index]), "after": float(outcome.after[index])}


def changed_rows(outcomes: dict[str, Outcome]) -> Iterator[Record]:
    """A row a node whose predicted class is another one, nearest first."""
    for name, outcome in outcomes.items():
        changed, names = outcome.changed, outcome.class_names
        for place, node in enumerate(changed.nodes.tolist()):
            yield {
                "model": name,
                "node": node,
                "hops": int(changed.hops[place]),
                "before": names[changed.before[place]],
                "before_probability": float(changed.before_probability[place]),
                "after": names[changed.after[place]],
                "after_probability": float(changed.after_probability[place]),
            }


def moved_rows(outcomes: dict[str, Outcome]) -> Iterator[Record]:
    """How the target's state moves, a row a model."""
    for name, outcome in outcomes.items():
        moved = outcome.moved
        yield {"model": name, "state": moved.state, "distance": moved.distance, "cosine": moved.cosine, "seconds": outcome.seconds}


def found_rows(found: Found) -> Iterator[Record]:
    """The smallest set of edits that was found, one row; its edits as text, empty if there is none."""
    from core.edits import written

    yield {
        "edits": written(found.edits),
        "size": len(found.edits),
        "minimal": found.is_minimal,
        "proven_up_to": found.proven,
        "candidates": found.planned.total,
        "before": found.class_names[found.before.argmax()],
        "before_probability": float(found.before.max()),
        "after": found.class_names[found.after.argmax()],
        "after_probability": float(found.after.max()),
        "evaluations": found.evaluations,
        "seconds": found.seconds,
    }


def _label(outcome: Outcome, graph: GraphData) -> str:
    name = graph.class_names[outcome.label] if outcome.label >= 0 else "unknown"
    return f"Label of node {outcome.node} in the original graph: {name}. Cut edges are deleted: every normalisation is computed anew."


COMMAND = Command("what-if", "Edit a graph and see what a model says; find the smallest edit that flips it.", declare, prepare)
