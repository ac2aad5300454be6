"""What methods learn is learned once, and found again in the store."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core import versions
from core.models.contract import model
from core.open_graphs import graph_of
from core.parameters import resolve
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings
from core.splits import split_of
from core.store import Store
from core.training import train
from explainers.attribution import learned
from explainers.attribution.contract import method, methods, ready
from explainers.attribution.contract import prepare as nothing_to_learn
from explainers.trust.comparison import answered

LEARNERS = [name for name, unit in methods().items() if unit.learns]
FEW = {"pg_explainer": {"epochs": 3}, "graph_mask": {"epochs": 3}}


@pytest.fixture(scope="module")
def karate():
    return graph_of(DatasetSpec("karate"))


@pytest.fixture(scope="module")
def run(karate):
    spec = RunSpec(
        DatasetSpec("karate", split="public"),
        ModelSpec("gcn", settings(resolve(model("gcn").parameters, {}, "gcn"))),
        TrainingSpec.of({"epochs": 20}),
        0,
    )
    return train(spec, graph=karate, device="cpu")


@pytest.fixture
def prepare(run, karate, tmp_path):
    """A method by name, with the store of this test."""

    def prepared(name, run=run, avoid=(), seed=0, **given):
        return ready(name, run, karate, seed=seed, avoid=avoid, given=FEW.get(name, {}) | given, root=tmp_path)

    return prepared


def stored(root):
    return {path.name: path.stat().st_mtime_ns for path in (root / "derived" / "learned").glob("*")}


@pytest.mark.parametrize("name", methods())
def test_what_learns_can_be_recalled(name):
    """Else it would be taken for quick, and never be kept."""
    assert method(name).learns == (method(name).prepare is not nothing_to_learn)


@pytest.mark.parametrize("name", LEARNERS)
def test_what_was_learned_is_found_again_and_says_the_same(name, prepare, run, karate, tmp_path, monkeypatch):
    nodes = [5, 0, 33]
    first = prepare(name)
    files = stored(tmp_path)
    assert len(files) == 1
    assert first.spent == 0
    unit = replace(method(name), prepare=refuse(method(name).prepare))
    monkeypatch.setattr("explainers.attribution.contract.method", lambda _: unit)
    torch.manual_seed(0)
    drawn = torch.rand(1)
    torch.manual_seed(0)
    again = prepare(name)
    assert torch.rand(1) == drawn, "recalling must not depend on, or move, what others draw"
    assert stored(tmp_path) == files
    fresh = method(name).attribute(first, nodes)
    for one, two in zip(fresh, method(name).attribute(again, nodes), strict=True):
        np.testing.assert_array_equal(one.pair_scores, two.pair_scores)
        assert one.said == two.said
        if one.features is not None:
            np.testing.assert_array_equal(one.features, two.features)


def refuse(prepare):
    """Stands for a method's `prepare`, from the same module."""

    def anew(*_, **__):
        raise AssertionError("it learned again")

    anew.__module__ = prepare.__module__
    return anew


def test_only_what_it_follows_from_counts(prepare, run, karate, tmp_path):
    test = np.flatnonzero(split_of(karate, run.spec.dataset).test).tolist()
    trained = np.flatnonzero(split_of(karate, run.spec.dataset).train).tolist()
    prepare("pg_explainer")
    for avoid in ([test[0]], [test[1], test[2]]):
        prepare("pg_explainer", avoid=avoid)
    assert len(stored(tmp_path)) == 1
    prepare("pg_explainer", avoid=[test[0], trained[0]])
    prepare("pg_explainer", seed=1)
    prepare("pg_explainer", epochs=4)
    heavier = replace(run, weights={name: 2 * weight for name, weight in run.weights.items()})
    prepare("pg_explainer", run=heavier)
    prepare("graph_mask")
    assert len(stored(tmp_path)) == 6


def test_a_node_of_no_part_is_as_good_as_a_test_node(run, karate, tmp_path):
    split = split_of(karate, run.spec.dataset)
    lone = int(np.flatnonzero(split.test)[0])
    without = split.test.copy()
    without[lone] = False
    graph = replace(karate, splits={"public": replace(split, test=without)})
    for name in ("pg_explainer", "dnx"):
        for avoid in ([], [lone]):
            ready(name, run, graph, avoid=avoid, given=FEW.get(name, {}), root=tmp_path)
    assert len(stored(tmp_path)) == 2


