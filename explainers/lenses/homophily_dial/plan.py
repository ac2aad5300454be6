"""The runs of the dial: some models on drawn graphs of rising homophily, each seed with its own graph and split. Free of torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

from core.datasets import csbm
from core.errors import UserError
from core.graph.homophily import Threshold, threshold
from core.parameters import Parameter, Value, resolve
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings
from explainers.dial_request import HOMOPHILY, KNOBS, MODELS, homophilies
from explainers.settings import Setting
from explainers.sweep.grid import Cell, Grid
from explainers.wording import model_name

LEAST_DIMENSIONS = 20
"""Of the features; each class needs one."""


class Declared(Protocol):
    """What is asked of a model's declaration, or of its card."""

    @property
    def parameters(self) -> tuple[Parameter, ...]: ...


def dial_grid(values: Mapping[str, Value], seeds: int, declared: Callable[[str], Declared]) -> Grid:
    """Every model at every homophily. `values`: of the lens's settings. Raises `UserError` for a model that there is not, and for a
    homophily that a graph of this degree and these classes cannot have."""
    names = MODELS.words(str(values["models"]))
    if not names:
        raise UserError(f"{MODELS.title} ({MODELS.name}) is empty; it takes names such as {MODELS.default}.")
    if seeds < 1:
        raise UserError(f"{seeds} seeds give no training; take 1 or more.")
    asked = homophilies(str(values["homophily"]))
    for homophily in asked:
        check(values, homophily)
    models = {model_name(name): ModelSpec(name, settings(resolve(declared(name).parameters, {}, f"model {name}"))) for name in names}
    training = TrainingSpec(epochs=int(values["epochs"]))
    cells = []
    for title, model in models.items():
        for homophily in asked:
            first = RunSpec(graph_spec(values, homophily), model, training)
            cells.append(Cell(title, homophily, first, over_graphs(first, seeds)))
    return Grid(Setting("dataset", HOMOPHILY, asked), tuple(cells), dict.fromkeys(models, HOMOPHILY.default))


def at(grid: Grid, homophily: float) -> Grid:
    """The same at one homophily: where the dial stands."""
    return replace(
        grid,
        setting=replace(grid.setting, values=(homophily,)),
        cells=tuple(cell for cell in grid.cells if cell.value == homophily),
    )


def check(values: Mapping[str, Value], homophily: float) -> None:
    """Raises `UserError` for a homophily that a graph with these knobs cannot have, naming the nearest that it can."""
    sizes = csbm.class_sizes(int(values["nodes"]), int(values["classes"]), 1.0)
    csbm.expected_edges(sizes, homophily, float(values["degree"]), str(values["others"]))


def graph_spec(values: Mapping[str, Value], homophily: float) -> DatasetSpec:
    """The graph of the first seed."""
    given = {one.name: values[one.name] for one in KNOBS} | {"homophily": homophily}
    given["dimensions"] = max(LEAST_DIMENSIONS, int(values["classes"]))
    return DatasetSpec("csbm", settings(resolve(csbm.DATASETS[0].parameters, given, "dataset csbm")), "random")


def over_graphs(spec: RunSpec, seeds: int) -> tuple[RunSpec, ...]:
    """Seeds 0 … seeds−1 of the training, of the split and of the graph: the spread is that over all three."""
    parameters = dict(spec.dataset.parameters)
    return tuple(
        replace(spec, dataset=replace(spec.dataset, parameters=settings(parameters | {"seed": seed}), split_seed=seed), seed=seed)
        for seed in range(seeds)
    )


def threshold_of(values: Mapping[str, Value], operator: str) -> Threshold:
    """Between which homophily values an operator hurts on such graphs, by theory."""
    return threshold(
        int(values["classes"]), float(values["degree"]), str(values["others"]), "self_loop" if operator == "self_loop" else "mean"
    )
