"""The grammar of settings, on hand-made declarations."""

from __future__ import annotations

import pytest

from core.errors import UserError
from core.parameters import Choice, Flag, Integer, Real, Value
from explainers.settings import columns, parse, points, values

DEPTH = Integer("depth", "Depth", 2, 1, 64)
DROPOUT = Real("dropout", "Dropout", 0.5, 0.0, 0.95)
NORM = Choice("norm", "Norm", "none", (("none", "none"), ("batch", "batch")))
BIAS = Flag("bias", "Bias", True)
DECLARED = {
    "dataset": (Real("alpha", "Mixing", 0.5, 0.0, 1.0), Integer("nodes", "Nodes", 100, 10, 10_000)),
    "model": (DEPTH, DROPOUT, NORM, BIAS, Real("alpha", "Teleport", 0.1, 0.0, 1.0)),
    "training": (Integer("epochs", "Epochs", 200, 1, 1000),),
}


@pytest.mark.parametrize(
    ("parameter", "text", "expected"),
    [
        (DEPTH, "2", (2,)),
        (DEPTH, "2,4,8", (2, 4, 8)),
        (DEPTH, "2:8:2", (2, 4, 6)),
        (DEPTH, "2:9:2", (2, 4, 6, 8)),
        (DEPTH, "8:2:-2", (8, 6, 4)),
        (DEPTH, "1,2,4:17:4", (1, 2, 4, 8, 12, 16)),
        (DEPTH, "2, 2 ,4", (2, 4)),
        (DROPOUT, ".5", (0.5,)),
        (DROPOUT, "0:.6:.3", (0.0, 0.3, 0.6)),
        (DROPOUT, "0:.5:.2", (0.0, 0.2, 0.4)),
        (DROPOUT, "0:.9:.1", (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)),
        (DROPOUT, ".6:0:-.3", (0.6, 0.3, 0.0)),
        (DROPOUT, ".3:.3:.1", (0.3,)),
        (NORM, "none,batch", ("none", "batch")),
        (BIAS, "true,no", (True, False)),
    ],
)
def test_values(parameter: Integer | Real | Choice | Flag, text: str, expected: tuple[Value, ...]) -> None:
    found = values(parameter, text)
    assert found == expected
    assert [type(value) for value in found] == [type(value) for value in expected]


@pytest.mark.parametrize(
    ("parameter", "text", "said"),
    [
        (DEPTH, "65", "from 1 to 64"),
        (DEPTH, "2.5", "whole number"),
        (DEPTH, "", "from 1 to 64"),
        (DEPTH, "two", "'two'"),
        (DEPTH, "2,", "from 1 to 64"),
        (DEPTH, "2:8", "first:end:step"),
        (DEPTH, "2:8:.5", "first:end:step"),
        (DEPTH, "2:8:0", "no number"),
        (DEPTH, "8:2:2", "no number"),
        (DEPTH, "2:2:1", "no number"),
        (DEPTH, "60:70:2", "is 66"),
        (DROPOUT, "0:2:.5", "from 0 to 0.95"),
        (DROPOUT, "0:1e9:1e-9", "1,000 are the most here"),
        (DROPOUT, "0:inf:1", "no number"),
        (DROPOUT, "nan:1:1", "no number"),
        (NORM, "layer", "none, batch"),
        (NORM, "1:2:1", "none, batch"),
        (BIAS, "maybe", "true or false"),
    ],
)
def test_values_that_do_not_work_say_what_would(parameter: Integer | Real | Choice | Flag, text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        values(parameter, text)


def test_a_bare_name_finds_its_owner() -> None:
    (depth, nodes) = parse(["depth=2,4", "nodes=50"], DECLARED)
    assert (depth.qualified, depth.values) == ("model.depth", (2, 4))
    assert (nodes.qualified, nodes.values) == ("dataset.nodes", (50,))


def test_a_shared_name_must_be_qualified() -> None:
    with pytest.raises(UserError, match=r"write dataset\.alpha or model\.alpha"):
        parse(["alpha=.1"], DECLARED)
    (alpha,) = parse(["model.alpha=.1"], DECLARED)
    assert (alpha.owner, alpha.values) == ("model", (0.1,))


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("detph=2", "Did you mean 'depth'"),
        ("training.depth=2", "no setting of the training 'depth'"),
        ("graph.depth=2", "no 'graph'"),
        ("depth", "write NAME=VALUE"),
        ("=2", "no setting ''"),
    ],
)
def test_a_name_that_does_not_exist_says_what_would_work(word: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        parse([word], DECLARED)


def test_a_setting_is_set_once() -> None:
    with pytest.raises(UserError, match="set twice"):
        parse(["depth=2", "model.depth=4"], DECLARED)


def test_points_are_the_cross_product_and_the_last_varies_fastest() -> None:
    grid = points(parse(["depth=2,4", "dropout=0,.5", "epochs=10"], DECLARED))
    assert [(p["model"]["depth"], p["model"]["dropout"], p["training"]["epochs"]) for p in grid] == [
        (2, 0.0, 10),
        (2, 0.5, 10),
        (4, 0.0, 10),
        (4, 0.5, 10),
    ]


def test_nothing_set_is_one_point() -> None:
    assert points(()) == [{}]


def test_columns_name_swept_settings_and_collide_with_nothing() -> None:
    sets = parse(["depth=2,4", "epochs=10,20", "nodes=50", "model.alpha=.1,.2", "dataset.alpha=.1,.2"], DECLARED)
    assert list(columns(sets, taken=("seed", "epochs"))) == ["depth", "training.epochs", "model.alpha", "dataset.alpha"]
