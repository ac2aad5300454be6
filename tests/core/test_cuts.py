"""Cut edges: by hand, and against the same model on a graph without them."""

import numpy as np
import pytest
import torch

from core.computation_graph import computation_graph
from core.cuts import Cuts
from core.data import Split
from core.models.contract import Shape, build, model, models, reach
from core.tasks.node_classification import prepare

CPU = torch.device("cpu")
SETTINGS = [*((name, {}) for name in models() if model(name).uses_edges), ("gcn", {"depth": 3, "normalization": "pair"})]
NAMES = [f"{name}-{given}" for name, given in SETTINGS]


def made(graph, spec, noise=0.3):
    size = graph.num_features if model(spec.model.name).uses_features else graph.num_nodes
    torch.manual_seed(0)
    module = build(spec.model.name, Shape(size, graph.num_classes, graph.num_nodes), dict(spec.model.parameters))
    with torch.no_grad():
        for weight in module.parameters():
            weight.add_(torch.randn_like(weight) * noise)
    return module.eval()


def probabilities(module, graph, spec):
    every = np.ones(graph.num_nodes, dtype=bool)
    batch = prepare(graph, Split(every, ~every, ~every), CPU, uses_features=model(spec.model.name).uses_features)
    with torch.no_grad():
        return module(batch.x, batch.edges).double().softmax(dim=1).numpy()


def undirected(make_graph, seed=1, **changes):
    graph = make_graph(seed, num_edges=14, **changes)
    both = np.concatenate([graph.edge_index, graph.edge_index[::-1]], axis=1)
    return make_graph(seed, num_edges=14, edge_index=both, directed=False, **changes)


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
@pytest.mark.parametrize(("name", "given"), SETTINGS, ids=NAMES)
def test_a_deleted_edge_is_absent(make_graph, make_spec, name, given, sparse):
    graph, spec = undirected(make_graph, sparse=sparse), make_spec(name, given)
    module = made(graph, spec)
    cuts = Cuts(module, computation_graph(graph, 0, spec))
    masks = np.random.default_rng(0).random((3, cuts.part.num_pairs)) < 0.6
    found = cuts.answer(masks)
    source, target = graph.edge_index
    for mask, answer in zip(masks, found, strict=True):
        gone = {tuple(pair) for pair in cuts.part.pairs[~mask].tolist()}
        stays = [(min(u, v), max(u, v)) not in gone for u, v in zip(source.tolist(), target.tolist(), strict=True)]
        rest = undirected(make_graph, sparse=sparse)
        smaller = make_graph(1, num_edges=14, edge_index=rest.edge_index[:, stays], directed=False, sparse=sparse)
        np.testing.assert_allclose(answer, probabilities(module, smaller, spec)[0], atol=1e-5)


@pytest.mark.parametrize(("name", "given"), SETTINGS, ids=NAMES)
def test_with_all_edges_both_ways_give_the_prediction(make_graph, make_spec, name, given):
    graph, spec = undirected(make_graph), make_spec(name, given)
    module = made(graph, spec, 0.15)  # a model that is sure of itself would not move
    cuts = Cuts(module, computation_graph(graph, 3, spec))
    whole = probabilities(module, graph, spec)[[3]]
    every = np.ones((1, cuts.part.num_pairs), dtype=bool)
    np.testing.assert_allclose(cuts.answer(every), whole, atol=1e-5)
    np.testing.assert_allclose(cuts.answer(every, "masked"), whole, atol=1e-5)
    assert np.abs(cuts.answer(~every, "masked") - whole).max() > 1e-4, "the messages of this model are not masked"


def test_masks_reach_a_layer_whose_base_was_in_use_before(make_graph, make_spec):
    """PyG would pass over them in silence: ωGCN's smoothing is a subclass of GCN's convolution."""
    graph = undirected(make_graph)
    for name in ("gcn", "omega_gcn"):
        module = made(graph, make_spec(name), 0.1)
        cuts = Cuts(module, computation_graph(graph, 3, make_spec(name)))
        none = np.zeros((1, cuts.part.num_pairs), dtype=bool)
        assert np.abs(cuts.answer(none, "masked") - cuts.answer(~none, "masked")).max() > 1e-4, name
        before = cuts.answer(~none, "masked")
        np.testing.assert_allclose(before, cuts.answer(~none), atol=1e-6)


def test_masked_messages_by_hand(make_graph, make_spec):
    """One layer of GCN: the row of Â without the entry of the cut edge, the other entries as they were."""
    graph, spec = undirected(make_graph), make_spec("gcn", {"depth": 1})
    module, node = made(graph, spec), 0
    cuts = Cuts(module, computation_graph(graph, node, spec))
    edge = next(number for number, ends in enumerate(cuts.part.pairs.tolist()) if node in ends)
    neighbour = next(end for end in cuts.part.pairs[edge].tolist() if end != node)
    every = np.ones(graph.num_nodes, dtype=bool)
    batch = prepare(graph, Split(every, ~every, ~every), CPU)
    row = batch.edges.symmetric.to_dense()[node].clone()
    row[neighbour] = 0
    layer = module.convolutions[0]
    logits = row @ (torch.from_numpy(graph.features) @ layer.lin.weight.t()) + layer.bias
    kept = np.ones(cuts.part.num_pairs, dtype=bool)
    kept[edge] = False
    np.testing.assert_allclose(cuts.answer(kept, "masked")[0], logits.detach().double().softmax(dim=0).numpy(), atol=1e-6)
    assert np.abs(cuts.answer(kept, "masked") - cuts.answer(kept)).max() > 1e-4, "deleted, the degrees change as well"


