"""What is asked of a sweep: what can be varied, what a link carries, and that commands and Python name the same runs."""

from __future__ import annotations

import shlex
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO

import pytest

from core.catalogue import Catalogue, ensure
from core.datasets.contract import dataset
from core.errors import UserError
from core.models.contract import model
from core.seeds import interval
from core.selection import Selection, start
from core.spec import RunSpec, TrainingSpec, settings
from core.training import train
from explainers.cli import parser
from explainers.cli.training.plan import declared, groups
from explainers.settings import parse
from explainers.sweep.repeat import commands, python, selected
from explainers.sweep.request import Request, asked, base, decode, encode, models_with, offered, planned, settle

SWEPT = ("model.depth", "model.activation", "model.bias", "dataset.homophily", "dataset.split_seed", "training.lr")


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return ensure(tmp_path_factory.mktemp("home"))


def changed(selection: Selection, **values: object) -> Selection:
    """With settings of the model."""
    return replace(selection, model_settings=settings(dict(selection.model_settings) | values))  # type: ignore[arg-type]


def test_by_default_the_depth_of_the_selected_model(catalogue: Catalogue) -> None:
    grid = planned(Request(), start(catalogue), catalogue)
    assert (grid.setting.qualified, grid.setting.values) == ("model.depth", (1, 2, 4, 8, 16))
    assert len(grid.runs) == 25
    assert {cell.name for cell in grid.cells} == {"GCN"}


def test_everything_that_is_declared_can_be_varied(catalogue: Catalogue) -> None:
    names = list(offered(start(catalogue, "csbm", "gat"), catalogue))
    assert names[0] == "model.depth"
    assert {"model.heads", "dataset.homophily", "dataset.split_seed", "training.lr", "training.keep", "model.bias"} <= set(names)
    assert "dataset.split_seed" not in offered(start(catalogue), catalogue), "a fixed split has no seed"
    for name, card in catalogue.datasets.items():
        for unit in catalogue.models:
            for setting in offered(start(catalogue, name, unit), catalogue).values():
                assert setting.values, card
                assert all(setting.parameter.check(value) == value for value in setting.values)


def test_values_are_sorted_and_said_to_be_wrong(catalogue: Catalogue) -> None:
    selection = start(catalogue)
    assert asked(Request("model.depth", "8,2, 4"), selection, catalogue).values == (2, 4, 8)
    assert asked(Request("model.dropout", "0:.6:.3"), selection, catalogue).values == (0.0, 0.3, 0.6)
    for text, sentence in (
        ("2,x", "takes a whole number from 1 to 128"),
        ("3", "1 value here"),
        ("1:100:1", "holds 99 values; 30 are the most here"),
    ):
        with pytest.raises(UserError, match=sentence):
            asked(Request("model.depth", text), selection, catalogue)


def test_only_models_with_the_same_setting_can_join(catalogue: Catalogue) -> None:
    selection = start(catalogue)
    deep = set(models_with(offered(selection, catalogue)["model.depth"], catalogue))
    assert deep == set(catalogue.models) - {"grand", "h2gcn"}, "the depth of one is a time, and the other takes eight rounds at most"
    assert set(models_with(offered(selection, catalogue)["training.lr"], catalogue)) == set(catalogue.models)
    width = models_with(offered(selection, catalogue)["model.width"], catalogue)
    assert "mlp" in width
    assert "sgc" not in width, "it has none"
    assert "gat" not in width, "its width is that of a head"


def test_the_others_share_what_was_changed_in_the_selected_one(catalogue: Catalogue) -> None:
    selection = changed(start(catalogue), dropout=0.2, depth=3, residual=True)
    mlp, sgc, gat = (dict(base(name, selection, catalogue).model.parameters) for name in ("mlp", "sgc", "gat"))
    assert (mlp["dropout"], mlp["depth"], mlp["residual"], mlp["width"]) == (0.2, 3, True, 16)
    assert (sgc["dropout"], sgc["depth"]) == (0.2, 3)
    assert gat["width"] == 8
    assert dict(base("sgc", start(catalogue), catalogue).model.parameters)["dropout"] == 0.0, "its own default"


def test_a_picked_point_draws_the_same_figure(catalogue: Catalogue) -> None:
    """Whatever point becomes the selection, the sweep is the same one."""
    selection, request = changed(start(catalogue), dropout=0.2), Request("model.depth", models=("gcn", "mlp"), seeds=2)
    grid = planned(request, selection, catalogue)
    for cell in grid.cells:
        there = selected(cell.spec, selection, len(cell.runs))
        assert there.specs(catalogue) == cell.runs
        assert set(planned(request, there, catalogue).runs) == set(grid.runs)


