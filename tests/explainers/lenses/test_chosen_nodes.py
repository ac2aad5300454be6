"""The chosen nodes: a trained TANGNN against its own formula, and sentences of made-up ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from core.data import GraphData, Split
from core.models.contract import model
from core.models.tangnn import cosines
from core.parameters import resolve
from core.rebuilt import batch_of, module_of
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings
from core.training import train
from explainers.contract import Unsupported
from explainers.lenses import chosen_nodes as lens
from explainers.lenses.chosen_nodes import COLUMNS, ChosenNodes, captions, classes
from explainers.lenses.chosen_nodes.readings import read

# 1 → 0, 2 → 0, 0 → 3 and a loop at 0, which is no neighbour
EDGES = np.array([[1, 2, 0, 0], [0, 0, 3, 0]])


@pytest.fixture(scope="module")
def graph() -> GraphData:
    masks = (np.arange(6) % 3 == part for part in range(3))
    features = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    return GraphData("six", features, EDGES, np.array([0, 0, 0, 1, 1, -1]), ("a", "b"), {"public": Split(*masks)}, directed=True)


def spec_of(name: str = "tangnn", **given: object) -> RunSpec:
    chosen = settings(resolve(model(name).parameters, given, name))
    return RunSpec(DatasetSpec("karate", split="public"), ModelSpec(name, chosen), TrainingSpec(epochs=3))


def test_a_run_is_read_as_its_first_layer_is_defined(graph: GraphData) -> None:
    run = train(spec_of(depth=2, width=4, heads=2, chosen=3), graph=graph, device="cpu")
    rows = read(run, graph)
    assert len(rows) == 2 * 2 * 3, "layers, heads and chosen nodes"
    np.testing.assert_allclose(rows.groupby(["layer", "head"])["alpha"].sum(), 1, rtol=1e-6)
    module, batch = module_of(run.spec, graph, run.weights), batch_of(run.spec, graph)
    with torch.no_grad():
        hidden = module.activations[0](module.encoder(batch.x))
        similarity = cosines(hidden, module.direction).numpy()
        top = np.argsort(-similarity)[:3]
        query, key = (part(hidden)[:, 2:].numpy() for part in (module.layers[0].far.query, module.layers[0].far.key))
    scores = np.exp(query @ key[top].T / np.sqrt(2) + similarity[top])
    share = (scores / scores.sum(axis=1, keepdims=True)).mean(axis=0)
    mine = rows[(rows["layer"] == 1) & (rows["head"] == 2)]
    assert mine["node"].tolist() == top[np.argsort(-share)].tolist(), "the most asked first"
    np.testing.assert_allclose(mine["alpha"], np.sort(share)[::-1], rtol=1e-5)
    np.testing.assert_allclose(mine["similarity"], similarity[mine["node"]], rtol=1e-5)
    assert mine["degree"].tolist() == np.array([2, 0, 0, 1, 0, 0])[mine["node"]].tolist()
    assert mine["class"].tolist() == np.array(["a", "a", "a", "b", "b", "unknown"])[mine["node"]].tolist()


def test_renumbered_nodes_are_chosen_alike(graph: GraphData) -> None:
    run = train(spec_of(depth=1, chosen=2), graph=graph, device="cpu")
    order = np.array([3, 5, 0, 1, 4, 2])
    renamed = replace(graph, features=graph.features[order], edge_index=np.argsort(order)[EDGES], labels=graph.labels[order])
    one, other = read(run, graph), read(run, renamed)
    assert order[other["node"]].tolist() == one["node"].tolist()
    np.testing.assert_allclose(other["alpha"], one["alpha"], rtol=1e-5)


@pytest.mark.parametrize("name", ["gcn", "gat"])
def test_models_that_choose_none_are_refused_before_they_are_trained(name: str) -> None:
    with pytest.raises(Unsupported, match=f"{model(name).title} chooses no nodes that all others ask. Take TANGNN, each of whose"):
        lens.plan(spec_of(name), 1, {})


def made_up(*picks: tuple[int, int]) -> ChosenNodes:
    """One layer and head, two nodes a seed of eight; even nodes are of class a, odd ones of b."""
    rows = [
        (seed, 1, 1, node, "ab"[node % 2], 10 * node, 0.5, alpha)
        for seed, pair in enumerate(picks)
        for node, alpha in zip(pair, (0.75, 0.25), strict=True)
    ]
    return ChosenNodes("tangnn", "public split", 8, 3.0, {"a": 0.5, "b": 0.5}, pd.DataFrame(rows, columns=COLUMNS))


def test_the_sentences_and_classes_of_two_seeds() -> None:
    found = made_up((0, 2), (2, 4))
    assert captions(found) == [
        "In layer 1 every node of TANGNN asks 2 chosen nodes: 100.0 ± 0.0 % of them are of class a, which 50.0 % of all nodes are; they "
        "have 20.0 in-neighbours in the mean, all nodes 3.0.",
        "Of a head's attention the least asked of them gets 25.0 % and the most asked 75.0 % (means over layers, heads and seeds); uniform "
        "weights would give each 50.0 %.",
        "Two seeds choose 1.0 of the 2 nodes alike; by chance it would be 0.5.",
    ]
    assert classes(found).to_dict("list") == {"layer": [1, 1], "class": ["a", "b"], "chosen": [1.0, 0.0], "all_nodes": [0.5, 0.5]}
    assert list(lens.tables(found)["chosen"]) == COLUMNS
    assert lens.draw(found)["chosen"].data["node"].tolist() == [0, 2], "the first seed's"


def test_one_seed_is_not_compared_with_another() -> None:
    assert len(captions(made_up((0, 1)))) == 2
