"""Which nodes are wrong, and is it the features or the structure that misleads?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from core.parameters import Choice, Value
from core.spec import RunSpec
from core.splits import split_of
from explainers.contract import Chart, Context, Lens, Table, View
from explainers.lenses.errors.answer import Ballot, answer, ballot
from explainers.lenses.errors.rates import Rates, rate_figure, rate_sentence, rates_by, rates_table
from explainers.lenses.errors.table import HELP, facts_of, wrong_table
from explainers.nodes import part_mask
from explainers.planning import over_seeds, with_model
from explainers.wording import count, model_name, percent, split_name

__all__ = ["LENS", "Ballot", "Errors", "Rates", "captions", "draw", "measure", "plan"]

BASELINES = ("mlp", "gcn_structure")
"""What the features alone and what the edges alone say."""

NOUNS = {"test": "test node", "validation": "validation node", "unlabelled": "node outside training"}


@dataclass(frozen=True, eq=False)
class Errors:
    """The wrong nodes of the first seed, what the two yardsticks say of them in every seed, and where errors gather.

    `right`: share of the part's nodes that the selected model, the MLP and the features-free GCN get right, first seed.
    """

    model: str
    part: str
    split: str
    seed: int
    nodes: int
    right: tuple[float, float, float]
    table: pd.DataFrame
    ballots: tuple[Ballot, ...]
    rates: Mapping[str, Rates]


def plan(spec: RunSpec, seeds: int, values: Mapping[str, Value]) -> tuple[RunSpec, ...]:
    """The selected model, an MLP and a features-free GCN, over the same seeds, splits and training.

    The two others have depth 2 and width 16 whatever the selected model has: they are yardsticks. Loads torch.
    """
    yardsticks = [with_model(spec, name, depth=2, width=16) for name in BASELINES]
    return tuple(run for each in (spec, *yardsticks) for run in over_seeds(each, seeds))


def measure(context: Context, values: Mapping[str, Value]) -> Errors:
    """Raises `Unsupported` for a part without nodes."""
    graph, part, seeds = context.graph, str(values["part"]), len(context.runs) // 3
    models, features, structure = (context.runs[i * seeds : (i + 1) * seeds] for i in range(3))
    first, dataset = (models[0], features[0], structure[0]), models[0].spec.dataset
    masks = [part_mask(graph, split_of(graph, run.spec.dataset), part) for run in models]
    facts = facts_of(graph, split_of(graph, dataset), masks, models)
    hits = [(run.predictions == graph.labels)[masks[0]] for run in first]
    return Errors(
        model=models[0].spec.model.name,
        part=part,
        split=split_name(dataset),
        seed=models[0].spec.seed,
        nodes=int(masks[0].sum()),
        right=(float(hits[0].mean()), float(hits[1].mean()), float(hits[2].mean())),
        table=wrong_table(graph, facts, masks[0], *first),
        ballots=tuple(ballot(graph.labels, mask, *three) for mask, *three in zip(masks, models, features, structure, strict=True)),
        rates=rates_by(facts, masks[0], models[0].predictions != graph.labels),
    )


def draw(result: Errors) -> Mapping[str, View]:
    views: dict[str, View] = {"wrong": Table(result.table, HELP, node="node")}
    for name, rates in result.rates.items():
        views[name] = Chart(
            rate_figure(rates),
            reading=f"How many of the {NOUNS[result.part]}s are wrong, by {rates.title}; whiskers are 95 % intervals, n counts nodes.",
            not_shown=rates.not_shown,
            formula=r"\frac{k}{n},\ \text{Wilson score interval}",
            source="Wilson 1927; nodes are taken as independent, which makes the whiskers too short",
            data=rates_table(rates),
        )
    return views


def captions(result: Errors) -> list[str]:
    where, noun = f"seed {result.seed}, {result.split}", NOUNS[result.part]
    if not result.nodes - round(result.right[0] * result.nodes):
        return [f"No {noun} is wrong: {model_name(result.model)} gets all {result.nodes:,} right ({where})."]
    titles = (model_name(result.model), "the MLP", "the features-free GCN")
    rows = zip((result.model, *BASELINES), titles, result.right, strict=True)
    said = [f"{title} gets {percent(share)} right" for place, (name, title, share) in enumerate(rows) if not place or name != result.model]
    scores = f"Of all {count(result.nodes, noun)}, {', '.join(said)} ({where})."
    gathered = rate_sentence(result.rates["by_same_label"])
    return [answer(result.ballots, result.model, noun, where), scores, *([gathered] if gathered else [])]


def about_node(result: Errors, node: int) -> str:
    """What the yardsticks say of one node, in a sentence; that it is not among the wrong ones, if it is not."""
    rows = result.table[result.table["node"] == node]
    if rows.empty:
        return f"Node {node} is not among the wrong {NOUNS[result.part]}s."
    row = rows.iloc[0]
    shared = (
        "it has no labelled neighbour"
        if pd.isna(row["same_label"])
        else f"{percent(row['same_label'], 0)} of its neighbours share its class"
    )
    verdict = {
        (True, False): "only the features are right",
        (False, True): "only the structure is right",
        (True, True): "each alone is right",
        (False, False): "neither is right",
    }[bool(row["mlp_right"]), bool(row["structure_right"])]
    return (
        f"Node {node} is '{row['class']}', called '{row['predicted']}' at {percent(row['confidence'], 0)}; {shared}. "
        f"Features alone say '{row['mlp']}', structure alone '{row['structure']}': {verdict} (seed {result.seed})."
    )


LENS = Lens(
    name="errors",
    title="Errors",
    question="Which nodes are wrong: features or structure?",
    plan=plan,
    measure=measure,
    draw=draw,
    captions=captions,
    parameters=(
        Choice(
            "part",
            "Nodes",
            "test",
            (("test", "test nodes"), ("validation", "validation nodes"), ("unlabelled", "all that were not trained on")),
            help="Whose errors are listed.",
        ),
    ),
    source="McNemar 1947, exact form, on nodes that one yardstick gets right and the other does not",
)
