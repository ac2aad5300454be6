"""Sweeps: what is planned, what is measured, and what is said of it, on scores worked out by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from core.parameters import Choice, Flag, Integer, Parameter, Real
from core.seeds import paired_difference
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings
from explainers.settings import Setting
from explainers.sweep import Response, answers, details, grid, measure, value_of, with_value
from explainers.sweep.answer import is_noise
from explainers.sweep.largest import largest_share
from explainers.sweep.suggestions import scale, suggested
from explainers.sweep.tables import by_run, by_value, points_table
from explainers.sweep_figures import chart, positions

DEPTH = Setting("model", Integer("depth", "Depth", 2, 1, 64), (1, 2, 4))
RATE = Setting("training", Real("lr", "Learning rate", 0.01, 1e-6, 10.0, step=0.001), (0.001, 0.01, 0.1))
HOMOPHILY = Setting("dataset", Real("homophily", "Homophily", 0.8, 0.0, 1.0), (0.0, 0.5, 1.0))
NORM = Setting("model", Choice("norm", "Normalisation", "none", (("none", "none"), ("batch", "BatchNorm"))), ("none", "batch"))
SPEC = RunSpec(
    DatasetSpec("karate", settings({"homophily": 0.8, "seed": 0})),
    ModelSpec("gcn", settings({"depth": 2, "norm": "none"})),
    TrainingSpec(epochs=5),
)


@dataclass(frozen=True)
class Scored:
    """A finished run of which only the scores matter."""

    spec: RunSpec
    scores: Mapping[str, float]
    metric: str = "accuracy"
    seconds: float = 0.5
    note: str = ""
    code: Mapping[str, str] = field(default_factory=dict)


def response(
    tests: Mapping[str, Sequence[Sequence[float | None]]],
    setting: Setting = DEPTH,
    validation: Mapping[str, Sequence[float]] | None = None,
    train: Mapping[str, Sequence[float]] | None = None,
    note: str = "",
    **changes: object,
) -> Response:
    """From test scores by model, value and seed; None where a run is missing. The other parts are the same for all seeds of a value."""
    seeds = max(len(point) for points in tests.values() for point in points)
    planned = grid({name: replace(SPEC, model=replace(SPEC.model, name=name.lower())) for name in tests}, setting, seeds)
    found: list[Scored | None] = []
    for cell in planned.cells:
        place = setting.values.index(cell.value)
        for run, score in zip(cell.runs, tests[cell.name][place], strict=True):
            valid, fit = ((part or {}).get(cell.name, [0.5] * len(setting.values))[place] for part in (validation, train))
            scores = {"test_score": score, "validation_score": valid, "train_score": fit}
            found.append(None if score is None else Scored(run, scores, note=note if np.isnan(score) else ""))  # type: ignore[arg-type]
    return measure(planned, found, **changes)  # type: ignore[arg-type]


FALLING = [[0.80, 0.82], [0.70, 0.74], [0.20, 0.24]]


def test_a_grid_has_every_spec_at_every_value_with_every_seed() -> None:
    planned = grid({"A": SPEC, "B": replace(SPEC, model=ModelSpec("mlp", settings({"depth": 8})))}, DEPTH, seeds=2)
    assert [(cell.name, cell.value) for cell in planned.cells] == [(name, depth) for name in "AB" for depth in (1, 2, 4)]
    assert [(run.model.name, run.model.depth, run.seed) for run in planned.runs[:3]] == [("gcn", 1, 0), ("gcn", 1, 1), ("gcn", 2, 0)]
    assert planned.own == {"A": 2, "B": 8}
    assert dict(planned.cells[0].spec.model.parameters)["norm"] == "none"
    cell = planned.cell("B", 4)
    assert cell is not None
    assert (cell.spec.model.depth, cell.spec.seed) == (4, 0)
    assert planned.cell("B", 3) is None


def test_the_whole_course_comes_first_and_graphs_come_one_after_the_other() -> None:
    assert [(run.seed, run.model.depth) for run in grid({"A": SPEC}, DEPTH, 2).queue] == [(s, d) for s in (0, 1) for d in (1, 2, 4)]
    queue = grid({"A": SPEC, "B": replace(SPEC, model=ModelSpec("mlp"))}, HOMOPHILY, 2).queue
    assert [dict(run.dataset.parameters)["homophily"] for run in queue] == [0.0] * 4 + [0.5] * 4 + [1.0] * 4


def test_split_all_goes_through_the_splits_seed_by_seed() -> None:
    spec = replace(SPEC, dataset=replace(SPEC.dataset, split="all"))
    planned = grid({"A": spec}, DEPTH, seeds=3, splits=2)
    assert [run.dataset.split for run in planned.cells[0].runs] == ["0", "1", "0"]
    assert planned.cells[0].spec.dataset.split == "all"


@pytest.mark.parametrize(
    ("owner", "name", "value"),
    [("model", "depth", 7), ("training", "lr", 0.3), ("dataset", "homophily", 0.1), ("dataset", "split_seed", 3)],
)
def test_a_value_is_put_into_its_part_of_the_spec(owner: str, name: str, value: float) -> None:
    changed = with_value(SPEC, owner, name, value)
    assert value_of(changed, owner, name) == value
    assert with_value(changed, owner, name, value_of(SPEC, owner, name)) == SPEC


def test_mean_and_interval_by_hand() -> None:
    found = response({"GCN": FALLING})
    first = found.of("GCN")[0].interval()
    assert (first.mean, first.n) == (pytest.approx(0.81), 2)
    assert first.half_width == pytest.approx(12.7062 * 0.02 / 2**0.5 / 2**0.5, abs=1e-4)  # t·s/√n, s = 0.02/√2
    assert (found.done, found.planned, found.names) == (6, 6, ("GCN",))


def test_missing_runs_are_not_there_and_those_without_a_score_do_not_count() -> None:
    found = response({"GCN": [[0.8, None], [None, None], [0.2, float("nan")]]}, note="The training diverged in epoch 3.")
    assert [len(point.runs) for point in found.points] == [1, 0, 2]
    assert [point.interval().n for point in found.points] == [1, 0, 1]
    assert found.points[2].diverged == (1,)
    assert [point.value for point in found.measured("GCN")] == [1, 4]
    assert (found.done, found.planned) == (3, 6)


def test_a_fall_is_told_with_its_spread_and_the_choice_of_the_validation_nodes() -> None:
    found = response({"GCN": FALLING}, validation={"GCN": [0.7, 0.9, 0.3]})
    assert answers(found) == [
        "From depth 1 to 4 GCN falls from 81.0 ± 12.7 % to 22.0 ± 25.4 % test accuracy (2 seeds; public split). "
        "The best depth on the validation nodes is 2, with 72.0 ± 25.4 %, as in the sidebar."
    ]


def test_a_rise_and_a_better_choice_than_the_selections_own() -> None:
    rising = [[0.20, 0.21, 0.22], [0.50, 0.51, 0.52], [0.80, 0.81, 0.83]]
    said, against = answers(response({"GCN": rising}, validation={"GCN": [0.1, 0.5, 0.9]}))
    assert "GCN rises from 21.0 ± 2.5 % to 81.3 ± 3.8 %" in said
    assert said.endswith("The best depth on the validation nodes is 4, the largest tried.")
    assert against == (  # differences to depth 2: 0.30, 0.30, 0.31
        "On the test nodes 4 is 30.3 points better than the sidebar's 2 (95 % interval 28.9 to 31.8, paired over 3 seeds): "
        "not noise of the seeds."
    )


def test_the_test_nodes_never_choose() -> None:
    said, against = answers(response({"GCN": [[0.81, 0.82, 0.8], [0.7, 0.71, 0.7], [0.2, 0.2, 0.21]]}, validation={"GCN": [0.1, 0.2, 0.9]}))
    assert "The best depth on the validation nodes is 4" in said
    assert "4 is 50.0 points worse than the sidebar's 2" in against


def test_a_difference_that_all_seeds_share_has_no_interval() -> None:
    _, against = answers(response({"GCN": [[0.5, 0.6], [0.25, 0.5], [0.5, 0.75]]}, validation={"GCN": [0.1, 0.2, 0.9]}))
    assert against == "On the test nodes 4 is 25.0 points better than the sidebar's 2, in each of the 2 seeds."


def test_a_tie_goes_to_the_selections_own() -> None:
    (said,) = answers(response({"GCN": FALLING}))
    assert "is 2 (a tie with 2 others), with 72.0 ± 25.4 %, as in the sidebar" in said


def test_no_more_than_noise() -> None:
    noisy = [[0.80, 0.82], [0.79, 0.83], [0.83, 0.78]]
    said, against = answers(response({"GCN": noisy}, validation={"GCN": [0.5, 0.6, 0.7]}))
    assert said.startswith("From depth 1 to 4 GCN ends where it began, within the noise of the seeds: 81.0 ± 12.7 % and 80.5 ± 31.8 %")
    assert against == (
        "On the test nodes the difference of 4 to the sidebar's 2 (-0.5 points, 95 % interval -57.7 to +56.7) cannot be told from noise."
    )


def test_one_seed_has_no_spread_and_cannot_tell() -> None:
    said, against = answers(response({"GCN": [[0.8], [0.7], [0.9]]}, validation={"GCN": [0.5, 0.6, 0.7]}))
    assert said.startswith("From depth 1 to 4 GCN goes from 80.0 % to 90.0 % test accuracy (one seed, so no spread; public split).")
    assert against == "One seed cannot tell a difference of 20.0 points to the sidebar's 2 from noise."


def test_a_part_of_the_runs_is_called_so_and_nothing_is_chosen_yet() -> None:
    (said,) = answers(response({"GCN": [[0.8, 0.8], [0.7, None], [None, None]]}))
    assert said == "3 of 6 runs so far. From depth 1 to 2 GCN goes from 80.0 ± 0.0 % to 70.0 % test accuracy (1 to 2 seeds; public split)."
    (said,) = answers(response({"GCN": [[None, None], [0.7, None], [None, None]]}))
    assert said == "1 of 6 runs so far. At depth 2 GCN has 70.0 % test accuracy (one seed, so no spread; public split)."


def test_nothing_trained_and_nothing_that_gave_a_score() -> None:
    nothing = response({"GCN": [[None], [None], [None]]})
    assert answers(nothing) == ["Nothing of this sweep is trained yet: 3 runs to go."]
    assert details(nothing) == []
    broken = response({"GCN": [[float("nan")]] * 3}, note="The training diverged in epoch 1.")
    assert answers(broken)[0] == "None of the 3 trained runs gave a score."
    assert answers(broken)[1].startswith("3 trainings diverged (GCN at 1; GCN at 2; GCN at 4).")


def test_divergence_is_said() -> None:
    found = response({"GCN": [[0.8], [0.7], [float("nan")]]}, RATE, note="The training diverged in epoch 3.")
    assert answers(found)[-1] == "1 training diverged (GCN at 0.1). It counts with the best epoch before that, if there was one."


def test_why_a_fall_is_a_fall() -> None:
    largest = [{"test": 0.3, "validation": 0.3, "train": 0.3}] * 3
    underfit = response({"GCN": FALLING}, train={"GCN": [1.0, 1.0, 0.4]}, largest=largest)
    assert answers(underfit)[1] == (
        "Its training score falls too, from 100.0 % to 40.0 %. "
        "It is no better at depth 4 than naming the largest class for all nodes (30.0 %)."
    )
    overfit = response({"GCN": FALLING}, train={"GCN": [1.0, 1.0, 0.95]})
    assert answers(overfit)[1] == "It fits the training nodes at depth 4 all the same (95.0 %)."


def test_two_models_are_set_against_each_other_value_by_value() -> None:
    mlp = [[0.50, 0.53], [0.70, 0.70], [0.30, 0.34]]  # differences .30/.29, .00/.04, -.10/-.10
    found = response({"GCN": FALLING, "MLP": mlp}, validation={"GCN": [0.7, 0.9, 0.3], "MLP": [0.5, 0.6, 0.5]})
    assert answers(found, lead="GCN")[-1] == (
        "MLP falls from 51.5 ± 19.1 % to 32.0 ± 25.4 %. GCN against it: better at 1 (by 29.5 points); "
        "worse by the same in every seed at 4 (by 10.0 points); not told apart by the seeds at 2. "
        "Each by its own 95 % interval, paired over 2 seeds."
    )
    assert details(found, lead="GCN") == ["Its best on the validation nodes is 2, with 70.0 ± 0.0 %."]
    assert answers(found, lead="MLP")[0].startswith("From depth 1 to 4 MLP falls")
    assert "MLP against it: worse at 1 (by 29.5 points)" in answers(found, lead="MLP")[-1]


def test_of_many_models_each_is_told_beside_the_answer() -> None:
    flat = [[0.50, 0.52]] * 3
    found = response({"GCN": FALLING, "MLP": flat, "SGC": [[0.1, 0.12]] * 3})
    said = details(found, lead="GCN")
    assert said[0].startswith("MLP has the same scores at every value: 51.0 ± 12.7 %. ")
    assert said[1].endswith("paired over 2 seeds.")
    assert "GCN against it: " in said[0]
    assert not [sentence for sentence in answers(found, lead="GCN") if "against it" in sentence]


def test_one_seed_compares_no_models() -> None:
    assert "against" not in " ".join(answers(response({"GCN": [[0.8], [0.7], [0.2]], "MLP": [[0.5]] * 3})))


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [([(0.9, 0.8), (0.8, 0.7)], None), ([(0.7, 0.7), (0.1, 0.1)], True), ([(0.9, 0.8)], None), ([(0.9, 0.1), (0.8, 0.1)], False)],
)
def test_what_is_noise(pairs: list[tuple[float, float]], expected: bool | None) -> None:
    assert is_noise(paired_difference(*zip(*pairs, strict=True))) is expected


def test_a_value_where_seeds_gave_no_score_is_not_chosen_and_says_so() -> None:
    lost = float("nan")
    found = response({"GCN": [[0.6, 0.6], [0.8, lost], [0.5, 0.5]]}, note="The training diverged in epoch 3.")
    found = replace(found, points=tuple(replace(point, runs=tuple(_unscored(run) for run in point.runs)) for point in found.points))
    said = answers(found)[0]
    assert "(1 to 2 seeds;" in said
    assert "validation nodes is 1 " in said
    (line,) = [trace for trace in chart(found).figure.data if trace.mode == "lines+markers"]
    assert "1 of 2 seeds, 1 diverged" in line.text[1]
    assert by_value(found)["scored"].tolist() == [2, 1, 2]


def _unscored(run: Scored) -> Scored:
    """A run that diverged at once has no score in any part."""
    return replace(run, scores=dict.fromkeys(run.scores, float("nan"))) if run.note else run


def test_what_was_tried_and_diverged_was_tried() -> None:
    found = response({"GCN": [[0.5], [0.7], [float("nan")]]}, RATE, validation={"GCN": [0.5, 0.7, 0.1]}, note="The training diverged.")
    assert "the best learning rate on the validation nodes is 0.01" in answers(found)[0].lower()
    assert "the largest tried" not in answers(found)[0]


def test_a_setting_of_the_graph_is_nobodys_choice_and_the_turn_is_said() -> None:
    valley = [[0.90, 0.91, 0.92], [0.50, 0.51, 0.53], [0.98, 0.98, 0.99]]
    (said,) = answers(response({"GCN": valley}, HOMOPHILY))
    assert said == (
        "From homophily 0 to 1 GCN rises from 91.0 ± 2.5 % to 98.3 ± 1.4 % test accuracy (3 seeds; public split). "
        "It is lowest at 0.5, with 51.3 ± 3.8 %."
    )


def test_choices_have_a_range_and_no_direction() -> None:
    said, _ = answers(response({"GCN": [[0.7, 0.7], [0.8, 0.8]]}, NORM, validation={"GCN": [0.4, 0.6]}))
    assert said.startswith("GCN lies between 70.0 ± 0.0 % (none) and 80.0 ± 0.0 % (BatchNorm) test accuracy")
    assert "The best normalisation on the validation nodes is BatchNorm" in said


def test_splits_that_overlap_are_said() -> None:
    planned = grid({"GCN": replace(SPEC, dataset=replace(SPEC.dataset, split="all"))}, DEPTH, seeds=2)
    scores = {"test_score": 0.5, "validation_score": 0.5, "train_score": 0.5}
    found = measure(planned, [Scored(run, scores) for run in planned.runs])
    assert "2 splits" in answers(found)[0]
    assert "the splits overlap" in details(found)[-1]


def test_the_tables_have_the_numbers() -> None:
    found = response({"GCN": [[0.8, 0.82], [0.7, None], [None, None]]})
    table = by_value(found)
    assert table["depth"].tolist() == [1, 2]
    assert table["test"].tolist() == pytest.approx([0.81, 0.7])
    assert table[["runs", "planned"]].values.tolist() == [[2, 2], [1, 2]]
    assert np.isnan(table["test_low"].iloc[1])
    runs = by_run(found)
    assert runs[["depth", "seed", "test"]].values.tolist() == [[1, 0, 0.8], [1, 1, 0.82], [2, 0, 0.7]]
    assert runs["key"].tolist() == [run.spec.key for point in found.points for run in point.runs]
    shown = points_table(found)
    assert shown.data["runs"].tolist() == ["2 of 2", "1 of 2", "0 of 2"]
    assert shown.data["test"].tolist() == ["81.0 ± 12.7 %", "70.0 %", ""]
    seed = Setting("dataset", Integer("seed", "Graph seed", 0, 0, 9), (0, 1))
    assert {"dataset.seed", "seed"} <= set(by_run(response({"GCN": [[0.5], [0.6]]}, seed)).columns)


def test_the_picture_fills_in_on_axes_that_stand_still() -> None:
    whole = chart(response({"GCN": FALLING, "MLP": FALLING}, largest=[{"test": 0.3, "validation": 0.4, "train": 0.25}] * 3))
    part = chart(response({"GCN": [[0.8, 0.82], [None, None], [None, None]], "MLP": [[None, None]] * 3}))
    for figure in (whole.figure, part.figure):
        assert list(figure.layout.xaxis.ticktext) == ["1", "2", "4"]
        assert figure.layout.xaxis.title.text == "Depth (log scale)"
    assert whole.figure.layout.xaxis.range == part.figure.layout.xaxis.range
    assert whole.figure.layout.uirevision == part.figure.layout.uirevision
    others = [chart(response({"GCN": FALLING})), chart(response({"GCN": FALLING, "MLP": FALLING}), "train")]
    assert whole.figure.layout.uirevision not in [None, *(other.figure.layout.uirevision for other in others)]
    lines = [trace for trace in whole.figure.data if trace.mode == "lines+markers"]
    looks = [(trace.name, trace.line.dash, trace.marker.symbol[0]) for trace in lines]
    assert looks == [("GCN", "solid", "circle"), ("MLP", "dash", "square")]
    assert list(lines[0].y) == pytest.approx([0.81, 0.72, 0.22])
    assert list(lines[0].customdata[2]) == ["GCN", 2]
    assert whole.figure.data[-1].name == "largest class, 30.0 %"
    assert "hollow" in part.reading
    assert "hollow" not in whole.reading
    (partial,) = [trace for trace in part.figure.data if trace.mode == "lines+markers" and trace.name == "GCN"]
    assert list(partial.x) == [0.0]


def test_the_score_that_is_drawn_can_be_another_part() -> None:
    figure = chart(response({"GCN": FALLING}, validation={"GCN": [0.7, 0.9, 0.3]}), "validation").figure
    (line,) = [trace for trace in figure.data if trace.mode == "lines+markers"]
    assert list(line.y) == pytest.approx([0.7, 0.9, 0.3])
    assert figure.layout.yaxis.title.text == "Validation accuracy"


def test_one_seed_has_no_band_and_choices_have_bars_and_no_line() -> None:
    single = chart(response({"GCN": [[0.8], [0.7], [0.2]]}))
    assert not [trace for trace in single.figure.data if trace.fill]
    assert "one seed has no spread" in single.reading
    choice = chart(response({"GCN": [[0.7, 0.8], [0.8, 0.9]]}, NORM)).figure
    marks = choice.data[-1]
    assert marks.mode == "markers"
    assert list(marks.error_y.array) == pytest.approx([12.7062 * 0.05] * 2, abs=1e-3)


def test_the_intervals_of_many_models_are_bars_beside_each_other() -> None:
    names = [f"M{index}" for index in range(5)]
    figure = chart(response(dict.fromkeys(names, FALLING))).figure
    lines = [trace for trace in figure.data if trace.mode == "lines+markers"]
    assert not [trace for trace in figure.data if trace.fill]
    assert list(lines[0].error_y.array) == pytest.approx([0.127, 0.254, 0.254], abs=1e-3)
    assert len({trace.x[0] for trace in lines}) == 5
    assert lines[2].x[0] == 0.0, "the one in the middle stands on the value"


def test_names_from_anywhere_stay_text() -> None:
    named = Setting("model", Choice("norm", "<i>y</i>", "a", (("a", "<i>z</i>"), ("b", "b"))), ("a", "b"))
    figure = chart(response({"<u>x</u>": [[0.7, 0.8], [0.8, 0.9]]}, named)).figure
    read = [
        *figure.layout.xaxis.ticktext,
        *(trace.name for trace in figure.data),
        *(text for trace in figure.data for text in trace.text or ()),
    ]
    assert read
    assert not [text for text in read if re.search("<[uiUI]>", text)]


def test_what_the_reader_hid_stays_hidden_when_bands_appear() -> None:
    early = chart(response({"GCN": [[0.8, None]] * 3, "MLP": [[0.5, None]] * 3})).figure
    late = chart(response({"GCN": FALLING, "MLP": FALLING})).figure
    marks = [{trace.uid: trace.name for trace in figure.data} for figure in (early, late)]
    assert len(late.data) > len(early.data)
    assert None not in marks[1]
    assert len(marks[1]) == len(late.data)
    assert all(marks[1][uid] == name for uid, name in marks[0].items())


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("homophily", "drawn once"), ("seed", "another graph drawn"), ("split_seed", "one random split")],
)
def test_what_a_graph_setting_does_not_show(name: str, sentence: str) -> None:
    setting = Setting("dataset", Integer(name, "It", 0, 0, 9), (0, 1))
    said = chart(response({"GCN": [[0.5, 0.6], [0.6, 0.7]]}, setting)).not_shown
    assert sentence in said
    assert "the band is over training seeds only" in said


def test_seeds_with_splits_of_their_own_are_no_training_seeds_alone() -> None:
    planned = grid({"GCN": replace(SPEC, dataset=replace(SPEC.dataset, split="all"))}, HOMOPHILY, seeds=2)
    scores = {"test_score": 0.5, "validation_score": 0.5, "train_score": 0.5}
    assert "training seeds only" not in chart(measure(planned, [Scored(run, scores) for run in planned.runs])).not_shown


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((1, 2, 4, 8, 16), "log"),
        ((2, 4, 8), "log"),
        ((1, 2, 3, 4, 8, 16), "log"),
        ((0.001, 0.003, 0.01, 0.03, 0.1), "log"),
        ((1, 500), "log"),
        ((1, 2, 3, 4, 5), "linear"),
        ((0.0, 0.2, 0.4), "linear"),
        ((0.0, 0.001, 0.01, 0.1), "even"),
        ((2, 4), "linear"),
    ],
)
def test_numbers_are_drawn_on_the_scale_on_which_their_gaps_are_alike(values: tuple[float, ...], expected: str) -> None:
    assert scale(RATE.parameter, values) == expected


def test_positions_rise_on_every_scale() -> None:
    assert positions(response({"A": [[0.5]] * 3}, RATE)).tolist() == pytest.approx([-3, -2, -1])
    assert positions(response({"A": [[0.5]] * 3}, HOMOPHILY)).tolist() == [0.0, 0.5, 1.0]
    assert positions(response({"A": [[0.5]] * 2}, NORM)).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("parameter", "own", "expected"),
    [
        (Integer("depth", "Depth", 2, 1, 128), 2, (1, 2, 4, 8, 16)),
        (Integer("depth", "Depth", 2, 1, 128), 3, (1, 2, 3, 4, 8, 16)),
        (Integer("width", "Width", 16, 1, 1024), 16, (4, 8, 16, 32, 64)),
        (Integer("classes", "Classes", 2, 2, 50), 2, (2, 4, 8, 16)),
        (Integer("patience", "Patience", 0, 0, 1000, step=10), 0, (0, 10, 20, 50, 100)),
        (Integer("seed", "Seed", 0, 0, 99), 0, (0, 1, 2, 3, 4)),
        (Real("lr", "Rate", 0.01, 1e-6, 10.0, step=0.001), 0.01, (0.001, 0.003, 0.01, 0.03, 0.1)),
        (Real("decay", "Decay", 5e-4, 0.0, 1.0, step=1e-4), 5e-4, (0.0, 5e-5, 5e-4, 5e-3, 5e-2)),
        (Real("dropout", "Dropout", 0.5, 0.0, 0.95, step=0.05), 0.5, (0.0, 0.2, 0.4, 0.5, 0.6, 0.8)),
        (Real("homophily", "Homophily", 0.8, 0.0, 1.0, step=0.05), 0.8, (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)),
        (Real("signal", "Signal", 1.0, 0.0, 10.0, step=0.1), 1.0, (0.25, 0.5, 1.0, 2.0, 4.0)),
        (NORM.parameter, "none", ("none", "batch")),
        (Flag("bias", "Bias", True), True, (False, True)),
    ],
)
def test_suggested_values(parameter: Parameter, own: float, expected: tuple[object, ...]) -> None:
    assert suggested(parameter, own) == expected


def test_share_of_the_largest_class() -> None:
    assert largest_share(np.array([0, 1, 1, 2])) == 0.5
    assert np.isnan(largest_share(np.array([], dtype=int)))
