"""The walk through a plan, with a crew that does as the test says."""

from concurrent.futures import BrokenExecutor, CancelledError, Future
from dataclasses import replace

import numpy as np
import pytest

from core.crew import coordinator
from core.crew.contract import News
from core.crew.local import Local
from core.crew.refusals import Refused
from core.device import PARALLEL_EDGES
from core.errors import UserError
from core.plans import graph_of, run_plan
from core.progress import Progress
from core.spec import DatasetSpec, settings
from core.store import Store
from core.training import train
from core.work import Cancelled, silent

from .conftest import Told, assert_same


class Fake:
    """A crew that takes each run at once and gives what `outcome(spec)` returns, or raises."""

    trains_here, deaths, chances = False, (BrokenExecutor,), 2

    def __init__(self, outcome=lambda spec: train(spec, device="cpu"), here=False):
        self.outcome, self.trains_here = outcome, here
        self.taken, self.calls, self.told, self.closed, self.words = [], [], [], 0, ""

    def call(self, runs, seconds):
        self.calls.append((runs, seconds))

    def offer(self, spec, device, probes):
        self.taken.append((spec.seed, device, probes))
        future = Future()
        try:
            future.set_result(self.outcome(spec))
        except CancelledError:
            future.cancel()
        except Exception as error:
            future.set_exception(error)
        return future

    def news(self):
        told, self.told = self.told, []
        return told

    def trouble(self):
        return self.words

    def close(self):
        self.closed += 1


def walk(fake, specs, root, report=silent, **options):
    return run_plan(report, specs=specs, root=root, device="cpu", crew=lambda device, tell: (fake, ""), **options)


@pytest.fixture
def specs(make_spec):
    return [make_spec(epochs=3, seed=seed) for seed in range(4)]


def failing(times, error):
    """Fails so many times, then trains."""
    left = [error] * times

    def outcome(spec):
        if left:
            raise left.pop()
        return train(spec, device="cpu")

    return outcome


def test_a_crew_elsewhere_trains_everything(specs, tmp_path, monkeypatch):
    monkeypatch.setattr(coordinator, "train", None)
    fake = Fake()
    assert walk(fake, specs, tmp_path, probes=("embedding",)) == [spec.key for spec in specs]
    assert fake.taken == [(seed, "cpu", ("embedding",)) for seed in range(4)]
    assert fake.closed == 1
    for spec in specs:
        assert_same(Store(tmp_path).get(spec.key, weights=True), train(spec, device="cpu"))


@pytest.mark.parametrize("error", [BrokenExecutor("killed"), CancelledError(), Cancelled()])
def test_a_run_whose_helper_died_is_tried_again(specs, tmp_path, error):
    fake = Fake(failing(1, error))
    walk(fake, specs, tmp_path)
    assert sorted(seed for seed, *_ in fake.taken) == [0, 0, 1, 2, 3]
    assert len(Store(tmp_path).entries()) == 4


def test_a_run_that_kills_its_helpers_is_given_up_and_named_at_the_end(specs, tmp_path):
    def outcome(spec):
        if spec.seed == 1:
            raise BrokenExecutor("killed")
        return train(spec, device="cpu")

    fake = Fake(outcome)
    with pytest.raises(UserError, match=r"trained gcn on karate, seed 1, died each time.* 3 runs of the plan are stored"):
        walk(fake, specs, tmp_path)
    assert sorted(seed for seed, *_ in fake.taken) == [0, 1, 1, 2, 3]
    assert sorted(entry.spec.seed for entry in Store(tmp_path).entries()) == [0, 2, 3]


class Mortal(Fake):
    """Beside us: the first helper dies over seed 3, the second has seed 2 until all else is done, and no other is free."""

    def __init__(self, trained, again):
        """`trained`: what was trained here. `again`: whether a helper is there for seed 3 once more."""
        super().__init__(here=True)
        self.trained, self.again, self.slow = trained, again, Future()

    def offer(self, spec, device, probes):
        if spec.seed == 3 and (not self.taken or (self.again and self.trained)):
            self.taken.append(spec)
            future = Future()
            future.set_exception(BrokenExecutor("killed"))
            return future
        if spec.seed == 2:
            self.taken.append(spec)
            return self.slow
        return None

    def news(self):
        if self.trained[-1:] == [1] and not self.slow.done():
            self.slow.set_result(train(self.taken[1], device="cpu"))
            self.trained.append("seed 2 came back")
        return []


@pytest.fixture
def here(monkeypatch):
    """Seeds that the coordinator trained, of runs that may look after the others at each epoch."""
    seeds = []
    monkeypatch.setattr(coordinator, "LOOK_EVERY", 0.0)
    monkeypatch.setattr(coordinator, "train", lambda spec, **options: seeds.append(spec.seed) or train(spec, **options))
    return seeds


