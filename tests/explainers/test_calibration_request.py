"""What is looked at on the calibration page, in a link and back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from explainers.calibration_request import RAW, Request, decode, encode, headless, settle, values


@pytest.mark.parametrize(
    "request_",
    [Request(), Request("validation", "temperature", 20, "mass", 0.25, 50, "hops", 0.8, "nll", "recipes", "0,0.1", 50, "depth", "2,4")],
)
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
        ("epochs", "0", "from 1 to 100000"),
        ("setting", "heads", "takes one of weight_decay"),
    ],
)
def test_what_a_link_may_not_hold_is_said_and_the_rest_is_kept(word: str, value: str, said: str) -> None:
    found, (message,) = decode({"cal.part": "train", f"cal.{word}": value})
    assert said in message
    assert found == Request("train")


def test_the_lens_is_given_what_differs_from_its_defaults() -> None:
    assert values(Request()) == {}
    assert values(Request("train", "ets", 20, "mass", 0.2, tab="numbers")) == {"bins": 20, "binning": "mass", "alpha": 0.2}
    assert Request(calibrator=RAW, binning="mass").equal_mass


def test_what_is_asked_without_the_dashboard_follows_the_open_tab() -> None:
    asked = Request(bins=20, weight_decays="0.1", setting="depth", values="2,4")
    assert headless(asked) == ("calibration", {"bins": 20}, "summary")
    assert headless(replace(asked, tab="course")) == ("calibration_course", {"weight_decays": "0.1"}, "summary")
    assert headless(replace(asked, tab="recipes")) == ("calibration_recipes", {"setting": "depth", "values": "2,4"}, "summary")


def test_what_runs_lack_is_said() -> None:
    assert settle(Request("validation", "ets"), ("validation", "test"), (RAW, "ets")) == (Request("validation", "ets"), [])
    found, said = settle(Request("train", "ets"), ("validation", "test"), (RAW,))
    assert found == Request("test")
    assert said == [
        "This split has no labelled training nodes; test nodes are shown.",
        "The calibrator ets could not be fitted here; the run is shown as it is.",
    ]


def test_a_link_is_no_finer_than_the_sliders() -> None:
    assert decode({"cal.alpha": "0.123"}) == (Request(alpha=0.12), [])
