"""Does a ranking survive when its benchmark is mended? Chameleon and Squirrel without copies, and Cornell with its own pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from core.parameters import Value
from core.spec import DatasetSpec, RunSpec
from core.work import Report
from explainers.across import EPOCHS, MODELS, across, measured, named
from explainers.contract import Context, Lens, View
from explainers.designs_request import BENCHMARKS
from explainers.lenses.flawed_benchmarks import figures
from explainers.lenses.flawed_benchmarks.captions import answers, captions, details
from explainers.lenses.flawed_benchmarks.pairs import BY_NAME, Pair, copied, copies, leaked, same_pages
from explainers.lenses.flawed_benchmarks.result import EVIDENCE, Flawed, changes, ranking

__all__ = ["LENS", "Flawed", "Pair", "answers", "captions", "chosen", "details", "draw", "evidence", "measure", "plan", "tables", "usual"]

COMPARED = ("mlp", "gcn", "gcn_structure", "sage", "gat", "h2gcn", "gprgnn")


def plan(spec: RunSpec, seeds: int, values: Mapping[str, Value]) -> tuple[RunSpec, ...]:
    """The named models on both forms of each benchmark. Loads torch."""
    from core.models.contract import models

    known = models()
    asked = named(str(values["models"]), known, "model", usual(known))
    both = [name for pair in chosen(str(values["benchmarks"])) for name in (pair.name, pair.mended)]
    return across(both, {name: known[name].parameters for name in asked}, seeds, int(values["epochs"]))


def measure(context: Context, values: Mapping[str, Value]) -> Flawed:
    """Reads the scores, and looks for the flaw in the graphs themselves."""
    planned = [run.spec for run in context.runs]
    datasets = tuple(dict.fromkeys(spec.dataset for spec in planned))
    there = {one.name for one in datasets}
    pairs = tuple(pair for pair in chosen(str(values["benchmarks"])) if {pair.name, pair.mended} <= there)
    scores = measured(planned, context.runs, context.refused.values())
    return Flawed(scores, pairs, evidence(context.report, pairs=pairs, datasets=datasets))


def evidence(report: Report, *, pairs: Sequence[Pair], datasets: Sequence[DatasetSpec]) -> pd.DataFrame:
    """Named work: what shows the flaw of each benchmark, on the splits that its runs are trained on."""
    from core.open_graphs import graph_of
    from core.splits import split_of

    rows = []
    for pair in pairs:
        for name in (pair.name, pair.mended):
            report(message=f"Looking for copies in {name}")
            seen = [one for one in datasets if one.name == name]
            graph = graph_of(seen[0])
            row = {"pair": pair.name, "dataset": name, "nodes": graph.num_nodes, "copies": np.nan, "leaked": np.nan, "same_pages": np.nan}
            if pair.twin:
                row["same_pages"] = same_pages(graph, graph_of(DatasetSpec(pair.twin, seen[0].parameters, seen[0].split)))
            else:
                groups = copies(graph.edge_index, graph.labels)
                row["copies"] = copied(groups)
                row["leaked"] = float(np.mean([leaked(groups, split_of(graph, one)) for one in seen]))
            rows.append(row)
    return pd.DataFrame(rows, columns=EVIDENCE)


def draw(result: Flawed) -> Mapping[str, View]:
    return {"slopes": figures.slopes(result), "table": figures.table(result)}


def tables(result: Flawed) -> dict[str, pd.DataFrame]:
    """The numbers by name, as the command writes them."""
    return {
        "summary": figures.table(result).data,
        "scores": result.scores.rows,
        "ranking": ranking(result),
        "changes": changes(result),
        "evidence": result.evidence,
    }


def chosen(benchmarks: str) -> tuple[Pair, ...]:
    """The pairs that a text names. Raises `UserError` for one that is not there."""
    return tuple(BY_NAME[name] for name in named(benchmarks, BY_NAME, "flawed benchmark", tuple(BY_NAME)))


def usual(known: Collection[str]) -> tuple[str, ...]:
    """The models that are compared where none are named, of those that are known."""
    return tuple(name for name in COMPARED if name in known)


LENS = Lens(
    name="flawed_benchmarks",
    title="Flawed benchmarks",
    question="Does the ranking survive when the benchmark is mended?",
    plan=plan,
    measure=measure,
    draw=draw,
    captions=captions,
    tables=tables,
    parameters=(BENCHMARKS, MODELS, EPOCHS),
    asks_dataset=False,
    compares=True,
    source=figures.SOURCE,
)
