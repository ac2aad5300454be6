"""Parts of large graphs: stable, fair to small groups, with whatever is wanted."""

from __future__ import annotations

import numpy as np

from core.sampling import FEWEST, sampled_edges, sampled_nodes, showing_some
from core.scene import MAX_EDGES

ONE = np.zeros(10_000, dtype=np.int64)


def test_a_small_graph_is_drawn_whole() -> None:
    sample = sampled_nodes(ONE[:30], wanted=[4, 7], most=30)
    assert sorted(sample.nodes.tolist()) == list(range(30))
    assert set(sample.nodes[-2:].tolist()) == {4, 7}, "what is wanted lies on top"


def test_a_sample_is_stable_and_random() -> None:
    first, again = sampled_nodes(ONE, most=1000), sampled_nodes(ONE, most=1000)
    np.testing.assert_array_equal(first.nodes, again.nodes)
    assert len(set(first.nodes.tolist())) == 1000
    assert 400 < (first.nodes < 5000).sum() < 600
    assert not first.lifted
    assert set(sampled_nodes(ONE, most=1000, seed=1).nodes.tolist()) != set(first.nodes.tolist())


def test_wanted_nodes_take_the_place_of_as_few_as_they_are() -> None:
    plain = set(sampled_nodes(ONE, most=1000).nodes.tolist())
    missing = sorted(set(range(100)) - plain)[:5]
    more = set(sampled_nodes(ONE, missing, most=1000).nodes.tolist())
    assert (len(more), more >= set(missing), len(plain - more)) == (1000, True, 5)


def test_more_wanted_nodes_than_room() -> None:
    drawn = sampled_nodes(ONE, range(3000, 6000), most=1000).nodes
    assert len(drawn) == 1000
    assert ((drawn >= 3000) & (drawn < 6000)).all()


def test_a_wanted_node_that_is_not_there_is_passed_over() -> None:
    assert len(sampled_nodes(ONE, [10_000], most=100).nodes) == 100


def test_small_groups_are_not_lost() -> None:
    groups = ONE.copy()
    groups[:3], groups[100:300] = 1, 2
    sample = sampled_nodes(groups, most=1000)
    drawn = np.bincount(groups[sample.nodes])
    assert sample.lifted
    assert (drawn.sum(), drawn[1], drawn[2]) == (1000, 3, FEWEST)
    plain = sampled_nodes(ONE, most=1000).nodes
    assert len(np.intersect1d(plain, sample.nodes)) > 1000 - FEWEST - 3, "the rest is what would have been drawn anyway"


def test_lifting_a_group_takes_nothing_from_those_that_chance_gave_just_enough() -> None:
    sizes = [110_000 - 40 * 100 - 20 * 310, *[100] * 40, *[310] * 20]
    groups = np.random.default_rng(5).permutation(np.repeat(np.arange(len(sizes)), sizes))
    sample = sampled_nodes(groups, most=20_000)
    drawn = np.bincount(groups[sample.nodes])
    assert sample.lifted
    assert (drawn.sum(), drawn.min()) == (20_000, FEWEST)


def test_nothing_is_claimed_of_groups_that_the_wanted_nodes_push_out() -> None:
    groups = ONE.copy()
    groups[:200] = 1
    assert sampled_nodes(groups, range(5000, 5900), most=1000).lifted
    assert not sampled_nodes(groups, range(5000, 5960), most=1000).lifted


def test_a_sample_has_as_many_edges_as_the_largest_graph_that_is_drawn_whole() -> None:
    edges = np.stack([np.arange(MAX_EDGES + 1) % 200, 200 + np.arange(MAX_EDGES + 1) // 200], axis=1)
    assert len(sampled_edges(edges, np.arange(1000), 1000)) == MAX_EDGES


def test_too_many_groups_are_left_to_chance() -> None:
    groups = np.arange(10_000) // 10
    assert not sampled_nodes(groups, most=1000).lifted


def test_edges_join_drawn_nodes_and_stay_while_their_ends_do() -> None:
    rng = np.random.default_rng(0)
    edges = rng.integers(0, 10_000, (200_000, 2))
    nodes = sampled_nodes(ONE, most=2000).nodes
    drawn = sampled_edges(edges, nodes, 10_000, most=500)
    assert len(drawn) == 500
    assert np.isin(drawn, nodes).all()
    other = sampled_edges(edges, sampled_nodes(ONE, [int(nodes[0]), 1], most=2000).nodes, 10_000, most=500)
    shared = {tuple(edge) for edge in drawn.tolist()} & {tuple(edge) for edge in other.tolist()}
    assert len(shared) > 490
    few = sampled_edges(edges, nodes[:20], 10_000, most=500)
    inside = np.isin(edges, nodes[:20]).all(axis=1)
    np.testing.assert_array_equal(few, edges[inside])


def test_what_is_drawn_is_said() -> None:
    assert showing_some(300, 300, 40, 40) == "Showing every node and edge."
    assert showing_some(300, 300, 40, 4000) == "Showing every node and 40 of 4,000 edges, drawn at random."
    rare = "Showing 20 of 3,000 nodes and 40 of 4,000 edges, drawn at random, at least 50 of each colour."
    assert showing_some(20, 3000, 40, 4000, lifted=True) == rare
