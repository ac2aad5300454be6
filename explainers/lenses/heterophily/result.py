"""Which nodes suffer under which model: the numbers, and the tables made of them. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.data import Bools, GraphData
from core.run import Run
from core.seeds import Interval, interval
from core.spec import DatasetSpec
from core.splits import DRAWN, split_of
from explainers.lenses.heterophily.paired import paired
from explainers.lenses.heterophily.readings import ANY, BINS, PARTS, in_bins, in_parts, places, tested
from explainers.wording import split_names


@dataclass(frozen=True, eq=False)
class Heterophily:
    """`models` in order; `refused`: why others were left out; `seeds`: most of any model, `planned` runs of which `done` are there.

    `cells`: model, seed, homophily, degree (places in `BINS`, or `ANY`), count, score. `paired`: as of `paired`. `parts`: split and the
    columns of `in_parts`, a split once. `index`: each node's bin [num_nodes] by factor, −1 for none; `tested` [num_nodes]: test nodes of
    the first run; `different`: how many different test nodes the bins of a factor hold over all splits. `alone`: test nodes without
    labelled neighbours, mean over splits. `self_loops`, `parallel`: stored edges that are one, or that were stored before.
    """

    dataset: str
    metric: str
    split: str
    directed: bool
    models: tuple[str, ...]
    refused: Mapping[str, str]
    seeds: int
    planned: int
    done: int
    diverged: int
    scores: pd.DataFrame
    cells: pd.DataFrame
    paired: pd.DataFrame
    parts: pd.DataFrame
    index: Mapping[str, NDArray[np.int64]] = field(repr=False)
    tested: Bools = field(repr=False)
    different: Mapping[str, tuple[int, ...]]
    alone: float = 0.0
    unlabelled: int = 0
    self_loops: int = 0
    parallel: int = 0

    def interval(self, model: str, homophily: int = ANY, degree: int = ANY) -> Interval:
        """Mean score over seeds in a bin with its 95 % t-interval."""
        return interval(self._cells[model, homophily, degree]["score"])

    def count(self, homophily: int = ANY, degree: int = ANY) -> float:
        """Test nodes of a bin, a mean over the runs of the first model."""
        return float(self._cells[self.models[0], homophily, degree]["count"].mean())

    def nodes(self, by: str, place: int, other: int = ANY) -> list[int]:
        """Test nodes of the first seed in a bin; of by "grid" in a bin of local homophily and one of degree."""
        if by == "grid":
            inside = (self.index["homophily"] == place) & (self.index["degree"] == other)
        else:
            inside = self.index[by] == place
        found: list[int] = np.flatnonzero(inside & self.tested).tolist()
        return found

    @property
    def seeds_each(self) -> list[int]:
        """How many runs there are of each model."""
        return [int(number) for number in self.scores["model"].value_counts()]

    @property
    def splits(self) -> int:
        """Different splits that were trained on."""
        return int(self.scores["split"].nunique())

    @cached_property
    def _cells(self) -> Mapping[tuple[str, int, int], pd.DataFrame]:
        return dict(iter(self.cells.groupby(["model", "homophily", "degree"])))


def assembled(graph: GraphData, runs: Sequence[Run], planned: int, refused: Mapping[str, str]) -> Heterophily:
    """All that is there of the planned runs, one or more. Raises `Unsupported` without test nodes."""
    there = places(graph)
    known = graph.labels >= 0
    by_model: dict[str, list[Run]] = {}
    for run in runs:
        by_model.setdefault(run.spec.model.name, []).append(run)
    masks = tested(graph, runs)
    cells = [in_bins(graph, there, run, masks).assign(model=run.spec.model.name, seed=run.spec.seed) for run in runs]
    parts = [in_parts(there, split_of(graph, one), known).assign(split=split_word(one)) for one in masks]
    ever: Bools = np.any(list(masks.values()), axis=0)
    return Heterophily(
        dataset=graph.name,
        metric=runs[0].metric,
        split=split_names([run.spec.dataset for run in runs]),
        directed=graph.directed,
        models=tuple(by_model),
        refused=dict(refused),
        seeds=max(len(some) for some in by_model.values()),
        planned=planned,
        done=len(runs),
        diverged=sum(run.failed for run in runs),
        scores=pd.DataFrame(
            [
                (run.spec.model.name, run.spec.seed, split_word(run.spec.dataset), run.metric, float(run.scores["test_score"]))
                for run in runs
            ],
            columns=["model", "seed", "split", "metric", "test_score"],
        ),
        cells=pd.concat(cells, ignore_index=True),
        paired=paired(graph, there, by_model, masks),
        parts=pd.concat(parts, ignore_index=True),
        index={name: one.index for name, one in there.bins.items()},
        tested=masks[runs[0].spec.dataset],
        different={name: tuple(one.sums(ever).astype(int).tolist()) for name, one in there.bins.items()},
        alone=float(np.mean([(mask & (there.bins["homophily"].index < 0)).sum() for mask in masks.values()])),
        unlabelled=int((~known).sum()),
        self_loops=graph.self_loops,
        parallel=graph.parallel_edges,
    )


def split_word(dataset: DatasetSpec) -> str:
    """The split as `--split` takes it."""
    return f"{dataset.split}:{dataset.split_seed}" if dataset.split in DRAWN else dataset.split


def by_bin(found: Heterophily, by: str) -> pd.DataFrame:
    """A row a model and bin of a factor: low, high, label, count (test nodes, mean over seeds), score (mean over seeds) with the bounds of
    its 95 % t-interval."""
    rows = []
    for model in found.models:
        for place, one in enumerate(BINS[by]):
            mean = found.interval(model, **{by: place})
            row = (model, one.low, one.high, one.label, found.count(**{by: place}), mean.mean, mean.low, mean.high, mean.n)
            rows.append(row)
    return pd.DataFrame(rows, columns=["model", "low", "high", "label", "count", "score", "score_low", "score_high", "seeds"])


def grid(found: Heterophily) -> pd.DataFrame:
    """A row a model, bin of local homophily and bin of degree that has test nodes."""
    rows = []
    for model in found.models:
        for first, share in enumerate(BINS["homophily"]):
            for second, degree in enumerate(BINS["degree"]):
                if not (size := found.count(first, second)):
                    continue
                mean = found.interval(model, first, second)
                rows.append((model, share.label, degree.label, size, mean.mean, mean.low, mean.high, mean.n))
    columns = ["model", "local_homophily", "degree", "count", "score", "score_low", "score_high", "seeds"]
    return pd.DataFrame(rows, columns=columns)


def shift(found: Heterophily) -> pd.DataFrame:
    """A row a part and bin of local homophily, last one all of them: count and share of the part's nodes, means over the splits; for all
    nodes of a part their mean local homophily."""
    rows = []
    for part in PARTS:
        own = found.parts[found.parts["part"] == part]
        sizes = own[own["bin"] == ANY].set_index("split")["count"]
        if not sizes.sum():
            continue
        for place, one in [*enumerate(BINS["homophily"]), (ANY, None)]:
            here = own[own["bin"] == place].set_index("split")
            share = (here["count"] / sizes.where(sizes > 0)).mean()
            ends = (one.low, one.high, one.label) if one else (0.0, 1.0, "all")
            rows.append((part, *ends, here["count"].mean(), share, here["mean"].mean()))
    return pd.DataFrame(rows, columns=["part", "low", "high", "label", "count", "share", "mean_local_homophily"])


def comparisons(found: Heterophily) -> pd.DataFrame:
    """The paired differences, bins by their labels."""
    rows = found.paired.copy()
    labels = [BINS[by][place].label for by, place in zip(rows["by"], rows["bin"], strict=True)]
    rows["bin"] = pd.Series(labels, index=rows.index, dtype=object)
    return rows


def tables(found: Heterophily) -> dict[str, pd.DataFrame]:
    """The numbers by name, as the command writes them."""
    return {
        "scores": found.scores,
        "by_local_homophily": by_bin(found, "homophily"),
        "by_degree": by_bin(found, "degree"),
        "grid": grid(found),
        "shift": shift(found),
        "paired": comparisons(found),
    }
