"""The dictionary lookup: what is trained on, and that static attention is static whatever its weights."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from core.capture import attention
from core.models.gat import AttentionConvolution
from core.models.gatv2 import DynamicAttentionConvolution
from explainers.lenses.dictionary_lookup.network import Examples, Lookup
from explainers.lenses.dictionary_lookup.problem import MOST, problem
from explainers.lenses.dictionary_lookup.ranking import distinct_argmax, lowest_tau
from explainers.lenses.dictionary_lookup.result import Variant, variants
from explainers.lenses.dictionary_lookup.scores import attended, pair_scores
from explainers.lenses.dictionary_lookup.shares import own_key_ceiling
from explainers.lenses.dictionary_lookup.training import train


@pytest.mark.parametrize(("size", "training", "test"), [(3, 5, 1), (4, 20, 4), (5, 96, 24), (6, 400, 100), (20, 400, 100)])
def test_permutations_are_permutations_and_apart(size: int, training: int, test: int) -> None:
    posed = problem(size, 0)
    assert (len(posed.train), len(posed.test), posed.possible) == (training, test, math.factorial(size))
    both = np.concatenate([posed.train, posed.test])
    assert len(np.unique(both, axis=0)) == len(both) == min(MOST, math.factorial(size))
    assert (np.sort(both, axis=1) == np.arange(size)).all()
    assert (problem(size, 0).test == posed.test).all()
    if size > 3:
        assert (problem(size, 1).test != posed.test).any()


def test_the_union_by_hand() -> None:
    """Two examples of two keys: nodes 0, 1 and 4, 5 are keys, 2, 3 and 6, 7 queries."""
    found = Examples.of(np.array([[0, 1], [1, 0]]))
    assert found.attributes.tolist() == [0, 1, 0, 1, 0, 1, 0, 1]
    assert found.values.tolist() == [0, 1, 2, 2, 1, 0, 2, 2]
    assert found.answers.tolist() == [0, 1, 1, 0]
    edges = set(map(tuple, found.edges.edge_index.t().tolist()))
    assert edges == {(0, 2), (1, 2), (0, 3), (1, 3), (4, 6), (5, 6), (4, 7), (5, 7)}


@pytest.mark.parametrize("variant", variants(("gat", "gatv2", "gcn", "gin"), (1, 8, 3)), ids=lambda variant: variant.title)
def test_examples_do_not_see_each_other(variant: Variant) -> None:
    torch.manual_seed(0)
    module, held = Lookup(variant, 4).eval(), problem(4, 0).train[:3]
    alone = torch.cat([module(Examples.of(one[None])) for one in held])
    torch.testing.assert_close(module(Examples.of(held)), alone)
    assert module.read_out.in_features == variant.width == {0: 128, 1: 128, 8: 128, 3: 126}[variant.heads]


@pytest.mark.parametrize("kind", [AttentionConvolution, DynamicAttentionConvolution])
def test_scores_are_those_of_the_layer(kind: type[torch.nn.Module]) -> None:
    """Against what the engine's layer hands to its softmax, in float32."""
    torch.manual_seed(1)
    variant = Variant("gat" if kind is AttentionConvolution else "gatv2", 8)
    module, held = Lookup(variant, 5).eval(), problem(5, 0).test[:1]
    with attention(module) as seen:
        module(Examples.of(held))
    (layer,) = seen
    scores, alpha = attended(module, held[0])
    source, target = layer.edge_index
    asked = source < 5
    asked &= target >= 5
    for ours, theirs in ((scores, layer.scores), (alpha, layer.alpha)):
        torch.testing.assert_close(ours[:, target[asked] - 5, source[asked]].t().float(), theirs[asked], atol=1e-5, rtol=1e-4)
    assert next(module.parameters()).dtype == torch.float32


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("spread", [1e-3, 1, 1e3])
def test_one_static_head_ranks_alike_whatever_its_weights(seed: int, spread: float) -> None:
    """On any complete bipartite graph, keys and queries not equal in number; GATv2 with weights drawn in the same way does not."""
    generator = torch.Generator().manual_seed(seed)
    keys, queries = (
        torch.randn(int(size), 16, generator=generator, dtype=torch.double) for size in torch.randint(5, 30, (2,), generator=generator)
    )
    found = {}
    for kind in (AttentionConvolution, DynamicAttentionConvolution):
        layer = kind(16, 8, heads=1).double()
        for weight in layer.parameters():
            weight.data = spread * torch.randn(weight.shape, generator=generator, dtype=torch.double)
        scores = pair_scores(layer, keys, queries).detach().numpy()[0]
        assert scores.shape == (len(queries), len(keys))
        found[kind] = lowest_tau(scores), distinct_argmax(scores)
    assert found[AttentionConvolution] == (1.0, 1)
    assert found[DynamicAttentionConvolution][0] < 1


