"""Does attention depend on who asks? GAT and GATv2 on a problem in which every query has to look at another key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from core.errors import UserError, unknown
from core.parameters import Integer, Value, resolve
from core.spec import RunSpec
from explainers.contract import Context, Lens, Table, View
from explainers.lenses.dictionary_lookup import figures, heat_maps, shares
from explainers.lenses.dictionary_lookup.kept import read
from explainers.lenses.dictionary_lookup.result import Live, Lookups, Variant, cells, variants
from explainers.lenses.dictionary_lookup.sentences import captions
from explainers.lookup_request import COMPARED, HEADS, MODELS, SIZES

__all__ = ["LENS", "Live", "Lookups", "captions", "draw", "measure", "plan", "stored", "tables"]

EPOCHS = Integer("epochs", "Epochs", 200, 1, 10_000, step=50, help="Each shows all training permutations, 32 a step.", common=False)


def plan(spec: RunSpec, seeds: int, values: Mapping[str, Value]) -> tuple[RunSpec, ...]:
    """No stored run is needed. Raises `UserError` for a model that is not among those compared."""
    if seeds < 1:
        raise UserError(f"{seeds} seeds give no training; take 1 or more.")
    compared(values)
    return ()


def compared(values: Mapping[str, Value]) -> tuple[Variant, ...]:
    """The models and heads that the settings name."""
    names = COMPARED.words(str(values["models"]))
    if not names:
        raise UserError(f"{COMPARED.title} ({COMPARED.name}) is empty; it takes some of {', '.join(MODELS)}.")
    for name in names:
        if name not in MODELS:
            raise unknown("model in this comparison", name, MODELS)
    return variants(names, map(int, HEADS.words(str(values["heads"]))))


def measure(context: Context, values: Mapping[str, Value]) -> Lookups:
    """Trains on the CPU, where equal seeds give equal bits, and keeps what came out in the store. Loads torch."""
    from explainers.lenses.dictionary_lookup.comparison import compare

    return compare(context.report, asked_sizes(values), compared(values), context.seeds, int(values["epochs"]), context.root)


def asked_sizes(values: Mapping[str, Value]) -> list[int]:
    """The numbers of keys that the settings name."""
    return [int(word) for word in SIZES.words(str(values["sizes"]))]


def stored(root: Path, seeds: int, given: Mapping[str, object]) -> Lookups | None:
    """What `measure` gives, if all of it was trained before by today's code; None if any training is missing."""
    values = resolve(LENS.parameters, given, f"lens {LENS.name}")
    return read(root, cells(asked_sizes(values), compared(values), seeds, int(values["epochs"])))


def draw(result: Lookups) -> Mapping[str, View]:
    """Maps and curves are those of the largest size and the first seed."""
    size = result.sizes[-1]
    views: dict[str, View] = {"accuracy": figures.accuracy(result)}
    if len(result.attention):
        views["own_key"] = figures.attention_to_own(result)
        views |= {quantity: heat_maps.heat_map(result, quantity, size) for quantity in heat_maps.TITLES}
        views["rankings"] = Table(
            result.rankings,
            {
                "heads": "Of the model.",
                "kendall_tau_min": "Smallest Kendall τ between any two queries' rankings of the keys by score; 1: all rank alike. "
                "Empty where a query scores all keys alike.",
                "distinct_argmax": "How many keys are some query's first choice.",
            },
            shares=False,
        )
    return views | {"curves": figures.curves(result, size), "problems": Table(result.problems, PROBLEM_HELP)}


PROBLEM_HELP = {
    "possible": "Permutations of so many values.",
    "train": "Permutations trained on.",
    "test": "Others, which are tested.",
    "example": "Values of the keys in the test permutation that the maps show.",
}


def tables(result: Lookups) -> dict[str, pd.DataFrame]:
    """The numbers by name, as the command writes them."""
    return {
        "accuracy": result.accuracy,
        "summary": shares.summary(result),
        "attention": result.attention,
        "rankings": result.rankings,
    }


LENS = Lens(
    name="dictionary_lookup",
    title="Static against dynamic attention",
    question="Can a node attend to what it alone asks for?",
    plan=plan,
    measure=measure,
    draw=draw,
    captions=captions,
    tables=tables,
    parameters=(SIZES, COMPARED, HEADS, EPOCHS),
    asks_dataset=False,
    source="Brody, Alon & Yahav, How attentive are graph attention networks?, ICLR 2022, section 4.1 and Fig. 1",
)
