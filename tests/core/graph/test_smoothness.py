"""The measures of smoothness: values by hand, exact cases, a dense oracle, and what must not change them."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix

from core.graph import (
    Measured,
    dirichlet_energy,
    effective_rank,
    group_distance_ratio,
    linear_probe,
    mad_gap,
    mean_average_distance,
    propagation,
    smooth_subspace_distance,
    smoothness_metric_value,
    squared_norm,
)
from core.graph import structure as structure_module
from tests.core.graph import oracle

STAR = np.array([[0, 0, 0], [1, 2, 3]])
ONES = np.ones((4, 1))
PATH = np.stack([np.arange(9), np.arange(1, 10)])
EMPTY = np.empty((2, 0), dtype=int)

MEASURES: dict[str, Callable[..., Measured]] = {
    "symmetric energy": dirichlet_energy,
    "unnormalised energy": lambda h, e: dirichlet_energy(h, e, kind="unnormalized"),
    "relative energy": lambda h, e: dirichlet_energy(h, e, relative=True),
    "relative unnormalised energy": lambda h, e: dirichlet_energy(h, e, kind="unnormalized", relative=True),
    "distance, symmetric": lambda h, e: smooth_subspace_distance(h, e, operator="symmetric"),
    "distance, row-stochastic": lambda h, e: smooth_subspace_distance(h, e, operator="row_stochastic"),
    "squared norm": lambda h, e: squared_norm(h),
    "SMV": lambda h, e: smoothness_metric_value(h),
    "effective rank": lambda h, e: effective_rank(h),
    "MADGap": mad_gap,
}


def drawn(seed: int, n: int = 30, width: int = 5, links: int = 45) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """States, edges (with repetitions, loops and isolated nodes) and labels."""
    random = np.random.default_rng(seed)
    return random.normal(size=(n, width)), random.integers(n - 3, size=(2, links)), random.integers(3, size=n)


def test_a_star_of_equal_states() -> None:
    # Definitions, "exact cases": K1,3, one column of ones.
    assert dirichlet_energy(ONES, STAR) == pytest.approx(0.12868, abs=1e-5)
    assert dirichlet_energy(ONES, STAR) == pytest.approx(3 * (1 / np.sqrt(4) - 1 / np.sqrt(2)) ** 2)
    assert dirichlet_energy(ONES, STAR, relative=True) == pytest.approx(0.03217, abs=1e-5)
    assert dirichlet_energy(ONES, STAR, kind="unnormalized") == 0
    assert smooth_subspace_distance(ONES, STAR, operator="row_stochastic") == pytest.approx(0, abs=1e-15)
    assert smooth_subspace_distance(ONES, STAR, operator="symmetric") > 0.1
    assert mean_average_distance(ONES, STAR) == 0
    assert smoothness_metric_value(ONES) == 0
    assert effective_rank(ONES) == pytest.approx(1)
    assert group_distance_ratio(ONES, [0, 1, 1, 0]) == 1


def test_a_star_in_the_limit_of_the_symmetric_operator() -> None:
    h = np.sqrt([[4.0], [2], [2], [2]])
    assert dirichlet_energy(h, STAR) == pytest.approx(0, abs=1e-15)
    assert dirichlet_energy(h, STAR, kind="unnormalized") == pytest.approx(0.51472, abs=1e-5)
    assert dirichlet_energy(h, STAR, kind="unnormalized") == pytest.approx(6 / 4 * (2 - np.sqrt(2)) ** 2)
    assert smooth_subspace_distance(h, STAR, operator="symmetric") == pytest.approx(0, abs=1e-15)
    assert smooth_subspace_distance(h, STAR, operator="row_stochastic") > 0.1
    assert (mean_average_distance(h, STAR), smoothness_metric_value(h)) == (0, 0)
    assert effective_rank(h) == pytest.approx(1)


def test_equal_states_on_equal_degrees_have_no_energy_of_either_kind() -> None:
    triangle = [[0, 1, 2], [1, 2, 0]]
    h = np.full((3, 2), 1 / 3)
    assert dirichlet_energy(h, triangle) == pytest.approx(0, abs=1e-15)
    assert dirichlet_energy(h, triangle, kind="unnormalized") == 0


def test_two_linked_nodes_by_hand() -> None:
    h, link = [[1.0, 0], [0, 2]], [[0], [1]]
    assert dirichlet_energy(h, link) == pytest.approx((1 + 4) / 2)  # ‖(1, −2)/√2‖²
    assert dirichlet_energy(h, link, relative=True) == pytest.approx(0.5)
    assert dirichlet_energy(h, link, kind="unnormalized") == pytest.approx(5)  # 2·5 / 2
    assert dirichlet_energy(h, link, kind="unnormalized", relative=True) == pytest.approx(5 / 2.5)
    assert squared_norm(h) == 5
    assert mean_average_distance(h, link) == 1
    assert smoothness_metric_value(h) == pytest.approx(np.sqrt(2) / 2)
    assert effective_rank([[1.0, 0], [0, 1]]) == pytest.approx(2)
    assert effective_rank([[3.0, 0], [0, 1]]) == pytest.approx(np.exp(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25))))


def test_states_of_nothing() -> None:
    zero = np.zeros((4, 2))
    assert (dirichlet_energy(zero, STAR), dirichlet_energy(zero, STAR, kind="unnormalized"), squared_norm(zero)) == (0, 0, 0)
    others = [
        dirichlet_energy(zero, STAR, relative=True),
        smooth_subspace_distance(zero, STAR, operator="symmetric"),
        mean_average_distance(zero, STAR),
        mad_gap(zero, STAR),
        smoothness_metric_value(zero),
        effective_rank(zero),
        group_distance_ratio(zero, [0, 0, 1, 1]),
    ]
    assert all(np.isnan(found) and found.reason == "all states are zero" for found in others)


def test_a_zero_row_is_far_from_everything() -> None:
    h = [[0.0, 0], [1, 0], [1, 0]]
    assert mean_average_distance(h, [[0, 1, 1], [1, 0, 2]]) == 1  # node 0: 1; node 1: 1, its distance to node 2 is not counted
    assert smoothness_metric_value(h) == pytest.approx(np.mean([0.5, 0.25, 0.25]))


def test_classes_by_hand() -> None:
    h, y = [[1.0, 0], [2, 0], [0, 1], [0, 3]], [0, 0, 1, 1]
    assert group_distance_ratio(h, y) == np.inf
    assert group_distance_ratio([[1.0, 0], [0, 1], [1, 0], [0, 1]], y) == pytest.approx(1)  # within: (0 + 2)/2, between the same
    assert group_distance_ratio([*h, [9, 9]], [*y, -1]) == np.inf, "unlabelled nodes are left out"
    assert group_distance_ratio(h, [0, 0, 0, 0]).reason == "it takes two classes"


def test_mad_gap_on_a_path_by_hand() -> None:
    # States turn by 10° a step: cosine distances 1 − cos(10°·hops).
    angle = np.deg2rad(10 * np.arange(10))
    h = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    gap = lambda steps: 1 - np.cos(np.deg2rad(10 * steps))  # noqa: E731
    far = [(gap(8) + gap(9)) / 2, gap(8), gap(8), (gap(8) + gap(9)) / 2]  # nodes 0, 1, 8, 9
    near = [np.mean([gap(abs(i - j)) for j in range(10) if 0 < abs(i - j) <= 3]) for i in range(10)]
    assert mad_gap(h, PATH) == pytest.approx(np.mean(far) - np.mean(near))


def test_without_remote_pairs_mad_gap_is_not_defined() -> None:
    h = np.random.default_rng(0).normal(size=(8, 2))
    found = mad_gap(h, PATH[:, :7])
    assert np.isnan(found)
    assert "8 or more hops" in found.reason


@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_the_dense_oracle(seed: int) -> None:
    h, edges, y = drawn(seed)
    a = oracle.adjacency(edges, len(h))
    degree = a.sum(axis=1)
    assert dirichlet_energy(h, edges) == pytest.approx(oracle.symmetric_energy(h, a))
    assert dirichlet_energy(h, edges, relative=True) == pytest.approx(oracle.symmetric_energy(h, a) / (h**2).sum())
    assert dirichlet_energy(h, edges, kind="unnormalized") == pytest.approx(oracle.unnormalized_energy(h, a))
    for operator, direction in (("symmetric", np.sqrt(1 + degree)), ("row_stochastic", np.ones(len(h)))):
        found = smooth_subspace_distance(h, edges, operator=operator)  # type: ignore[arg-type]
        assert found == pytest.approx(oracle.subspace_distance(h, a, direction))
    assert smoothness_metric_value(h) == pytest.approx(oracle.smv(h))
    assert group_distance_ratio(h, y) == pytest.approx(oracle.distance_ratio(h, y))
    assert effective_rank(h) == pytest.approx(oracle.rank(h))
    assert mean_average_distance(h, a > 0) == pytest.approx(oracle.mad(h, a))
    assert mean_average_distance(h, csr_matrix(a)) == mean_average_distance(h, a > 0)
    np.testing.assert_allclose(propagation(edges, len(h), "symmetric").toarray(), oracle.a_hat(a), atol=1e-12)
    np.testing.assert_allclose(propagation(edges, len(h), "row_stochastic").toarray(), oracle.row_stochastic(a), atol=1e-12)


@pytest.mark.parametrize(("n", "links"), [(60, 62), (300, 290), (600, 620)])
def test_mad_gap_agrees_with_the_oracle_over_several_blocks(n: int, links: int) -> None:
    h, edges, _ = drawn(7, n=n, links=links)
    expected = oracle.mad_gap(h, oracle.adjacency(edges, n))
    assert np.isfinite(expected)
    assert mad_gap(h, edges) == pytest.approx(expected)


@pytest.mark.parametrize("name", MEASURES)
def test_node_numbers_and_stored_directions_do_not_matter(name: str) -> None:
    h, edges, _ = drawn(3, n=40, links=42)
    new = np.random.default_rng(1).permutation(len(h))
    moved = np.empty_like(h)
    moved[new] = h
    expected = MEASURES[name](h, edges)
    assert np.isfinite(expected)
    assert MEASURES[name](moved, new[edges]) == pytest.approx(expected)
    assert MEASURES[name](h, edges[::-1]) == pytest.approx(expected)
    assert MEASURES[name](torch.from_numpy(h), torch.from_numpy(edges)) == expected
    assert MEASURES[name](csr_matrix(h), edges) == expected


@pytest.mark.parametrize("name", MEASURES)
def test_states_that_are_no_numbers_have_no_measure(name: str) -> None:
    h, edges, _ = drawn(0)
    h[2, 1] = np.nan
    found = MEASURES[name](h, edges)
    assert np.isnan(found)
    assert found.reason == "some states are not finite numbers"


@pytest.mark.parametrize("name", MEASURES)
def test_without_edges_there_is_an_answer(name: str) -> None:
    h, _, _ = drawn(0)
    found = MEASURES[name](h, EMPTY)
    if name == "MADGap":
        assert found.reason
    elif "energy" in name:
        assert found == pytest.approx(0, abs=1e-12)
    else:
        assert np.isfinite(found)


@pytest.mark.parametrize("name", ["relative energy", "distance, symmetric", "SMV", "effective rank", "MADGap"])
def test_scale_does_not_matter(name: str) -> None:
    h, edges, _ = drawn(5, n=40, links=42)
    for factor in (1e-200, 1e-5, 1e150):
        assert MEASURES[name](factor * h, edges) == pytest.approx(MEASURES[name](h, edges)), factor


@pytest.mark.parametrize("seed", range(20))
def test_the_symmetric_energy_never_grows_under_its_operator(seed: int) -> None:
    h, edges, _ = drawn(seed, links=20 + 5 * seed)
    a = propagation(edges, len(h), "symmetric")
    for _ in range(5):
        before, h = dirichlet_energy(h, edges), a @ h
        assert dirichlet_energy(h, edges) <= before * (1 + 1e-12)
        assert 0 <= dirichlet_energy(h, edges, relative=True) < 2


@pytest.mark.parametrize("operator", ["symmetric", "row_stochastic"])
def test_infinite_smoothing_ends_in_the_subspace(operator: str) -> None:
    h, edges, _ = drawn(2, links=60)
    matrix = propagation(edges, len(h), operator)  # type: ignore[arg-type]
    for _ in range(2000):
        h = matrix @ h
    assert smooth_subspace_distance(h, edges, operator=operator) == pytest.approx(0, abs=1e-12)  # type: ignore[arg-type]
    kind = "symmetric" if operator == "symmetric" else "unnormalized"
    assert dirichlet_energy(h, edges, kind=kind) == pytest.approx(0, abs=1e-12)  # type: ignore[arg-type]


def test_large_graphs_are_sampled_and_say_how_well(monkeypatch: pytest.MonkeyPatch) -> None:
    h, edges, _ = drawn(1, n=900, links=880)
    exact = {measure: measure(h, edges) if measure is mad_gap else measure(h) for measure in (mad_gap, smoothness_metric_value)}
    structure_module._made.clear()  # what was kept of the graph knows all pairs
    monkeypatch.setattr(structure_module, "EXACT", 500)
    monkeypatch.setattr(structure_module, "SAMPLE", 400)
    for measure, value in exact.items():
        arguments = (h, edges) if measure is mad_gap else (h,)
        found = measure(*arguments, seed=3)
        assert (value.sample, value.standard_error, found.sample) == (0, 0, 400)
        assert 0 < found.standard_error < 0.1
        assert found != value
        assert abs(found - value) < 4 * found.standard_error
        assert measure(*arguments, seed=3) == found


def test_a_probe_reads_what_is_there_and_no_more() -> None:
    random = np.random.default_rng(0)
    y = random.integers(3, size=300)
    train, test = np.arange(300) < 60, np.arange(300) >= 60
    told = np.eye(3)[y] + 0.01 * random.normal(size=(300, 3))
    assert linear_probe(told, y, train, test) == 1
    assert linear_probe(1e-9 * told + 5e-9, y, train, test) == 1, "columns are standardised"
    constant = linear_probe(np.ones((300, 4)), y, train, test)
    largest = np.bincount(y[train]).argmax()
    assert constant == pytest.approx((y[test] == largest).mean())
    rounding = (1 + 1e-8 * random.normal(size=(300, 3))).astype(np.float32)
    assert linear_probe(rounding, y, train, test) == constant, "differences by rounding tell nothing"


def test_a_probe_says_why_it_cannot() -> None:
    h, y, train = np.eye(4), np.array([0, 0, 1, -1]), np.array([True, True, False, False])
    assert "fewer than two classes" in linear_probe(h, y, train, ~train).reason
    assert "no test nodes" in linear_probe(h, y, ~train, np.array([False, False, False, True])).reason
    assert "not finite" in linear_probe(h * np.nan, y, train, ~train).reason


def test_a_measured_number_is_a_number_that_travels() -> None:
    found = copy.deepcopy(Measured(0.5, sample=1000, standard_error=0.01))  # which goes the way of pickling
    assert (found, found.sample, found.standard_error, found.reason) == (0.5, 1000, 0.01, "")


def test_states_are_a_matrix() -> None:
    with pytest.raises(ValueError, match=r"shape \(4,\)"):
        dirichlet_energy(np.ones(4), STAR)


def test_scikit_learn_is_not_imported_before_a_probe_asks_for_it() -> None:
    import subprocess

    code = "import sys, core.graph; sys.exit(any(name in sys.modules for name in ('sklearn', 'torch')))"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=False).returncode == 0
