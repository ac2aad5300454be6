"""Masks at the engine's speed are PyG's masks: logits and gradients, for every model that says so."""

import numpy as np
import pytest
import torch
from scipy.sparse import issparse
from torch.testing import assert_close

from core import explained, masked
from core.explained import Block, Subject
from core.masked import FewRows, WeightedMatrix
from core.models.contract import models
from core.sparse import Matrix
from core.training import train

NAMES = [name for name, unit in models().items() if unit.weighs_messages]


def both_ways(make_graph, **changes):
    graph = make_graph(1, num_edges=14, **changes)
    edges = np.concatenate([graph.edge_index, graph.edge_index[::-1]], axis=1)
    return make_graph(1, num_edges=14, edge_index=edges, directed=False, **changes)


def blocks(graph, spec, nodes, monkeypatch):
    """The same nodes by prepared matrices, and by PyG's message passing."""
    run = train(spec, graph=graph, device="cpu")
    with torch.no_grad():
        subject = Subject(run, graph)
        for weight in subject.module.parameters():
            weight.add_(torch.randn(weight.shape, generator=torch.Generator().manual_seed(0)) * 0.3)
    fast = Block(subject, [subject.part(node) for node in nodes])
    monkeypatch.setattr(Subject, "weighs_messages", False)
    return fast, Block(subject, [subject.part(node) for node in nodes])


def asked(block, graph, weights):
    """Logits, and the gradients of one of them for features and weights."""
    values = block.values.clone().requires_grad_()
    weights = torch.from_numpy(weights).requires_grad_()
    logits = block.logits(values, weights)
    (0 * values.sum() + 0 * weights.sum() + logits[:, 0].sum()).backward()
    features = [one.toarray() if issparse(one) else one for one in block.by_feature(values.grad)]
    return logits.detach(), torch.from_numpy(np.concatenate(features)), weights.grad


@pytest.mark.parametrize("kind", ["undirected", "directed", "sparse"])
@pytest.mark.parametrize("name", NAMES)
def test_masks_are_pygs_masks(make_graph, make_spec, monkeypatch, name, kind):
    graph = make_graph(1, num_edges=20) if kind == "directed" else both_ways(make_graph, sparse=kind == "sparse")
    fast, slow = blocks(graph, make_spec(name, epochs=1), [0, 3, 5], monkeypatch)
    weights = np.random.default_rng(0).random(fast.num_pairs, dtype=np.float32)
    for one, other in zip(asked(fast, graph, weights), asked(slow, graph, weights), strict=True):
        assert_close(one, other, atol=2e-5 * max([1.0, *other.abs().flatten().tolist()]), rtol=1e-4)


def test_some_models_take_the_other_way():
    assert {"deeper_gcn", "grand", "tide", "dgmlp"}.isdisjoint(NAMES)
    assert len(NAMES) > 10


@pytest.mark.parametrize("name", ["gcn", "gat"])
def test_with_everything_as_it_is_the_logits_are_those_of_the_run(make_graph, make_spec, name):
    graph = both_ways(make_graph)
    run = train(make_spec(name, epochs=5), graph=graph, device="cpu")
    subject = Subject(run, graph)
    for place, block in subject.blocks([4, 0, 11]):
        assert place == slice(0, 3)
        assert block.asked == [4, 0, 11]
        assert_close(block.logits(block.values, block.whole()).numpy(), run.logits[[4, 0, 11]], atol=1e-5, rtol=1e-5)


def test_copies_and_several_calls_change_nothing(make_graph, make_spec, monkeypatch):
    graph = both_ways(make_graph, sparse=True)
    subject = Subject(train(make_spec("gcn", epochs=5), graph=graph, device="cpu"), graph)
    ((_, block),) = subject.blocks([0, 4])
    once = block.logits(block.values, block.whole())
    assert_close(block.times(3).logits(block.values.repeat(3), block.whole().repeat(3)), once.repeat(3, 1))
    monkeypatch.setattr(explained, "MOST_NUMBERS", 1)
    alone = [part for _, part in subject.blocks([0, 4])]
    assert [part.asked for part in alone] == [[0], [4]]
    assert_close(torch.cat([part.logits(part.values, part.whole()) for part in alone]), once)
    assert block.room == 1


def test_computation_graphs_are_kept_while_they_are_small(make_graph, make_spec, monkeypatch):
    graph = both_ways(make_graph)
    subject = Subject(train(make_spec("gcn", epochs=1), graph=graph, device="cpu"), graph)
    first = subject.part(0)
    assert subject.part(0) is first
    monkeypatch.setattr(explained, "KEPT", 1)
    second = subject.part(4)
    assert subject.part(4) is second
    assert subject.part(0) is not first
    assert second.without_features().pairs.tolist() == second.pairs.tolist()
    assert second.without_features().graph.num_features == graph.num_features