def test_a_run_that_killed_its_helper_is_trained_here_only_when_nothing_else_is_left(specs, tmp_path, here):
    walk(Mortal(here, again=False), specs, tmp_path)
    assert here == [0, 1, "seed 2 came back", 3]
    assert len(Store(tmp_path).entries()) == 4


def test_a_run_that_kills_its_helpers_is_given_up_and_never_trained_here(specs, tmp_path, here):
    fake = Mortal(here, again=True)
    with pytest.raises(UserError, match=r"trained gcn on karate, seed 3, died each time.* 3 runs of the plan are stored"):
        walk(fake, specs, tmp_path)
    assert here == [0, 1, "seed 2 came back"]
    assert [spec.seed for spec in fake.taken] == [3, 2, 3]
    assert sorted(entry.spec.seed for entry in Store(tmp_path).entries()) == [0, 1, 2]


def test_beside_us_others_begin_with_the_last_run(specs, tmp_path, here):
    """The dearest of a sweep: it is not left to the end, when nobody else has anything to do."""
    fake = Fake(here=True)
    fake.offer = lambda spec, *_: None if fake.taken else Fake.offer(fake, spec, *_)
    walk(fake, specs, tmp_path)
    assert [seed for seed, *_ in fake.taken] == [3]
    assert here == [0, 1, 2]


@pytest.mark.parametrize(("failures", "kept"), [(1, [0, 1, 2, 3]), (2, [1, 2, 3])])
def test_a_run_that_cannot_be_stored_loses_no_other(specs, tmp_path, monkeypatch, failures, kept):
    store_it, errors = Store.put, [UserError(f"busy {number}") for number in range(failures)]

    def put(self, run):
        if errors:
            raise errors.pop(0)
        store_it(self, run)

    monkeypatch.setattr(Store, "put", put)
    with pytest.raises(UserError, match="busy 0"):
        walk(Fake(), specs, tmp_path)
    assert sorted(entry.spec.seed for entry in Store(tmp_path).entries()) == kept


def test_a_run_of_other_code_is_not_stored(specs, tmp_path):
    fake = Fake(lambda spec: replace(train(spec, device="cpu"), code={"training": "another"}))
    with pytest.raises(UserError, match="other code than this program's"):
        walk(fake, specs, tmp_path)
    assert fake.closed == 1
    assert Store(tmp_path).entries() == []


def test_whatever_fails_what_arrived_is_stored_and_the_crew_is_closed(specs, tmp_path):
    def stop(done=0.0, total=0.0, message="", snapshot=None):
        if len(fake.taken) == 4:
            raise Cancelled

    fake = Fake()
    with pytest.raises(Cancelled):
        walk(fake, specs, tmp_path, report=stop)
    assert len(Store(tmp_path).entries()) == 4
    assert fake.closed == 1


def test_the_news_of_a_run_become_its_curve(specs, tmp_path):
    """In parts, with a gap where something was lost, and anew when it was begun anew."""
    row = [0.5] * 5

    class Slow(Fake):
        def offer(self, spec, device, probes):
            if self.taken:
                return None
            self.taken.append(spec)
            self.told = [News("unknown", 0, [row]), News(spec.key, 0, [row, row])]
            return Future()

    shown = []

    def look(progress):
        assert isinstance(progress, Progress)
        (training,) = progress.running
        shown.append(training.history[:, 0].tolist())
        told = {1: News(specs[0].key, 2, [row]), 2: News(specs[0].key, 5, [row]), 3: News(specs[0].key, 0, [row])}
        fake.told = [told[len(shown)]] if len(shown) in told else []
        return len(shown) == 4

    fake = Slow()
    with pytest.raises(Cancelled):
        walk(fake, specs, tmp_path, report=Told(look))
    np.testing.assert_array_equal(shown[0], [0.5] * 2)
    np.testing.assert_array_equal(shown[1], [0.5] * 3)
    np.testing.assert_array_equal(shown[2], [0.5, 0.5, 0.5, np.nan, np.nan, 0.5])
    np.testing.assert_array_equal(shown[3], [0.5])


def test_what_the_crew_waits_for_is_said(specs, tmp_path):
    fake, told = Fake(), Told()
    fake.words = "waiting for a worker"
    walk(fake, specs[:1], tmp_path, report=told)
    assert "waiting for a worker" in told.messages


@pytest.mark.parametrize(("edges", "helped"), [(PARALLEL_EDGES - 1, True), (PARALLEL_EDGES, False)])
def test_a_graph_that_takes_all_cores_is_trained_here_alone(specs, tmp_path, monkeypatch, edges, helped):
    karate = graph_of(specs[0].dataset)
    monkeypatch.setattr(coordinator, "LOOK_EVERY", 0.0)
    monkeypatch.setattr(type(karate), "num_stored_edges", edges)
    fake = Fake(here=True)
    walk(fake, specs, tmp_path)
    assert bool(fake.taken) is helped
    assert bool(fake.calls) is helped
    assert len(Store(tmp_path).entries()) == 4


