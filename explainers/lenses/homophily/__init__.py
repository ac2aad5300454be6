"""When do neighbours tell a node's class? The graph's own numbers, without any model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from core.data import GraphData, Split
from core.dataset_card import Measure, homophily_measures
from core.errors import UserError
from core.graph import homophily as numbers
from core.graph.measured import undefined
from core.parameters import Value
from core.spec import RunSpec
from explainers.contract import Context, Lens, View
from explainers.homophily_request import LABELS
from explainers.lenses.homophily import figures
from explainers.lenses.homophily.captions import captions
from explainers.lenses.homophily.result import BINS, DIRECTION, TABLES, Floats, Homophily, Ints
from explainers.planning import over_seeds
from explainers.wording import split_name

__all__ = ["LENS", "Homophily", "captions", "draw", "measure", "plan", "tables"]


def plan(spec: RunSpec, seeds: int, values: Mapping[str, Value]) -> tuple[RunSpec, ...]:
    """No run: the graph and its labels are all there is to look at."""
    return ()


def measure(context: Context, values: Mapping[str, Value]) -> Homophily:
    graph, edges, labels = context.graph, context.graph.edge_index, context.graph.labels
    split = split_name(over_seeds(context.spec, 1)[0].dataset)
    judged = f"labels of training nodes, {split}" if values["labels"] == "train" else "all labels: diagnostic"
    direction = _direction(graph, context.split, str(values["labels"]))
    local, degree = numbers.local_homophily(edges, labels)
    linked = degree > 0
    return Homophily(
        dataset=graph.name,
        directed=graph.directed,
        class_names=graph.class_names,
        measures=(
            *homophily_measures(graph),
            *_informativeness(graph),
            Measure(DIRECTION, f"{judged}; {direction.advice or 'no advice'}", direction.value),
        ),
        sizes=np.bincount(labels[labels >= 0], minlength=graph.num_classes),
        mass=numbers.class_mass(edges, labels),
        below=_below(graph),
        class_edges=_of_all_classes(numbers.class_edges(edges, labels), graph.num_classes),
        similarity=_of_all_classes(numbers.cross_class_neighborhood_similarity(edges, labels), graph.num_classes),
        local=_histogram(local[linked], degree[linked]),
        isolated=int(((labels >= 0) & ~linked).sum()),
        direction=direction,
        judged=judged,
        unlabelled=int((labels < 0).sum()),
        self_loops=graph.self_loops,
        parallel=graph.parallel_edges,
    )


def _informativeness(graph: GraphData) -> tuple[Measure, Measure]:
    ends = "both ends of every stored edge count"
    edge, node = (numbers.label_informativeness(graph.edge_index, graph.labels, kind=kind) for kind in ("edge", "node"))
    return (
        Measure("label informativeness (edge)", ends, edge),
        Measure("label informativeness (node)", f"{ends}, isolated nodes left out", node),
    )


def _direction(graph: GraphData, split: Split, labels: str) -> numbers.DirectionScore:
    """Too many paths to count are a reason for no advice; the other numbers stand."""
    mask = split.train if labels == "train" else graph.labels >= 0
    try:
        return numbers.direction_score(graph.edge_index, graph.labels, mask)
    except UserError as error:
        reason = str(error)
        return numbers.DirectionScore(undefined(reason), {}, np.nan, int(mask.sum()), "", reason)


def _below(graph: GraphData) -> tuple[str, ...]:
    """Classes whose h_k, the same-label share of the edges that end in them, is less than their share of the nodes."""
    labels = graph.labels
    sizes = np.bincount(labels[labels >= 0], minlength=graph.num_classes)
    within = np.nan_to_num(np.diag(_of_all_classes(numbers.class_edges(graph.edge_index[::-1], labels), graph.num_classes)))
    under = within < sizes / max(sizes.sum(), 1)
    return tuple(name for name, is_under in zip(graph.class_names, under, strict=True) if is_under)


def _of_all_classes(table: Floats, classes: int) -> Floats:
    """With rows and columns of NaN for declared classes after the last one that a node has."""
    more = classes - len(table)
    return np.pad(table, ((0, more), (0, more)), constant_values=np.nan)


def _histogram(local: Floats, degree: Ints) -> Ints:
    """[BINS] nodes by local homophily, binned by whole numbers: 3 of 10 neighbours are 30 %, whatever floats make of it."""
    same = np.rint(local * degree).astype(np.int64)
    return np.bincount(np.minimum(same * BINS // degree, BINS - 1), minlength=BINS)


def draw(result: Homophily) -> Mapping[str, View]:
    return figures.draw(result)


def tables(result: Homophily) -> dict[str, pd.DataFrame]:
    """The numbers by name, as the command writes them."""
    return {name: table(result) for name, table in TABLES.items()}


LENS = Lens(
    name="homophily",
    title="Homophily",
    question="Do neighbours tell a node's class?",
    plan=plan,
    measure=measure,
    draw=draw,
    captions=captions,
    tables=tables,
    parameters=(LABELS,),
    asks_model=False,
    asks_training=False,
    source="Platonov et al., Characterizing graph datasets for node classification, NeurIPS 2023; Ma et al., Is homophily a necessity "
    "for graph neural networks?, ICLR 2022",
)
