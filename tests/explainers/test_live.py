from __future__ import annotations

import numpy as np

from core.progress import MOST_POINTS, Training
from core.run import COLUMNS
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec
from explainers.live import history_of, live_figure

SPEC = RunSpec(DatasetSpec("tiny"), ModelSpec("gcn"), TrainingSpec(epochs=300))


def training(epochs: int, value: float = 0.5) -> Training:
    return Training.of(SPEC, np.full((epochs, 5), value).tolist())


def test_five_curves_on_axes_that_stand_still() -> None:
    figure = live_figure([training(3)])
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
    figure = live_figure([training(3)], [history_of(training(300))])
    assert len(figure.data) == 10
    assert not any(trace.showlegend for trace in figure.data[:5])
    assert figure.data[0].line.color.startswith("rgba")


def test_of_several_in_training_the_first_is_in_front() -> None:
    figure = live_figure([training(9, 0.9), training(5, 0.5)], [history_of(training(3, 0.3))])
    assert [trace.y[0] for trace in figure.data[::5]] == [0.3, 0.5, 0.9]
    assert [trace.line.width for trace in figure.data[::5]] == [1, 1, 2]
    assert [trace.showlegend for trace in figure.data[2::5]] == [False, False, True]
    opacities = [trace.line.color.rpartition(",")[2] for trace in figure.data[:10:5]]
    assert opacities == ["0.25)", "0.6)"]


def test_columns_without_numbers_are_left_out_and_long_histories_thinned() -> None:
    rows = [[epoch, np.nan, 0.5, 0.5, 0.5] for epoch in range(1, 2002)]
    running = Training.of(SPEC, rows)
    finished = dict(zip(COLUMNS, np.array(rows).T, strict=True))
    figure = live_figure([running], [finished])
    assert len(figure.data) == 8
    assert max(len(trace.x) for trace in figure.data) <= MOST_POINTS
    for trace in (figure.data[0], figure.data[4]):
        assert trace.x.tolist() == trace.y.tolist(), "each point is at its epoch"
