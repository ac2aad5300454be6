"""What every unit promises, checked for every dataset, model, lens and attribution that the scan finds."""

from __future__ import annotations

import dataclasses
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest
import torch
from scipy.sparse import csr_matrix, issparse

from core.actions import ACTIONS
from core.capture import actions, asked, choosing, hidden_states, screened, screening
from core.datasets.contract import datasets, load
from core.discovery import collect, origin
from core.models.contract import Shape, build, models
from core.parameters import Choice, Integer, Real, resolve
from core.sparse import Edges
from core.spec import TRAINING, DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings
from core.splits import DRAWN, split_of
from core.training import train
from core.versions import unit_version
from explainers.contract import Chart, Table
from explainers.runner import run_lens

ROOT = Path(__file__).parents[1]
DATASETS, MODELS = datasets(), models()
LENSES, ATTRIBUTIONS = collect("explainers.lenses", "LENS"), collect("explainers.attribution", "ATTRIBUTION")
EMBEDDED = sorted(name for name, unit in DATASETS.items() if unit.embedded)
SLUG = re.compile(r"[a-z][a-z0-9_]*")
SMALLEST = {"csbm": {"nodes": 60}}
"""Settings that make a generated graph quick to train on."""
QUICK = {
    "over_smoothing": {"depths": "1,2,3", "untrained_hops": 2},
    "dictionary_lookup": {"sizes": "3", "epochs": 6},
    "calibration_course": {"epochs": 6},
    "calibration_recipes": {"values": "0,0.01"},
    "homophily_dial": {"homophily": "0,0.5", "nodes": 60, "models": "mlp,gcn", "epochs": 4},
    "edge_surgery": {"gamma": "1", "added": "0.5"},
    "designs": {"datasets": "karate", "models": "sgc", "epochs": 4},
    "flawed_benchmarks": {"benchmarks": "cornell", "models": "sgc", "epochs": 4},
}
"""Settings that make a lens quick."""
FROM_FILES = ("flawed_benchmarks",)
"""Lenses whose data are always a download away."""
ASKED = {"attention": "gat", "attention_course": "gat", "actions": "cognn", "chosen_nodes": "tangnn"}
"""Models that a lens is asked about, where it does not take a GCN."""


def crossed(value):
    """The value as it comes out of the worker."""
    return pickle.loads(pickle.dumps(value))  # noqa: S301


def units():
    for kind, found in (("dataset", DATASETS), ("model", MODELS), ("lens", LENSES), ("attribution", ATTRIBUTIONS)):
        yield from (pytest.param(unit, id=f"{kind}-{name}") for name, unit in found.items())


@pytest.mark.parametrize("unit", units())
def test_declaration(unit):
    assert SLUG.fullmatch(unit.name)
    assert unit.title
    assert unit.question.rstrip().endswith(("?", ".")), unit.question
    assert dataclasses.is_dataclass(unit)
    with pytest.raises(dataclasses.FrozenInstanceError):
        unit.name = "other"
    names = [parameter.name for parameter in unit.parameters]
    assert len(names) == len(set(names))
    assert resolve(unit.parameters, {}, unit.name) == {parameter.name: parameter.default for parameter in unit.parameters}
    for parameter in unit.parameters:
        assert SLUG.fullmatch(parameter.name)
        assert parameter.title
        if isinstance(parameter, Integer | Real):
            assert parameter.low <= parameter.default <= parameter.high
            assert parameter.step > 0
        if isinstance(parameter, Choice):
            assert all(title for _, title in parameter.options)


@pytest.mark.parametrize("unit", [*DATASETS.values(), *MODELS.values()], ids=[*DATASETS, *MODELS])
def test_no_setting_hides_one_of_the_training(unit):
    assert not {parameter.name for parameter in unit.parameters} & {parameter.name for parameter in TRAINING}


def test_the_slugs_of_the_first_release_are_there():
    assert set(MODELS) >= {"mlp", "gcn", "sage", "gat", "gatv2", "gin", "appnp", "sgc", "gcn_structure"}
    assert set(EMBEDDED) >= {"karate", "digits", "csbm", "ba_shapes", "ba_community", "tree_cycles", "tree_grid"}
    public = """cora citeseer pubmed cora_ml dblp citeseer_full texas wisconsin cornell cornell_corrected actor chameleon squirrel
        chameleon_filtered squirrel_filtered roman_empire amazon_ratings minesweeper tolokers questions photo computers cs physics"""
    assert set(DATASETS) >= set(public.split())


