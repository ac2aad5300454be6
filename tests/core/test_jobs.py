"""The two workers: tested with real processes and odd work that only the workers can import."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core import jobs as jobs_module
from core import lane as lane_module
from core.jobs import Job, Jobs

ROOT = Path(__file__).parents[2]
LIMIT = 30.0

ODD_WORK = """
import os, time
from core.errors import UserError

def add(report, a, b):
    return a + b

def pid(report):
    return os.getpid()

def count(report, to, pause=0.02):
    for i in range(to):
        report(i, to, f"step {i}", lambda: {"at": i})
        time.sleep(pause)
    return to

def deaf(report):
    time.sleep(60)

def die(report, code):
    os._exit(code)

def leave(report):
    raise SystemExit(4)

def lock(report):
    import threading
    return threading.Lock()

class Secret:
    pass

def secret(report):
    return Secret()

def divide(report):
    return 1 / 0

def hungry(report):
    raise MemoryError

def refuse(report):
    raise UserError("Depth is 0; it takes 1 to 128.")

def niceness(report):
    return os.nice(0)

def where(report):
    import sys
    return os.getcwd(), "torch" in sys.modules
"""


@pytest.fixture(scope="module")
def odd_path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("odd")
    (folder / "odd_work.py").write_text(ODD_WORK)
    return folder


@pytest.fixture(scope="module")
def jobs(odd_path):
    patch = pytest.MonkeyPatch()
    patch.setenv("PYTHONPATH", str(odd_path))
    found = Jobs({"interactive": ("no_such_module",)})
    yield found
    found.close()
    patch.undo()


@pytest.fixture(autouse=True)
def odd_environment(odd_path, monkeypatch):
    """Workers that are started again during a test must find the odd work as well."""
    monkeypatch.setenv("PYTHONPATH", str(odd_path))


def ask(jobs, name, lane="interactive", **arguments):
    return jobs.submit(f"odd_work:{name}", arguments, title=f"Odd {name}", lane=lane)


def done(jobs, name, lane="interactive", **arguments):
    return jobs.wait(ask(jobs, name, lane, **arguments), LIMIT)


def until(condition):
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


def test_result_and_state(jobs):
    job = done(jobs, "add", a=2, b=3)
    assert (job.state, job.result, job.error, job.share, job.finished) == ("done", 5, "", 1.0, True)
    assert job.ended >= job.started > 0


def test_a_result_is_let_go_of_once_it_is_taken(jobs):
    job = done(jobs, "add", a=2, b=3)
    jobs.release(job.number)
    assert (jobs.job(job.number).state, jobs.job(job.number).result, job.result) == ("done", None, 5)
    jobs.release(-1)


def test_a_warm_up_that_fails_costs_nothing(jobs):
    assert done(jobs, "add", a=1, b=1).result == 2, "the worker was told to import no_such_module"


def test_workers_start_where_the_app_was_started_and_without_torch(jobs):
    folder, torch = done(jobs, "where").result
    assert folder == str(Path.cwd())
    assert not torch


def test_progress_snapshot_and_eta(jobs):
    number = ask(jobs, "count", to=60)
    until(lambda: jobs.job(number).done > 5)
    job = jobs.job(number)
    assert job.state == "running"
    assert 0 < job.share < 1
    assert job.message == f"step {job.done}"
    assert job.snapshot == {"at": job.done}
    assert 0 < job.eta < 10
    assert [running.number for running in jobs.active()] == [number]
    assert jobs.wait(number, LIMIT).result == 60
    assert jobs.job(number).eta is None
    assert jobs.active() == []


def test_eta_is_the_measured_speed(monkeypatch):
    monkeypatch.setattr(time, "monotonic", lambda: 110.0)
    job = Job(1, "", "batch", "", {}, state="running", done=25, total=100, started=100.0)
    assert job.eta == pytest.approx(30.0)
    assert Job(1, "", "batch", "", {}, state="running", started=100.0).eta is None
    assert Job(1, "", "batch", "", {}, state="running", done=9, total=4, started=100.0).share == 1.0


def test_wait_gives_up_after_its_time(jobs):
    number = ask(jobs, "count", to=1000)
    assert jobs.wait(number, 0.05).state in ("waiting", "running")
    jobs.cancel(number)
    assert jobs.wait(number, LIMIT).state == "cancelled"


def test_cancel_while_running_and_while_waiting(jobs):
    worker = done(jobs, "pid").result
    running, waiting = ask(jobs, "count", to=10_000), ask(jobs, "count", to=10_000)
    until(lambda: jobs.job(running).done > 0)
    jobs.cancel(waiting)
    assert jobs.job(waiting).state == "cancelled"
    jobs.cancel(running)
    assert jobs.job(running).stopping
    assert jobs.wait(running, LIMIT).state == "cancelled"
    assert done(jobs, "pid").result == worker, "it stopped by itself, within the grace, and was not ended by force"
    assert done(jobs, "add", a=1, b=1).result == 2, "the worker goes on, and has not heard of the old cancels"


def test_a_cancel_that_comes_too_late_changes_nothing(jobs):
    number = ask(jobs, "add", a=1, b=1)
    assert jobs.wait(number, LIMIT).state == "done"
    jobs.cancel(number)
    jobs.cancel(12345)
    assert jobs.job(number).state == "done"
    assert done(jobs, "count", to=3).state == "done"


def test_work_that_does_not_listen_is_ended_with_its_worker(jobs, monkeypatch):
    monkeypatch.setattr(lane_module, "GRACE", 0.2)
    number = ask(jobs, "deaf")
    until(lambda: jobs.job(number).state == "running")
    jobs.cancel(number)
    assert jobs.wait(number, LIMIT).state == "cancelled"
    assert done(jobs, "add", a=1, b=1).result == 2


def test_a_killed_worker_is_replaced_and_its_job_says_so(jobs):
    first = done(jobs, "pid", "batch").result
    number = ask(jobs, "count", "batch", to=10_000)
    until(lambda: jobs.job(number).done > 0)
    os.kill(first, signal.SIGKILL)
    job = jobs.wait(number, LIMIT)
    assert job.state == "failed"
    assert "The batch worker ended by signal 9 during this job and was replaced" in job.error
    assert "memory" in job.error
    second = done(jobs, "pid", "batch").result
    assert second not in (first, None)


def test_a_worker_killed_while_idle_costs_one_job_at_most(jobs):
    os.kill(done(jobs, "pid").result, signal.SIGKILL)
    time.sleep(0.1)
    states = [done(jobs, "add", a=1, b=1).state for _ in range(2)]
    assert states[1] == "done"


@pytest.mark.parametrize(("name", "given", "words"), [("die", {"code": 3}, "with exit code 3"), ("leave", {}, "with exit code 4")])
def test_work_that_ends_the_process(jobs, name, given, words):
    assert words in done(jobs, name, **given).error
    assert done(jobs, "add", a=1, b=1).result == 2


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("divide", "odd_work:divide failed unexpectedly: ZeroDivisionError: division by zero"),
        ("refuse", "Depth is 0; it takes 1 to 128."),
        ("hungry", "There was not enough memory for this; a smaller graph or model would fit."),
        ("lock", "odd_work:lock is done, but its result cannot be handed over: cannot pickle '_thread.lock' object"),
        ("no_such_work", "odd_work:no_such_work failed unexpectedly: AttributeError"),
    ],
)
def test_failures_are_sentences_and_the_worker_survives(jobs, name, sentence):
    before = done(jobs, "pid").result
    job = done(jobs, name)
    assert (job.state, job.result) == ("failed", None)
    assert job.error.startswith(sentence)
    assert done(jobs, "pid").result == before


def test_an_answer_that_this_process_cannot_read(jobs):
    job = done(jobs, "secret")
    assert job.state == "failed"
    assert "The answer to Odd secret could not be read" in job.error
    assert done(jobs, "add", a=1, b=1).result == 2


def test_arguments_that_cannot_be_sent(jobs):
    before = done(jobs, "pid").result
    job = done(jobs, "add", a=lambda: 1, b=1)
    assert job.state == "failed"
    assert "Odd add could not be sent to the worker" in job.error
    assert done(jobs, "pid").result == before


def test_a_click_is_not_delayed_by_a_sweep(jobs):
    sweep = ask(jobs, "count", "batch", to=100_000)
    until(lambda: jobs.job(sweep).done > 0)
    assert done(jobs, "add", a=1, b=1).result == 2
    assert jobs.job(sweep).state == "running"
    jobs.cancel(sweep)
    assert jobs.wait(sweep, LIMIT).state == "cancelled"


@pytest.mark.skipif(not hasattr(os, "nice"), reason="processes have no niceness here")
def test_a_sweep_steps_back_for_a_click(jobs):
    assert done(jobs, "niceness").result == os.nice(0)
    assert done(jobs, "niceness", lane="batch").result > os.nice(0)


def test_finished_jobs_are_forgotten_in_time(jobs, monkeypatch):
    monkeypatch.setattr(jobs_module, "KEPT", 3)
    numbers = [ask(jobs, "add", a=i, b=0) for i in range(8)]
    jobs.wait(numbers[-1], LIMIT)
    newest = ask(jobs, "add", a=0, b=0)
    assert jobs.job(numbers[0]) is None
    with pytest.raises(KeyError):
        jobs.wait(numbers[0])
    assert jobs.wait(newest, LIMIT).state == "done"
    jobs.cancel(numbers[0])


def test_closing_ends_the_workers_and_what_was_not_finished():
    own = Jobs()
    pids = [done(own, "pid", lane).result for lane in ("interactive", "batch")]
    running, waiting = ask(own, "count", to=10_000), ask(own, "count", to=10_000)
    until(lambda: own.job(running).done > 0)
    own.close()
    until(lambda: not any(map(alive, pids)))
    assert [own.job(number).state for number in (running, waiting)] == ["cancelled", "cancelled"]
    late = own.wait(ask(own, "add", a=1, b=1), 1)
    assert (late.state, late.error) == ("failed", "Hopscope is closing; start it again.")
    own.close()


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z" if Path("/proc").exists() else True


def test_workers_end_when_the_app_is_killed(odd_path):
    code = """
