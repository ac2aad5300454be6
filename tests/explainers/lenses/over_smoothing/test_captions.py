"""Sentences that follow from the numbers of a made-up sweep."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from core.parameters import Integer
from core.seeds import Interval
from core.spec import DatasetSpec, ModelSpec, RunSpec
from explainers.lenses import over_smoothing as lens
from explainers.lenses.over_smoothing.measures import BY_NAME
from explainers.lenses.over_smoothing.result import ByDepth
from explainers.settings import Setting
from explainers.sweep.measure import Point, Response
from explainers.wording import spread

DEPTHS = (1, 2, 16)


@dataclass(frozen=True)
class Scored:
    spec: RunSpec
    scores: dict[str, float]
    metric: str = "accuracy"
    seconds: float = 1.0
    note: str = ""


def sweep(tests: dict[str, tuple[float, ...]], energies: dict[str, tuple[float, ...]]) -> ByDepth:
    """One seed; the models by name, a score and an energy at each of `DEPTHS`."""
    points, readings = [], {}
    for name, scores in tests.items():
        for depth, score, energy in zip(DEPTHS, scores, energies[name], strict=True):
            spec = RunSpec(DatasetSpec("karate"), ModelSpec(name, (("depth", depth),)))
            points.append(Point(name, depth, 1, (Scored(spec, dict.fromkeys(("train_score", "validation_score", "test_score"), score)),)))
            readings[spec.key] = dict.fromkeys(BY_NAME, 0.4) | {"relative_energy": energy}
    response = Response(Setting("model", Integer("depth", "Depth", 2, 1, 128), DEPTHS), "accuracy", "public", tuple(points), {})
    return ByDepth(response, readings, {}, 0.8, "common")


TESTS = {"A": (0.7, 0.8, 0.2), "B": (0.6, 0.8, 0.79), lens.MLP: (0.5, 0.5, 0.5)}


def test_the_course_of_the_energy_names_its_lowest_point() -> None:
    found = sweep(TESTS, {"A": (0.6, 0.02, 0.3), "B": (0.6, 0.5, 0.4), lens.MLP: (0.6, 0.6, 0.6)})
    said = "goes from 0.6 (depth 1) over 0.02 (2) to 0.3 (16); a linear probe reads 40.0 % from it there."
    assert lens.energy_course(found, "A").endswith(said)
    assert "over" not in lens.energy_course(found, "B"), "it only falls"


@pytest.mark.parametrize(("energy", "said"), [(0.01, True), (0.1, False)])
def test_a_smoother_model_that_works_is_pointed_out(energy: float, said: bool) -> None:
    found = sweep(TESTS, {"A": (0.6, 0.3, 0.05), "B": (0.6, 0.3, energy), lens.MLP: (0.6, 0.01, 0.001)})
    sentence = "At depth 16 B's last state is smoother than A's (relative energy 0.01 against 0.05), and it has 79.0 %"
    assert lens.smooth_and_well(found, "A").startswith(sentence) == said
    assert lens.smooth_and_well(found, "B") == "", "B does not fall"


def test_equal_scores_are_no_difference() -> None:
    found = sweep(TESTS | {"B": (0.7, 0.8, 0.2)}, dict.fromkeys(TESTS, (0.6, 0.3, 0.1)))
    assert lens.remedies(found, "A") == ["At depth 16 B has 20.0 %, A 20.0 %: no difference."]


def test_an_interval_that_says_nothing_has_no_size() -> None:
    assert spread(Interval(0.51, -1.44, 2.46, 2)) == "51.0 ± more than 50 %"
    assert spread(Interval(0.815, 0.81, 0.82, 10)) == "81.5 ± 0.5 %"
    assert spread(Interval(0.5, float("nan"), float("nan"), 1)) == "50.0 %"
