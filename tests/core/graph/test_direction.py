"""The direction score against correlations over all pairs of nodes, and when it advises nothing."""

import numpy as np
import pytest

from core.datasets.edges import undirected
from core.errors import UserError
from core.graph import direction_score
from core.graph.homophily import direction


def dense(edges, y, mask):
    """R² by pattern from matrices of nodes by nodes, whose correlation NumPy computes."""
    links = np.zeros((len(y), len(y)))
    links[tuple(edges)] = 1
    np.fill_diagonal(links, 0)
    known = mask & (y >= 0)
    pairs = np.outer(known, known) & ~np.eye(len(y), dtype=bool)
    same = (y[:, None] == y)[pairs]
    steps = {"AA": links @ links, "AAᵀ": links @ links.T, "AᵀA": links.T @ links}
    return {name: np.corrcoef((paths > 0)[pairs], same)[0, 1] ** 2 for name, paths in steps.items()}


def drawn(seed, nodes=40, edges=110):
    random = np.random.default_rng(seed)
    y = random.integers(3, size=nodes)
    y[:4] = -1
    return random.integers(nodes, size=(2, edges)), y, random.random(nodes) < 0.7


def pointing(classes=3, size=8, seed=0):
    """Nodes of a class point to sinks of their class: AAᵀ knows the class, no path has two steps, and the sinks are unlabelled."""
    random = np.random.default_rng(seed)
    y = np.repeat(np.arange(classes), size)
    source = np.repeat(np.arange(len(y)), 2)
    target = len(y) + 2 * y[source] + random.integers(2, size=len(source))
    return np.stack([source, target]), np.append(y, np.full(2 * classes, -1))


@pytest.mark.parametrize("seed", range(6))
def test_against_all_pairs(seed):
    edges, y, mask = drawn(seed)
    found, slow = direction_score(edges, y, mask), dense(edges, y, mask)
    assert found.r_squared == pytest.approx(slow)
    assert found.value == pytest.approx(1 - min(slow.values()) / max(slow.values()))
    assert found.nodes == (mask & (y >= 0)).sum()


def test_the_quantile_is_that_of_permuted_labels():
    edges, y, mask = drawn(1)
    known, random = np.flatnonzero(mask & (y >= 0)), np.random.default_rng(5)
    largest = []
    for _ in range(direction.PERMUTATIONS):
        dealt = np.full(len(y), -1)
        dealt[known] = random.permutation(y[known])
        largest.append(max(dense(edges, dealt, mask).values()))
    assert direction_score(edges, y, mask, seed=5).chance == pytest.approx(sorted(largest)[94])


def test_worked_out_by_hand():
    # 0 and 1 point to 4, 2 and 3 to 5: AAᵀ links 0-1 and 2-3, exactly the pairs of equal labels. Nothing else links labelled nodes.
    found = direction_score([[0, 1, 2, 3], [4, 4, 5, 5]], [0, 0, 1, 1, -1, -1], np.ones(6, dtype=bool))
    assert found.r_squared == pytest.approx({"AA": 0, "AAᵀ": 1, "AᵀA": 0})
    assert found.value == 1
    # A third of the permutations do as well: four labels are too few to advise anything.
    assert (found.chance, found.advice) == (pytest.approx(1), "")
    assert found.reason


def test_direction_that_matters_is_kept():
    edges, y = pointing()
    found = direction_score(edges, y, np.ones(len(y), dtype=bool))
    assert max(found.r_squared, key=found.r_squared.get) == "AAᵀ"
    assert found.r_squared["AAᵀ"] > found.chance
    assert (found.value, found.advice, found.reason) == (1, "directed", "")
    turned = direction_score(edges[::-1], y, np.ones(len(y), dtype=bool))
    assert max(turned.r_squared, key=turned.r_squared.get) == "AᵀA"


def test_direction_that_says_nothing_is_dropped():
    # Every edge within the class, drawn with a direction at random: the three patterns follow the labels alike.
    random, y = np.random.default_rng(0), np.repeat([0, 1, 2], 20)
    edges = np.stack([random.integers(20, size=240), random.integers(20, size=240)]) + 20 * random.integers(3, size=240)
    found = direction_score(edges, y, np.ones(60, dtype=bool))
    assert (found.advice, found.reason) == ("undirected", "")
    assert found.value < 0.5


