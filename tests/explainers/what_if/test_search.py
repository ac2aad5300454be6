"""The smallest edit that flips a prediction, against trying everything the slow way."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from core.computation_graph import computation_graph
from core.data import dense_rows
from core.edits import parse
from core.errors import UserError
from core.open_graphs import graph_of
from core.work import Cancelled, silent
from explainers.what_if import candidates, search
from explainers.what_if.asking import Asker
from explainers.what_if.known import known
from explainers.what_if.readings import cost, finding
from explainers.what_if.result import KINDS, Planned

CSBM = (("classes", 3), ("degree", 4.0), ("nodes", 60), ("seed", 2))
MODELS = ["gcn", "sage", "gat", "gatv2", "gin", "chebnet", "appnp", "sgc", "mlp", "gcn_structure", "jknet", "gcnii"]


def all_candidates(spec, node):
    graph = graph_of(spec.dataset)
    part = computation_graph(graph, node, spec)
    deletions = [("remove", str(u), str(v)) for u, v in part.pairs[part.within].tolist()]
    linked = {*graph.edge_index[1, graph.edge_index[0] == node].tolist(), node}
    additions = [("add", *map(str, sorted((node, other)))) for other in range(graph.num_nodes) if other not in linked]
    features = [("feature", str(node), str(one), "0") for one in np.flatnonzero(dense_rows(graph.features[[node]])[0]).tolist()]
    return {"deletion": deletions, "addition": additions, "feature": features}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("dataset", ["karate", "csbm"])
def test_the_part_that_is_asked_says_what_the_whole_graph_says(stored, slow, root, name, dataset):
    spec = stored(name, dataset, parameters=CSBM if dataset == "csbm" else ())
    node = 7
    found = all_candidates(spec, node)
    random = np.random.default_rng(0)
    every = [edit for edits in found.values() for edit in edits]
    if name == "mlp":
        every = found["feature"]
    sets = [(), *((edit,) for edit in every[::5])]
    sets += [tuple(every[place] for place in random.permutation(len(every))[:3]) for _ in range(10)]
    asked = Asker(known(silent, spec, root), node).probabilities(sets)
    for one, shares in zip(sets, asked, strict=True):
        np.testing.assert_allclose(shares, slow(spec, one)[node], atol=1e-5, err_msg=str(one))


def test_a_model_that_sees_all_nodes_is_asked_about_all(stored, slow, root):
    spec = stored("gcn", normalization="pair", depth=3)
    sets = [(), parse("-0:1"), parse("+7:20,f7:7=0")]
    asked = Asker(known(silent, spec, root), 7).probabilities(sets)
    for one, shares in zip(sets, asked, strict=True):
        np.testing.assert_allclose(shares, slow(spec, one)[7], atol=1e-5)


@pytest.mark.parametrize("kinds", [("deletion",), ("addition",), ("deletion", "addition", "feature")])
@pytest.mark.parametrize("node", [8, 9, 19, 30])
def test_against_trying_everything(stored, slow, root, kinds, node):
    spec = stored(epochs=15)
    every = [edit for kind in kinds for edit in all_candidates(spec, node)[kind]]
    predicted = slow(spec, ())[node].argmax()

    def flips(edits):
        return slow(spec, edits)[node].argmax() != predicted

    single = any(flips((edit,)) for edit in every)
    double = single or any(flips(pair) for pair in combinations(every[:40], 2))
    found = search.search(silent, spec=spec, node=node, kinds=kinds, most=2, root=root)
    assert found.planned.total == len(every)
    if found.edits:
        assert flips(found.edits)
        np.testing.assert_allclose(found.after, slow(spec, found.edits)[node], atol=1e-5)
    if single:
        assert len(found.edits) == 1
        margins = [np.delete(shares, predicted).max() - shares[predicted] for shares in (slow(spec, (edit,))[node] for edit in every)]
        assert found.edits == (every[int(np.argmax(margins))],)
        assert found.is_minimal
    elif double:
        assert len(found.edits) == 2
        assert found.is_minimal
    else:
        assert len(found.edits) != 1


def test_nothing_smaller_than_what_is_proven(stored, slow, root):
    """Where the greedy search needs three or more, no pair flips it."""
    spec = stored(epochs=40)
    found = search.search(silent, spec=spec, node=0, kinds=("deletion",), most=2, root=root)
    assert found.proven == 2
    assert len(found.edits) > 2
    predicted = slow(spec, ())[0].argmax()
    for pair in list(combinations(all_candidates(spec, 0)["deletion"], 2))[::17]:
        assert slow(spec, pair)[0].argmax() == predicted
    for edit in found.edits:  # each of them is needed
        assert slow(spec, tuple(one for one in found.edits if one != edit))[0].argmax() == predicted
    assert found.is_minimal == (len(found.edits) == 3)
    assert "No set of up to 2 of the" in finding(found, graph_of(spec.dataset))[0]


def test_what_a_limit_leaves_out_is_not_proven(stored, root, monkeypatch):
    monkeypatch.setattr(candidates, "LIMIT", 50)
    spec = stored(epochs=40)
    found = search.search(silent, spec=spec, node=0, kinds=tuple(KINDS), most=2, root=root)
    assert (found.planned.tried, found.planned.limit) == (50, 50)
    assert found.planned.total > 50
    assert found.proven == 0
    assert not found.is_minimal
    total, graph = found.planned.total, graph_of(spec.dataset)
    assert cost(found.planned).endswith(
        f": {total} single edits, 50 evaluations. Only the first 50 of {total} single edits are tried, so nothing is proven."
    )
    assert f"50 of {total} single edits were tried and none flips it, which proves nothing about the others." in finding(found, graph)[0]


def test_of_some_single_edits_the_most_decisive_is_not_that_of_all(stored, root):
    spec = stored(epochs=15)
    whole = search.search(silent, spec=spec, node=8, kinds=tuple(KINDS), most=1, root=root)
    one = replace(whole, edits=parse("-0:1"), evaluations=61, seconds=0.5)
    graph, shares = graph_of(spec.dataset), "community 4 (60 %) instead of community 2 (70 % before)"
    one = replace(one, before=np.array([0, 0.7, 0.1, 0.2]), after=np.array([0, 0.3, 0.1, 0.6]))
    assert one.class_names == tuple(f"community {number}" for number in (1, 2, 3, 4))
    some = replace(one, planned=Planned({"deletion": 59, "addition": 40}, 60, 60, (99,)))
    every = replace(one, planned=Planned({"deletion": 59, "addition": 1}, 60, 60, (60,)))
    begin, end = f"Edge 0–1 removed: {shares}. A single edit is enough; of", "the most decisive one. (61 evaluations, 0.5 s)"
    assert finding(some, graph) == [f"{begin} the 60 tried, {end}"]
    assert finding(every, graph) == [f"{begin} all that are, {end}"]
    assert cost(some.planned) == (
        "59 deletions + 40 additions: 99 single edits, 60 evaluations. "
        "Only the first 60 of 99 single edits are tried, so nothing is proven."
    )
    assert cost(every.planned) == "59 deletions + 1 addition: 60 single edits, 60 evaluations."


def test_the_cost_is_said_before(stored, root):
    planned = search.plan(silent, spec=stored(), node=0, kinds=("deletion", "feature"), most=3, root=root)
    assert planned.candidates == {"deletion": 59, "feature": 1}
    assert planned.sizes == (60, 1770, 34220)
    said = "59 deletions + 1 feature: 60 single edits, 60 evaluations. "
    assert cost(planned) == f"{said}Sets of 2: 1,770; sets of 3: 34,220, over the limit of 20,000, so not all tried."


def test_models_and_nodes_with_nothing_to_try(stored, root):
    found = search.search(silent, spec=stored("mlp"), node=0, kinds=("deletion", "addition"), most=2, root=root)
    assert found.edits == ()
    assert found.evaluations == 1
    assert any("looks at no edges" in note for note in finding(found, graph_of(stored("mlp").dataset)))
    alone = stored(edits=parse("x11"), epochs=5)
    found = search.search(silent, spec=alone, node=11, kinds=("deletion", "feature"), most=1, root=root)
    assert finding(found, graph_of(alone.dataset)) == [
        "There is nothing to try on node 11.",
        "Node 11 has no edges within reach that could be deleted.",
        "All features of node 11 are 0 already.",
    ]
    found = search.search(silent, spec=stored("gcn_structure"), node=0, kinds=("feature",), most=1, root=root)
    assert "reads no features" in found.planned.notes[0]


@pytest.mark.parametrize(
    ("kinds", "most", "node", "sentence"),
    [
        (("deletions",), 2, 0, "no kind of edit 'deletions'. Did you mean 'deletion'"),
        ((), 2, 0, "Nothing to search over"),
        (("deletion",), 4, 0, "1 to 3 can"),
        (("deletion",), 0, 0, "1 to 3 can"),
        (("deletion",), 1, 99, "no node 99"),
    ],
)
def test_what_cannot_be_searched_is_a_sentence(stored, root, kinds, most, node, sentence):
    for work in (search.search, search.plan):
        with pytest.raises(UserError, match=sentence):
            work(silent, spec=stored(), node=node, kinds=kinds, most=most, root=root)


def test_a_search_can_be_stopped(stored, root):
    seen = []

    def report(done=0.0, total=0.0, message="", snapshot=None):
        seen.append((done, total, message))
        if message.startswith("All sets of 2"):
            raise Cancelled

    with pytest.raises(Cancelled):
        search.search(report, spec=stored(epochs=40), node=0, kinds=("deletion",), most=2, root=root)
    assert (0, 59, "59 single edits") in seen
    assert all(done <= total for done, total, _ in seen)


MARGINS = {"": -0.9, "a": -0.1, "b": -0.5, "c": -0.6, "d": -0.7, "ab": -0.05, "bc": 0.2, "abd": 0.1}
"""How much likelier the other class is, by set of edits."""


class Written:
    """An asker whose answers are written down."""

    def probabilities(self, sets):
        margins = [MARGINS.get("".join(sorted(edit[0] for edit in one)), -0.8) for one in sets]
        return np.array([[(1 - margin) / 2, (1 + margin) / 2] for margin in margins])


def walked(letters, most, limit=100, complete=True):
    walk = search._Walk(silent, Written(), [(letter,) for letter in letters], complete=complete)
    edits, proven = walk.smallest(limit, most)
    return "".join(edit[0] for edit in edits), proven


def test_greedy_goes_astray_and_the_exhaustive_search_finds_the_pair():
    assert walked("abcd", most=1) == ("abd", 1)  # a is best alone, ab beside it, abd flips; without any of them it does not
    assert walked("abcd", most=2) == ("bc", 1)
    assert walked("abcd", most=2, limit=5) == ("abd", 1)  # there are six pairs
    assert walked("abcd", most=3, complete=False) == ("abd", 0)
    assert walked("abc", most=3) == ("bc", 1)
    assert walked("acd", most=3) == ("", 3)
