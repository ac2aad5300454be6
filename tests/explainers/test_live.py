from __future__ import annotations

import numpy as np

from core.progress import Progress
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec
from explainers.live import history_of, live_figure

SPEC = RunSpec(DatasetSpec("tiny"), ModelSpec("gcn"), TrainingSpec(epochs=300))


def progress(epochs: int) -> Progress:
    return Progress(1, 3, SPEC, epochs, np.full((epochs, 5), 0.5))


def test_five_curves_on_axes_that_stand_still() -> None:
    figure = live_figure(progress(3))
    assert [(trace.name, trace.yaxis) for trace in figure.data] == [
        ("training", "y"),
        ("validation", "y"),
        ("training", "y2"),
        ("validation", "y2"),
        ("test", "y2"),
    ]
    assert figure.layout.xaxis.range == (0, 300)
    assert figure.layout.yaxis2.range == (0, 1)
    assert list(figure.data[0].x) == [1, 2, 3]


def test_finished_seeds_are_faint_and_not_in_the_legend() -> None:
    figure = live_figure(progress(3), [history_of(progress(300))])
    assert len(figure.data) == 10
    assert not any(trace.showlegend for trace in figure.data[:5])
    assert figure.data[0].line.color.startswith("rgba")


def test_columns_without_numbers_are_left_out_and_long_histories_thinned() -> None:
    running = progress(2000)
    running.history[:, 1] = np.nan
    figure = live_figure(running)
    assert len(figure.data) == 4
    assert max(len(trace.x) for trace in figure.data) <= 400
    assert figure.data[0].x[-1] <= 2000
