"""What is asked of the page on the homophily dial and edge surgery, in a link and back, and as a command."""

from __future__ import annotations

import shlex

import pytest

from core.errors import UserError
from core.parameters import resolve
from explainers import requests
from explainers.cli import parser
from explainers.dial_request import Request, additions, decode, encode, gammas, homophilies, settle
from explainers.lenses import edge_surgery, homophily_dial

TURNED = Request("surgery", 0.35, 5, "circulant", 20.0, 1.5, ("mlp", "gat"), "self_loop", 5, "0,1", "0.5,1")


@pytest.mark.parametrize("request_", [Request(), TURNED, Request(homophily=0.1)])
def test_a_link_gives_the_same_back_and_holds_only_what_was_chosen(request_: Request) -> None:
    assert decode(encode(request_)) == (request_, [])
    assert len(encode(request_)) == sum(value != getattr(Request(), name) for name, value in vars(request_).items())


@pytest.mark.parametrize(
    ("word", "value", "said"),
    [
        ("homophily", "1.2", "a number from 0 to 1"),
        ("classes", "1", "a whole number from 2 to 8"),
        ("degree", "nan", "a number from 0.5 to 50"),
        ("others", "none", "uniform, circulant"),
        ("operator", "x", "mean, self_loop"),
        ("seeds", "0", "from 1 to 20"),
        ("gamma", "0,2", "a number from 0 to 1"),
        ("gamma", "", "is empty"),
        ("added", "0:1:0", "holds no number"),
        ("models", ",".join("abcdefghi"), "8 are the most"),
        ("tab", "other", "dial, surgery"),
    ],
)
def test_what_a_link_may_not_hold_is_said_and_the_rest_is_kept(word: str, value: str, said: str) -> None:
    found, (message,) = decode({f"dial.{word}": value, "dial.signal": "2.5"})
    assert found == Request(signal=2.5)
    assert said in message
    assert message.endswith("The link's value was replaced.")


def test_texts_name_numbers_in_rising_order() -> None:
    assert homophilies("1,0:0.5:0.25") == (0, 0.25, 0.5, 1)
    assert gammas("1,0") == (0, 1)
    assert additions("0,2,1") == (1, 2), "the graph as it is needs no number"
    with pytest.raises(UserError, match="is empty"):
        homophilies("")


def test_the_command_asks_what_the_page_asks() -> None:
    words = shlex.split(requests.own_data_command("homophily_dial", TURNED.seeds, TURNED.dial))
    assert words[:3] == ["hopscope", "lens", "homophily_dial"]
    arguments = parser().parse_args(words[1:])
    given = dict(word.split("=", 1) for word in arguments.sets)
    asked = resolve(homophily_dial.LENS.parameters, given, "lens")
    assert asked == resolve(homophily_dial.LENS.parameters, TURNED.dial, "lens")
    assert (asked["classes"], asked["models"], asked["operator"], arguments.seeds) == (5, "mlp,gat", "self_loop", "5")
    plain = requests.own_data_command("homophily_dial", Request().seeds, Request().dial)
    assert plain == "hopscope lens homophily_dial --seeds 3"
    assert resolve(edge_surgery.LENS.parameters, TURNED.surgery, "lens") == {"gamma": "0,1", "added": "0.5,1"}


def test_the_lines_of_python_are_python() -> None:
    lines = requests.own_data_python("homophily_dial", TURNED.seeds, TURNED.dial, "summary")
    compile(lines, "share", "exec")
    assert "'classes': 5" in lines


def test_models_that_are_not_known_are_left_out() -> None:
    asked = Request(models=("gcn", "nonsense"))
    assert settle(asked, ("gcn", "mlp")) == (Request(models=("gcn",)), ["There is no model nonsense; it was left out."])
    assert settle(Request(models=("no",)), ("mlp", "gcn", "sage"))[0] == Request(), "without any, the usual ones"
    assert settle(Request(), ("mlp", "gcn", "sage")) == (Request(), [])
