"""What is looked at on the calibration page, in a link and back."""

from __future__ import annotations

import pytest

from explainers.calibration_request import RAW, Request, decode, encode, values


@pytest.mark.parametrize("request_", [Request(), Request("validation", "temperature", 20, "mass", 0.25, "conformal")])
def test_a_link_gives_the_same_back(request_: Request) -> None:
    assert decode(encode(request_)) == (request_, [])
    assert encode(Request()) == {}


@pytest.mark.parametrize(
    ("word", "value", "said"),
    [
        ("bins", "4", "from 5 to 30"),
        ("alpha", "0", "from 0.01 to 0.5"),
        ("calibrator", "temprature", "Did you mean 'temperature'"),
        ("binning", "<b>", "width, mass"),
        ("tab", "none", "takes one of calibrators"),
    ],
)
def test_what_a_link_may_not_hold_is_said_and_the_rest_is_kept(word: str, value: str, said: str) -> None:
    found, (message,) = decode({"cal.part": "train", f"cal.{word}": value})
    assert said in message
    assert found == Request("train")


def test_the_lens_is_given_what_differs_from_its_defaults() -> None:
    assert values(Request()) == {}
    assert values(Request("train", "ets", 20, "mass", 0.2, "numbers")) == {"bins": 20, "binning": "mass", "alpha": 0.2}
    assert Request(calibrator=RAW, binning="mass").equal_mass
