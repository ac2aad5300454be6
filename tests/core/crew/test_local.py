"""Helpers on this machine, with real processes."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading

import psutil
import pytest

from core.crew import coordinator, local, process
from core.crew.local import Local
from core.crew.process import Helper
from core.crew.refusals import Refused
from core.plans import run_plan
from core.store import Store
from core.training import train
from core.work import Cancelled, silent

from .conftest import LIMIT, Told, assert_same, until


def crew(most=1, worth=0.0):
    return lambda device, tell: (Local(most, worth), "")


def walk(report, specs, root, **options):
    return run_plan(report, specs=specs, root=root, device="cpu", crew=crew(), **options)


@pytest.fixture(autouse=True)
def no_helper_stays():
    yield
    until(lambda: not multiprocessing.active_children())


def test_a_helper_trains_the_same_runs_bit_by_bit(make_spec, endless, tmp_path):
    """The first run keeps this process busy, so that the others can come from a helper only, the last one first."""
    specs = [endless(), *(make_spec(name, epochs=30, split="random") for name in ("gcn", "gat", "mlp"))]
    with pytest.raises(Cancelled):
        walk(Told(lambda progress: progress.done == 3), specs, tmp_path, probes=("embedding",))
    store = Store(tmp_path)
    assert [entry.key for entry in store.entries()] == [spec.key for spec in specs[1:]]
    for spec in specs[1:]:
        assert_same(store.get(spec.key, weights=True, probes=True), train(spec, device="cpu", probes=("embedding",)))


def test_several_are_shown_in_training_and_finished_ones_as_they_arrive(make_spec, endless, tmp_path):
    seen = []

    def look(progress):
        seen.append(([training.spec.seed for training in progress.running], progress.done, progress.finished))
        return progress.done == 1 and len(progress.running) == 2

    specs = [endless(), endless(seed=2), make_spec(epochs=3, seed=1)]
    told = Told(look)
    with pytest.raises(Cancelled):
        walk(told, specs, tmp_path)
    assert seen[0] == ([0], 0, ())
    assert seen[-1] == ([0, 2], 1, (specs[2].key,))
    assert any(message.startswith("1 of 3 runs · 2 in training · epoch ") for message in told.messages)
    assert Store(tmp_path).get(specs[2].key) is not None


def test_a_killed_helper_costs_its_current_run_which_is_trained_again(make_spec, endless, tmp_path):
    specs = [endless(), endless(seed=2), make_spec(epochs=3, seed=1)]
    pids, epochs, killed = [], [], []

    def look(progress):
        epochs.extend(training.epoch for training in progress.running if training.spec.seed == 2)
        pids.extend({child.pid for child in multiprocessing.active_children()}.difference(pids))
        if not killed and epochs and epochs[-1] > 1:
            killed.append(pids[0])
            os.kill(pids[0], signal.SIGKILL)
        return len(pids) == 2 and epochs != sorted(epochs)

    with pytest.raises(Cancelled):
        walk(Told(look), specs, tmp_path)
    assert [entry.spec.seed for entry in Store(tmp_path).entries()] == [1]


def test_a_helper_killed_while_idle_costs_nothing(make_spec, tmp_path):
    helpers = Local(1, worth=0.0)
    helpers.call(1, 1.0)
    until(lambda: helpers._helpers)
    (child,) = multiprocessing.active_children()
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    until(lambda: helpers.offer(make_spec(epochs=1), "cpu", ()) is None)
    helpers.call(1, 1.0)
    until(lambda: (future := helpers.offer(make_spec(epochs=1), "cpu", ())) and future.result().epochs == 1)
    helpers.close()


def test_cancel_ends_the_helpers_and_keeps_what_has_ended(make_spec, endless, tmp_path):
    pids = []

    def look(progress):
        pids[:] = [child.pid for child in multiprocessing.active_children()]
        return progress.done == 1 and len(progress.running) == 2

    with pytest.raises(Cancelled):
        walk(Told(look), [endless(), endless(seed=2), make_spec(epochs=3, seed=1)], tmp_path)
    assert len(pids) == 1
    until(lambda: not psutil.pid_exists(pids[0]))
    assert [entry.spec.seed for entry in Store(tmp_path).entries()] == [1]


def test_a_run_that_a_helper_cannot_train_leaves_the_others_and_its_sentence_ends_the_plan(make_spec, tmp_path):
    specs = [make_spec(epochs=200), make_spec(epochs=4, seed=2, split="nope"), make_spec(epochs=300, seed=1)]
    with pytest.raises(Refused, match=r"nope.* The other 2 runs of the plan are stored\.") as refused:
        walk(silent, specs, tmp_path)
    assert [spec.training.epochs for spec in refused.value.reasons] == [4]
    assert sorted(entry.spec.seed for entry in Store(tmp_path).entries()) == [0, 1]


@pytest.mark.parametrize(("most", "worth"), [(0, 0.0), (1, 1e9)], ids=["not allowed", "not worth it"])
def test_without_helpers_all_is_trained_here(make_spec, tmp_path, monkeypatch, most, worth):
    monkeypatch.setattr(Helper, "warm", False)
    monkeypatch.setattr(Helper, "started", None)
    specs = [make_spec(epochs=200, seed=seed) for seed in range(3)]
    run_plan(silent, specs=specs, root=tmp_path, device="cpu", crew=crew(most, worth))
    assert len(Store(tmp_path).entries()) == 3


@pytest.mark.parametrize("step", ["__init__", "submit"], ids=["no files", "no processes"])
def test_helpers_that_do_not_start_are_done_without(make_spec, tmp_path, monkeypatch, step):
    tried, complaints = [], []

    def fail(*_):
        tried.append(1)
        raise OSError("no more of them")

    monkeypatch.setattr(process.ProcessPoolExecutor, step, fail)
    monkeypatch.setattr(threading, "excepthook", complaints.append)
    monkeypatch.setattr(coordinator, "LOOK_EVERY", 0.0)
    specs = [make_spec(epochs=300, seed=seed) for seed in range(3)]
    walk(silent, specs, tmp_path)
    assert len(tried) == 1
    assert not complaints
    assert len(Store(tmp_path).entries()) == 3


def test_a_fault_at_the_start_of_a_helper_is_not_tried_again(monkeypatch):
    complaints = []
    monkeypatch.setattr(threading, "excepthook", complaints.append)
    monkeypatch.setattr(local, "warm_up", lambda: 1 / 0)
    helpers = Local(1, worth=0.0)
    for _ in range(2):
        helpers.call(3, 1.0)
        until(lambda: not helpers._starting)
    assert [complaint.exc_type for complaint in complaints] == [ZeroDivisionError]


@pytest.mark.parametrize(("available", "begun"), [(local.ROOM - 1, []), (local.ROOM, [1])], ids=["too little", "enough"])
def test_without_memory_for_helpers_nothing_is_begun(monkeypatch, available, begun):
    found = []
    monkeypatch.setattr(local.memory, "available", lambda: available)
    monkeypatch.setattr(local, "warm_up", lambda: found.append(1))
    monkeypatch.setattr(Helper, "__init__", None)
    helpers = Local(1, worth=0.0)
    helpers.call(3, 1.0)
    until(lambda: not helpers._starting)
    assert found == begun


class Late:
    """A helper that comes when the test says so."""

    alive = True

    def __init__(self):
        self.begun, self.comes, self.closed = threading.Event(), threading.Event(), threading.Event()

    def started(self):
        self.begun.set()
        self.comes.wait(LIMIT)
        return self

    def close(self):
        self.closed.set()


@pytest.fixture
def late(monkeypatch):
    """A crew, and its helper that is about to come."""
    one = Late()
    monkeypatch.setattr(local, "warm_up", lambda: True)
    monkeypatch.setattr(local.memory, "available", lambda: local.ROOM)
    monkeypatch.setattr(Helper, "started", one.started)
    helpers = Local(2, worth=0.0)
    helpers.call(2, 1.0)
    one.begun.wait(LIMIT)
    return helpers, one


def test_the_end_of_a_plan_waits_for_a_helper_that_is_about_to_come(late, monkeypatch):
    helpers, one = late
    monkeypatch.setattr(local, "PATIENCE", LIMIT)
    threading.Timer(0.2, one.comes.set).start()
    helpers.close()
    assert one.comes.is_set()
    assert one.closed.is_set()


def test_the_end_of_a_plan_does_not_wait_for_long(late, monkeypatch):
    helpers, one = late
    monkeypatch.setattr(local, "PATIENCE", 0.0)
    helpers.close()
    assert not one.closed.is_set()
    one.comes.set()
    assert one.closed.wait(LIMIT), "it comes too late, and goes"
    until(lambda: not helpers._starting)
    assert helpers._helpers == [one], "no other one is begun"


STOPPED = """
import time
from core.crew.local import Local

