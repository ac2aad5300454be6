"""Which few nodes does every node ask? Those that each layer of TANGNN chooses out of the whole graph, and what they are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from core.metrics.actions import between
from core.metrics.attention import in_degree
from core.parameters import Value
from core.seeds import interval
from core.spec import RunSpec
from explainers.contract import Context, Lens, Table, Unsupported, View
from explainers.nodes import class_of
from explainers.planning import over_seeds
from explainers.wording import class_words, count, model_name, percent, split_names, spread

__all__ = ["COLUMNS", "LENS", "ChosenNodes", "captions", "classes", "draw", "measure", "plan", "tables"]

COLUMNS = ["seed", "layer", "head", "node", "class", "degree", "similarity", "alpha"]
HELP = {
    "layer": "Counted from 1. Every layer chooses anew; its heads share the choice.",
    "head": "Counted from 1.",
    "node": "One of the m nodes that all nodes attend to.",
    "class": "Its true class; 'unknown' where the dataset has no label.",
    "degree": "Its in-neighbours.",
    "similarity": "Cosine of its state and the learned direction, by which it was chosen: −1 … 1.",
    "alpha": "Share of the attention that it gets, mean over all nodes that ask.",
}
CLASS_HELP = {
    "layer": "Counted from 1.",
    "class": "True class.",
    "chosen": "Share of the chosen nodes that are of it, mean over seeds.",
    "all_nodes": "The same of all nodes of the graph.",
}


@dataclass(frozen=True, eq=False)
class ChosenNodes:
    """`rows`: columns as `COLUMNS`, of all runs. `share`: of each class among all nodes, by its name. `degree`: in-neighbours of a node
    in the mean. `split`: of the runs, as a sentence has it."""

    model: str
    split: str
    num_nodes: int
    degree: float
    share: Mapping[str, float]
    rows: pd.DataFrame

    @property
    def picks(self) -> pd.DataFrame:
        """A row a seed, layer and chosen node."""
        return self.rows.drop_duplicates(["seed", "layer", "node"])

    @property
    def most(self) -> int:
        """m."""
        return int(self.picks.groupby(["seed", "layer"]).size().iloc[0])


def plan(spec: RunSpec, seeds: int, values: Mapping[str, Value]) -> tuple[RunSpec, ...]:
    """The selected model over its seeds. Raises `Unsupported` for one that chooses no nodes, before it is trained. Loads torch."""
    from core.models.contract import model, models

    unit = model(spec.model.name)
    if not unit.chooses_nodes:
        able = " or ".join(one.title for one in models().values() if one.chooses_nodes)
        raise Unsupported(f"{unit.title} chooses no nodes that all others ask. Take {able}, each of whose layers does.")
    return over_seeds(spec, seeds)


def measure(context: Context, values: Mapping[str, Value]) -> ChosenNodes:
    """Reads every run."""
    from core.stored import run_and_graph
    from explainers.lenses.chosen_nodes.readings import read

    graph, frames = context.graph, []
    for number, run in enumerate(context.runs):
        context.report(number, len(context.runs), "Reading whom the nodes ask")
        whole, _ = run_and_graph(context.report, run.spec, context.root)
        frames.append(read(whole, graph).assign(seed=run.spec.seed))
    names, number_of = np.unique(class_of(graph, graph.labels), return_counts=True)
    return ChosenNodes(
        model=context.spec.model.name,
        split=split_names([run.spec.dataset for run in context.runs]),
        num_nodes=graph.num_nodes,
        degree=float(in_degree(between(graph.edge_index), graph.num_nodes, loops=False).mean()),
        share=dict(zip(names.tolist(), (number_of / graph.num_nodes).tolist(), strict=True)),
        rows=pd.concat(frames, ignore_index=True)[COLUMNS],
    )


def classes(found: ChosenNodes) -> pd.DataFrame:
    """A row a layer and class: its share of the chosen nodes, mean over seeds, and of all nodes."""
    rows = found.picks.groupby(["layer", "class"]).size().rename("chosen").reset_index()
    rows["chosen"] /= found.rows["seed"].nunique() * found.most
    grid = pd.MultiIndex.from_product([sorted(rows["layer"].unique()), found.share], names=["layer", "class"])
    rows = rows.set_index(["layer", "class"]).reindex(grid, fill_value=0.0).reset_index()
    return rows.assign(all_nodes=rows["class"].map(found.share))


def captions(found: ChosenNodes) -> list[str]:
    """Who is chosen: classes and degrees; what they get; and whether two seeds choose alike."""
    layers = sorted(found.rows["layer"].unique())
    return [*(_who(found, layer) for layer in layers), _weights(found), *_alike(found)]


def _who(found: ChosenNodes, layer: int) -> str:
    rows = found.picks[found.picks["layer"] == layer]
    by_class = classes(found)
    top = by_class[by_class["layer"] == layer].sort_values("chosen", ascending=False, kind="stable").iloc[0]
    whose = class_words(str(top["class"]))
    shares = (rows["class"] == top["class"]).groupby(rows["seed"]).mean()
    return (
        f"In layer {layer} every node of {model_name(found.model)} asks {count(found.most, 'chosen node')}: {spread(interval(shares))} of "
        f"them are of {whose}, which {percent(top['all_nodes'])} of all nodes are; they have {rows['degree'].mean():.1f} "
        f"in-neighbours in the mean, all nodes {found.degree:.1f}."
    )


def _weights(found: ChosenNodes) -> str:
    ends = found.rows.groupby(["seed", "layer", "head"])["alpha"].agg(["min", "max"]).mean()
    return (
        f"Of a head's attention the least asked of them gets {percent(ends['min'])} and the most asked {percent(ends['max'])} (means over "
        f"layers, heads and seeds); uniform weights would give each {percent(1 / found.most)}."
    )


def _alike(found: ChosenNodes) -> list[str]:
    """How many of the chosen nodes two seeds share; nothing of one seed, or where all nodes are chosen."""
    sets = found.picks.groupby(["layer", "seed"])["node"].agg(set)
    shared = [len(one & other) for _, of_layer in sets.groupby("layer") for one, other in combinations(of_layer, 2)]
    if not shared or found.most == found.num_nodes:
        return []
    chance = found.most**2 / found.num_nodes
    return [f"Two seeds choose {np.mean(shared):.1f} of the {found.most} nodes alike; by chance it would be {chance:.1f}."]


def draw(found: ChosenNodes) -> Mapping[str, View]:
    """The chosen nodes of the first seed, and their classes over all seeds."""
    first = found.rows[found.rows["seed"] == found.rows["seed"].iloc[0]].drop(columns="seed").reset_index(drop=True)
    return {"chosen": Table(first, HELP, node="node", shares=False), "classes": Table(classes(found), CLASS_HELP)}


def tables(found: ChosenNodes) -> dict[str, pd.DataFrame]:
    """The numbers by name, as the command writes them. Layers and heads count from 1."""
    return {"chosen": found.rows, "classes": classes(found)}


LENS = Lens(
    name="chosen_nodes",
    title="Chosen nodes",
    question="Which few nodes does every node ask?",
    plan=plan,
    measure=measure,
    draw=draw,
    captions=captions,
    tables=tables,
    source="E, Zhang, Xia & Xu, TANGNN, arXiv 2411.15458, 2024",
)