@pytest.mark.parametrize("name", DATASETS)
def test_card_of_a_dataset(name):
    unit = DATASETS[name]
    assert unit.family
    assert unit.source
    assert unit.licence
    assert unit.size
    assert unit.metric in ("accuracy", "roc_auc")
    assert unit.default_split in (*unit.splits, *DRAWN)
    assert all(flaw.rstrip().endswith(".") for flaw in unit.flaws)


def check_graph(name, graph):
    n, unit = graph.num_nodes, DATASETS[name]
    assert graph.name == name
    assert graph.metric == unit.metric
    assert graph.features.dtype == np.float32
    assert graph.features.shape[0] == n == len(graph.labels)
    assert isinstance(graph.features, csr_matrix) if issparse(graph.features) else isinstance(graph.features, np.ndarray)
    assert np.isfinite(graph.features.data).all() if issparse(graph.features) else np.isfinite(graph.features).all()
    assert graph.edge_index.dtype == np.int64
    assert graph.edge_index.shape == (2, graph.num_stored_edges)
    if graph.num_stored_edges:
        assert 0 <= graph.edge_index.min() <= graph.edge_index.max() < n
    if not graph.directed:
        stored = set(map(tuple, graph.edge_index.T.tolist()))
        assert {(v, u) for u, v in stored} == stored
    assert graph.labels.dtype == np.int64
    assert -1 <= graph.labels.min() <= graph.labels.max() < graph.num_classes
    assert all(names is None or len(names) == size for names, size in ((graph.node_names, n), (graph.feature_names, graph.num_features)))
    assert graph.truth_edges is None or graph.truth_edges.shape == (graph.num_stored_edges,)
    assert set(graph.splits) == set(unit.splits)
    for split in (*unit.splits, *DRAWN):
        check_split(split_of(graph, DatasetSpec(name, split=split)), n)
    assert crossed(graph).name == name


def check_split(split, n):
    parts = np.stack([split.train, split.validation, split.test])
    assert parts.shape == (3, n)
    assert parts.dtype == bool
    assert parts.sum(axis=0).max() <= 1
    assert parts.any(axis=1).all()


@pytest.mark.parametrize("name", EMBEDDED)
def test_embedded_graph_is_whole_and_the_same_each_time(name):
    graph, again = load(name, SMALLEST.get(name, {})), load(name, SMALLEST.get(name, {}))
    check_graph(name, graph)
    assert graph.structure_hash == again.structure_hash
    np.testing.assert_array_equal(graph.labels, again.labels)
    assert (graph.features != again.features).sum() == 0


@pytest.mark.public_data
@pytest.mark.parametrize("name", ["cora", "citeseer", "texas", "chameleon_filtered", "minesweeper", "actor"])
def test_public_graph_is_whole(name):
    check_graph(name, load(name, {}))


@pytest.mark.parametrize("name", EMBEDDED)
def test_embedded_graph_can_be_trained_on(name):
    graph = load(name, SMALLEST.get(name, {}))
    for model, depth in (("gcn", 2), ("mlp", 2)):
        values = settings(resolve(MODELS[model].parameters, {"depth": depth}, model))
        spec = RunSpec(DatasetSpec(name, split=DATASETS[name].default_split), ModelSpec(model, values), TrainingSpec(epochs=2))
        run = train(spec, graph=graph, device="cpu")
        assert np.isfinite(run.logits).all()
        assert 0 <= run.scores["test_score"] <= 1


@pytest.mark.parametrize("name", MODELS)
def test_recipe_of_a_model_can_be_followed(name):
    unit = MODELS[name]
    assert unit.recipe.source
    assert unit.source
    assert unit.equation
    assert unit.depth_counts
    resolve(unit.parameters, unit.recipe.model, name)
    TrainingSpec.of(unit.recipe.training)


@pytest.mark.parametrize("depth", [1, 2, 16])
@pytest.mark.parametrize("name", MODELS)
def test_model_gives_logits_and_its_states(name, depth):
    edges, nodes = Edges(torch.tensor([[0, 1, 2, 3], [1, 0, 3, 2]]), 5), 5
    size = 6 if MODELS[name].uses_features else nodes
    deepest = next(parameter.high for parameter in MODELS[name].parameters if parameter.name == "depth")
    module = build(name, Shape(size, 3, nodes), {"depth": min(depth, deepest)}).eval()
    with hidden_states(module) as states:
        logits = module(torch.rand(nodes, size), edges)
    assert logits.shape == (nodes, 3)
    assert torch.isfinite(logits).all()
    assert len(states) == len(module.states)
    assert all(state.shape[0] == nodes and state.ndim == 2 for state in states)
    assert module.first_layer in set(module.modules())