def test_edges_that_point_either_way_by_chance_are_seldom_told_to_matter():
    # weak homophily, each edge turned by a coin: small R² of three patterns that follow the labels alike differ much by chance
    advised = []
    for seed in range(20):
        random, y = np.random.default_rng(seed), np.repeat([0, 1], 80)
        linked = np.triu(random.random((160, 160)) < np.where(y[:, None] == y, 0.07, 0.035), 1)
        ends = np.stack(np.nonzero(linked))
        edges = np.where(random.random(ends.shape[1]) < 0.5, ends, ends[::-1])
        advised.append(direction_score(edges, y, np.ones(160, dtype=bool)))
    assert sum(one.value > direction.KEEP for one in advised) >= 8, "the score alone would say so"
    assert sum(one.advice == "directed" for one in advised) <= 4  # 5 or more of 20 at 5 %: under 1 in 300
    assert any("either way by chance" in one.reason and one.turned >= one.value for one in advised)


def test_too_many_paths_are_not_turned_round(monkeypatch):
    monkeypatch.setattr(direction, "MOST_TURNED", 10)
    edges, y = pointing()
    found = direction_score(edges, y, np.ones(len(y), dtype=bool))
    assert (found.value, found.advice) == (1, "")
    assert "too many paths" in found.reason


@pytest.mark.parametrize("seed", range(3))
def test_labels_at_random_get_no_advice_nineteen_times_of_twenty(seed):
    random = np.random.default_rng(seed)
    scores = [direction_score(random.integers(30, size=(2, 90)), random.integers(2, size=30), np.ones(30, dtype=bool)) for _ in range(20)]
    assert sum(bool(score.advice) for score in scores) <= 4  # 5 or more of 20 at 5 %: under 1 in 300


def test_names_and_copies_do_not_matter_and_a_seed_repeats():
    edges, y, mask = drawn(2)
    first = direction_score(edges, y, mask)
    assert first == direction_score(edges, y, mask)
    again = np.concatenate([edges, edges[:, :30], [[7, 8], [7, 8]]], axis=1)  # parallel edges, self-loops
    assert direction_score(again, y, mask) == first
    random = np.random.default_rng(0)
    nodes, classes = random.permutation(len(y)), np.array([2, 0, 1])
    moved, kept = np.empty_like(y), np.empty_like(mask)
    moved[nodes], kept[nodes] = np.where(y >= 0, classes[y], -1), mask
    renamed = direction_score(nodes[edges], moved, kept)
    assert renamed.r_squared == pytest.approx(first.r_squared)
    assert renamed.value == pytest.approx(first.value)


def test_labels_outside_the_mask_are_not_looked_at():
    edges, y, mask = drawn(3)
    assert direction_score(edges, np.where(mask, y, (y + 1) % 3), mask) == direction_score(edges, y, mask)


@pytest.mark.parametrize(
    ("edges", "y", "reason"),
    [
        (undirected([[0, 1, 2], [1, 2, 3]], 4), [0, 0, 1, 1], "stored both ways"),
        (np.empty((2, 0)), [0, 0, 1, 1], "no edges"),
        ([[2], [2]], [0, 0, 1, 1], "no edges"),
        ([[0], [1]], [0, 0, 0, 0], "fewer than two classes"),
        ([[0], [1]], [-1, -1, -1, 1], "fewer than two classes"),
        ([[0], [1]], [0, 1, 2, 3], "no two of the labels are equal"),
        ([[0, 2], [1, 3]], [0, 0, 1, 1], "no pattern"),
    ],
)
def test_nothing_to_advise(edges, y, reason):
    found = direction_score(edges, y, np.ones(4, dtype=bool))
    assert np.isnan(found.value)
    assert found.advice == ""
    assert reason in found.reason
    assert found.value.reason == found.reason


@pytest.mark.parametrize("limit", ["MOST_PAIRS", "MOST_PATHS"])
def test_too_large_a_pattern_is_refused_before_it_is_counted(monkeypatch, limit):
    edges, y, mask = drawn(0)
    monkeypatch.setattr(direction, limit, 50)
    monkeypatch.setattr(direction, "_pattern", None)  # would fail
    with pytest.raises(UserError, match=r"AA may link \d+ pairs of the \d+ labelled nodes, by \d+ paths .* fewer labelled nodes"):
        direction_score(edges, y, mask)


def test_pairs_are_at_most_all_and_their_paths_may_be_more(monkeypatch):
    edges, y = pointing()
    monkeypatch.setattr(direction, "MOST_PAIRS", 24**2)
    assert direction_score(edges, y, np.ones(len(y), dtype=bool)).advice == "directed"


def test_a_mask_of_another_kind_is_refused():
    with pytest.raises(UserError, match="true or false for each of 2 nodes"):
        direction_score([[0], [1]], [0, 1], [0, 1])
    with pytest.raises(UserError, match="true or false"):
        direction_score([[0], [1]], [0, 1], np.ones(3, dtype=bool))
    with pytest.raises(UserError, match="names node 5"):
        direction_score([[0], [5]], [0, 1, 0], np.ones(3, dtype=bool))
