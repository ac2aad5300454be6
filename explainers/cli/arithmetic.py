"""`hopscope arithmetic`: how the layers of a model compute the numbers of one node."""

from __future__ import annotations

import contextlib
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from core.errors import UserError
from core.parameters import Integer
from explainers.cli.command import Command, Job
from explainers.cli.output import Answer, Record, check_target, declare_json, shortened, write
from explainers.cli.training.arguments import declare_single, declare_subject

if TYPE_CHECKING:
    from core.spec import RunSpec
    from explainers.arithmetic.result import Step

NODE = Integer("--node", "Node", 0, 0, 10**9)
LAYER = Integer("--layer", "Step", 1, 1, 10_000)
CHANNEL = Integer("--channel", "Channel", 0, 0, 10**6)

EXAMPLES = """\
examples:
  hopscope arithmetic --dataset karate --model gcn --node 5
  hopscope arithmetic --dataset cora --model gat --node 1708 --layer 2 --channel 3 --json arithmetic.json

Layers count from 1 as the table totals lists them (GIN has two steps a layer), channels and classes from 0.
In each channel, the contributions of terms with 'own' and 'bias' add up to 'sum'; where heads are averaged, each gives its
share. The model is trained with seed 0.
"""


def declare(parser: ArgumentParser) -> None:
    parser.epilog, parser.formatter_class = EXAMPLES, RawDescriptionHelpFormatter
    declare_subject(parser)
    parser.add_argument("--node", required=True, metavar="N", help="the node, from 0")
    parser.add_argument("--layer", metavar="L", help="one layer or propagation step, from 1 (default: all)")
    parser.add_argument("--channel", metavar="C", help="one channel, or class in the last layer, from 0 (default: all)")
    declare_single(parser)
    declare_json(parser)


def prepare(arguments: Namespace, line: str) -> Job:
    node = int(NODE.check(arguments.node))
    layer = None if arguments.layer is None else int(LAYER.check(arguments.layer))
    channel = None if arguments.channel is None else int(CHANNEL.check(arguments.channel))
    check_target(arguments.json)

    from core.datasets.contract import dataset
    from core.device import pick
    from core.models.contract import model
    from explainers.arithmetic.contract import unsupported
    from explainers.cli.training.plan import declared, single
    from explainers.settings import parse

    data, architecture = dataset(arguments.dataset), model(arguments.model)
    pick(arguments.device)
    spec = single(data, architecture, parse(arguments.sets, declared(data, architecture)), arguments.split)
    if spec.dataset.split == "all":
        raise UserError("One model is taken apart, so one split is asked for: public, random or a number, not all.")
    if reason := unsupported(spec):
        raise UserError(reason)
    return lambda: _carry_out(spec, node, layer, channel, arguments, line)


def _carry_out(spec: RunSpec, node: int, layer: int | None, channel: int | None, arguments: Namespace, line: str) -> int:
    from core.explained import check_nodes
    from core.plans import graph_of, run_plan
    from core.store import Store
    from core.stored import run_and_graph
    from explainers.arithmetic.measure import of_run
    from explainers.cli.training.progress import Progress

    store = Store.default()
    with contextlib.redirect_stdout(sys.stderr), Progress() as report:  # whatever a library prints must not mix with the result
        graph = graph_of(spec.dataset, lambda text: report(message=text))
        check_nodes(graph, [node])
        run_plan(report, specs=[spec], root=store.root, device=arguments.device, again=True)
        run, _ = run_and_graph(report, spec, store.root)
        found = of_run(run, graph, node)
    if layer is not None and layer > len(found.steps):
        raise UserError(f"--layer {layer}: this model has the layers 1 to {len(found.steps)}.")
    steps = [(number, one) for number, one in enumerate(found.steps, 1) if layer in (None, number)]
    if channel is not None and channel >= max(one.width for _, one in steps):
        raise UserError(f"--channel {channel}: there are the channels 0 to {max(one.width for _, one in steps) - 1}.")
    tables = {"terms": list(term_rows(steps, channel)), "totals": list(total_rows(steps, channel))}
    said = [f"The last layer's output is the run's logits of node {node}; they differ by {found.off:.1g} at most."]
    short, cut = shortened(tables)
    write(Answer(line, tables, [spec], said), arguments.json, shown=Answer(line, short, [spec], [*said, *cut]))
    return 0


def term_rows(steps: Sequence[tuple[int, Step]], channel: int | None) -> Iterator[Record]:
    """A row a layer, channel, head and term; contributions add up over all of them. Terms that are not kept are one row a head."""
    from explainers.arithmetic.channel import channel as one_channel

    for number, step in steps:
        for place in _channels(step, channel):
            heads = [None] if step.merge == "concatenated" else range(step.heads)
            for head in heads:
                found = one_channel(step, place, head)
                for label, *values in zip(step.labels, found.coefficient, found.message, found.contribution, strict=True):
                    coefficient, message, contribution = map(float, values)
                    yield _term(number, place, found.head, label, coefficient, message, contribution)
                if step.others:
                    yield _term(number, place, found.head, f"{step.others} others", None, None, found.rest)


def _term(
    layer: int, channel: int, head: int | None, label: str, coefficient: float | None, message: float | None, contribution: float
) -> Record:
    return {
        "layer": layer,
        "channel": channel,
        "head": head,
        "neighbour": label,
        "coefficient": coefficient,
        "message": message,
        "contribution": contribution,
    }


def total_rows(steps: Sequence[tuple[int, Step]], channel: int | None) -> Iterator[Record]:
    """A row a layer and channel; what a layer does not have is empty."""
    from explainers.arithmetic.channel import channel as one_channel

    for number, step in steps:
        for place in _channels(step, channel):
            found = one_channel(step, place)
            yield {
                "layer": number,
                "title": step.title,
                "channel": place,
                "messages": float(found.contribution.sum()) + found.rest,
                "own": found.own,
                "bias": found.bias,
                "sum": found.total,
                "normalised": found.normalized,
                "activated": found.activated,
                "residual": found.residual,
                "output": found.output,
            }


def _channels(step: Step, channel: int | None) -> range:
    return range(step.width) if channel is None else range(channel, min(channel + 1, step.width))


COMMAND = Command("arithmetic", "Show how a model's layers compute the numbers of one node, term by term.", declare, prepare)
