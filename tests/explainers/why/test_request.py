"""What a link asks of the explain page."""

import pytest

from core import catalogue as catalogues
from core.selection import start
from explainers.why.request import Request, command, decode, encode, python


@pytest.mark.parametrize("request_", [Request(), Request("saliency", 3, "masked", 1, 5, "trust")])
def test_a_link_gives_back_what_was_asked(request_):
    assert decode(encode(request_)) == (request_, [])


def test_the_default_leaves_the_link_short():
    assert encode(Request()) == {}


def test_each_bad_word_is_said_and_replaced():
    bad = {"why.method": "gnn_explainr", "why.keep": "-1", "why.cut": "torn", "why.target": "x", "why.seeds": "0", "why.tab": "front"}
    found, said = decode(bad | {"why.nothing": "1"})
    assert found == Request()
    assert len(said) == 6
    assert "gnn_explainer" in said[0]


def test_the_command_and_the_python_name_what_is_on_the_screen(stored):
    known = catalogues.ensure(stored[0])
    selection = start(known, "karate", "gcn", node=5)
    line = command(Request("saliency", 3, "masked", seeds=2), selection, known)
    assert line.startswith("hopscope explain --dataset karate --model gcn")
    assert line.endswith("--nodes 5 --method saliency --keep 3 --seeds 2 --cut masked")
    assert "--seeds 3" not in line
    assert command(Request(target=2), selection, known).endswith("--cut deleted --target 2")
    compile(python(Request(), selection, known), "shared", "exec")
