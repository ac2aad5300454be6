"""The common form of public datasets: what one declares beside its files, and how arrays become the graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from core.data import GraphData, Split
from core.datasets.arrays import Arrays, row_normalised
from core.datasets.contract import Dataset, Report
from core.datasets.edges import undirected
from core.datasets.pyg import Recipe, read
from core.parameters import Choice, Parameter, Value

Find = Callable[[Mapping[str, Value], Report], Arrays]
"""Finds the arrays of a dataset on disk or on the network."""

TEN = tuple(str(k) for k in range(10))
"""Names of ten fixed splits."""

GEOM_GCN = "ten splits of Pei et al. 2020 (Geom-GCN): about 48/32/20 %, not the 60/20/20 that their file names say"

ROW_OR_RAW = (("row_normalised", "each row divided by its sum"), ("raw", "as stored"))
ROW_NORMALISED = Choice(
    "features", "Features", "row_normalised", ROW_OR_RAW, help="Row-normalised as in Kipf & Welling 2017.", common=False
)
RAW = replace(ROW_NORMALISED, default="raw")

DIRECTION = Choice(
    "direction",
    "Direction",
    "undirected",
    (("undirected", "both directions, no self-loops"), ("stored", "as stored, self-loops included")),
    help="Whether a link is used both ways.",
    common=False,
)


@dataclass(frozen=True)
class Form:
    """What turns the arrays of a dataset into its graph. `splits` names the columns of the masks."""

    name: str
    class_names: tuple[str, ...]
    splits: tuple[str, ...] = ()
    metric: str = "accuracy"

    def graph(self, arrays: Arrays, values: Mapping[str, Value]) -> GraphData:
        """The graph, with features and direction as `values` say."""
        directed = values.get("direction") == "stored"
        # Only datasets with a choice of direction are stored one way; the others are symmetric already.
        both_ways = "direction" in values and not directed
        nodes = len(arrays.labels)
        return GraphData(
            name=self.name,
            features=row_normalised(arrays.features) if values.get("features") == "row_normalised" else arrays.features,
            edge_index=undirected(arrays.edge_index, nodes) if both_ways else arrays.edge_index,
            labels=arrays.labels,
            class_names=self.class_names,
            splits={name: Split(*arrays.masks[:, k]) for k, name in enumerate(self.splits)},
            metric=self.metric,
            directed=directed,
        )


def numbered(classes: int) -> tuple[str, ...]:
    """Names of classes whose meaning the files do not tell."""
    return tuple(f"class {k}" for k in range(classes))


def public(
    form: Form,
    arrays: Find,
    *,
    title: str,
    question: str,
    family: str,
    parameters: tuple[Parameter, ...],
    size: str,
    source: str,
    licence: str,
    flaws: tuple[str, ...] = (),
) -> Dataset:
    """Declaration of a public dataset whose arrays a function finds."""
    return Dataset(
        name=form.name,
        title=title,
        question=question,
        family=family,
        load=partial(_loaded, form, arrays),
        parameters=parameters,
        splits=form.splits,
        default_split=form.splits[0] if form.splits else "random",
        metric=form.metric,
        size=size,
        source=source,
        licence=licence,
        flaws=flaws,
    )


def through_pyg(*recipes: Recipe) -> Find:
    """Arrays of the first recipe, with the masks of all, in order: some sets keep their splits in several folders."""
    return partial(_joined, recipes)


# Not closures, so that a declaration can be pickled.
def _loaded(form: Form, find: Find, values: Mapping[str, Value], report: Report) -> GraphData:
    return form.graph(find(values, report), values)


def _joined(recipes: tuple[Recipe, ...], values: Mapping[str, Value], report: Report) -> Arrays:
    parts = [read(recipe, report) for recipe in recipes]
    return replace(parts[0], masks=np.concatenate([part.masks for part in parts], axis=1))
