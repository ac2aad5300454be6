"""When does attention move away from uniform? Entropy and same-class mass of every head, epoch by epoch, from a recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core import figures
from core.parameters import Value
from core.run import COLUMNS
from core.spec import RunSpec
from explainers.contract import Chart, Context, Lens, View
from explainers.lenses import attention
from explainers.wording import percent, points

__all__ = ["LENS", "Course", "captions", "course", "draw", "measure"]

SHOWN = 0.001
"""Of normalised entropy: less is not seen in three digits."""


@dataclass(frozen=True, eq=False)
class Course:
    """`rows`: seed, epoch, layer, head, mean_normalized_entropy, same_class_mass, expected_same_class_mass. `best`: the epoch whose
    weights the first seed keeps; `validation`: its validation score by epoch."""

    rows: pd.DataFrame
    best: int
    validation: tuple[float, ...]

    @property
    def first(self) -> pd.DataFrame:
        """The rows of the first seed."""
        return self.rows[self.rows["seed"] == self.rows["seed"].iloc[0]]


def measure(context: Context, values: Mapping[str, Value]) -> Course:
    """Reads what was recorded while the runs trained."""
    rows = pd.concat([course(run.spec.seed, run.probes) for run in context.runs], ignore_index=True)
    first = context.runs[0]
    return Course(rows, first.best_epoch, tuple(first.history[COLUMNS[3]].tolist()))


def course(seed: int, recorded: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """A row an epoch, layer and head."""
    epochs, layer, head = (recorded[f"attention.{name}"] for name in ("epochs", "layer", "head"))
    steps, heads = recorded["attention.entropy"].shape
    return pd.DataFrame(
        {
            "seed": seed,
            "epoch": np.repeat(epochs, heads),
            "layer": np.tile(layer, steps),
            "head": np.tile(head, steps),
            "mean_normalized_entropy": recorded["attention.entropy"].ravel().astype(float),
            "same_class_mass": recorded["attention.same_class"].ravel().astype(float),
            "expected_same_class_mass": np.tile(recorded["attention.expected"], steps).astype(float),
        }
    )


def draw(result: Course) -> Mapping[str, View]:
    return {"course": chart(result)}


def chart(result: Course, epoch: int | None = None) -> Chart:
    """Above entropy, below same-class mass less what uniform attention would give, a line a head, first seed; `epoch` is marked."""
    rows = result.first
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.09)
    seen: set[int] = set()
    for (layer, head), own in rows.groupby(["layer", "head"]):
        more = own["same_class_mass"] - own["expected_same_class_mass"]
        for row, values, word in ((1, own["mean_normalized_entropy"], "entropy"), (2, more, "same class, above uniform")):
            figure.add_trace(
                go.Scatter(
                    x=own["epoch"],
                    y=values,
                    mode="lines",
                    name=f"layer {layer}",
                    legendgroup=f"layer {layer}",
                    showlegend=row == 1 and layer not in seen,
                    line={"color": figures.class_color(int(layer) - 1), "width": 1.5},
                    hovertemplate=f"layer {layer}, head {head}, epoch %{{x}}<br>{word} %{{y:.3f}}<extra></extra>",
                ),
                row=row,
                col=1,
            )
        seen.add(layer)
    figures.layout(figure, height=460, toolbar=True)
    figure.update_yaxes(title_text="normalised entropy", row=1, col=1)
    figure.update_yaxes(title_text="same class − uniform", tickformat="~%", row=2, col=1)
    figure.update_xaxes(title_text="epoch", row=2, col=1)
    figure.add_vline(result.best, line={"color": figures.NEUTRAL, "width": 1, "dash": "dot"})
    if epoch is not None:
        figure.add_vline(epoch, line={"color": figures.RIGHT, "width": 1.5})
    return Chart(
        figure,
        "A line a head. Above, 1 is uniform; below, 0 is uniform's mass on the own class, of all weights, the own loop's among them. "
        "Dotted: the epoch kept.",
        "Single nodes, and the other seeds: heads have no names that two seeds share.",
        r"\overline{H_i / \ln(d_i + 1)},\quad \overline{\textstyle\sum_{y_j = y_i} \alpha_{ij}} - \text{uniform}",
        "Recorded in evaluation mode at up to 40 epochs, more of them early; true labels of all nodes: diagnostic",
        result.rows,
    )


def captions(result: Course) -> list[str]:
    """Where the first seed's entropy was lowest, and where it ended; trainings may stop at different epochs."""
    mean = result.first.groupby("epoch")[["mean_normalized_entropy", "same_class_mass", "expected_same_class_mass"]].mean()
    if mean["mean_normalized_entropy"].isna().all():
        return ["No node has a choice of neighbours, so that entropy is not defined."]
    entropy, more = mean["mean_normalized_entropy"], mean["same_class_mass"] - mean["expected_same_class_mass"]
    lowest = int(entropy.idxmin())
    seed = result.first["seed"].iloc[0]
    course = f"from {entropy.iloc[0]:.3f} (untrained) to {entropy.iloc[-1]:.3f} (epoch {mean.index[-1]})"
    said = f"Mean normalised entropy of seed {seed} goes {course}"
    if lowest not in (mean.index[0], mean.index[-1]) and entropy.min() < min(entropy.iloc[0], entropy.iloc[-1]) - SHOWN:
        said += f"; it is lowest in epoch {lowest}, {entropy[lowest]:.3f}"
    said += _turn(result.first)
    if np.isnan(more.iloc[-1]):
        return [f"{said}."]
    change = f"{points(float(more.iloc[-1]))} {'more' if more.iloc[-1] > 0 else 'less'}"
    return [f"{said}. In the end neighbours of the own class get {change} of all attention than uniform weights would give them."]


def _turn(rows: pd.DataFrame) -> str:
    """The layer that fell furthest on the way and came back, if one did."""
    layers = rows.groupby(["layer", "epoch"])["mean_normalized_entropy"].mean().unstack("layer")
    dips = (layers.iloc[[0, -1]].min() - layers.min()).dropna()
    if layers.shape[1] < 2 or dips.empty or dips.max() < 2 * SHOWN:
        return ""
    layer = dips.idxmax()
    return f"; layer {layer} falls to {layers[layer].min():.3f} near epoch {layers[layer].idxmin()} and comes back"


def at(result: Course, epoch: int) -> str:
    """What one epoch is like."""
    rows = result.first[result.first["epoch"] == epoch]
    layers = rows.groupby("layer")["mean_normalized_entropy"].mean()
    said = ", ".join(f"layer {layer} {value:.3f}" for layer, value in layers.items())
    score = f"; validation score {percent(result.validation[epoch - 1])} (first seed)" if epoch else ""
    return f"Epoch {epoch}: mean normalised entropy {said}{score}."


def tables(result: Course) -> dict[str, pd.DataFrame]:
    return {"course": result.rows}


def plan(spec: RunSpec, seeds: int, values: Mapping[str, Value]) -> tuple[RunSpec, ...]:
    """As the attention lens. Loads torch."""
    return attention.plan(spec, seeds, values)


LENS = Lens(
    name="attention_course",
    title="Attention during training",
    question="When does attention move away from uniform?",
    plan=plan,
    measure=measure,
    draw=draw,
    captions=captions,
    tables=tables,
    probes=("attention",),
    source="Veličković et al. 2018; recorded while training",
)
