"""A Dask cluster on loopback: a real scheduler and two real workers, each a process."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from core.crew import cluster as clusters
from core.crew import coordinator, crew_of
from core.crew.local import Local
from core.errors import UserError
from core.plans import run_plan
from core.store import Store
from core.training import train
from core.work import Cancelled, silent

from .conftest import Told, assert_same, until

pytestmark = pytest.mark.timeout(300)  # processes that import torch, on a machine that is busy

pytest.importorskip("distributed", reason="distributed is not installed; pip install -c constraints.txt -e '.[cluster]'")


class Processes:
    """A scheduler and its workers, started when they are asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scheduler: subprocess.Popen | None = None
        self.workers: list[subprocess.Popen] = []

    def address(self, workers: int) -> str:
        """Of a scheduler with at least so many workers, those that lack started anew."""
        file = self.folder / "scheduler.json"
        if self.scheduler is None or self.scheduler.poll() is not None:
            file.unlink(missing_ok=True)
            self.scheduler = self.start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))
            until(file.exists)
        self.workers = [one for one in self.workers if one.poll() is None]
        while len(self.workers) < workers:
            self.workers.append(self.start("worker", "--scheduler-file", str(file), "--no-nanny", "--nthreads", "1"))
        return json.loads(file.read_text())["address"]

    def start(self, what: str, *words: str) -> subprocess.Popen:
        log = (self.folder / f"{what}.log").open("ab")
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *words, "--no-dashboard"]
        return subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)

    def close(self) -> None:
        for one in filter(None, [*self.workers, self.scheduler]):
            one.kill()
            one.wait()


@pytest.fixture(scope="module")
def processes(tmp_path_factory):
    found = Processes(tmp_path_factory.mktemp("dask"))
    yield found
    found.close()


@pytest.fixture
def here(monkeypatch):
    """Seeds that this process trained."""
    seeds = []
    monkeypatch.setattr(coordinator, "train", lambda spec, **options: seeds.append(spec.seed) or train(spec, **options))
    return seeds


@pytest.fixture
def on(processes, monkeypatch):
    """Trains a plan on a cluster with so many workers."""

    def walk(workers, specs, root, report=silent, **options):
        monkeypatch.setenv("HOPSCOPE_CLUSTER", processes.address(workers))
        return run_plan(report, specs=specs, root=root, device="cpu", **options)

    return walk


def seeds_in_training(progress):
    return {training.spec.seed for training in progress.running}


def test_without_a_worker_the_plan_waits_and_says_so(on, make_spec, tmp_path):
    told = Told()

    def report(done=0.0, total=0.0, message="", snapshot=None):
        told(message=message)
        if "waiting for a worker at tcp://127.0.0.1:" in message:
            raise Cancelled

    with pytest.raises(Cancelled):
        on(0, [make_spec(epochs=3)], tmp_path, report)
    assert told.messages[0].startswith("connecting to tcp://127.0.0.1:")


def test_a_cluster_trains_the_same_runs_bit_by_bit(on, here, make_spec, tmp_path):
    specs = [make_spec(name, epochs=30, split="random", seed=seed) for name in ("gcn", "gat", "mlp") for seed in range(2)]
    told = Told()
    keys = on(2, specs, tmp_path, told, probes=("embedding",))
    assert here == []
    assert keys == [spec.key for spec in specs]
    for spec in specs:
        found = Store(tmp_path).get(spec.key, weights=True, probes=True)
        assert_same(found, train(spec, device="cpu", probes=("embedding",)))
    assert told.messages[-1] == "6 of 6 runs"


def test_cancel_stops_the_workers_and_keeps_what_has_ended(on, make_spec, endless, tmp_path):
    def look(progress):
        return progress.done == 1 and seeds_in_training(progress) == {1, 2} and all(one.epoch > 1 for one in progress.running)

    with pytest.raises(Cancelled):
        on(2, [make_spec(epochs=3), endless(seed=1), endless(seed=2)], tmp_path, Told(look))
    assert [entry.spec.seed for entry in Store(tmp_path).entries()] == [0]
    # a worker that still trained could take nothing else: there is one training at a time in a process
    on(2, [make_spec(epochs=3, seed=seed) for seed in range(3, 7)], tmp_path)
    assert len(Store(tmp_path).entries()) == 5


def test_a_killed_worker_costs_its_current_run_which_another_trains_anew(on, processes, make_spec, endless, tmp_path):
    specs = [make_spec(epochs=3), endless(seed=1), endless(seed=2), endless(seed=3)]
    before, killed = {}, []

    def look(progress):
        epochs = {training.spec.seed: training.epoch for training in progress.running}
        if not killed and set(epochs) == {1, 2} and min(epochs.values()) > 1:
            before.update(epochs)
            processes.workers[0].kill()
            killed.append(processes.workers[0].wait())
            processes.address(2)
        return bool(killed) and any(epochs.get(seed, before[seed]) < before[seed] for seed in before)

    told = Told(look)
    with pytest.raises(Cancelled):
        on(2, specs, tmp_path, told)
    assert killed == [-signal.SIGKILL]
    assert [entry.spec.seed for entry in Store(tmp_path).entries()] == [0]
    assert not any("gone" in message for message in told.messages)


