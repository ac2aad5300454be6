"""One run for somebody else: the same run, told of on its way, stopped within an epoch."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from core.crew import task
from core.crew.task import train_for
from core.training import train
from core.work import Cancelled

from .conftest import assert_same


class Line:
    """A line that keeps what it is told, and stops the run when it is asked for the `stop`-th time."""

    def __init__(self, stop=0):
        self.news, self.asked, self.stop = [], 0, stop

    def tell(self, news):
        self.news.append(news)

    def stopped(self):
        self.asked += 1
        return self.asked == self.stop


def test_what_is_told_adds_up_to_the_history(make_spec, monkeypatch):
    monkeypatch.setattr(task, "TELL_EVERY", 0.0)
    line, spec = Line(), make_spec(epochs=5)
    run = train_for(line, spec, "cpu", ())
    assert_same(run, train(spec, device="cpu"))
    assert [(news.key, news.before, len(news.rows)) for news in line.news] == [(spec.key, before, 1) for before in range(5)]
    assert [row[0] for news in line.news for row in news.rows] == run.history["train_loss"].tolist()


def test_little_is_told_of_a_quick_run(make_spec, monkeypatch):
    monkeypatch.setattr(task, "TELL_EVERY", 1e9)
    line = Line()
    train_for(line, make_spec(epochs=5), "cpu", ())
    assert line.news == []
    assert line.asked == 5, "it may be stopped after every epoch"


def test_a_stopped_run_ends_within_an_epoch(make_spec):
    line = Line(stop=3)
    with pytest.raises(Cancelled):
        train_for(line, make_spec(epochs=50), "cpu", ())
    assert line.asked == 3
    assert train_for(Line(), make_spec(epochs=2), "cpu", ()).epochs == 2, "the next one has its turn"


def test_two_threads_of_a_process_do_not_disturb_each_other(make_spec):
    """As the threads of a Dask worker: random numbers belong to the process."""
    specs = [make_spec("gcn", {"dropout": 0.5}, epochs=30, seed=seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda spec: train_for(Line(), spec, "cpu", ()), specs))
    for run, spec in zip(runs, specs, strict=True):
        assert_same(run, train(spec, device="cpu"))


def test_who_waits_for_its_turn_can_be_stopped(make_spec, monkeypatch):
    monkeypatch.setattr(task, "TELL_EVERY", 0.01)
    with task._alone, pytest.raises(Cancelled):
        train_for(Line(stop=2), replace(make_spec(), seed=1), "cpu", ())
