"""What is asked of the page on static attention, in a link and back."""

from __future__ import annotations

import shlex

import pytest

from explainers.cli import main
from explainers.lenses.dictionary_lookup import LENS
from explainers.lookup_request import OFFERED_HEADS, OFFERED_KEYS, Request, command, decode, encode, python


@pytest.mark.parametrize(
    "request_",
    [Request(), Request(7, ("gatv2", "gin"), (1, 16), 3, "rankings"), Request(models=("gcn",), heads=(2,))],
)
def test_a_link_gives_the_same_back_and_holds_only_what_was_chosen(request_: Request) -> None:
    assert decode(encode(request_)) == (request_, [])
    assert len(encode(request_)) == sum(value != getattr(Request(), name) for name, value in vars(request_).items())


@pytest.mark.parametrize(
    ("word", "value", "said"),
    [
        ("keys", "2", "from 3 to 12"),
        ("keys", "many", "from 3 to 12"),
        ("seeds", "0", "from 1 to 20"),
        ("models", "gat,<b>", "'<b>'; it takes some of gat, gatv2, gcn, gin"),
        ("models", "", "Models (models) is empty; it takes some of gat, gatv2, gcn, gin"),
        ("heads", "1,3", "'3'; it takes some of 1, 2, 4, 8, 16"),
        ("heads", "1" * 500, "holds"),
        ("heads", ",".join(map(str, range(30))), "20 are the most"),
        ("tab", "other", "it takes one of sizes, curves, scores, rankings"),
    ],
)
def test_what_a_link_may_not_hold_is_said_and_the_rest_is_kept(word: str, value: str, said: str) -> None:
    good = {"seeds": "2"} if word != "seeds" else {"keys": "4"}
    found, messages = decode({f"lookup.{name}": text for name, text in {**good, word: value}.items()})
    (message,) = messages
    assert said in message
    assert message.endswith("The link's value was replaced.")
    assert len(message) < 250
    assert found == (Request(seeds=2) if word != "seeds" else Request(keys=4))


def test_the_page_offers_some_of_what_the_lens_takes_and_begins_as_it_does() -> None:
    declared = {one.name: one for one in LENS.parameters}
    assert {name: declared[name].check(value) for name, value in Request().values.items()} == {
        name: declared[name].default for name in Request().values
    }
    assert Request().models == ("gat", "gatv2", "gcn"), "a baseline beside those that attend"
    for name, value in {"sizes": OFFERED_KEYS.high, "heads": ",".join(map(str, OFFERED_HEADS))}.items():
        assert declared[name].check(value) == str(value)


def test_values_are_in_the_order_of_the_page_whatever_the_link_says() -> None:
    assert decode({"lookup.models": "gin,gat,gat", "lookup.heads": "8, 2"})[0] == Request(models=("gat", "gin"), heads=(2, 8))


def test_the_command_and_the_python_lines_ask_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    asked = Request(3, ("gin",), (1,), 2)
    words = shlex.split(command(asked))
    assert words[0] == "hopscope"
    assert main([*words[1:], "--set", "epochs=2"]) == 0
    said = next(line for line in capsys.readouterr().out.splitlines() if "With 3 keys GIN" in line)
    lines = python(asked).replace("'heads': '1'}", "'heads': '1', 'epochs': '2'}")
    exec(lines, {})  # noqa: S102 - what the page shows has to run
    assert said.removeprefix("Note: ") in capsys.readouterr().out