if __name__ == "__main__":
    helpers = Local(1, worth=0.0)
    helpers.call(1, 1.0)
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        helpers.close()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="helpers are forked from a server on Linux only")
@pytest.mark.parametrize("whole", [True, False], ids=["in the terminal", "the program alone"])
def test_a_program_stopped_while_its_first_helper_starts_says_nothing(tmp_path, whole):
    (tmp_path / "script.py").write_text(STOPPED)
    environment = {**os.environ, "PYTHONPATH": str(process.ROOT)}
    program = subprocess.Popen(
        [sys.executable, str(tmp_path / "script.py")],
        env=environment,
        stderr=subprocess.PIPE,
        start_new_session=True,
        # a shell that runs the tests in the background has them ignore Ctrl-C, and what they start would, too
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )

    def imports_torch():
        servers = [one for one in psutil.Process(program.pid).children() if "forkserver" in " ".join(one.cmdline())]
        return any("torch" in part.path for one in servers for part in one.memory_maps())

    until(imports_torch)
    (os.killpg if whole else os.kill)(program.pid, signal.SIGINT)
    _, said = program.communicate(timeout=LIMIT)  # until the server is gone too
    assert said.decode() == ""
    assert program.returncode == 0


SCRIPT = """
import json, sys
from pathlib import Path
from core.crew.local import Local
from core.plans import run_plan
from core.spec import RunSpec
from core.work import silent

if __name__ == "__main__":
    specs = [RunSpec.from_dict(data) for data in json.loads(sys.stdin.read())]
    run_plan(silent, specs=specs, root=Path(sys.argv[1]), device="cpu", crew=lambda device, tell: (Local(1, worth=0.0), ""))
"""


