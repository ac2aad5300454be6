"""Which models are compared, in a link, a command and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import catalogue as catalogues
from core.catalogue import Catalogue
from core.errors import UserError
from core.models.contract import model
from core.parameters import resolve
from core.selection import start
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings
from explainers.heterophily_request import ALWAYS, Request, decode, encode, fixed_splits, names, planned, subject, values


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    home: Path = tmp_path_factory.mktemp("home")
    return catalogues.ensure(home)


@pytest.mark.parametrize("request_", [Request(), Request("gat,gcn", 3, "selected", "degree", "gat")])
def test_a_link_gives_the_same_back(request_: Request, known: Catalogue) -> None:
    assert decode(encode(request_), known) == (request_, [])
    assert encode(Request()) == {}


@pytest.mark.parametrize(
    ("word", "value", "said"),
    [
        ("models", "gcn,gatt", "no model 'gatt'"),
        ("models", "gcn,sage,gat,gatv2,gin,appnp,sgc", "9 models are too many for one figure; 8 are the most, mlp and gcn_structure"),
        ("seeds", "0", "from 1 to 20"),
        ("by", "<b>", "takes one of homophily, degree, grid, shift"),
        ("model", "gnc", "There is no model 'gnc'"),
    ],
)
def test_what_a_link_may_not_hold_is_said_and_the_rest_is_kept(word: str, value: str, said: str, known: Catalogue) -> None:
    found, (message,) = decode({"heterophily.splits": "selected", f"heterophily.{word}": value}, known)
    assert said in message
    assert found == Request(splits="selected")


def test_the_two_that_see_half_are_always_among_them_and_nobody_twice() -> None:
    assert names("gcn,mlp") == ("gcn", "mlp", "gcn_structure")
    assert names("") == ALWAYS


def test_runs_have_defaults_and_the_training_and_go_through_the_splits() -> None:
    spec = RunSpec(DatasetSpec("texas", split="all"), ModelSpec("gat", (("depth", 7),)), TrainingSpec(epochs=9))
    found = planned(spec, "gcn", 3, 2, lambda name: model(name).parameters)
    assert list(found) == ["gcn", "mlp", "gcn_structure"]
    assert [run.dataset.split for run in found["mlp"]] == ["0", "1", "0"]
    assert found["gcn"][1].model == ModelSpec("gcn", settings(resolve(model("gcn").parameters, {}, "model gcn")))
    assert {run.training.epochs for runs in found.values() for run in runs} == {9}
    with pytest.raises(UserError, match="no model 'gnc'"):
        planned(spec, "gnc", 1, 0, lambda name: model(name).parameters)


def test_all_fixed_splits_where_there_are_several(known: Catalogue) -> None:
    texas, karate = start(known, "texas"), start(known, "karate")
    assert (fixed_splits(texas, known), fixed_splits(karate, known)) == (10, 0)
    assert (subject(Request(), texas, known).split, subject(Request(), texas, known).seeds) == ("all", 10)
    assert subject(Request(splits="selected"), texas, known).split == texas.split
    assert subject(Request(), karate, known).split == karate.split


def test_the_lens_is_given_what_differs_from_its_defaults() -> None:
    assert values(Request(seeds=3, by="degree")) == {}
    assert values(Request("gat")) == {"models": "gat"}
