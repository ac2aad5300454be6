"""The runs of a sweep: a few models, each at every value of one setting, each with some seeds. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.parameters import Value
from core.seeds import plan
from core.selection import SPLIT_SEED
from core.spec import RunSpec, settings
from explainers.settings import Setting


@dataclass(frozen=True)
class Cell:
    """One model at one value. `spec` is what would be selected (seed 0, its split perhaps "all"), `runs` are its seeds."""

    name: str
    value: Value
    spec: RunSpec
    runs: tuple[RunSpec, ...]


@dataclass(frozen=True, eq=False)
class Grid:
    """Cells name by name, the values in the order of the setting. `own`: the value of the setting that each name's spec came with."""

    setting: Setting
    cells: tuple[Cell, ...]
    own: Mapping[str, Value]

    @property
    def runs(self) -> tuple[RunSpec, ...]:
        """Every run, cell by cell."""
        return tuple(run for cell in self.cells for run in cell.runs)

    @property
    def what(self) -> str:
        """What the runs are about, as a list of trainings says it."""
        return f"{self.setting.parameter.title} of {', '.join(self.own)}"

    @property
    def queue(self) -> tuple[RunSpec, ...]:
        """Every run, in the order that shows the whole course first: seed by seed, and in it value by value for all models.

        Graphs, which take time to open, one after the other.
        """
        if self.setting.owner == "dataset":
            return tuple(run for value in self.setting.values for cell in self.cells if cell.value == value for run in cell.runs)
        place = {id(run): self.setting.values.index(cell.value) for cell in self.cells for run in cell.runs}
        return tuple(sorted(self.runs, key=lambda run: (run.seed, place[id(run)])))

    def cell(self, name: str, value: Value) -> Cell | None:
        """The cell of a name and a value, None if there is none."""
        return next((cell for cell in self.cells if (cell.name, cell.value) == (name, value)), None)


def grid(specs: Mapping[str, RunSpec], setting: Setting, seeds: int, splits: int = 0) -> Grid:
    """Every spec, by the name that pictures give it, at every value of the setting.

    `splits`: number of fixed splits of the dataset, which split "all" goes through seed by seed.
    """
    owner, name = setting.owner, setting.parameter.name
    cells = []
    for label, spec in specs.items():
        for value in setting.values:
            there = with_value(spec, owner, name, value)
            cells.append(Cell(label, value, there, plan(there, seeds, splits)))
    return Grid(setting, tuple(cells), {label: value_of(spec, owner, name) for label, spec in specs.items()})


def with_value(spec: RunSpec, owner: str, name: str, value: Value) -> RunSpec:
    """The spec with one setting of its dataset, its model or its training changed."""
    if owner == "training":
        return replace(spec, training=replace(spec.training, **{name: value}))  # type: ignore[arg-type]
    if owner == "model":
        return replace(spec, model=replace(spec.model, parameters=settings(dict(spec.model.parameters) | {name: value})))
    if name == SPLIT_SEED.name:
        return replace(spec, dataset=replace(spec.dataset, split_seed=int(value)))
    return replace(spec, dataset=replace(spec.dataset, parameters=settings(dict(spec.dataset.parameters) | {name: value})))


def value_of(spec: RunSpec, owner: str, name: str) -> Value:
    """The value of one setting in a spec; `KeyError` if it has none of that name."""
    if owner == "training":
        value: Value = vars(spec.training)[name]
        return value
    if owner == "dataset" and name == SPLIT_SEED.name:
        return spec.dataset.split_seed
    return dict(spec.model.parameters if owner == "model" else spec.dataset.parameters)[name]