def test_a_killed_coordinator_loses_what_was_in_training_and_leaves_no_process(make_spec, endless, tmp_path, monkeypatch):
    store = Store(tmp_path / "store")
    specs = [endless(), endless(seed=4), *(make_spec(epochs=100, seed=seed) for seed in range(1, 4))]
    (tmp_path / "script.py").write_text(SCRIPT)
    program = subprocess.Popen([sys.executable, str(tmp_path / "script.py"), str(store.root)], cwd=tmp_path, stdin=subprocess.PIPE)
    program.stdin.write(json.dumps([spec.as_dict() for spec in specs]).encode())
    program.stdin.close()
    try:
        until(lambda: len(store.entries()) == 3)
        processes = psutil.Process(program.pid).children(recursive=True)
        assert any("forkserver" in " ".join(one.cmdline()) for one in processes if one.is_running()) or sys.platform != "linux"
    finally:
        program.kill()
        program.wait()
    until(lambda: not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes))
    assert store.verify() == []
    assert sorted(entry.spec.seed for entry in store.entries()) == [1, 2, 3]

    here = []
    monkeypatch.setattr(coordinator, "train", lambda spec, **options: here.append(spec.seed) or train(spec, **options))
    shorter = [*specs[2:], make_spec(epochs=5, seed=4)]
    walk(silent, shorter, store.root)
    assert here == [4]


def test_a_helper_that_runs_the_script_anew_is_refused(monkeypatch):
    """Helpers import the main module; one that guards nothing would train in each of them."""
    monkeypatch.setattr(multiprocessing.current_process(), "_inheriting", True, raising=False)
    with pytest.raises(RuntimeError, match="under if __name__ == '__main__':"):
        Local(1)
