"""What the tests of a crew share: plans that never end by themselves, and runs compared bit by bit."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from core.run import Run
from core.spec import RunSpec
from core.work import Cancelled

LIMIT = 60.0
ENDLESS = 10**7


@pytest.fixture
def endless(make_spec) -> Callable[..., RunSpec]:
    """A spec whose training takes longer than any test."""
    return lambda **given: replace(spec := make_spec(**given), training=replace(spec.training, epochs=ENDLESS))


class Told:
    """A report that keeps what it hears, calls `look(progress)` now and then, and stops the plan once that says True."""

    def __init__(self, look=lambda progress: False) -> None:
        self.messages, self.look, self.stop, self.next = [], look, False, 0.0

    def __call__(self, done=0.0, total=0.0, message="", snapshot=None) -> None:
        self.messages.append(message)
        if callable(snapshot) and time.monotonic() >= self.next:
            self.stop = self.stop or self.look(snapshot())
            self.next = time.monotonic() + 0.02
        if self.stop:
            raise Cancelled


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def assert_same(one: Run, other: Run) -> None:
    """Bit by bit, but for the seconds that it took."""
    assert one.spec == other.spec
    for part in ("history", "weights", "probes"):
        a, b = getattr(one, part), getattr(other, part)
        assert a.keys() == b.keys()
        for name in a:
            np.testing.assert_array_equal(a[name], b[name], strict=True)
    np.testing.assert_array_equal(one.logits, other.logits, strict=True)
    assert (one.best_epoch, one.note, one.code) == (other.best_epoch, other.note, other.code)
