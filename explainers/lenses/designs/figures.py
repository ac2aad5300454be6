"""The pictures of the comparison of designs. They read nothing but the numbers. Free of torch."""

from __future__ import annotations

import numpy as np
import pandas as pd
from plotly.subplots import make_subplots

from core import figures
from core.seeds import Interval
from explainers.across.result import Scores, dataset_title, verdict
from explainers.contract import Chart, Table
from explainers.lenses.designs.groups import BASELINES, words
from explainers.wording import metric_name, model_name, spread

ROW = 26
LOOKS = {
    "better": (figures.RIGHT, "circle", "better"),
    "worse": (figures.WRONG, "x", "worse"),
    "": (figures.NEUTRAL, "circle-open", "not told apart"),
}
"""By verdict: colour, symbol, name. The shapes tell it too."""
SOURCE = (
    "Zhu et al. 2020 (separation, higher orders); Bo et al. 2021, Chien et al. 2021, Luan et al. 2022 (signs); "
    "Rossi et al. 2023 (direction); Platonov et al. 2023 (the same protocol for all)"
)


def differences(found: Scores, baseline: str = "gcn") -> Chart:
    """How far each model's test score is from that of a baseline, dataset by dataset, with the interval over seeds."""
    models = [model for model in found.models if model != baseline]
    titles = [dataset_title(data).replace(" (", "<br>(") for data in found.datasets]
    figure = make_subplots(rows=1, cols=len(titles), shared_yaxes=True, subplot_titles=titles, horizontal_spacing=0.03)
    rows, seen = differences_table(found, baseline), set[str]()
    for column, data in enumerate(found.datasets, 1):
        own = rows[rows["dataset"] == data]
        for word, (color, symbol, name) in LOOKS.items():
            part = own[own["verdict"] == word]
            if part.empty:
                continue
            figure.add_scatter(
                x=100 * part["difference"],
                y=[model_name(model) for model in part["model"]],
                mode="markers",
                name=name,
                legendgroup=name,
                showlegend=name not in seen,
                marker={"color": color, "symbol": symbol, "size": 9, "line": {"width": 1.5}},
                error_x={"array": 100 * part["half_width"].fillna(0), "thickness": 1.2, "width": 0, "color": color},
                customdata=part["score"],
                hovertemplate="%{y}<br>%{x:+.1f} points, score %{customdata}<extra>" + dataset_title(data) + "</extra>",
                row=1,
                col=column,
            )
            seen.add(name)
        figure.add_vline(0, line={"color": figures.NEUTRAL, "dash": "dot", "width": 1.2}, row=1, col=column)
    figures.layout(figure, height=130 + ROW * len(models), toolbar=True)
    figure.update_layout(margin={"t": 98}, legend={"y": 1 + 50 / (60 + ROW * len(models))})
    figure.update_annotations(font_size=13)
    figure.update_xaxes(title_text="points", nticks=4, tickangle=0)
    figure.update_yaxes(categoryorder="array", categoryarray=[model_name(model) for model in reversed(models)], ticklabelstandoff=4)
    return Chart(
        figure,
        f"Right of the dotted line a model's test score is higher than that of {model_name(baseline)}. Lines: 95 % intervals of the "
        "difference, paired by seed and split.",
        "Why a model is better: designs come together with other changes, such as width, depth and normalisation.",
        r"\bar d \pm t_{.975,\,n-1}\, s_d / \sqrt n,\quad d_i = \text{score}_i - \text{score of the baseline}_i",
        SOURCE,
        rows,
    )


def differences_table(found: Scores, baseline: str) -> pd.DataFrame:
    """A row a dataset and model: the difference to a baseline with its half-width (shares), the verdict, and the score in words."""
    rows = []
    for data in found.datasets:
        for model in found.models:
            apart = found.against(data, model, baseline)
            if model == baseline or not apart.n:
                continue
            numbers = {"difference": apart.mean, "half_width": apart.half_width, "seeds": apart.n}
            rows.append({"dataset": data, "model": model, **numbers, "verdict": verdict(apart), "score": spread(found.spread(data, model))})
    return pd.DataFrame(rows, columns=["dataset", "model", "difference", "half_width", "seeds", "verdict", "score"])


def table(found: Scores) -> Table:
    """For people: a row a model and dataset, the best mean of each dataset first; better than GCN, than MLP?"""
    rows = []
    for data in found.datasets:
        for model in sorted(found.models, key=lambda name: -np.nan_to_num(found.spread(data, name).mean, nan=-1)):
            score = found.spread(data, model)
            if not score.n:
                continue
            row = {"dataset": dataset_title(data), "model": model_name(model)}
            metric = found.metric(data)
            row["score"] = spread(score) + ("" if metric == "accuracy" else f" {metric_name(metric)}")
            for other in BASELINES:
                row[f"than {model_name(other)}"] = _than(found.against(data, model, other)) if model != other else ""
            rows.append(row | {"design": words(model)})
    columns = ["dataset", "model", "score", *(f"than {model_name(other)}" for other in BASELINES), "design"]
    return Table(
        pd.DataFrame(rows, columns=columns),
        {
            "score": "Mean test accuracy, or the metric that is named, with its 95 % interval over seeds.",
            "design": "What it does otherwise with neighbours.",
            "than GCN": "Difference to GCN in points, paired by seed; better and worse only where its interval leaves out 0.",
            "than MLP": "Difference to MLP, which sees no edge.",
        },
        wide="dataset",
    )


def _than(apart: Interval) -> str:
    """ "+5.1 ± 2.0, better"."""
    if not apart.n:
        return ""
    size = f"{100 * apart.mean:+.1f}" + (f" ± {100 * apart.half_width:.1f}" if apart.n > 1 else "")
    return f"{size.replace('-', '−')}, {verdict(apart) or 'not told apart'}"
