"""What is asked of the page on designs and benchmarks, in a link and back."""

from __future__ import annotations

import pytest

from explainers.designs_request import Request, decode, encode, headless, settle


@pytest.mark.parametrize(
    "request_", [Request(), Request("flawed_benchmarks", "texas", "gcn,sage", "cornell", "mlp", "mlp", 3)], ids=["plain", "all of it"]
)
def test_a_link_gives_the_same_back(request_: Request) -> None:
    assert decode(encode(request_)) == (request_, [])
    assert encode(Request()) == {}


@pytest.mark.parametrize(("word", "value", "said"), [("view", "<b>", "designs"), ("seeds", "0", "from 1 to 10"), ("against", "gat", "gcn")])
def test_what_a_link_may_not_hold_is_said(word: str, value: str, said: str) -> None:
    found, (message,) = decode({f"designs.{word}": value})
    assert said in message
    assert found == Request()


def test_names_that_are_not_known_are_left_out() -> None:
    asked = Request(datasets="texas,txas", models="gcnn", benchmarks="cornell,cora")
    assert settle(asked, ("texas",), ("gcn",)) == (
        Request(datasets="texas", benchmarks="cornell"),
        [
            "There is no dataset txas; it was left out.",
            "There is no model gcnn; it was left out.",
            "There is no benchmark cora; it was left out.",
        ],
    )
    assert settle(Request(models="gcn"), Request().datasets.split(","), ("gcn",)) == (Request(models="gcn"), [])


def test_the_command_asks_the_lens_of_the_view() -> None:
    asked = Request(datasets="texas", models="sage", benchmarks="cornell")
    assert headless(asked) == ("designs", {"datasets": "texas", "models": "sage"})
    flawed = Request("flawed_benchmarks", models="sage", benchmarks="cornell", ranked="gcn")
    assert headless(flawed) == ("flawed_benchmarks", {"benchmarks": "cornell", "models": "gcn"}), "each question has models of its own"
