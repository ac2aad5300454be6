"""What holds for every calibrator that gives each node a temperature of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from core.data import GraphData
from core.work import Cancelled
from explainers.calibrators.cagcn.network import WIDTH
from explainers.calibrators.contract import Fitted, fit, log_softmax
from explainers.calibrators.gats import NO_TRAINING
from explainers.calibrators.gats.attention import HEADS
from explainers.calibrators.node_temperatures import descent, fitted_temperatures, in_order
from explainers.contract import Unsupported

every = pytest.mark.parametrize("name", ["cagcn", "gats"])


@dataclass(frozen=True, eq=False)
class Two:
    """Two communities without an edge between them. Logits are true to their softmax; those of the `second` are three times as large."""

    graph: GraphData
    logits: np.ndarray
    second: np.ndarray
    validation: np.ndarray
    train: np.ndarray

    def fit(self, name: str, seed: int = 0, **other: object) -> Fitted:
        return fit(name, self.logits, self.graph.labels, self.validation, self.train, self.graph, seed=seed, **other)

    def with_edges(self, edge_index: np.ndarray, *, directed: bool = False) -> Two:
        return replace(self, graph=replace(self.graph, edge_index=edge_index, directed=directed))

    def with_labels(self, labels: np.ndarray) -> Two:
        return replace(self, graph=replace(self.graph, labels=labels))


def two(n: int = 200, classes: int = 3, seed: int = 0, factor: float = 3.0) -> Two:
    random = np.random.default_rng(seed)
    second, part = np.arange(n) >= n // 2, random.permutation(n) % 4
    logits = random.normal(size=(n, classes)) * 1.5
    labels = np.array([random.choice(classes, p=row) for row in np.exp(log_softmax(logits))])
    ends = random.integers(n // 2, size=(2, 3 * n)) + n // 2 * random.integers(2, size=3 * n)
    ends = ends[:, ends[0] != ends[1]]
    edges = np.unique(np.concatenate([ends, ends[::-1]], axis=1), axis=1)
    graph = GraphData("two", np.ones((n, 1), np.float32), edges, labels, tuple("abcdef"[:classes]))
    return Two(graph, np.where(second, factor, 1.0)[:, None] * logits, second, part == 0, part == 1)


def check(fitted: Fitted, case: Two) -> None:
    found = fitted(case.logits)
    assert fitted.temperatures is not None
    assert fitted.temperatures.shape == (len(found),)
    assert ((fitted.temperatures >= 0.05) & (fitted.temperatures <= 20)).all()
    np.testing.assert_allclose(found, log_softmax(case.logits / fitted.temperatures[:, None]), atol=1e-12)
    np.testing.assert_array_equal(found.argmax(axis=1), case.logits.argmax(axis=1))


@every
@pytest.mark.parametrize("scale", [1e-3, 1.0, 50.0, 1e6])
@pytest.mark.parametrize("classes", [2, 5])
def test_no_prediction_changes_its_class(name: str, scale: float, classes: int) -> None:
    case = two(classes=classes)
    case = replace(case, logits=case.logits * scale)
    check(case.fit(name), case)


@every
def test_numbers_that_were_fitted_and_nodes_they_were_fitted_to(name: str) -> None:
    case = two(classes=3)
    fitted = case.fit(name)
    assert fitted.parameters == {"cagcn": 3 * WIDTH + WIDTH + WIDTH + 1, "gats": 3 * HEADS + 4}[name]
    assert fitted.nodes == case.validation.sum()
    assert fitted.said == ""


@every
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(name: str) -> None:
    case = two()
    first, again, other = (case.fit(name, seed).temperatures for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-6


@every
def test_random_numbers_and_threads_are_left_as_they_were(name: str) -> None:
    torch.manual_seed(5)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        two().fit(name)
        assert torch.equal(torch.get_rng_state(), before)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)


@every
def test_labels_of_other_nodes_change_nothing(name: str) -> None:
    case = two()
    others = np.flatnonzero(~case.validation & ~case.train)
    labels = case.graph.labels.copy()
    labels[others] = np.random.default_rng(0).permutation(labels[others])
    unknown = case.graph.labels.copy()
    unknown[others] = -1
    assert (labels != case.graph.labels).any()
    fitted = case.fit(name)
    for changed in (labels, unknown):
        again = case.with_labels(changed).fit(name)
        np.testing.assert_array_equal(again.temperatures, fitted.temperatures)
        np.testing.assert_array_equal(again(case.logits), fitted(case.logits))


@every
def test_names_of_nodes_and_the_order_of_edges_change_nothing(name: str) -> None:
    case = two()
    order = np.random.default_rng(5).permutation(len(case.second))
    edges = np.argsort(order)[case.graph.edge_index][:, ::-1]
    graph = replace(case.graph, features=case.graph.features[order], labels=case.graph.labels[order], edge_index=edges.copy())
    renamed = Two(graph, case.logits[order], case.second[order], case.validation[order], case.train[order])
    np.testing.assert_allclose(renamed.fit(name).temperatures, case.fit(name).temperatures[order], rtol=1e-6)


def test_the_order_is_that_of_logits_and_edges_keep_their_nodes() -> None:
    logits = np.array([[0.0, 2.0], [1.0, 0.0], [0.0, 1.0]])
    order, edges = in_order(logits, np.array([[0, 1, 2], [1, 0, 0]]))
    assert order.tolist() == [1, 2, 0], "by the last column first"
    assert edges.T.tolist() == [[2, 0], [0, 2], [1, 2]]


@every
def test_it_is_made_for_these_nodes_but_takes_other_logits(name: str) -> None:
    case = two()
    fitted, other = case.fit(name), case.logits[:, ::-1] * 0.5
    found = fitted(other)
    np.testing.assert_allclose(np.exp(found).sum(axis=1), 1)
    np.testing.assert_array_equal(found.argmax(axis=1), other.argmax(axis=1))
    assert np.abs(found - log_softmax(other / fitted.temperatures[:, None])).max() > 1e-3, "temperatures follow the logits"


@every
def test_graphs_without_edges_and_nodes_without_neighbours(name: str) -> None:
    case = two()
    bare = case.with_edges(np.empty((2, 0), dtype=np.int64))
    fitted = bare.fit(name)
    check(fitted, bare)
    assert fitted.said == "The graph has no edges: each temperature depends on the node's own logits alone."
    apart = case.with_edges(
        np.concatenate([case.graph.edge_index[:, ~np.isin(case.graph.edge_index, [3, 8]).any(axis=0)], [[3], [3]]], axis=1)
    )
    fitted = apart.fit(name)
    check(fitted, apart)
    assert fitted.said == "2 nodes have no neighbour; there the temperature depends on the own logits alone."
    changed = case.logits.copy()
    changed[[3, 8]] *= 2
    moved = np.log(np.exp(fitted(changed)) / np.exp(fitted(case.logits)))
    assert np.abs(moved[np.setdiff1d(np.arange(200), [3, 8])]).max() == 0, "nobody else hears of it"


@every
def test_messages_follow_the_edges_of_a_directed_graph(name: str) -> None:
    case = two(n=60)
    ring = np.stack([np.arange(59), np.arange(1, 60)])
    directed = case.with_edges(ring, directed=True)
    fitted = directed.fit(name)
    check(fitted, directed)
    assert "1 node has no in-neighbour" in fitted.said
    changed = case.logits.copy()
    changed[30] *= 2
    moved = np.flatnonzero(np.abs(fitted(changed) - fitted(case.logits)).max(axis=1) > 1e-12)
    assert moved.tolist() == ([30, 31, 32] if name == "cagcn" else [30, 31]), "two layers reach two hops ahead, attention one"


@every
def test_without_training_nodes(name: str) -> None:
    case = two()
    case = replace(case, train=np.zeros_like(case.train))
    fitted = case.fit(name)
    check(fitted, case)
    assert fitted.said == (NO_TRAINING if name == "gats" else "")


@every
def test_training_nodes_stop_gats_only(name: str) -> None:
    case = two()
    labels = np.where(case.train, (case.graph.labels + 1) % 3, case.graph.labels)
    same = (case.with_labels(labels).fit(name).temperatures == case.fit(name).temperatures).all()
    assert same == (name == "cagcn")


@every
def test_one_class_is_nothing_to_fit(name: str) -> None:
    case = two(classes=1)
    with pytest.raises(Unsupported, match="with one class every prediction has probability 1"):
        case.fit(name)


@every
def test_progress_is_told_and_a_stop_is_heard(name: str) -> None:
    heard: list[tuple[float, float, str]] = []

    def report(done: float = 0.0, total: float = 0.0, message: str = "", snapshot: object = None) -> None:
        heard.append((done, total, message))
        if len(heard) == 5:
            raise Cancelled

    with pytest.raises(Cancelled):
        two().fit(name, report=report)
    assert heard == [(epoch, 40, f"Fitting {'CaGCN' if name == 'cagcn' else 'GATS'}") for epoch in range(5)]
    two().fit("temperature", report=report)
    assert len(heard) == 5, "what takes no time tells nothing"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([1, 2, 1, 1], ""),
        ([-3, 2, 1, 0.01], " 2 nodes would get a lower temperature than 0.05, where all are held."),
        ([1, 2, 25, 1], " 1 node would get a higher temperature than 20, where all are held."),
        ([1, 1, 1, 1], " It makes even the validation nodes no likelier: their mean NLL was 1.31 and is 1.31."),
        ([1, 0.5, 1, 1], " It makes even the validation nodes no likelier: their mean NLL was 1.31 and is 2.13."),
    ],
)
def test_what_is_out_of_the_ordinary_is_said(given: list[float], said: str) -> None:
    """Node 1 alone validates, and is wrong: NLL ln(1 + e^(1/T)), which a higher temperature makes less."""
    graph = GraphData("ring", np.ones((4, 1), np.float32), np.array([[0, 1, 2, 3], [1, 2, 3, 0]]), np.zeros(4, dtype=np.int64), ("a", "b"))
    logits, validation = np.tile([0.0, 1.0], (4, 1)), np.array([0, 1, 0, 0], dtype=bool)
    fitted = fitted_temperatures(lambda _: np.array(given), logits, graph.labels, validation, graph, parameters=1, said="Hear.")
    assert fitted.said == f"Hear.{said}"
    np.testing.assert_array_equal(fitted.temperatures, np.clip(given, 0.05, 20))


@pytest.mark.usefixtures("all_epochs")
def test_the_weights_kept_are_those_of_the_best_epoch() -> None:
    weight, seen, steps = torch.nn.Parameter(torch.zeros(1)), [], []

    def stopping() -> torch.Tensor:
        seen.append(weight.item())
        return (weight.detach() - 0.2) ** 2

    descent.descend([weight], lambda: -weight.sum(), stopping, 0.0, lambda *_: steps.append(1), "")
    best = int(np.argmin((np.array(seen) - 0.2) ** 2))
    assert weight.item() == pytest.approx(0.2, abs=1e-6) == seen[best], "each step is one of 0.01"
    assert len(seen) == len(steps) == best + 1 + 100, "a hundred epochs without a better one"


@pytest.mark.usefixtures("all_epochs")
@pytest.mark.parametrize("seed", range(2))
def test_cagcn_finds_where_logits_are_too_large(seed: int) -> None:
    case = two(n=1200, seed=seed)
    found = case.fit("cagcn", seed).temperatures
    assert found[case.second].mean() > 1.5 * found[~case.second].mean()


@pytest.mark.usefixtures("all_epochs")
@pytest.mark.parametrize("seed", range(2))
def test_gats_finds_where_logits_are_too_large_if_training_nodes_mark_it(seed: int) -> None:
    """It sees ranks, relative confidence and training nodes, not how large logits are."""
    case = two(n=1200, seed=seed)
    found = replace(case, train=case.train & case.second).fit("gats", seed).temperatures
    assert found[case.second].mean() > found[~case.second].mean() + 0.1
