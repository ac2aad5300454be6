"""What is looked at on the attention page, in a link and back."""

from __future__ import annotations

import pytest

from explainers.attention_request import TAB, Request, decode, encode, headless, settle


@pytest.mark.parametrize("request_", [Request(), Request("numbers", 2, 8)])
def test_a_link_gives_the_same_back(request_: Request) -> None:
    assert decode(encode(request_)) == (request_, [])
    assert encode(Request()) == {}


@pytest.mark.parametrize(
    ("word", "value", "said"),
    [
        ("tab", "none", "takes one of node, across"),
        ("layer", "0", "from 1 to 1000"),
        ("head", "-1", "from 0 to 1000"),
        ("head", "x", "'x'"),
    ],
)
def test_what_a_link_may_not_hold_is_said_and_the_rest_is_kept(word: str, value: str, said: str) -> None:
    good = {"layer": "2", "head": "1"} if word == "tab" else {"tab": "alike"}
    found, (message,) = decode({f"attention.{name}": text for name, text in {**good, word: value}.items()})
    assert said in message
    assert found == (Request(layer=2, head=1) if word == "tab" else Request("alike"))


def test_a_model_with_fewer_layers_or_heads_says_so() -> None:
    assert settle(Request(layer=2, head=1), (8, 1)) == (Request(layer=2, head=1), [])
    found, (said,) = settle(Request("alike", layer=3, head=1), (8, 1))
    assert (found, said) == (Request("alike"), "This model has no layer 3 that attends; layer 1 is shown.")
    found, (said,) = settle(Request(layer=2, head=2), (8, 1))
    assert (found, said) == (Request(layer=2), "Layer 2 has no head 2; the mean of its heads is shown.")


def test_each_tab_has_the_lens_that_gives_its_numbers() -> None:
    asked = {tab: headless(Request(tab)) for tab, _ in TAB.options}
    assert asked.pop("course") == ("attention_course", {}, "course")
    assert asked.pop("explains") == ("attention", {"explained": 20}, "explains")
    assert {"node", "screening", "numbers"} < set(asked)
    assert all(one == ("attention", {}, "heads") for one in asked.values())