def test_edges_are_pairs_or_in_a_directed_graph_arcs(make_graph, make_spec):
    arcs = np.array([[0, 1, 1, 2, 2], [1, 0, 2, 2, 0]])  # 0 ⇄ 1, 1 → 2, a loop at 2, 2 → 0
    for directed, expected in ((False, [[0, 1], [0, 2], [1, 2]]), (True, [[0, 1], [1, 0], [1, 2], [2, 0]])):
        graph = make_graph(num_nodes=3, edge_index=arcs, directed=directed)
        cuts = Cuts(made(graph, make_spec("gcn")), computation_graph(graph, 0, make_spec("gcn")))
        assert cuts.part.pairs.tolist() == expected
        assert (cuts.part.pair_of >= 0).tolist() == [True, True, True, False, True]


@pytest.mark.parametrize("name", ["gcn", "gat", "chebnet", "sage", "dagnn", "jknet"])
def test_masks_meet_their_edges_where_every_node_has_a_loop(make_graph, make_spec, name):
    """As many stored loops as nodes: PyG then takes the mask as it is, although the layer has put its own loops last."""
    pairs, loops = np.array([[0, 1, 1, 2, 2, 3], [1, 0, 2, 1, 3, 2]]), np.arange(4).repeat(2).reshape(4, 2).T
    found = []
    for edges in (np.concatenate([loops, pairs], axis=1), np.concatenate([pairs, loops], axis=1)):
        graph = make_graph(num_nodes=4, edge_index=edges, directed=False)
        cuts = Cuts(made(graph, make_spec(name)), computation_graph(graph, 1, make_spec(name)))
        assert cuts.part.pairs.tolist() == [[0, 1], [1, 2], [2, 3]]
        found.append(cuts.answer([[True, False, True], [False, True, True]], "masked"))
    np.testing.assert_allclose(*found, atol=1e-6)
    assert np.abs(found[0][0] - found[0][1]).max() > 1e-4


@pytest.mark.parametrize("name", ["dgmlp", "sgc"])
def test_a_model_that_was_in_use_is_copied(make_graph, make_spec, name):
    graph, spec = undirected(make_graph), make_spec(name)
    module = made(graph, spec).train()
    probabilities(module, graph, spec)  # smooths the features once, for all epochs
    module.eval()
    cuts = Cuts(module, computation_graph(graph, 0, spec))
    whole = cuts.answer(np.ones((1, cuts.part.num_pairs), dtype=bool))
    np.testing.assert_allclose(whole, probabilities(module, graph, spec)[[0]], atol=1e-5)


def test_many_masks_in_several_calls_and_none(make_graph, make_spec, monkeypatch):
    graph, spec = undirected(make_graph), make_spec("gcn")
    cuts = Cuts(made(graph, spec), computation_graph(graph, 0, spec))
    masks = np.random.default_rng(0).random((7, cuts.part.num_pairs)) < 0.5
    at_once = cuts.answer(masks)
    monkeypatch.setattr("core.cuts.MOST_NUMBERS", 3 * graph.num_nodes * graph.num_features)
    np.testing.assert_allclose(cuts.answer(masks), at_once, atol=1e-12)
    assert len(cuts.answer(masks[:0])) == 0
    with pytest.raises(ValueError, match="3 entries"):
        cuts.answer(np.ones((2, 3), dtype=bool))


def test_a_node_without_edges_has_no_masks_to_ask(make_graph, make_spec):
    graph, spec = make_graph(1), make_spec("gcn")
    module, node = made(graph, spec), graph.num_nodes - 1
    cuts = Cuts(module, computation_graph(graph, node, spec))
    assert cuts.part.num_pairs == 0
    np.testing.assert_allclose(cuts.answer(np.ones((1, 0), dtype=bool)), probabilities(module, graph, spec)[[node]], atol=1e-6)


def test_the_model_is_left_as_it_was(make_graph, make_spec):
    graph, spec = undirected(make_graph), make_spec("gat")
    module = made(graph, spec)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    cuts = Cuts(module, computation_graph(graph, 0, spec))
    cuts.answer(np.zeros((2, cuts.part.num_pairs), dtype=bool), "masked")
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert all(getattr(part, "_edge_mask", None) is None for owner in (module, cuts._module) for part in owner.modules())
    assert reach("gat", dict(spec.model.parameters)) == 2
