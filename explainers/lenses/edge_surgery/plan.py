"""The runs of edge surgery: the selected model on the selected graph, and on that graph with edges added between classes. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.datasets.surgery import BASES, class_shares
from core.errors import UserError
from core.parameters import Value, resolve
from core.seeds import plan
from core.spec import RunSpec, settings
from explainers.contract import Unsupported
from explainers.dial_request import ADDED, additions, gammas
from explainers.settings import Setting
from explainers.sweep.grid import Cell, Grid

CLEAN = "no added edges"
"""Name of the graph as it is: the left end of every curve."""


def surgery_grid(spec: RunSpec, seeds: int, values: Mapping[str, Value], splits: int) -> Grid:
    """The graph as it is, and for every γ with so many edges added. `splits` as in `core.seeds.plan`.

    Run i of every cell has split and training seed of run i on the graph as it is, and surgery seed i. Raises `Unsupported` for a graph
    that is not among those that can be changed, `UserError` for values that the lens does not take.
    """
    _check_base(spec)
    added, asked = additions(str(values["added"])), gammas(str(values["gamma"]))
    clean = plan(spec, seeds, splits)
    cells = [Cell(CLEAN, 0.0, spec, clean)]
    for gamma in asked:
        for share in added:
            runs = tuple(changed(run, share, gamma, seed) for seed, run in enumerate(clean))
            cells.append(Cell(title(gamma), share, changed(spec, share, gamma, 0), runs))
    names = dict.fromkeys(cell.name for cell in cells)
    return Grid(Setting("dataset", ADDED, (0.0, *added)), tuple(cells), dict.fromkeys(names, 0.0))


def check_classes(classes: int, values: Mapping[str, Value]) -> None:
    """Raises `Unsupported` for a γ that a graph of so many classes cannot have: known before anything is trained."""
    try:
        for gamma in gammas(str(values["gamma"])):
            class_shares(classes, gamma)
    except UserError as reason:
        raise Unsupported(str(reason)) from None


def changed(spec: RunSpec, added: float, gamma: float, seed: int) -> RunSpec:
    """The same training on the graph after surgery."""
    knobs: dict[str, Value] = {"base": spec.dataset.name, "added": added, "gamma": gamma, "seed": seed}
    return replace(spec, dataset=replace(spec.dataset, name="surgery", parameters=settings(knobs)))


def title(gamma: float) -> str:
    """As pictures name a curve."""
    return f"γ = {gamma:g}"


def _check_base(spec: RunSpec) -> None:
    dataset = spec.dataset
    if dataset.name not in BASES:
        raise Unsupported(
            f"Edges are added to graphs whose links are mostly within classes, and {dataset.name} is not among them; "
            f"take one of {', '.join(BASES)}."
        )
    defaults = resolve(BASES[dataset.name].parameters, {}, f"dataset {dataset.name}")
    if other := [name for name, value in dataset.parameters if value != defaults[name]]:
        raise Unsupported(f"Edges are added to {dataset.name} with its default settings only; leave {other[0]} at {defaults[other[0]]}.")
    if dataset.edits:
        raise Unsupported(f"Edges are added to {dataset.name} as it is; undo the what-if edits first.")
