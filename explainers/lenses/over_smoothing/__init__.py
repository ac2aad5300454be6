"""Does depth destroy the signal, and what saves it? Scores and states of trained models against depth, and what failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.parameters import Integer, Value
from core.seeds import Interval
from core.spec import RunSpec
from explainers.contract import Context, Lens, Table, View
from explainers.depth.plan import CONTROL, DEPTHS, MODELS, RECIPE, Declared, depth_counts, depth_grid
from explainers.lenses.over_smoothing import figures, layer_figures, state_figures
from explainers.lenses.over_smoothing import result as results
from explainers.lenses.over_smoothing.causes import Evidence, answer, number
from explainers.lenses.over_smoothing.result import MLP, ByDepth
from explainers.planning import fixed_splits
from explainers.sweep.answer import diverged, is_noise
from explainers.sweep.grid import Grid
from explainers.sweep.measure import difference
from explainers.sweep.measure import measure as respond
from explainers.wording import count, model_name, percent, points, spread

__all__ = ["CONTROL", "LENS", "MLP", "OverSmoothing", "captions", "draw", "measure", "plan", "remedies"]

HOPS = Integer(
    "untrained_hops", "Hops without training", 64, 1, 1024, help="How far the features are smoothed, without training.", common=False
)

TAKEN_APART = Integer(
    "layer_seeds", "Seeds taken apart", 1, 0, 100, help="Runs of the selected model measured layer by layer, at each depth.", common=False
)


@dataclass(frozen=True, eq=False)
class OverSmoothing:
    """`depth`: scores, states and probes of every run; `by_layer`: model, depth, seed, layer, trained, measure, value;
    `untrained` and `limits`: the smoothed features against k, and where they end. `lead`: the selected model, as pictures name it."""

    depth: ByDepth
    by_layer: pd.DataFrame
    gradients: pd.DataFrame
    untrained: pd.DataFrame
    limits: pd.DataFrame
    lead: str
    directions: int
    """Directions that are left in the limit: the smaller of the number of components and of features."""


def plan(spec: RunSpec, seeds: int, values: Mapping[str, Value]) -> tuple[RunSpec, ...]:
    """Every model at every depth, cell by cell. Loads torch."""
    return _grid(spec, seeds, values).runs


def measure(context: Context, values: Mapping[str, Value]) -> OverSmoothing:
    """Scores, states, probes, layers of the selected model's first seeds, and the limit without training."""
    from core.models.contract import model
    from explainers.lenses.over_smoothing import readings, untrained
    from explainers.sweep.largest import largest_classes

    grid = _grid(context.spec, len(context.runs) // _cells(context, values), values)
    splits = tuple(dict.fromkeys(run.dataset for run in grid.runs))
    shares = largest_classes(context.report, values=[splits]) * len(grid.setting.values)
    response = respond(grid, context.runs, shares)
    keys = [run.key for run in context.runs]
    depths = [int(value) for value in grid.setting.values]
    probes, energy = untrained.read_features(context.report, datasets=splits, depths=depths, root=context.root)
    depth = ByDepth(
        response,
        readings.read_runs(context.report, keys=keys, root=context.root),
        probes,
        energy,
        str(values["recipe"]),
        tuple(dict.fromkeys(cell.name for cell in grid.cells if not model(cell.spec.model.name).uses_features)),
        depth_counts(grid, model),
    )
    lead = model_name(context.spec.model.name)
    taken = [run.spec for point in response.of(lead) for run in point.runs if run.spec.seed < int(values["layer_seeds"])]
    apart = [readings.read_layers(context.report, key=spec.key, root=context.root) for spec in taken]
    hops = int(values["untrained_hops"])
    rows, limits, directions = untrained.measure_untrained(context.report, dataset=splits[0], hops=hops, root=context.root)
    return OverSmoothing(
        depth,
        _joined([one.measures.assign(model=one.model, depth=one.depth, seed=one.seed) for one in apart if one]),
        _joined([one.gradients.assign(model=one.model, depth=one.depth, seed=one.seed) for one in apart if one]),
        rows,
        limits,
        lead,
        directions,
    )


def draw(result: OverSmoothing) -> Mapping[str, View]:
    views: dict[str, View] = {
        "by_depth": figures.scores(result.depth),
        "measures": figures.measures(result.depth),
        "causes": causes_table(result.depth.evidence),
    }
    if len(result.by_layer):
        last = result.by_layer[result.by_layer["depth"] == result.by_layer["depth"].max()]
        views["by_layer"] = layer_figures.by_layer(last[last["seed"] == last["seed"].min()])
    views["test_matrix"] = state_figures.matrix(result.depth, "test")
    views["energy_matrix"] = state_figures.matrix(result.depth, "relative_energy")
    views["untrained"] = layer_figures.untrained(result.untrained, result.limits)
    return views


def causes_table(found: Sequence[Evidence]) -> Table:
    """A row a model and depth, for people."""
    rows = [
        {
            "model": one.model,
            "depth": one.depth,
            "verdict": ", ".join(one.causes),
            "test": one.test,
            "training": one.train,
            "MLP": one.mlp,
            "probe on Âᵏ X": one.smoothed,
            "probe on state": one.state,
            "relative energy": number(one.energy),
        }
        for one in found
    ]
    return Table(
        pd.DataFrame(rows),
        {
            "verdict": "What the four controls say of a test score below 90 % of a shallower best; more than one may hold.",
            "training": "Training score; under 90 % the model was not trained.",
            "MLP": "Test score of an MLP of equal depth, which sees no graph.",
            "probe on Âᵏ X": "Logistic regression on Âᵏ X, k = depth, no network: does so much smoothing leave the signal?",
            "probe on state": "The same on the last hidden state of the trained model.",
            "relative energy": "Of the last hidden state; 0 would be the limit of Â.",
        },
        wide="verdict",
    )


def captions(result: OverSmoothing) -> list[str]:
    found = result.depth.evidence
    said = [answer(found, result.lead), energy_course(result.depth, result.lead), smooth_and_well(result.depth, result.lead)]
    said += remedies(result.depth, result.lead)
    said += diverged(result.depth.response)
    left = count(result.directions, "direction")
    said.append(f"Without training the features end in {left} at most: the smaller of the numbers of components and of columns.")
    return [sentence for sentence in said if sentence]


def energy_course(depth: ByDepth, lead: str) -> str:
    """From where to where the relative energy goes, and what a probe still reads at the end."""
    known = [(point, depth.means(point)) for point in depth.response.of(lead) if point.runs]
    known = [(point, means) for point, means in known if not np.isnan(means["relative_energy"])]
    if len(known) < 2:
        return ""
    (first, before), (last, after) = known[0], known[-1]
    lowest, least = min(known, key=lambda one: one[1]["relative_energy"])
    course = f"The relative energy of {lead}'s last state goes from {number(before['relative_energy'])} (depth {first.value})"
    if lowest not in (first, last):
        course += f" over {number(least['relative_energy'])} ({lowest.value})"
    probe = f"a linear probe reads {percent(after['linear_probe'])} from it there"
    return f"{course} to {number(after['relative_energy'])} ({last.value}); {probe}."


def smooth_and_well(depth: ByDepth, lead: str) -> str:
    """A model that works at a depth where the selected one has fallen, with states as smooth or smoother: energy alone decides nothing."""
    found = depth.evidence
    fallen = [one for one in found if one.model == lead and one.falls and not np.isnan(one.energy)]
    for mine in reversed(fallen):
        well = [
            one
            for one in found
            if one.model not in (lead, MLP) and one.depth == mine.depth and one.energy <= mine.energy and one.causes == ("works",)
        ]
        if well:
            other = min(well, key=lambda one: one.energy)
            energies = f"relative energy {number(other.energy)} against {number(mine.energy)}"
            smoother = f"At depth {mine.depth} {other.model}'s last state is smoother than {lead}'s ({energies})"
            return f"{smoother}, and it has {percent(other.test)}: smooth states alone are no failure."
    return ""


def remedies(depth: ByDepth, lead: str) -> list[str]:
    """Each other model against the selected one at the greatest depth that both have, paired over seeds."""
    said, response = [], depth.response
    for name in response.names:
        if name in (lead, MLP):
            continue
        both = [(a, b) for a, b in zip(response.of(name), response.of(lead), strict=True) if a.interval().n and b.interval().n]
        if not both:
            continue
        mine, theirs = both[-1]
        change = difference(mine, theirs)
        if not change.n:  # no seed gave both a score
            continue
        said.append(f"At depth {mine.value} {name} has {spread(mine.interval())}, {lead} {spread(theirs.interval())}: {_compared(change)}.")
    return said


def _compared(change: Interval) -> str:
    if abs(change.mean) < 0.0005:
        return "no difference"
    if change.n < 2:
        return f"{points(change.mean)} {'more' if change.mean > 0 else 'less'}, from one seed"
    if is_noise(change):
        return "not told apart by the seeds"
    if is_noise(change) is None:
        return f"{points(change.mean)} {'more' if change.mean > 0 else 'less'}, in each of the {change.n} seeds"
    low, high = sorted((100 * abs(change.low), 100 * abs(change.high)))
    interval = f"95 % interval {low:.1f} to {high:.1f}, paired over {change.n} seeds"
    return f"{points(change.mean)} {'more' if change.mean > 0 else 'less'} ({interval})"


def tables(result: OverSmoothing) -> dict[str, pd.DataFrame]:
    """The numbers by name, as the command writes them."""
    columns = ["model", "depth", "seed", "layer", "trained", "measure", "value", "reason"]
    layers = result.by_layer[columns] if len(result.by_layer) else pd.DataFrame(columns=columns)
    return {
        "by_depth": results.by_depth(result.depth),
        "by_layer": layers,
        "causes": results.causes(result.depth),
        "untrained": result.untrained,
        "untrained_limit": result.limits,
        "gradients": result.gradients,
    }


def _grid(spec: RunSpec, seeds: int, values: Mapping[str, Value]) -> Grid:
    from core.models.contract import model

    def declared(name: str) -> Declared:
        return model(name)

    splits = fixed_splits(spec.dataset.name)
    depths = [int(word) for word in DEPTHS.words(str(values["depths"]))]
    return depth_grid(spec, depths, MODELS.words(str(values["models"])), seeds, splits, declared, str(values["recipe"]))


def _cells(context: Context, values: Mapping[str, Value]) -> int:
    return len(_grid(context.spec, 1, values).runs)


def _joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


LENS = Lens(
    name="over_smoothing",
    title="Over-smoothing",
    question="Does depth destroy the signal?",
    plan=plan,
    measure=measure,
    draw=draw,
    captions=captions,
    tables=tables,
    parameters=(DEPTHS, MODELS, RECIPE, HOPS, TAKEN_APART),
    source="Oono & Suzuki 2020; Cai & Wang 2020; Chen et al. 2020; Rusch et al. 2023; the four controls are ours",
)
