"""A sweep to be repeated without the dashboard: the headless commands, and lines of Python. Free of torch."""

from __future__ import annotations

import shlex
from dataclasses import replace

from core.catalogue import Catalogue
from core.selection import Selection, command
from core.spec import RunSpec
from explainers.sweep.grid import with_value
from explainers.sweep.request import Request, asked, base, models, values_text
from explainers.wording import model_name


def commands(request: Request, selection: Selection, catalogue: Catalogue) -> str:
    """The headless command that trains the same runs, a line for each model."""
    setting = asked(request, selection, catalogue)
    swept = shlex.join(["--set", f"{setting.qualified}={values_text(setting.values)}"])
    lines = []
    for name in models(request, selection):
        spec = with_value(base(name, selection, catalogue), setting.owner, setting.parameter.name, setting.parameter.default)
        lines.append(f"{command(selected(spec, selection, request.seeds), catalogue)} {swept}")
    return "\n".join(lines)


def python(request: Request, selection: Selection, catalogue: Catalogue) -> str:
    """Lines of Python that train the same runs and print the mean test score of each point with its interval."""
    setting = asked(request, selection, catalogue)
    bases = {name: base(name, selection, catalogue) for name in models(request, selection)}
    specs = [f"    {model_name(name)!r}: RunSpec(dataset, {spec.model!r}, training)," for name, spec in bases.items()]
    first = next(iter(bases.values()))
    fixed = sum(name.isdigit() for name in catalogue.dataset(selection.dataset).splits)
    splits = f", splits={fixed}" if selection.split == "all" and fixed else ""
    return "\n".join(
        (
            "from core.seeds import interval, plan",
            "from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec",
            "from core.training import train",
            "from explainers.sweep import with_value",
            "",
            f"dataset = {first.dataset!r}",
            f"training = {first.training!r}",
            "specs = {",
            *specs,
            "}",
            "",
            "for name, spec in specs.items():",
            f"    for value in {setting.values!r}:",
            f"        there = with_value(spec, {setting.owner!r}, {setting.parameter.name!r}, value)",
            f"        runs = [train(run) for run in plan(there, seeds={request.seeds}{splits})]",
            '        print(name, value, interval([run.scores["test_score"] for run in runs]))',
        )
    )


def selected(spec: RunSpec, selection: Selection, seeds: int) -> Selection:
    """The selection whose runs are those of a spec; the node stays where the graph does."""
    dataset = spec.dataset
    same = (dataset.name, dataset.parameters) == (selection.dataset, selection.dataset_settings)
    return replace(
        selection,
        dataset=dataset.name,
        dataset_settings=dataset.parameters,
        split=dataset.split,
        split_seed=dataset.split_seed,
        model=spec.model.name,
        model_settings=spec.model.parameters,
        training=spec.training,
        seeds=seeds,
        node=selection.node if same else None,
    )
