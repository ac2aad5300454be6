"""What is looked at on the homophily page, in a link and back."""

from __future__ import annotations

import pytest

from explainers.homophily_request import Request, decode, encode, values


@pytest.mark.parametrize("request_", [Request(), Request("all")])
def test_a_link_gives_the_same_back(request_: Request) -> None:
    assert decode(encode(request_)) == (request_, [])
    assert encode(Request()) == {}


def test_the_lens_is_given_what_differs_from_its_defaults() -> None:
    assert values(Request()) == {}
    assert values(Request("all")) == {"labels": "all"}


def test_what_a_link_may_not_hold_is_said() -> None:
    found, (message,) = decode({"homophily.labels": "test"})
    assert found == Request()
    assert "takes one of train, all" in message