def test_it_goes_with_the_run(run, prepare, tmp_path):
    store = Store(tmp_path)
    store.put(run)
    prepare("pg_explainer")
    (file,) = (tmp_path / "derived" / "learned").glob("*")
    store.prune()
    assert file.exists(), "what belongs to stored runs stays"
    store.delete(run.key)
    store.prune()
    assert not file.exists()


def test_an_avoided_node_is_not_among_those_that_come_back(prepare, run, karate):
    trained = np.flatnonzero(split_of(karate, run.spec.dataset).train).tolist()
    for _ in range(2):
        assert trained[0] in prepare("pg_explainer").learned.nodes
        assert trained[0] not in prepare("pg_explainer", avoid=trained[:1]).learned.nodes


def test_both_surrogates_are_one(prepare, run, karate, tmp_path):
    prepare("dnx")
    files = stored(tmp_path)
    shared, alone = prepare("fast_dnx", seed=3), ready("fast_dnx", run, karate)
    assert stored(tmp_path) == files
    (one,), (other,) = (method("fast_dnx").attribute(state, [5]) for state in (shared, alone))
    np.testing.assert_array_equal(one.pair_scores, other.pair_scores)


def test_other_code_and_damage_are_learned_anew(prepare, tmp_path, monkeypatch):
    prepare("graph_mask")
    (file,) = (tmp_path / "derived" / "learned").glob("*.npz")
    file.write_bytes(file.read_bytes()[:200])
    broken = stored(tmp_path)
    prepare("graph_mask")
    whole = stored(tmp_path)
    assert whole != broken
    prepare("graph_mask")
    assert stored(tmp_path) == whole
    monkeypatch.setattr(learned, "joint_version", lambda *modules: "another")
    prepare("graph_mask")
    assert stored(tmp_path) != whole


def test_its_time_stays_that_of_learning(run, karate, tmp_path):
    answered("pg_explainer", run, karate, [5], given={"epochs": 3}, root=tmp_path)
    (file,) = (tmp_path / "derived" / "learned").glob("*.npz")
    with np.load(file) as found:
        np.savez(file, **{name: found[name] for name in found.files} | {learned.SECONDS: np.array(1000.0)})
    again = answered("pg_explainer", run, karate, [5], given={"epochs": 3}, root=tmp_path)
    assert 900 < again.states[0].spent <= 1000
    assert again.seconds >= 1000


def test_without_a_store_nothing_is_written(run, karate, own_home):
    ready("pg_explainer", run, karate, given={"epochs": 1})
    assert not own_home.exists()


def test_a_run_keeps_the_last_ones(prepare, tmp_path, monkeypatch):
    monkeypatch.setattr(learned, "MOST", 2)
    before = [set(stored(tmp_path)) for seed in range(4) if prepare("pg_explainer", seed=seed)]
    assert [len(files) for files in before] == [1, 2, 2, 2]
    assert not before[0] & before[2], "the oldest goes"


INFRASTRUCTURE = {
    *("core", "core.discovery", "core.errors", "core.parameters", "core.run", "core.spec", "core.store", "core.versions"),
    *("explainers.attribution.contract", "explainers.wording"),
}
"""What declares, stores and words, and no number of what is learned follows from."""


@pytest.mark.parametrize("learner", sorted({method(name).prepare.__module__ for name in LEARNERS}))
def test_all_code_that_has_a_part_in_it_counts(learner):
    """Every module that is imported, anywhere and however far down, tells what was learned by other code apart, or is named above."""

    def known(name):
        return (
            name in learned.SHARED
            or name.startswith(learner)
            or versions._is_counted(name, versions.COUNTED)
            or name in versions.NOT_COUNTED
        )

    seen, left = set(), [learner]
    while left:
        name = left.pop()
        if name in seen or name in INFRASTRUCTURE or not versions._path(name).exists():
            continue
        seen.add(name)
        left += [one for one in versions._imports(versions._parsed(name)) if one.split(".")[0] in ("core", "explainers")]
    assert {name for name in seen if not known(name)} == set()