@pytest.mark.parametrize("name", MODELS)
def test_nodes_of_a_model_choose_in_every_layer_or_in_none(name):
    edges, size = Edges(torch.tensor([[0, 1, 2, 3], [1, 0, 3, 2]]), 5), 6 if MODELS[name].uses_features else 5
    module = build(name, Shape(size, 3, 5), {"depth": 2}).eval()
    with actions(module) as found:
        module(torch.rand(5, size), edges)
    assert len(found) == len(choosing(module)) == 2 * MODELS[name].has_actions
    for layer in found:
        assert layer.taken.shape == layer.policy.shape == (5, len(ACTIONS))
        assert torch.equal(layer.taken.argmax(dim=1), layer.policy.argmax(dim=1))
        assert torch.allclose(layer.policy.sum(dim=1), torch.ones(5))


@pytest.mark.parametrize("name", MODELS)
def test_all_nodes_of_a_model_ask_chosen_ones_in_every_layer_or_in_none(name):
    edges, size = Edges(torch.tensor([[0, 1, 2, 3], [1, 0, 3, 2]]), 5), 6 if MODELS[name].uses_features else 5
    module = build(name, Shape(size, 3, 5), {"depth": 2}).eval()
    with asked(module) as found:
        module(torch.rand(5, size), edges)
    assert len(found) == 2 * MODELS[name].chooses_nodes
    for layer in found:
        assert layer.alpha.shape[1:] == (5, len(layer.nodes))
        assert torch.allclose(layer.alpha.sum(dim=2), torch.ones(()))


@pytest.mark.parametrize("name", MODELS)
def test_what_is_weighed_by_distance_begins_with_the_node_itself(name):
    edges = torch.tensor([[0, 1, 2, 3], [1, 0, 3, 2]])
    module = build(name, Shape(6 if MODELS[name].uses_features else 5, 3, 5), {"depth": 2})
    for layer, weights in zip(screened(module), screening(module), strict=True):
        around = layer.surroundings(edges, 5)
        assert (weights[0] == 1).all()
        assert (around[0] == 1).all()
        assert len(weights) == len(around)
        assert around.shape[1] == 5


@pytest.mark.parametrize(
    ("package", "constant", "name"),
    [*(("core.datasets", "DATASETS", name) for name in DATASETS), *(("core.models", "MODEL", name) for name in MODELS)],
)
def test_every_unit_has_a_code_version_and_a_home(package, constant, name):
    assert re.fullmatch(r"[0-9a-f]{12}", unit_version(package, constant, name))
    assert origin(package, constant, name).startswith(package)


def test_models_have_versions_of_their_own():
    assert len({unit_version("core.models", "MODEL", name) for name in MODELS}) == len(MODELS)


def test_lenses_and_attributions_are_declared_without_torch():
    code = (
        "import sys; from core.discovery import collect; collect('explainers.lenses', 'LENS'); "
        "collect('explainers.attribution', 'ATTRIBUTION'); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.fixture(scope="module")
def lens_home(tmp_path_factory):
    return tmp_path_factory.mktemp("lens-home")


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.public_data) if name in FROM_FILES else name for name in LENSES])
def test_lens_from_plan_to_picture(name, lens_home):
    unit = LENSES[name]
    model = ASKED.get(name, "gcn")
    values = settings(resolve(MODELS[model].parameters, {}, model))
    spec = RunSpec(DatasetSpec("karate"), ModelSpec(model, values), TrainingSpec(epochs=4))
    chosen = resolve(unit.parameters, QUICK.get(name, {}), name)
    assert unit.plan(spec, 2, chosen) == unit.plan(spec, 2, chosen)
    result = run_lens(_quiet, lens=name, spec=spec, seeds=2, values=chosen, root=lens_home, device="cpu")
    assert dataclasses.is_dataclass(result)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(result, dataclasses.fields(result)[0].name, None)
    views = unit.draw(crossed(result))
    assert views
    for view in views.values():
        assert isinstance(view, Chart | Table)
        if isinstance(view, Chart):
            assert isinstance(view.figure, go.Figure)
            assert view.reading
            assert view.not_shown
        else:
            assert all(view.help.values())
            assert not view.node or view.node in view.data.columns
    captions = unit.captions(result)
    assert captions
    assert all(caption and caption[0] == caption[0].upper() and "nan" not in caption.lower().split() for caption in captions)


def _quiet(done=0.0, total=0.0, message="", snapshot=None):
    pass
