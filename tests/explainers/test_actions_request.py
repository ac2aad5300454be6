"""What is looked at on the actions page, in a link and back."""

from __future__ import annotations

import pytest

from explainers.actions_request import Request, decode, encode, settle


@pytest.mark.parametrize("request_", [Request(), Request("listens", "groups", 3, "probability", 2)])
def test_a_link_gives_the_same_back(request_: Request) -> None:
    assert decode(encode(request_)) == (request_, [])
    assert encode(Request()) == {}
    assert request_.drawn is (request_.count == "probability")


@pytest.mark.parametrize(
    ("word", "value", "said"),
    [
        ("by", "<b>", "one of action, listens, broadcasts"),
        ("layer", "0", "from 1 to 1000"),
        ("count", "True", "one of taken, probability"),
        ("tab", "none", "one of node, messages, groups, numbers"),
    ],
)
def test_what_a_link_may_not_hold_is_said_and_the_rest_is_kept(word: str, value: str, said: str) -> None:
    good = {"tab": "numbers"} if word != "tab" else {"layer": "2"}
    found, (message,) = decode({f"actions.{name}": text for name, text in {**good, word: value}.items()})
    assert said in message
    assert found == (Request(tab="numbers") if word != "tab" else Request(layer=2))


def test_a_layer_and_a_run_that_are_not_there_are_said() -> None:
    asked = Request(tab="groups", layer=4)
    assert settle(asked, 4, 1) == (asked, [])
    assert settle(asked, 3, 1) == (Request(tab="groups"), ["This model has no layer 4 in which nodes choose; layer 1 is shown."])
    assert settle(Request(run=3), 2, 3) == (Request(), ["There are runs of 3 seeds; the first is drawn."])
