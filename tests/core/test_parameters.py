import pytest

from core.errors import UserError
from core.parameters import Choice, Flag, Integer, Real, resolve

DEPTH = Integer("depth", "Depth", 2, 1, 128)
RATE = Real("lr", "Rate", 0.01, 1e-6, 10.0)
WORD = Choice("keep", "Keep", "loss", (("loss", "lowest"), ("last", "the last")))
FLAG = Flag("bias", "Bias", True)


@pytest.mark.parametrize(
    ("parameter", "value", "found"),
    [
        (DEPTH, 3, 3),
        (DEPTH, "4", 4),
        (DEPTH, "4.0", 4),
        (DEPTH, 128, 128),
        (RATE, 1, 1.0),
        (RATE, "1e-6", 1e-6),
        (WORD, "last", "last"),
        (FLAG, False, False),
        (FLAG, "ON", True),
        (FLAG, "0", False),
    ],
)
def test_taken(parameter, value, found):
    assert parameter.check(value) == found
    assert type(parameter.check(value)) is type(parameter.default)


@pytest.mark.parametrize(
    ("parameter", "value", "sentence"),
    [
        (DEPTH, 0, "Depth (depth) is 0; it takes a whole number from 1 to 128."),
        (DEPTH, 2.5, "Depth (depth) is 2.5; it takes a whole number from 1 to 128."),
        (DEPTH, "two", "Depth (depth) is 'two'; it takes a whole number from 1 to 128."),
        (DEPTH, True, "Depth (depth) is True; it takes a whole number from 1 to 128."),
        (DEPTH, "1e999", "Depth (depth) is '1e999'; it takes a whole number from 1 to 128."),
        (DEPTH, None, "Depth (depth) is None; it takes a whole number from 1 to 128."),
        (Integer("s", "Seed", 0, 0, 2**31 - 1), -1, "Seed (s) is -1; it takes a whole number from 0 to 2147483647."),
        (RATE, 11, "Rate (lr) is 11; it takes a number from 1e-06 to 10."),
        (RATE, float("nan"), "Rate (lr) is nan; it takes a number from 1e-06 to 10."),
        (RATE, "-inf", "Rate (lr) is '-inf'; it takes a number from 1e-06 to 10."),
        (WORD, "first", "Keep (keep) is 'first'; it takes one of loss, last."),
        (WORD, 3, "Keep (keep) is 3; it takes one of loss, last."),
        (FLAG, "maybe", "Bias (bias) is 'maybe'; it takes true or false."),
        (WORD, "x" * 100, f"Keep (keep) is '{'x' * 56}…; it takes one of loss, last."),
    ],
)
def test_refused_with_a_sentence(parameter, value, sentence):
    with pytest.raises(UserError) as told:
        parameter.check(value)
    assert str(told.value) == sentence


def test_resolve_fills_in_the_defaults():
    assert resolve((DEPTH, RATE, FLAG), {"depth": "3"}, "model") == {"depth": 3, "lr": 0.01, "bias": True}
    assert resolve((), {}, "model") == {}


def test_resolve_names_what_it_does_not_know():
    with pytest.raises(UserError, match=r"There is no setting of the model gcn 'deptth'. Did you mean 'depth'\? Known: bias, depth."):
        resolve((DEPTH, FLAG), {"deptth": 3}, "model gcn")
    with pytest.raises(UserError, match="The dataset karate has no settings, so 'nodes' cannot be set"):
        resolve((), {"nodes": 3}, "dataset karate")
