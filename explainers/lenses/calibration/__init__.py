"""When it says 90 %, is it right 90 % of the time? Confidence against accuracy, and what calibrators make of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from core.parameters import Several, Value
from core.run import Run
from core.spec import RunSpec
from core.work import Report, within
from explainers.calibration_request import ALPHA, BINNING, BINS, DRAWS, RAW
from explainers.calibration_scores import SCORES
from explainers.contract import Context, Lens, Table, Unsupported, View
from explainers.lenses.calibration import figures
from explainers.lenses.calibration import result as results
from explainers.lenses.calibration.calibrated import chosen
from explainers.lenses.calibration.captions import captions, refused
from explainers.lenses.calibration.result import Calibration, Reading
from explainers.lenses.calibration.sets import Sets, draws_table, groups_table
from explainers.planning import over_seeds
from explainers.wording import split_names

__all__ = ["LENS", "Calibration", "captions", "draw", "measure", "plan", "refused", "tables"]

CALIBRATORS = Several(
    "calibrators", "Calibrators", "all", most=50, help="Names with commas between them, or all; none leaves the model as it is."
)


def plan(spec: RunSpec, seeds: int, values: Mapping[str, Value]) -> tuple[RunSpec, ...]:
    """The selected model over its seeds. Raises `UserError` for a calibrator that is not there, before anything is trained."""
    chosen(CALIBRATORS.words(str(values["calibrators"])))
    return over_seeds(spec, seeds)


def measure(context: Context, values: Mapping[str, Value]) -> Calibration:
    """Fits every calibrator to every run, or takes what was fitted before. Raises `Unsupported` without labelled nodes of any part."""
    from explainers.lenses.calibration.readings import read

    runs = [run for run in context.runs if not run.failed]
    if not runs:
        raise Unsupported(f"The training diverged before any epoch had a loss that is a number. {context.runs[0].note}".strip())
    names = chosen(CALIBRATORS.words(str(values["calibrators"])))
    alpha, draws = float(values["alpha"]), int(values["draws"])
    readings: list[Reading] = []
    refusals: dict[str, str] = {}
    for number, run in enumerate(runs):
        reading, why = read(within(context.report, number, len(runs) + 1), run, context.graph, names, alpha, draws, context.root)
        readings.append(reading)
        refusals |= why
    first = runs[0]
    split = split_names([run.spec.dataset for run in runs])
    return Calibration(
        first.spec.model.name,
        first.spec.dataset.name,
        split,
        alpha,
        tuple(readings),
        refusals,
        int(values["bins"]),
        values["binning"] == "mass",
        len({run.spec.dataset for run in runs}),
        tuple(f"Seed {run.spec.seed}: {run.note}" for run in context.runs if run.note),
        _sets(within(context.report, len(runs), len(runs) + 1), runs, context, alpha, draws),
    )


def _sets(report: Report, runs: Sequence[Run], context: Context, alpha: float, draws: int) -> Sets | None:
    """The conformal sets of the runs as they are; None where nobody can be drawn."""
    from explainers.lenses.calibration.drawing import sets_of

    try:
        return sets_of(report, runs, context.graph, RAW, alpha, draws, context.root)
    except Unsupported:
        return None


def draw(result: Calibration) -> Mapping[str, View]:
    part = result.judged
    views: dict[str, View] = {
        "reliability": figures.reliability(result, RAW, part, result.bins, equal_mass=result.equal_mass),
        "ece": figures.scores(result, part),
        "scores": scores_view(result, part),
    }
    return views


def scores_view(result: Calibration, part: str) -> Table:
    """Every calibrator with every metric, for people."""
    return Table(figures.scores_table(result, part), SCORE_HELP, wide="calibrator")


SCORE_HELP = {score.title: score.meaning for score in SCORES} | {
    "numbers": "How many numbers are fitted to the labelled validation nodes; of several seeds the most.",
    "class": "Kept: which class is the most probable cannot change. Else the share of all nodes that get another one.",
}


def tables(result: Calibration) -> dict[str, pd.DataFrame]:
    """The numbers by name, as the command writes them."""
    return {
        "summary": results.summary(result),
        "scores": result.scores,
        "bins": results.bins_table(result, result.bins, equal_mass=result.equal_mass),
        "factors": results.factors_table(result),
        "conformal": results.conformal_table(result),
        **({"groups": groups_table(result.sets), "draws": draws_table(result.sets)} if result.sets else {}),
        "fits": results.fits_table(result),
    }


LENS = Lens(
    name="calibration",
    title="Calibration",
    question="When it says 90 %, is it right 90 % of the time?",
    plan=plan,
    measure=measure,
    draw=draw,
    captions=captions,
    tables=tables,
    parameters=(CALIBRATORS, BINS, BINNING, ALPHA, DRAWS),
    source="Guo et al. 2017 (reliability, temperature); Hsu et al. 2022 (graphs); Vovk et al. 2005, Romano et al. 2020 (conformal sets)",
)
