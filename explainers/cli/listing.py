"""`hopscope list`: the units that there are, from their declarations."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from core.discovery import collect
from core.parameters import Choice, Integer, Parameter, Real
from explainers.cli.command import Command, Job
from explainers.cli.output import Answer, Record, check_target, declare_json, write

KINDS = {
    "datasets": ("core.datasets", "DATASETS"),
    "models": ("core.models", "MODEL"),
    "lenses": ("explainers.lenses", "LENS"),
    "attributions": ("explainers.attribution", "ATTRIBUTION"),
    "calibrators": ("explainers.calibrators", "CALIBRATOR"),
}
"""The folder and the constant of each kind."""

FACTS = ("family", "size", "metric", "splits", "default_split", "embedded", "depth_counts", "keeps_class", "graph_aware", "source")
"""What else a record says, of the units that declare it."""


def declare(parser: ArgumentParser) -> None:
    parser.add_argument("kind", choices=tuple(KINDS), help="what to list")
    declare_json(parser)


def prepare(arguments: Namespace, line: str) -> Job:
    check_target(arguments.json)

    def job() -> int:
        units = collect(*KINDS[arguments.kind])
        records = [record(unit) for unit in units.values()]
        short = [{name: row[name] for name in ("name", "title", "question", "parameters")} for row in records]
        write(Answer(line, {arguments.kind: records}), arguments.json, shown=Answer(line, {arguments.kind: short}))
        return 0

    return job


def record(unit: Any) -> Record:
    """A unit's declaration as plain data, without its functions."""
    facts = {name: getattr(unit, name) for name in FACTS if hasattr(unit, name)}
    if hasattr(unit, "recipe"):
        facts["recipe"] = asdict(unit.recipe)
    return {
        "name": unit.name,
        "title": unit.title,
        "question": getattr(unit, "question", ""),
        "parameters": [describe(parameter) for parameter in getattr(unit, "parameters", ())],
    } | facts


def describe(parameter: Parameter) -> Mapping[str, Any]:
    """A parameter as plain data: kind, default, and what it takes."""
    plain: dict[str, Any] = {
        "name": parameter.name,
        "title": parameter.title,
        "kind": type(parameter).__name__.lower(),
        "default": parameter.default,
    }
    if isinstance(parameter, Integer | Real):
        plain |= {"low": parameter.low, "high": parameter.high, "step": parameter.step, "unit": parameter.unit}
    if isinstance(parameter, Choice):
        plain |= {"options": [word for word, _ in parameter.options]}
    return plain | {"help": parameter.help}


COMMAND = Command("list", "List datasets, models, lenses, attributions or calibrators with their settings.", declare, prepare)
