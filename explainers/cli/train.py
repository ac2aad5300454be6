"""`hopscope train`: train a model on a dataset, over settings and seeds."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter

from core.parameters import Integer
from explainers.cli.command import Command, Job
from explainers.cli.output import check_target, declare_json
from explainers.cli.training.arguments import declare_subject, declare_training

SEEDS = Integer("--seeds", "Number of seeds", 1, 1, 100_000)

EXAMPLES = """\
examples:
  hopscope train --dataset cora --model gcn --seeds 10
  hopscope train --dataset cora --model gcn --set depth=2,4,8:17:4 --set dropout=0:.6:.3 --seeds 5
  hopscope train --dataset texas --model appnp --set model.alpha=.1 --split all --seeds 10 --json -

Runs are trained on all cores, and stored as they end: stopped by Ctrl-C or by a kill, the same command goes on with what
is missing. With HOPSCOPE_CLUSTER=tcp://HOST:PORT the workers of the Dask cluster at that address train them.
"""


def declare(parser: ArgumentParser) -> None:
    parser.epilog, parser.formatter_class = EXAMPLES, RawDescriptionHelpFormatter
    declare_subject(parser)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="sets",
        metavar="NAME=VALUES",
        help="any setting of the dataset, the model or the training; a list 2,4,8 or a range first:end:step "
        "(whole numbers leave out the end, others include it) trains every combination",
    )
    parser.add_argument(
        "--recipe", choices=("common", "paper"), default="common", help="what is not set: our defaults, or the paper's settings"
    )
    declare_training(parser, SEEDS)
    declare_json(parser)


def prepare(arguments: Namespace, line: str) -> Job:
    seeds = SEEDS.check(arguments.seeds)
    check_target(arguments.json)

    from core.datasets.contract import dataset
    from core.device import pick
    from core.models.contract import model
    from explainers.cli.training.execute import execute
    from explainers.cli.training.plan import declared, groups
    from explainers.settings import parse

    data, unit = dataset(arguments.dataset), model(arguments.model)
    pick(arguments.device)
    sets = parse(arguments.sets, declared(data, unit))
    planned = groups(data, unit, sets, recipe=arguments.recipe, split=arguments.split, seeds=seeds)
    return lambda: execute(planned, sets, device=arguments.device, sure=arguments.yes, line=line, target=arguments.json)


COMMAND = Command("train", "Train a model on a dataset, over settings and seeds.", declare, prepare)