def test_a_cluster_that_vanishes_gives_a_sentence_and_finished_runs_are_kept(on, processes, make_spec, endless, tmp_path, monkeypatch):
    monkeypatch.setattr(clusters, "PATIENCE", 1.0)
    messages = []

    def look(progress):
        if progress.done == 1 and processes.scheduler.poll() is None:
            processes.scheduler.kill()
            processes.scheduler.wait()
        return False

    told = Told(look)
    with pytest.raises(UserError, match=r"The cluster at tcp://127\.0\.0\.1:\d+ is gone\. What was finished is stored"):
        on(2, [make_spec(epochs=3), endless(seed=1), endless(seed=2)], tmp_path, told)
    messages = [message for message in told.messages if "is lost, trying again" in message]
    assert messages
    assert [entry.spec.seed for entry in Store(tmp_path).entries()] == [0]
    assert Store(tmp_path).verify() == []


@pytest.fixture
def nobody(monkeypatch):
    """An address that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    monkeypatch.setenv("HOPSCOPE_CLUSTER", address)
    return address


def test_an_unreachable_cluster_gives_a_sentence_and_nothing_is_trained(nobody, here, make_spec, tmp_path):
    with pytest.raises(UserError) as refused:
        run_plan(silent, specs=[make_spec(epochs=3)], root=tmp_path, device="cpu")
    assert f"There is no cluster at {nobody} (Connection refused)." in str(refused.value)
    assert all(words in str(refused.value) for words in ("dask scheduler", "unset HOPSCOPE_CLUSTER", "HOPSCOPE_CLUSTER_FALLBACK=local"))
    assert here == []


def test_it_trains_here_instead_only_if_it_was_told_to(nobody, here, make_spec, tmp_path, monkeypatch):
    monkeypatch.setenv("HOPSCOPE_CLUSTER_FALLBACK", "local")
    told = Told()
    run_plan(told, specs=[make_spec(epochs=3)], root=tmp_path, device="cpu")
    assert here == [0]
    assert told.messages[-1] == f"no cluster at {nobody}, training here"


def test_what_is_stored_needs_no_cluster(nobody, make_spec, tmp_path, monkeypatch):
    specs = [make_spec(epochs=3)]
    with monkeypatch.context() as patch:
        patch.delenv("HOPSCOPE_CLUSTER")
        run_plan(silent, specs=specs, root=tmp_path, device="cpu")
    assert run_plan(silent, specs=specs, root=tmp_path, device="cpu") == [specs[0].key]


@pytest.mark.parametrize("address", ["banana", "127.0.0.1:8786", "tcp://127.0.0.1", "tcp://127.0.0.1:http", "http://127.0.0.1:8786"])
def test_what_is_no_address(address, monkeypatch):
    monkeypatch.setenv("HOPSCOPE_CLUSTER", address)
    monkeypatch.setenv("HOPSCOPE_CLUSTER_FALLBACK", "local")
    with pytest.raises(UserError, match=f"HOPSCOPE_CLUSTER is '{address}'; it takes the address of a Dask scheduler"):
        crew_of("cpu", lambda text: None)


def test_a_fallback_that_does_not_exist(nobody, monkeypatch):
    monkeypatch.setenv("HOPSCOPE_CLUSTER_FALLBACK", "yes")
    with pytest.raises(UserError, match="HOPSCOPE_CLUSTER_FALLBACK is 'yes'"):
        crew_of("cpu", lambda text: None)


def test_somebody_else_at_that_address(monkeypatch):
    monkeypatch.setattr(clusters, "PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent_one:
        monkeypatch.setenv("HOPSCOPE_CLUSTER", f"tcp://127.0.0.1:{silent_one.getsockname()[1]}")
        with pytest.raises(UserError, match="There is no cluster at"):
            crew_of("cpu", lambda text: None)


def test_without_a_cluster_helpers_are_local():
    found, note = crew_of("cpu", lambda text: None)
    assert isinstance(found, Local)
    assert note == ""
    assert found._most == len(os.sched_getaffinity(0)) - 1 if hasattr(os, "sched_getaffinity") else True


def test_without_dask_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setenv("HOPSCOPE_CLUSTER", "tcp://127.0.0.1:8786")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match=r"Dask is not installed here; .*\[cluster\]"):
        crew_of("cpu", lambda text: None)