def test_many_copies_are_told_apart(make_graph, make_spec):
    """More pairs of rows than 32 bits can number."""
    graph = both_ways(make_graph)
    subject = Subject(train(make_spec("gcn", epochs=5), graph=graph, device="cpu"), graph)
    ((_, block),) = subject.blocks([0])
    weights = torch.rand(block.num_pairs, generator=torch.Generator().manual_seed(0))
    count = 2**16 // len(block.parts[0].nodes) + 1
    copies = block.times(count)
    assert_close(copies.logits(block.values.repeat(count, 1), weights.repeat(count)), block.logits(block.values, weights).repeat(count, 1))


def test_features_are_scaled_and_read_back_by_node(make_graph, make_spec):
    for sparse in (False, True):
        graph = both_ways(make_graph, sparse=sparse)
        subject = Subject(train(make_spec("gcn", {"depth": 1}, epochs=1), graph=graph, device="cpu"), graph)
        ((_, block),) = subject.blocks([0, 4])
        masks = torch.rand(2, graph.num_features, generator=torch.Generator().manual_seed(0))
        for part, mask, found in zip(block.parts, masks.numpy(), block.by_feature(block.scaled(masks)), strict=True):
            x = part.graph.features.toarray() if sparse else part.graph.features
            expected = np.where(part.hop[:, None] >= 0, x * mask, 0)
            np.testing.assert_allclose(found.toarray() if sparse else found, expected, rtol=1e-6)
        told = block.per_feature(block.columns.float()).numpy()
        assert np.isin(told, [0, *range(graph.num_features)]).all()
        assert (told[:, 1:][told[:, 1:] > 0] == np.nonzero(told[:, 1:] > 0)[1] + 1).all()


def test_messages_that_can_reach_the_node_are_counted(make_graph, make_spec):
    """The path 0 – 1 – 2 – 3 seen from 0 with two layers: nothing that goes into 2 is there in time, and 3 is beyond."""
    links = np.array([[0, 1, 1, 2, 2, 3], [1, 0, 2, 1, 3, 2]])
    graph = make_graph(num_nodes=4, edge_index=links, directed=False)
    subject = Subject(train(make_spec("gcn", epochs=1), graph=graph, device="cpu"), graph)
    ((_, block),) = subject.blocks([0])
    assert block.joined.pairs.tolist() == [[0, 1], [1, 2], [2, 3]]
    assert block.messages.tolist() == [2, 1, 0]
    assert block.pair_owner.tolist() == [0, 0, 0]


@pytest.mark.parametrize("width", range(1, 11))
def test_the_gradient_for_the_entries_of_a_matrix_is_the_dense_ones(width):
    """Few columns are filled up to eight before the product."""
    draw = torch.Generator().manual_seed(width)
    row, column, value = torch.tensor([0, 0, 2, 3]), torch.tensor([1, 4, 0, 2]), torch.rand(4, generator=draw)
    right = torch.rand(5, width, generator=draw)
    pattern = Matrix.from_entries(row, column, value, (4, 5))
    values, plain = value.clone().requires_grad_(), value.clone().requires_grad_()
    weight = torch.rand(4, width, generator=draw)
    (weight * (WeightedMatrix(pattern, values) @ right)).sum().backward()
    (weight * (torch.zeros(4, 5).index_put((row, column), plain) @ right)).sum().backward()
    assert_close(values.grad, plain.grad)


def test_few_filled_rows_are_multiplied_as_many_are(make_graph, make_spec, monkeypatch):
    """The dense product of the rows around one node, and the sparse one: logits and gradients."""
    graph = both_ways(make_graph, sparse=True)
    subject = Subject(train(make_spec("gcn", epochs=5), graph=graph, device="cpu"), graph)
    found = []
    for most in (masked.FEW, 0):
        monkeypatch.setattr(masked, "FEW", most)
        block = Block(subject, [subject.part(node) for node in (0, 4)])
        weights = np.random.default_rng(0).random(block.num_pairs, dtype=np.float32)
        found.append((asked(block, graph, weights), block._edges.symmetric))
    (dense, few), (sparse, many) = found
    assert (type(few), type(many)) == (FewRows, WeightedMatrix)
    assert_close(few.to_dense(), many.to_dense())
    for one, other in zip(dense, sparse, strict=True):
        assert_close(one, other)


def test_nothing_is_sent_into_the_outermost_ring(make_graph, make_spec):
    """The path 0 – 1 – 2 – 3 seen from 0 with two layers: node 2's own state is of use, but nothing that it would receive."""
    links = np.array([[0, 1, 1, 2, 2, 3], [1, 0, 2, 1, 3, 2]])
    graph = make_graph(num_nodes=4, edge_index=links, directed=False)
    subject = Subject(train(make_spec("gcn", epochs=1), graph=graph, device="cpu"), graph)
    ((_, block),) = subject.blocks([0])
    rows = block._edges.symmetric.to_dense()
    assert (rows[:2] > 0).tolist() == [[True, True, False], [True, True, True]]
    assert rows[2].tolist() == [0, 0, 0]
    assert rows[1, 2] == pytest.approx(1 / 3), "degrees stay those of the whole graph: 1 and 2 have three each, loops counted"