from core.jobs import Jobs
jobs = Jobs()
for lane in ("interactive", "batch"):
    print(jobs.wait(jobs.submit("odd_work:pid", {}, title="pid", lane=lane), 30).result, flush=True)
jobs.wait(jobs.submit("odd_work:count", {"to": 10**6}, title="count", lane="batch"))
"""
    app = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    pids = [int(app.stdout.readline()) for _ in range(2)]
    assert all(map(alive, pids))
    app.kill()
    app.wait()
    app.stdout.close()
    until(lambda: not any(map(alive, pids)))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise SystemExit(7)", "could not be started: it ended with exit code 7"),
        ("import time; time.sleep(60)", "could not be started: it did not answer within 0.3 seconds"),
    ],
    ids=["ends", "idles"],
)
def test_a_worker_that_never_connects_is_told_of(monkeypatch, code, words):
    monkeypatch.setattr(lane_module, "COMMAND", (sys.executable, "-c", code))
    monkeypatch.setattr(lane_module, "START_LIMIT", 0.3)
    own = Jobs()
    job = done(own, "add", a=1, b=1)
    assert job.state == "failed"
    assert words in job.error
    monkeypatch.undo()
    own.close()


def test_a_worker_that_can_be_started_later_is(monkeypatch, odd_path):
    with monkeypatch.context() as patch:
        patch.setattr(lane_module, "COMMAND", (sys.executable, "-c", "raise SystemExit(7)"))
        own = Jobs()
        assert done(own, "add", a=1, b=1).state == "failed"
    assert done(own, "add", a=1, b=1).result == 2
    own.close()


def test_a_folder_called_core_where_the_user_is_does_no_harm(monkeypatch, tmp_path):
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "__init__.py").write_text("raise ImportError('the wrong core')")
    monkeypatch.chdir(tmp_path)
    own = Jobs()
    assert done(own, "where").result[0] == str(tmp_path)
    own.close()
