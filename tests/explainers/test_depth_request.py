"""Which runs a depth sweep has, what a link carries, and that the command names the same runs and numbers."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace

import numpy as np
import pytest

from core.catalogue import Catalogue, ensure
from core.errors import UserError
from core.models.contract import model
from core.selection import Selection, start
from core.spec import TrainingSpec, settings
from explainers.cli import main
from explainers.depth.plan import MOST_MODELS, Variant, depth_counts
from explainers.depth.request import (
    Request,
    apart,
    command,
    decode,
    encode,
    others,
    planned,
    python,
    remedies,
    settle,
    two_depths_planned,
)
from explainers.lenses import over_smoothing as lens
from explainers.lenses.over_smoothing import figures, state_figures
from explainers.lenses.over_smoothing.result import ByDepth
from explainers.sweep import measure as respond

DEPTHS = "1,2,4"


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return ensure(tmp_path_factory.mktemp("home"))


def changed(selection: Selection, **values: object) -> Selection:
    return replace(selection, model_settings=settings(dict(selection.model_settings) | values))  # type: ignore[arg-type]


def test_the_selected_model_and_an_mlp_of_equal_depth(catalogue: Catalogue) -> None:
    grid = planned(Request(), start(catalogue), catalogue)
    assert grid.setting.values == (1, 2, 4, 8, 16, 32, 64)
    assert list(dict.fromkeys(cell.name for cell in grid.cells)) == ["GCN", lens.MLP]
    assert len(grid.runs) == 2 * 7 * 3
    assert all(run.model.depth == cell.value for cell in grid.cells for run in cell.runs)


def test_a_common_recipe_shares_every_setting_and_a_papers_is_its_own(catalogue: Catalogue) -> None:
    selection = replace(changed(start(catalogue), width=24, residual=True, dropout=0.3), training=TrainingSpec(lr=0.02))
    request = Request(DEPTHS, ("sage", "sgc", "appnp"), seeds=1)
    for run in planned(request, selection, catalogue).runs:
        values = dict(run.model.parameters)
        assert run.training.lr == 0.02
        assert values.get("width", 24) == 24
        assert values["dropout"] == 0.3
        assert values.get("residual", True) is True
    paper = {run.model.name: run for run in planned(replace(request, recipe="paper"), selection, catalogue).runs}
    assert paper["sgc"].training == TrainingSpec.of(model("sgc").recipe.training)
    assert dict(paper["appnp"].model.parameters)["edge_dropout"] == model("appnp").recipe.model["edge_dropout"]
    assert paper["mlp"].training.lr == 0.02, "the control keeps the settings of the selection"


def test_a_remedy_is_the_selected_model_with_one_setting_changed(catalogue: Catalogue) -> None:
    selection = changed(start(catalogue), width=24)
    offered = remedies(selection, catalogue)
    assert {"gcn:residual=true", "gcn:bias=false", "gcn:normalization=batch"} <= set(offered)
    grid = planned(Request(DEPTHS, ("gcn:residual=true",), seeds=1), selection, catalogue)
    plain, cured = grid.cell("GCN", 4), grid.cell("GCN, residual", 4)
    assert plain is not None
    assert cured is not None
    assert dict(cured.spec.model.parameters) == dict(plain.spec.model.parameters) | {"residual": True}
    assert "gcn:residual=true" not in remedies(changed(selection, residual=True), catalogue), "it is on already"
    assert set(remedies(start(catalogue, model="sgc"), catalogue)) == {"sgc:bias=false"}, "it has no other of these settings"
    assert "gcn:bias=false" not in remedies(selection, catalogue, "paper"), "its paper has none"
    assert "gcn" not in others(selection, catalogue)
    assert "mlp" not in others(selection, catalogue)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (Request("0,2"), "takes a whole number from 1 to 128"),
        (Request("500"), "takes a whole number from 1 to 128"),
        (Request("two"), "takes a whole number from 1 to 128"),
        (Request(",".join(map(str, range(1, 14)))), "12 are the most"),
        (Request(models=("sagee",)), "Did you mean 'sage'"),
        (Request(models=("gcn:widht=3",)), "Did you mean 'width'"),
        (Request(models=("gcn:residual",)), "is no model; write NAME or NAME:SETTING=VALUE"),
        (Request(models=("gcn:residual=maybe",)), "takes true or false"),
        (Request(models=("gcn:depth=8",)), "sets the depth"),
        (Request(models=("sage", "gat", "gin", "sgc", "appnp", "gatv2", "gcn:residual=true")), "too many for one figure"),
    ],
)
def test_what_cannot_be_planned_is_said_and_left_out(request_: Request, said: str, catalogue: Catalogue) -> None:
    with pytest.raises(UserError, match=said):
        planned(request_, start(catalogue), catalogue)
    found, sentences = settle(request_, start(catalogue), catalogue)
    assert sentences
    assert planned(found, start(catalogue), catalogue).runs
    assert len(found.models) < MOST_MODELS


def test_a_link_carries_what_was_chosen(catalogue: Catalogue) -> None:
    selection = start(catalogue)
    request = Request("2,8", ("sage", "gcn:normalization=batch+bias=false"), "paper", 5)
    assert decode(encode(request), selection, catalogue) == (request, [])
    assert encode(Request()) == {}
    found, said = decode({"deep.seeds": "0", "deep.recipe": "x", "deep.depths": "0", "deep.models": "zz"}, selection, catalogue)
    assert found == Request()
    assert len(said) == 4


def test_two_depths_are_set_apart_and_held_against_one(catalogue: Catalogue) -> None:
    selection = changed(start(catalogue), width=24)
    assert {"appnp", "dagnn", "dgmlp"} <= set(apart(catalogue))
    assert "gcn" not in apart(catalogue)
    both = two_depths_planned("dagnn", Request(seeds=2), selection, catalogue)
    names = ["GCN: both depths", "DAGNN, 1 layer", "DAGNN, 2 layers", "DAGNN, 4 layers", "DAGNN, 8 layers"]
    assert list(dict.fromkeys(cell.name for cell in both.cells)) == names
    cell = both.cell("DAGNN, 4 layers", 8)
    assert cell is not None
    values = dict(cell.spec.model.parameters)
    assert (cell.spec.model.name, values["layers"], values["depth"], values["width"], len(cell.runs)) == ("dagnn", 4, 8, 24, 2)
    coupled = both.cell("GCN: both depths", 8)
    assert coupled is not None
    assert coupled.runs[0] in planned(Request("8", seeds=2), selection, catalogue).runs, "it is trained once for both figures"
    chart = state_figures.two_depths(respond(both, [None] * len(both.runs)))
    assert np.shape(chart.figure.data[0].z) == (5, 5)


def test_a_figure_says_what_each_models_depth_counts(catalogue: Catalogue) -> None:
    grid = planned(Request("1,2", ("sgc", "gcn:residual=true", "sage")), start(catalogue), catalogue)
    counts = depth_counts(grid, catalogue.model)
    assert counts == {"GCN": "message-passing layers", "SGC": "propagation steps", "GraphSAGE": "message-passing layers"}
    unknown = respond(grid, [None] * len(grid.runs), ())
    said = figures.scores(ByDepth(unknown, {}, {}, float("nan"), "common", counts=counts)).reading
    assert "Depth counts: message-passing layers (GCN, GraphSAGE); propagation steps (SGC)." in said
    said = figures.scores(ByDepth(unknown, {}, {}, float("nan"), "common", counts={"GCN": "message-passing layers"})).reading
    assert "Depth counts message-passing layers." in said


def test_a_variant_says_its_settings(catalogue: Catalogue) -> None:
    card = catalogue.model("gcn")
    titles = {"gcn": "GCN", "gcn:normalization=batch": "GCN, BatchNorm", "gcn:bias=false": "GCN, no bias", "gcn:width=4": "GCN, Width 4"}
    assert {text: Variant.of(text).title(card) for text in titles} == titles


def test_the_command_gives_the_numbers_of_the_page(
    catalogue: Catalogue, own_home: object, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    selection = replace(changed(start(catalogue), width=8, depth=7), training=TrainingSpec(epochs=3))
    request = Request("1,2", ("gcn:residual=true",), seeds=2)
    words = shlex.split(command(request, selection, catalogue))
    assert words[:3] == ["hopscope", "lens", "over_smoothing"]
    assert main([*words[1:], "--set", "untrained_hops=2", "--json", "-"]) == 0
    found = json.loads(capsys.readouterr().out)
    runs = planned(request, selection, catalogue).runs
    assert [(run["model"]["name"], run["model"]["parameters"], run["seed"]) for run in found["specs"]] == [
        (run.model.name, dict(run.model.parameters), run.seed) for run in runs
    ]
    tables = found["tables"]
    wanted = """model depth seed metric train_score validation_score test_score mlp_test_score probe_test_score majority_share
        relative_energy squared_norm smv effective_rank mad_gap group_distance_ratio linear_probe"""
    assert set(wanted.split()) <= set(tables["by_depth"][0])
    assert len(tables["by_depth"]) == len(runs)
    mlp = {(row["depth"], row["seed"]): row["test_score"] for row in tables["by_depth"] if row["model"] == "mlp"}
    assert all(row["mlp_test_score"] == mlp[row["depth"], row["seed"]] for row in tables["by_depth"])
    assert list(tables["by_layer"][0])[:7] == ["model", "depth", "seed", "layer", "trained", "measure", "value"]
    assert {"model", "depth", "cause", "evidence"} <= set(tables["causes"][0])
    assert {(row["operator"], row["k"]) for row in tables["untrained"]} == {
        (o, k) for o in ("symmetric", "row_stochastic") for k in (0, 1, 2)
    }
    assert found["notes"]
    lines = python(request, selection)
    compile(lines, "lines", "exec")
    assert "over_smoothing" in lines


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["over_smooth"], "Did you mean 'over_smoothing'"),
        (["over_smoothing", "--set", "depths=0"], "from 1 to 128"),
        (["over_smoothing", "--set", "depths="], "is empty"),
        (["over_smoothing", "--set", "models=nope"], "no model"),
        (["over_smoothing", "--set", "depths=2", "--set", "depths=4"], "set twice"),
        (["over_smoothing", "--set", "width=8,16"], "each setting has one"),
        (["over_smoothing", "--set", "lens.colour=red"], "colour"),
        (["over_smoothing", "--seeds", "0"], "from 1 to 1000"),
    ],
)
def test_bad_words_are_exit_2_and_a_sentence(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lens", words[0], "--dataset", "karate", "--model", "gcn", *words[1:]]) == 2
    assert said in capsys.readouterr().err
