"""Links, commands and Python name the same runs as the screen."""

from __future__ import annotations

import random
import shlex
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO

import pytest

from core.catalogue import Catalogue, ensure
from core.datasets.contract import dataset
from core.models.contract import model
from core.parameters import Choice, Flag, Integer, Parameter, Real, Value
from core.selection import DRAWN_SPLITS, Selection, command, decode, encode, python, splits_of, start
from core.spec import TRAINING, RunSpec, TrainingSpec, settings
from core.training import train
from explainers.cli import parser
from explainers.cli.training.plan import declared, groups
from explainers.settings import parse

DRAWS = 4
"""Random selections of each pair of dataset and model."""


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return ensure(tmp_path_factory.mktemp("home"))


def drawn(parameters: Sequence[Parameter], rng: random.Random) -> dict[str, Value]:
    """A value of each parameter: often the default, else anything in its range."""
    return {p.name: p.default if rng.random() < 0.4 else _value(p, rng) for p in parameters}


def _value(parameter: Parameter, rng: random.Random) -> Value:
    match parameter:
        case Integer():
            return rng.choice([parameter.low, parameter.high, rng.randint(parameter.low, parameter.high)])
        case Real():
            return rng.choice([parameter.low, parameter.high, rng.uniform(parameter.low, parameter.high)])
        case Choice():
            return rng.choice([word for word, _ in parameter.options])
        case Flag():
            return rng.random() < 0.5


def selections(catalogue: Catalogue) -> list[Selection]:
    """Every dataset and every model, with settings, splits, seeds and nodes drawn at random."""
    rng = random.Random(0)
    found = []
    for name, card in catalogue.datasets.items():
        for unit in catalogue.models.values():
            for _ in range(DRAWS):
                split = rng.choice(list(splits_of(card)))
                found.append(
                    Selection(
                        dataset=name,
                        dataset_settings=settings(drawn(card.parameters, rng)),
                        split=split,
                        split_seed=rng.choice([0, 7, 999_999]) if split in DRAWN_SPLITS else 0,
                        model=unit.name,
                        model_settings=settings(drawn(unit.parameters, rng)),
                        training=TrainingSpec.of(drawn(TRAINING, rng)),
                        seeds=rng.choice([1, 3, 10, 1000]),
                        node=rng.choice([None, 0, 42, 169_342]),
                    )
                )
    return found


def test_a_link_gives_back_what_was_on_the_screen(catalogue: Catalogue) -> None:
    for selection in selections(catalogue):
        assert decode(encode(selection, catalogue), catalogue) == (selection, [])


def test_a_link_holds_names_always_and_settings_only_where_they_differ(catalogue: Catalogue) -> None:
    selection = start(catalogue)
    assert encode(selection, catalogue) == {"dataset": "karate", "model": "gcn", "seeds": "3", "split": "public"}
    deeper = replace(selection, model_settings=settings(dict(selection.model_settings) | {"depth": 8}), node=5)
    assert encode(deeper, catalogue).items() - encode(selection, catalogue).items() == {("m.depth", "8"), ("node", "5")}


def test_an_empty_link_is_the_start(catalogue: Catalogue) -> None:
    assert decode({}, catalogue) == (start(catalogue), [])


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"dataset": "nope"}, "There is no dataset 'nope'"),
        ({"model": "xx"}, "There is no model 'xx'"),
        ({"seeds": "-3"}, "it takes a whole number from 1 to 1000"),
        ({"seeds": "two"}, "it takes a whole number from 1 to 1000"),
        ({"m.depth": "999"}, "it takes a whole number from 1 to"),
        ({"m.colour": "red"}, "no setting of the link 'colour'"),
        ({"t.lr": "nan"}, "it takes a number from 1e-06 to 10"),
        ({"d.size": "3"}, "has no settings"),
        ({"split": "weekly"}, "has no split 'weekly'; it has public, all, random, per_class, gats"),
        ({"node": "abc"}, "nodes are numbered from 0"),
        ({"node": "-1"}, "nodes are numbered from 0"),
        ({"node": "9" * 400}, "nodes are numbered from 0"),
        ({"split": "random", "split_seed": "x"}, "it takes a whole number from 0 to"),
    ],
)
def test_a_wrong_value_is_named_and_replaced_and_the_rest_is_kept(catalogue: Catalogue, query: dict[str, str], sentence: str) -> None:
    found, messages = decode({"t.epochs": "33"} | query, catalogue)
    (message,) = messages
    assert sentence in message
    assert message.endswith("replaced.")
    assert len(message) < 400
    assert found.training.epochs == 33
    assert replace(found, training=TrainingSpec(), split="public") == start(catalogue)


def test_many_wrong_values_get_a_sentence_each(catalogue: Catalogue) -> None:
    query = {"dataset": "nope", "model": "xx", "seeds": "-3", "m.depth": "999", "node": "abc"}
    found, messages = decode(query, catalogue)
    assert found == start(catalogue)
    assert len(messages) == len(query)


def test_words_that_are_no_part_of_a_link_are_passed_over(catalogue: Catalogue) -> None:
    assert decode({"utm_source": "mail", "x": "<script>"}, catalogue) == (start(catalogue), [])


def planned(line: str) -> list[RunSpec]:
    """What the headless command would train, by its own parser."""
    arguments = parser().parse_args(shlex.split(line)[1:])
    data, unit = dataset(arguments.dataset), model(arguments.model)
    sets = parse(arguments.sets, declared(data, unit))
    (group,) = groups(data, unit, sets, recipe=arguments.recipe, split=arguments.split, seeds=int(arguments.seeds))
    return list(group.runs)


def test_the_command_trains_the_same_specs(catalogue: Catalogue) -> None:
    for selection in selections(catalogue):
        assert planned(command(selection, catalogue)) == list(selection.specs(catalogue))


def test_the_command_is_one_line_without_defaults(catalogue: Catalogue) -> None:
    assert command(start(catalogue), catalogue) == "hopscope train --dataset karate --model gcn --seeds 3 --split public"
    asked = command(start(catalogue, model="cognn"), catalogue, lens="actions")
    assert asked == "hopscope lens actions --dataset karate --model cognn --seeds 3 --split public"


@pytest.mark.parametrize("split", ["public", "random", "all"])
def test_the_python_lines_give_the_run_of_the_first_seed(catalogue: Catalogue, split: str) -> None:
    selection = start(catalogue, training=TrainingSpec(epochs=5), split=split)
    printed, names = StringIO(), {}
    with redirect_stdout(printed):
        exec(python(selection, catalogue), names)  # noqa: S102
    first = selection.specs(catalogue)[0]
    assert names["spec"] == first
    assert names["run"].scores == train(first).scores
    assert printed.getvalue().startswith("{")


def test_every_seed_has_its_own_run_and_all_splits_take_turns(catalogue: Catalogue) -> None:
    runs = start(catalogue, dataset="cora", seeds=12, split="all").specs(catalogue)
    assert [run.seed for run in runs] == list(range(12))
    assert [run.dataset.split for run in runs] == [str(seed % 10) for seed in range(12)]


def test_a_seed_left_over_from_a_random_split_does_not_name_another_run(catalogue) -> None:
    selection = replace(start(catalogue), split="random", split_seed=5)
    assert selection.spec.dataset.split_seed == 5
    fixed = replace(selection, split="public")
    assert fixed.spec.key == start(catalogue).spec.key
    assert decode(encode(fixed, catalogue), catalogue)[0].specs(catalogue) == fixed.specs(catalogue)
