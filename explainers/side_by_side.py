"""What the compare page shows of several groups of runs: names, curves over each other, tables. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from core import figures
from core.data import GraphData
from core.errors import UserError
from core.hops import adjacency, degrees
from core.run import Run
from core.seeds import Interval, interval
from explainers.comparison import DISAGREEMENT_HELP, Comparison, Disagreement, compare
from explainers.comparison_figures import MOST_POINTS, QUANTITIES
from explainers.contract import Chart, Table
from explainers.lenses.curves import Curve, spread_by_epoch
from explainers.overview import Group
from explainers.wording import count, metric_name, one_in, p_value, points, split_names, spread

Runs = Sequence[Run]
SEPARATOR = " · "
DASHES = ("solid", "dash", "dot")
CLEAR = 0.05
"""p below which a difference is called clear."""


@dataclass(frozen=True, eq=False)
class Ranking:
    """Every other group against the first one; `p` is corrected for their number by Holm's method."""

    first: str
    comparisons: tuple[Comparison, ...]
    p: tuple[float, ...]


def short_names(groups: Sequence[Group]) -> list[str]:
    """What tells groups apart: the user's name, else the model and the settings that not all share; never two alike."""
    parts = [group.title.split(SEPARATOR) for group in groups]
    shared = set.intersection(*(set(words) for words in parts)) if parts else set()
    short = [
        group.name or SEPARATOR.join(word for place, word in enumerate(words) if place == 1 or word not in shared)
        for group, words in zip(groups, parts, strict=True)
    ]
    return [name if short.count(name) == 1 else f"{name} ({short[: place + 1].count(name)})" for place, name in enumerate(short)]


def same_seeds(first: Runs, second: Runs) -> tuple[Runs, Runs, str]:
    """The runs of the seeds that both groups have, and a sentence if that leaves some out.

    Raises `UserError` if they share none.
    """
    both = {run.spec.seed for run in first} & {run.spec.seed for run in second}
    if not both:
        raise UserError("These groups share no seed, so their runs cannot be paired; train both with the same seeds.")
    kept = [[run for run in runs if run.spec.seed in both] for runs in (first, second)]
    note = f"Paired over the {count(len(both), 'seed')} that both have." if len(both) < max(len(first), len(second)) else ""
    return kept[0], kept[1], note


def ranking(groups: Mapping[str, Runs]) -> Ranking:
    """The paired difference of every group to the first one. Raises `UserError` where one cannot be paired."""
    first, *others = groups
    found = []
    for name in others:
        ours, theirs, _ = same_seeds(groups[name], groups[first])
        found.append(compare(ours, theirs, names=(name, first)))
    return Ranking(first, tuple(found), holm([_p(comparison.difference) for comparison in found]))


def holm(p: Sequence[float]) -> tuple[float, ...]:
    """p-values corrected for their number m, in the order given: the k-th smallest (k from 0) times m − k, never falling, at most 1.

    NaN stays NaN and does not count. Holm, A simple sequentially rejective multiple test procedure, 1979.
    """
    corrected = np.full(len(p), np.nan)
    order = [place for place in np.argsort(p, kind="stable") if not np.isnan(p[place])]
    highest = 0.0
    for rank, place in enumerate(order):
        highest = min(1.0, max(highest, p[place] * (len(order) - rank)))
        corrected[place] = highest
    return tuple(corrected.tolist())


def ranking_answer(ranked: Ranking) -> str:
    """Which groups differ from the first one by more than noise, and by how much."""
    clear = [c for c, p in zip(ranked.comparisons, ranked.p, strict=True) if p < CLEAR]
    rest = len(ranked.comparisons) - len(clear)
    if not clear:
        return f"No difference to {ranked.first} is clear of the noise of the seeds."
    said = [f"{c.names[0]} is {points(c.difference.mean)} {'better' if c.difference.mean > 0 else 'worse'}" for c in clear]
    seeds = one_in([c.difference.n for c in clear])
    noise = f"; {count(rest, 'other')} cannot be told from noise" if rest else ""
    return f"Against {ranked.first}: {'; '.join(said)} ({seeds} seeds, {clear[0].split}). This is clear of the noise of the seeds{noise}."


def ranking_table(ranked: Ranking) -> Table:
    """A row a group: its score, and its difference to the first one in percentage points."""
    rows = [
        {
            "runs": comparison.names[0],
            "difference": round(100 * comparison.difference.mean, 1),
            "95 % interval": _bounds(comparison.difference),
            "p (Holm)": "" if np.isnan(p) else p_value(p).removeprefix("p ").removeprefix("= "),
            "is it noise?": "one seed cannot tell" if np.isnan(p) else "clear" if p < CLEAR else "may be noise",
            "seeds": comparison.difference.n,
        }
        for comparison, p in zip(ranked.comparisons, ranked.p, strict=True)
    ]
    return Table(
        pd.DataFrame(rows),
        {
            "difference": f"Mean over seeds of this group's test score minus that of {ranked.first}, in points.",
            "95 % interval": "Of the paired difference, in points. Not corrected for the number of comparisons.",
            "p (Holm)": "Paired t-test, corrected for the number of comparisons in this table by Holm's method.",
            "is it noise?": f"Clear where the corrected p is below {CLEAR:g}.",
            "seeds": "Pairs of runs with the same seed and split.",
        },
    )


