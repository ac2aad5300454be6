"""What came out of edge surgery: scores against the homophily that is left. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from core.data import GraphData
from core.datasets.surgery import BASES, homophily_after, number_added
from core.graph import edge_homophily
from core.seeds import Interval
from explainers.lenses.edge_surgery.plan import CLEAN
from explainers.sweep.grid import Grid
from explainers.sweep.measure import Point, Response, Scored, difference
from explainers.sweep.measure import measure as respond

COLUMNS = ["gamma", "added_edges", "homophily", "seed", "test_score"]


@dataclass(frozen=True, eq=False)
class Surgery:
    """`response`: scores of the runs that are there, a name a γ and one for the graph as it is; `gammas`: γ by name.

    `edges`, `homophily`, `classes`: of the graph as it is; `unlabelled`: nodes that get no edges.
    """

    dataset: str
    model: str
    response: Response
    gammas: dict[str, float]
    edges: int
    homophily: float
    classes: int
    unlabelled: int

    @property
    def clean(self) -> Point:
        return self.response.of(CLEAN)[0]

    @property
    def splits(self) -> int:
        """Different splits that were trained on."""
        return len({(run.spec.dataset.split, run.spec.dataset.split_seed) for run in self.clean.runs})

    def added(self, point: Point) -> int:
        """Edges that were added at a point."""
        return number_added(self.edges, float(point.value))

    def left(self, point: Point) -> float:
        """Edge homophily that is left at a point, 0 … 1."""
        return homophily_after(self.homophily, self.edges, self.added(point))

    def course(self, name: str) -> list[Point]:
        """The points of a γ that have a score, in the order of added edges, from the graph as it is."""
        there = [point for point in self.response.of(name) if point.runs and point.value]
        return [*([self.clean] if self.clean.runs else []), *there]

    def against_clean(self, point: Point) -> Interval:
        """Test score less that of the same seeds on the graph as it is."""
        return difference(point, self.clean)


def assembled(grid: Grid, found: Sequence[Scored | None], graph: GraphData, model: str) -> Surgery:
    """`found`: what is known of each of `grid.runs`, in their order, None for those that are not trained; `graph` is as it is."""
    knobs = {cell.name: dict(cell.spec.dataset.parameters) for cell in grid.cells if cell.name != CLEAN}
    return Surgery(
        BASES[graph.name].title,
        model,
        respond(grid, found),
        {name: float(knob["gamma"]) for name, knob in knobs.items()},
        len(graph.undirected_edges),
        float(edge_homophily(graph.edge_index, graph.labels)),
        graph.num_classes,
        int((graph.labels < 0).sum()),
    )


def curve(found: Surgery) -> pd.DataFrame:
    """A row a run, as far as they are there; those on the graph as it is stand under every γ, with no added edges."""
    rows = [
        (gamma, found.added(point), found.left(point), run.spec.seed, score)
        for name, gamma in found.gammas.items()
        for point in found.course(name)
        for run, score in zip(point.runs, point.scores(), strict=True)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def summary(found: Surgery) -> pd.DataFrame:
    """A row a γ and number of added edges: the mean over seeds, and the paired difference to the graph as it is, with 95 % t-intervals."""
    rows = []
    for name, gamma in found.gammas.items():
        for point in found.course(name):
            score, change = point.interval(), found.against_clean(point)
            row = {"gamma": gamma, "added_edges": found.added(point), "homophily": found.left(point), "seeds": score.n}
            row |= {"test": score.mean, "test_low": score.low, "test_high": score.high}
            rows.append(row | {"against_clean": change.mean, "against_clean_low": change.low, "against_clean_high": change.high})
    return pd.DataFrame(rows)
