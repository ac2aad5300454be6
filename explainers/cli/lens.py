"""`hopscope lens`: the numbers of a lens, without the dashboard."""

from __future__ import annotations

import contextlib
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.errors import UserError, unknown
from core.parameters import Integer, Value, resolve
from explainers.cli.command import Command, Job
from explainers.cli.output import Answer, check_target, declare_json, summarised, write
from explainers.cli.training.arguments import declare_subject, declare_training

if TYPE_CHECKING:
    import pandas as pd

    from core.datasets.contract import Dataset
    from core.spec import RunSpec
    from explainers.contract import Lens

SEEDS = Integer("--seeds", "Number of seeds", 3, 1, 1000)

EXAMPLES = """\
examples:
  hopscope lens over_smoothing --dataset cora --model gcn --set depths=2,4,8,16 --seeds 3 --json depth.json
  hopscope lens over_smoothing --dataset cora --model gcn --set models=gcnii,dagnn --set recipe=paper
  hopscope lens errors --dataset texas --model gcn --split all --seeds 5
  hopscope lens dictionary_lookup --set sizes=3,5,10 --seeds 1
  hopscope lens homophily --dataset cora --json homophily.json
  hopscope lens homophily_dial --set homophily=0:1:0.1 --set models=mlp,gcn --seeds 3
  hopscope lens edge_surgery --dataset cora --set gamma=0,0.4,1 --seeds 3
  hopscope lens heterophily --dataset texas --set models=mlp,gcn,sage,gat --seeds 10 --split all

Runs that the lens needs are trained if the store lacks them. A lens that makes its own data asks for no --dataset and --model,
one that looks at a graph alone or names its own models for no --model; what it does not ask for is not looked at. One that
compares models goes through all fixed splits of the dataset, a seed each, unless --split or --seeds say otherwise.
'hopscope list lenses' shows the lenses and their settings.
"""


def declare(parser: ArgumentParser) -> None:
    parser.epilog, parser.formatter_class = EXAMPLES, RawDescriptionHelpFormatter
    parser.add_argument("lens", metavar="LENS", help="see 'hopscope list lenses'")
    declare_subject(parser, required=False)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="sets",
        metavar="NAME=VALUE",
        help="a setting of the lens, the dataset, the model or the training; where two share the name, lens.NAME, model.NAME …",
    )
    declare_training(parser, SEEDS)
    parser.set_defaults(seeds=None)  # known once the lens and the dataset are
    declare_json(parser)


def prepare(arguments: Namespace, line: str) -> Job:
    from explainers.runner import lens

    unit = lens(arguments.lens)
    seeds = SEEDS.check(_usual_seeds(unit, arguments) if arguments.seeds is None else arguments.seeds)
    check_target(arguments.json)
    own, others = _sorted_out(arguments.sets, {parameter.name for parameter in unit.parameters})
    values = resolve(unit.parameters, own, f"lens {unit.name}")
    spec = _subject(unit, arguments, others) if unit.asks_dataset else _no_subject(unit, others)
    planned = unit.plan(spec, seeds, values)

    def job() -> int:
        return _carry_out(unit, spec, seeds, values, planned, arguments, line)

    return job


def _subject(unit: Lens, arguments: Namespace, words: Sequence[str]) -> RunSpec:
    """What is trained on what, or the dataset alone; the device of a training is one that there is."""
    needed = ("dataset", "model") if unit.asks_model and not unit.default_model else ("dataset",)
    if missing := [name for name in needed if getattr(arguments, name) is None]:
        lists = " and ".join(f"'hopscope list {name}s'" for name in needed)
        raise UserError(f"The lens {unit.name} needs --{' and --'.join(missing)}; see {lists}.")

    from core.datasets.contract import dataset
    from core.models.contract import model
    from explainers.cli.training.plan import declared, single
    from explainers.settings import parse

    data = dataset(arguments.dataset)
    architecture = model(arguments.model or unit.default_model) if unit.asks_model else None
    if unit.asks_training:
        from core.device import pick  # loads torch

        pick(arguments.device)
    split = "all" if arguments.split is None and _several_splits(unit, data) else arguments.split
    return single(data, architecture, parse(words, declared(data, architecture, unit.asks_training)), split)


def _several_splits(unit: Lens, data: Dataset) -> int:
    """How many fixed splits of the dataset the lens goes through of itself; 0 for none."""
    fixed = sum(name.isdigit() for name in data.splits)
    return fixed if unit.compares and fixed > 1 else 0


def _usual_seeds(unit: Lens, arguments: Namespace) -> int:
    """One for each split that the lens goes through, else the default."""
    from core.datasets.contract import datasets

    data = datasets().get(str(arguments.dataset))
    through = _several_splits(unit, data) if data and arguments.split in (None, "all") else 0
    return through or SEEDS.default


def _no_subject(unit: Lens, words: Sequence[str]) -> RunSpec:
    """Stands for the selection that the lens does not ask about. Raises `UserError` for a setting that is not the lens's."""
    from core.spec import DatasetSpec, ModelSpec, RunSpec

    for word in words:
        raise unknown(f"setting of the lens {unit.name}", word.partition("=")[0], [parameter.name for parameter in unit.parameters])
    return RunSpec(DatasetSpec(""), ModelSpec(""))


def _carry_out(
    unit: Lens, spec: RunSpec, seeds: int, values: Mapping[str, Value], planned: Sequence[RunSpec], arguments: Namespace, line: str
) -> int:
    from core.home import home
    from explainers.cli.training.progress import Progress
    from explainers.runner import run_lens

    with contextlib.redirect_stdout(sys.stderr), Progress() as report:  # whatever a library prints must not mix with the result
        result = run_lens(
            report, lens=unit.name, spec=spec, seeds=seeds, values=values, root=home(), device=arguments.device, sure=arguments.yes
        )
    tables = {name: frame.to_dict("records") for name, frame in numbers(unit, result).items()}
    short, cut = summarised(tables)
    said = unit.captions(result)
    write(Answer(line, tables, planned, said), arguments.json, shown=Answer(line, short, planned, [*said, *cut]))
    return 0


def numbers(unit: Lens, result: Any) -> dict[str, pd.DataFrame]:
    """The tables of a lens: those that it names, or the data of what it draws."""
    if unit.tables:
        return dict(unit.tables(result))
    return {name: view.data for name, view in unit.draw(result).items() if view.data is not None}


def _sorted_out(words: Sequence[str], own: set[str]) -> tuple[dict[str, str], list[str]]:
    """Settings of the lens by name, and the words that are about dataset, model and training."""
    mine: dict[str, str] = {}
    others = []
    for word in words:
        name, equals, value = word.partition("=")
        bare = name.strip().removeprefix("lens.")
        if not equals or not (bare in own or name.startswith("lens.")):
            others.append(word)
        elif bare in mine:
            raise UserError(f"{bare} is set twice; it takes one value, which may be a list, for example {bare}=2,4.")
        else:
            mine[bare] = value.strip()
    return mine, others


COMMAND = Command("lens", "Ask a lens: train what it needs, and print its numbers.", declare, prepare)
