"""What a plan says of itself."""

import pytest

from core.crew import bulletin
from core.crew.bulletin import LISTED, SHOWN, Bulletin
from core.crew.pace import Running


@pytest.fixture
def said(monkeypatch):
    """Reports of bulletins, on a clock that stands at 10 seconds."""
    monkeypatch.setattr(bulletin.time, "monotonic", lambda: 10.0)
    return []


def make(told, stored=(), total=20, note=""):
    found = Bulletin(lambda *report: told.append(report), stored, total, note)
    found._started = 0.0  # on that clock
    return found


def at(spec, epoch):
    one = Running(spec)
    one.rows = [[0.1 * row] * 5 for row in range(epoch)]
    return one


def test_the_bar_is_time(said, make_spec):
    told = make(said)
    told.tell([at(make_spec(), 1)])
    told.left = 30.0
    told.tell([at(make_spec(), 2)])
    assert [report[:2] for report in said] == [(0.0, 0.0), (10.0, 40.0)]


def test_words(said, make_spec):
    told = make(said, stored=["a", "b"], total=2000, note="no cluster at tcp://there:1, training here")
    told.tell([], "loading cora")
    told.add("c")
    told.tell([at(make_spec(epochs=50), 7), at(make_spec(), 0)])
    assert [report[2] for report in said] == [
        "no cluster at tcp://there:1, training here · 2 of 2,000 runs · loading cora",
        "no cluster at tcp://there:1, training here · 3 of 2,000 runs · 2 in training · epoch 7 of 50",
    ]
    make(said, total=1).tell([at(make_spec(epochs=50), 7)])
    assert said[-1][2] == "epoch 7 of 50"


def test_the_snapshot_has_what_trains_and_the_latest_that_ended(said, make_spec):
    told = make(said, stored=[f"stored {i}" for i in range(LISTED)], total=500)
    told.add("new")
    told.tell([at(make_spec(seed=seed), 3) for seed in range(SHOWN + 5)])
    progress = said[-1][3]()
    assert (progress.done, progress.total) == (LISTED + 1, 500)
    assert progress.finished == (*(f"stored {i}" for i in range(1, LISTED)), "new")
    assert [training.spec.seed for training in progress.running] == list(range(SHOWN))
    told.tell([at(make_spec(), 0)])
    assert said[-1][3] is None, "there is nothing to see of a run before its first epoch"


def test_long_histories_are_thinned_and_keep_their_last_epoch(said, make_spec):
    make(said).tell([at(make_spec(epochs=5000), 1001)])
    (training,) = said[-1][3]().running
    assert (training.epoch, training.every, len(training.history)) == (1001, 3, 334)
    assert training.history[1, 0] == pytest.approx(0.3)
    assert training.latest[0] == pytest.approx(100.0)
