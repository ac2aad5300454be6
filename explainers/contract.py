"""What an analysis declares: its question, its parameters, what it needs, and how its numbers are drawn. Free of torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd
import plotly.graph_objects as go

from core.data import GraphData, Split
from core.errors import UserError
from core.home import home
from core.parameters import Parameter, Value
from core.run import Run
from core.spec import RunSpec
from core.work import Report, silent


class Unsupported(UserError):
    """A lens that cannot be applied here; the text says why and where it can."""


@dataclass(frozen=True)
class Chart:
    """A figure with all that makes it readable on its own."""

    figure: go.Figure
    reading: str
    """How to read this, one line."""
    not_shown: str
    """What this does not show, one line."""
    formula: str = ""
    """LaTeX, without the dollar signs."""
    source: str = ""
    data: pd.DataFrame | None = None
    """The numbers behind the figure, for the table view and the download."""


@dataclass(frozen=True)
class Table:
    """Rows for people; `help` explains a column, `node` names the column that holds node ids, `wide` one whose text is read whole."""

    data: pd.DataFrame
    help: Mapping[str, str]
    node: str = ""
    wide: str = ""
    shares: bool = True
    """Whether numbers that all lie in 0 … 1 are shares, which read as percentages."""


View: TypeAlias = Chart | Table


@dataclass(frozen=True, eq=False)
class Context:
    """What a measurement may look at: the graph, its split, and the runs that the plan asked for, in its order."""

    graph: GraphData
    split: Split
    spec: RunSpec
    runs: tuple[Run, ...]
    report: Report = silent
    root: Path = field(default_factory=home)
    """Of the store that holds the runs."""
    seeds: int = 1
    """How many were asked for, for a lens that trains without a plan."""
    refused: Mapping[RunSpec, str] = field(default_factory=dict)
    """Why runs of the plan cannot be trained, by what a refusal is about: all but seed and split; only where the lens `compares` models."""


@dataclass(frozen=True)
class Lens:
    """One question asked of a dataset or of runs: plan → measure → draw, with captions from the numbers.

    `plan(spec, seeds, values)` says which runs are needed; `measure(context, values)` returns a frozen
    dataclass of arrays and tables; `draw` and `captions` read nothing but that. The module of a lens
    is free of torch at import; `measure` imports what it needs.
    """

    name: str
    title: str
    question: str
    plan: Callable[[RunSpec, int, Mapping[str, Value]], tuple[RunSpec, ...]]
    measure: Callable[[Context, Mapping[str, Value]], Any]
    draw: Callable[[Any], Mapping[str, View]]
    captions: Callable[[Any], list[str]]
    parameters: tuple[Parameter, ...] = ()
    probes: tuple[str, ...] = ()
    """Recordings that the planned runs must hold."""
    source: str = ""
    tables: Callable[[Any], Mapping[str, pd.DataFrame]] | None = None
    """The numbers by name as the command line writes them; None: those of the drawn views."""
    asks_dataset: bool = True
    """False: it makes its own data, so no dataset is read for it, and its context holds a graph without nodes."""
    asks_model: bool = True
    """False: no model is asked for, since it looks at the dataset alone, or its settings name the models that it trains."""
    default_model: str = ""
    """Asked about where a command names no model."""
    asks_training: bool = True
    """False: it plans no run, so no setting of the training is asked for. Such a lens asks for no model either."""
    compares: bool = False
    """True: its plan is of several models that do without each other, so that one that refuses the graph is left out, and the rest goes
    on; and over all fixed splits of the dataset unless the command names one."""