def test_the_ceiling_of_the_own_key_by_hand() -> None:
    assert own_key_ceiling(1) == 1
    assert own_key_ceiling(3) == pytest.approx(11 / 18)
    assert own_key_ceiling(5) == pytest.approx(137 / 300)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("spread", [1e-2, 1, 1e2])
def test_no_weights_of_one_gat_head_look_more_at_the_own_keys(seed: int, spread: float) -> None:
    """As many keys as queries, the own loop among the weights; and a ranking that all queries share reaches the ceiling."""
    generator = torch.Generator().manual_seed(seed)
    keys, queries = (spread * torch.randn(6, 16, generator=generator, dtype=torch.double) for _ in range(2))
    layer = AttentionConvolution(16, 8, heads=1).double()
    scores = pair_scores(layer, keys, queries)[0]
    loops = pair_scores(layer, queries, queries)[0].diagonal()
    alpha = torch.cat([scores, loops[:, None]], dim=1).softmax(dim=1)[:, :-1].detach().numpy()
    every = [alpha[np.arange(6), np.roll(np.arange(6), shift)].mean() for shift in range(6)]  # whichever key is whose
    assert max(every) <= own_key_ceiling(6)
    # query r gives the first r keys the same and the others nothing: nobody ranks a later key before an earlier one
    stairs = np.tril(np.ones((6, 6)))
    assert (stairs / stairs.sum(axis=1, keepdims=True)).trace() / 6 == pytest.approx(own_key_ceiling(6))
    assert np.eye(6).trace() / 6 > own_key_ceiling(6), "a head that tells queries apart may"


def test_equal_keys_leave_tau_at_1_and_float32_would_not_do() -> None:
    """Two equal keys are a tie in every ranking; rounding ties others in some rankings only, where the query's part is large."""
    torch.manual_seed(0)
    layer, keys, queries = AttentionConvolution(4, 4, heads=1), torch.randn(20, 4), torch.randn(9, 4)
    keys[1] = keys[0]
    layer.att_dst.data *= 1e5
    rounded = pair_scores(layer, keys, queries).detach().double().numpy()[0]
    scores = pair_scores(layer.double(), keys.double(), queries.double()).detach().numpy()[0]
    assert lowest_tau(rounded) < 1
    assert lowest_tau(scores) == 1


def test_tau_and_first_choices_by_hand() -> None:
    scores = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 5.0], [1.0, 3.0, 2.0]])
    assert lowest_tau(scores) == pytest.approx(1 / 3)  # of three pairs of keys one is turned round
    assert lowest_tau(scores[:2]) == 1
    assert lowest_tau(np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])) == -1
    assert (distinct_argmax(scores), distinct_argmax(scores[:2])) == (2, 1)
    assert np.isnan(lowest_tau(np.array([[1.0, 2.0], [0.5, 0.5]])))


def test_dynamic_attention_looks_five_keys_up_and_one_static_head_does_not() -> None:
    posed = problem(5, 0)
    dynamic, static = (train(posed, Variant(*kind), 0, 40, lambda *_: None)[1][-1] for kind in (("gatv2", 8), ("gat", 1)))
    assert dynamic[2:] == (1.0, 1.0)
    assert max(static[2:]) < 0.8