def test_nothing_leaves_before_its_dataset_was_opened_here(make_spec, tmp_path, monkeypatch):
    """So that a download happens once."""
    order = []
    monkeypatch.setattr(coordinator, "LOOK_EVERY", 0.0)
    monkeypatch.setattr(coordinator, "graph_of", lambda dataset, tell: order.append(("opened", dataset.name)) or graph_of(dataset))
    fake = Fake(lambda spec: order.append(("left", spec.dataset.name)) or train(spec, device="cpu"), here=True)
    walk(
        fake,
        [make_spec(epochs=2, dataset=name, split="random", seed=seed) for name in ("karate", "ba_shapes") for seed in range(3)],
        tmp_path,
    )
    assert set(order) == {(what, name) for what in ("opened", "left") for name in ("karate", "ba_shapes")}
    for name in ("karate", "ba_shapes"):
        assert order.index(("opened", name)) < order.index(("left", name))


@pytest.fixture
def sweep(make_spec):
    """Runs over generated graphs of so many nodes."""

    def make(nodes, seeds=2):
        graphs = [DatasetSpec("csbm", settings({"nodes": number, "degree": 4.0}), split="random") for number in nodes]
        return [replace(make_spec(epochs=2, seed=seed), dataset=graph) for graph in graphs for seed in range(seeds)]

    return make


def nodes(spec):
    return dict(spec.dataset.parameters)["nodes"]


def test_graphs_of_a_sweep_leave_by_their_own_size(sweep, tmp_path, monkeypatch):
    trained, left = [], []
    monkeypatch.setattr(coordinator, "LOOK_EVERY", 0.0)
    monkeypatch.setattr(coordinator, "PARALLEL_EDGES", 1000)  # 100 nodes have about 400, 600 about 2,400
    monkeypatch.setattr(coordinator, "train", lambda spec, **options: trained.append(nodes(spec)) or train(spec, **options))
    walk(Fake(lambda spec: left.append(nodes(spec)) or train(spec, device="cpu"), here=True), sweep([100, 600, 120]), tmp_path)
    assert left == [100, 100, 120, 120]
    assert trained == [600, 600]


def test_a_sweep_over_graphs_leaves_whoever_is_free_a_run_of_each(sweep, tmp_path, monkeypatch):
    """With one seed, too: a graph is opened here in order to know its size, not in order to be trained on."""
    opened = []
    monkeypatch.setattr(
        coordinator, "graph_of", lambda dataset, tell: opened.append(dict(dataset.parameters)["nodes"]) or graph_of(dataset)
    )
    fake, sizes = Fake(here=True), list(range(100, 110))
    walk(fake, sweep(sizes, seeds=1), tmp_path)
    assert len(fake.taken) == len(sizes)
    assert opened == sizes


def test_a_graph_is_opened_once_whatever_its_split(make_spec, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(coordinator, "graph_of", lambda dataset, tell: opened.append(dataset.split_seed) or graph_of(dataset))
    specs = [make_spec(epochs=2, split="random", seed=seed) for seed in range(3)]
    fake = Fake(here=True)
    walk(fake, [replace(spec, dataset=replace(spec.dataset, split_seed=spec.seed)) for spec in specs], tmp_path)
    assert opened == [0]
    assert len(fake.taken) == 3


class Beside(Fake):
    """Takes one run, and leaves the others to the coordinator."""

    def __init__(self, outcome):
        super().__init__(outcome, here=True)

    def offer(self, spec, device, probes):
        return None if self.taken else super().offer(spec, device, probes)


def test_what_goes_wrong_with_others_is_no_fault_of_the_run_that_trains_here(specs, tmp_path):
    fake = Beside(lambda spec: replace(train(spec, device="cpu"), code={"training": "another"}))
    with pytest.raises(UserError, match="other code than this program's") as error:
        walk(fake, specs, tmp_path)
    assert not isinstance(error.value, Refused)
    assert Store(tmp_path).entries() == []


def test_a_run_that_cannot_be_stored_ends_the_plan(specs, tmp_path, monkeypatch):
    tried = []

    def full(self, run):
        tried.append(run.spec.seed)
        raise UserError("The disk is full.")

    monkeypatch.setattr(Store, "put", full)
    with pytest.raises(UserError, match=r"^The disk is full\.$") as error:
        walk(Local(0), specs, tmp_path)
    assert not isinstance(error.value, Refused)
    assert set(tried) == {0}, "nothing more is trained that could not be kept"
