"""The picture of flawed benchmarks beside their mended forms. It reads nothing but the numbers. Free of torch."""

from __future__ import annotations

import pandas as pd
from plotly.subplots import make_subplots

from core import figures
from explainers.across.result import dataset_title
from explainers.contract import Chart, Table
from explainers.lenses.flawed_benchmarks.result import Flawed, ranking
from explainers.wording import model_name

HEIGHT = 420
DASHES = ("solid", "dash", "dot", "dashdot")
SOURCE = "Platonov et al., A critical look at the evaluation of GNNs under heterophily, ICLR 2023 (duplicates); Pei et al. 2020 (the files)"


def slopes(found: Flawed) -> Chart:
    """Each model's mean test score on the flawed benchmark and on the mended one, joined by a line; a panel a pair."""
    rows, pairs = ranking(found), found.pairs
    titles = [dataset_title(pair.name) for pair in pairs]
    figure = make_subplots(rows=1, cols=len(pairs), subplot_titles=titles, horizontal_spacing=0.07)
    for column, pair in enumerate(pairs, 1):
        for place, model in enumerate(found.scores.models):
            own = rows[(rows["pair"] == pair.name) & (rows["model"] == model)]
            if own.empty:
                continue
            color, name = figures.class_color(place), model_name(model)
            figure.add_scatter(
                x=[SIDES[data == pair.mended] for data in own["dataset"]],
                y=own["mean"],
                mode="lines+markers",
                name=name,
                legendgroup=name,
                showlegend=column == 1,
                line={"color": color, "width": 2, "dash": DASHES[place // len(figures.OKABE_ITO) % len(DASHES)]},
                marker={"size": 8},
                customdata=own[["rank", "seeds"]],
                hovertemplate=name + ", %{x}: %{y:.1%}<br>rank %{customdata[0]}, %{customdata[1]} seeds<extra></extra>",
                row=1,
                col=column,
            )
    figures.layout(figure, height=HEIGHT, toolbar=True)
    figure.update_layout(margin={"t": 110}, legend={"y": 1.12})
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=list(SIDES), range=[-0.25, 1.25])
    figure.update_yaxes(tickformat="~%")
    figure.update_yaxes(title_text="mean test accuracy", row=1, col=1)
    return Chart(
        figure,
        "A line that falls: the flaw made the model look good. Lines that cross: the order of the means changes; whether the seeds tell "
        "it is said above.",
        "Whether two models that are near to each other differ: the table of changes says which pairs the seeds tell apart.",
        "",
        SOURCE,
        rows,
    )


SIDES = ("as published", "mended")


def table(found: Flawed) -> Table:
    """For people: a row a pair and model, its rank and score on both sides."""
    rows = ranking(found)
    both = []
    for pair in found.pairs:
        for model in found.scores.models:
            own = rows[(rows["pair"] == pair.name) & (rows["model"] == model)].set_index("dataset")
            if not set(found.sides(pair)) <= set(own.index):
                continue
            row: dict[str, object] = {"benchmark": dataset_title(pair.name), "model": model_name(model)}
            for side, data in zip(SIDES, found.sides(pair), strict=True):
                row |= {f"rank {side}": int(own.loc[data, "rank"]), side: float(own.loc[data, "mean"])}
            both.append(row)
    columns = ["benchmark", "model", *(name for side in SIDES for name in (side, f"rank {side}"))]
    ordered = pd.DataFrame(both, columns=columns).sort_values(["benchmark", f"rank {SIDES[1]}"], kind="stable")
    means = dict.fromkeys(SIDES, "Mean test accuracy over the seeds.")
    return Table(ordered, means | {f"rank {side}": "1: the highest mean test score." for side in SIDES})