def test_a_node_stays_selected_where_the_graph_does(catalogue: Catalogue) -> None:
    selection = start(catalogue, "csbm", node=5)
    depth, homophily = (
        planned(Request(name, seeds=1), selection, catalogue).cells[0].spec for name in ("model.depth", "dataset.homophily")
    )
    assert selected(depth, selection, 1).node == 5
    assert selected(homophily, selection, 1).node is None


@pytest.mark.parametrize(
    "request_",
    [
        Request(),
        Request("training.lr", "0.01,0.1", ("gcn", "mlp"), 2),
        Request("dataset.homophily", "0:1:.5", (), 20),
        Request("model.activation", "", ("gcn", "sage"), 1),
    ],
)
def test_a_link_gives_back_the_sweep(request_: Request, catalogue: Catalogue) -> None:
    assert decode(encode(request_), start(catalogue, "csbm"), catalogue) == (request_, [])


def test_a_link_holds_only_what_was_chosen() -> None:
    assert encode(Request()) == {}
    assert encode(Request("model.depth", models=("gcn", "mlp"))) == {"sweep": "model.depth", "sweep.models": "gcn,mlp"}


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"sweep": "model.colour"}, "GCN on Karate club has no setting 'model.colour' to vary"),
        ({"sweep": "dataset.homophily", "sweep.values": "0,1"}, "no setting 'dataset.homophily'"),
        ({"sweep.values": "1,<b>"}, "Depth (depth) is '<b>'; it takes a whole number"),
        ({"sweep.values": "9"}, "Depth has 1 value here; a sweep takes 2 to 30, for example 1,2,4,8,16."),
        ({"sweep.models": "gcn,nope"}, "nope: no such model, or none with Depth"),
        ({"sweep.seeds": "21"}, "it takes a whole number from 1 to 20"),
    ],
)
def test_what_is_wrong_in_a_link_is_named_and_replaced(query: dict[str, str], sentence: str, catalogue: Catalogue) -> None:
    found, (message,) = decode(query, start(catalogue), catalogue)
    assert sentence in message
    assert len(message) < 400
    assert replace(found, models=()) == Request()
    planned(found, start(catalogue), catalogue)


def test_a_model_without_the_setting_takes_the_sweep_to_another_one(catalogue: Catalogue) -> None:
    request, gcn = Request("model.heads", "1,2", ("gat", "gatv2"), 3), start(catalogue)
    assert settle(request, start(catalogue, model="gat"), catalogue) == (request, [])
    found, said = settle(request, gcn, catalogue)
    assert found == Request(models=("gat", "gatv2"), seeds=3)
    assert said == ["GCN on Karate club has no setting 'model.heads' to vary; its place was taken by Depth."]
    assert [cell.name for cell in planned(found, gcn, catalogue).cells[::5]] == ["GCN", "GAT", "GATv2"]


def test_too_many_runs_are_refused_with_their_number(catalogue: Catalogue) -> None:
    many = Request("training.epochs", "10:40:1", ("gcn", *list(set(catalogue.models) - {"gcn"})[:7]), 20)
    with pytest.raises(UserError, match="8 models at 30 values with 20 seeds are 4,800 runs"):
        planned(many, start(catalogue), catalogue)


def by_command(line: str) -> list[RunSpec]:
    """What a headless command would train, by its own parser."""
    arguments = parser().parse_args(shlex.split(line)[1:])
    data, unit = dataset(arguments.dataset), model(arguments.model)
    sets = parse(arguments.sets, declared(data, unit))
    found = groups(data, unit, sets, recipe=arguments.recipe, split=arguments.split, seeds=int(arguments.seeds))
    return [run for group in found for run in group.runs]


@pytest.mark.parametrize("name", SWEPT)
@pytest.mark.parametrize("split", ["random", "all"])
def test_the_commands_train_the_same_runs(name: str, split: str, catalogue: Catalogue) -> None:
    selection = changed(start(catalogue, "csbm", split=split, split_seed=4 if split == "random" else 0), depth=4, dropout=0.1)
    request, said = settle(Request(name, models=("gcn", "mlp"), seeds=3), selection, catalogue)
    assert bool(said) == (name == "dataset.split_seed" and split == "all")
    lines = commands(request, selection, catalogue).splitlines()
    assert len(lines) == 2
    assert [run for line in lines for run in by_command(line)] == list(planned(request, selection, catalogue).runs)


def test_the_python_lines_print_the_same_numbers(catalogue: Catalogue) -> None:
    selection = start(catalogue, training=TrainingSpec(epochs=3), split="all")
    request = Request("model.depth", "1,2", ("gcn",), 2)
    printed = StringIO()
    with redirect_stdout(printed):
        exec(python(request, selection, catalogue), {})  # noqa: S102
    first = planned(request, selection, catalogue).cells[0]
    expected = interval([train(run).scores["test_score"] for run in first.runs])
    assert printed.getvalue().splitlines()[0] == f"GCN 1 {expected}"