def alone(name: str, runs: Runs) -> str:
    """What one group says on its own."""
    score = spread(interval([run.scores["test_score"] for run in runs]))
    where = f"{count(len(runs), 'seed')}, {split_names([run.spec.dataset for run in runs])}"
    return f"{name}: {score} test {metric_name(runs[0].metric)} ({where}). Tick a second row to compare it with."


def learning_curves(groups: Mapping[str, Runs], quantity: str) -> Chart:
    """One quantity of the history by epoch: the mean over seeds and its 95 % interval, a colour a group."""
    curves = {name: spread_by_epoch(_stacked(runs, quantity)) for name, runs in groups.items()}
    figure = go.Figure([trace for place, (name, curve) in enumerate(curves.items()) for trace in _traces(place, name, curve, quantity)])
    title = QUANTITIES[quantity]
    if quantity.endswith("score"):
        metric = metric_name(next(iter(groups.values()))[0].metric)
        title = f"{title.split()[0]} {metric}"
        figures.percent_axis(figure, None)
    figures.layout(figure, x="Epoch", y=title, height=360)
    spreadless = all(len(runs) < 2 for runs in groups.values())
    return Chart(
        figure,
        reading="A line a run: one seed has no spread."
        if spreadless
        else "Lines are means over the seeds still training, bands their 95 % interval.",
        not_shown="Which epoch was kept: that is the one with the best validation. The table above has its test score.",
        formula=r"\bar x_t \pm t_{0.975,\,n-1}\, s_t / \sqrt{n}",
        data=_rows(curves),
    )


def disagreement_table(differing: Disagreement, graph: GraphData) -> Table:
    """The nodes on which two models differ, under the models' own names, with the degree."""
    a, b = differing.names
    degree = degrees(adjacency(graph.edge_index, graph.num_nodes))
    titles = {"first": a, "first_confidence": f"{a}, confidence", "second": b, "second_confidence": f"{b}, confidence"}
    data = differing.table.assign(degree=degree[differing.table["node"].to_numpy(dtype=int)]).round(3)
    texts = DISAGREEMENT_HELP | {
        "first": f"What {a} says.",
        "second": f"What {b} says.",
        "degree": "Number of neighbours; a link counts once whatever its direction.",
    }
    return Table(data.rename(columns=titles), {titles.get(name, name): text for name, text in texts.items() if name in data}, node="node")


def _bounds(difference: Interval) -> str:
    return "" if difference.n < 2 else f"{100 * difference.low:+.1f} to {100 * difference.high:+.1f}"


def _p(difference: Interval) -> float:
    """Two-sided p of a paired t-test, from the interval of the difference; NaN for fewer than two pairs."""
    from scipy.stats import t

    if difference.n < 2:
        return float("nan")
    if difference.half_width == 0:
        return 1.0 if difference.mean == 0 else 0.0
    freedom = difference.n - 1
    return float(2 * t.sf(abs(difference.mean) / difference.half_width * t.ppf(0.975, freedom), freedom))


def _stacked(runs: Runs, quantity: str) -> NDArray[np.float64]:
    """[runs, epochs], NaN after a run's end."""
    length = max(run.epochs for run in runs)
    return np.stack([np.pad(run.history[quantity], (0, length - run.epochs), constant_values=np.nan) for run in runs])


def _traces(place: int, name: str, curve: Curve, quantity: str) -> list[go.Scatter]:
    every = max(1, -(-len(curve.mean) // MOST_POINTS))
    epochs = np.arange(1, len(curve.mean) + 1)
    color, shown = figures.class_color(place), np.isfinite(curve.low)
    x, low, high = (values[shown][::every].tolist() for values in (epochs, curve.low, curve.high))
    line = go.Scatter(
        x=epochs[::every],
        y=curve.mean[::every],
        mode="lines",
        name=escape(name),
        legendgroup=str(place),
        line={"color": color, "width": 2, "dash": DASHES[place // len(figures.OKABE_ITO) % len(DASHES)]},
        hovertemplate=f"epoch %{{x}}: %{{y:{'.1%' if quantity.endswith('score') else '.3f'}}}<extra>{escape(name)}</extra>",
    )
    return [figures.band(x, low, high, color, escape(name)).update(legendgroup=str(place)), line] if x else [line]


def _rows(curves: Mapping[str, Curve]) -> pd.DataFrame:
    """A row an epoch and group."""
    return pd.concat(
        [
            pd.DataFrame({"runs": name, "epoch": np.arange(1, len(c.mean) + 1), "mean": c.mean, "low": c.low, "high": c.high})
            for name, c in curves.items()
        ],
        ignore_index=True,
    )
