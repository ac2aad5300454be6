"""Which epoch is kept, by histories made by hand: rows of (validation loss, validation score)."""

from math import nan

import pytest
import torch
from torch import nn

from core.keep import Best
from core.spec import TrainingSpec


def followed(rows, keep="loss", patience=0):
    """The kept epoch, and the epoch at which waiting ends (None: never)."""
    module = nn.Linear(1, 1)
    best = Best(TrainingSpec(keep=keep, patience=patience), module)
    for epoch, (loss, score) in enumerate(rows, start=1):
        with torch.no_grad():
            module.weight.fill_(epoch)
        best.see(epoch, [nan, loss, nan, score, nan], torch.tensor([epoch]))
        if best.is_stale(epoch):
            break
    else:
        epoch = None
    assert best.weights["weight"].item() == best.epoch == best.logits.item(), "weights and logits are those of the epoch"
    return best.epoch, epoch


FALLING = [(0.9, 0.1), (0.5, 0.3), (0.7, 0.9), (0.5, 0.9), (0.8, 0.2)]


@pytest.mark.parametrize(
    ("keep", "epoch"),
    [("loss", 2), ("score", 3), ("last", 5), ("both", 4)],
)
def test_each_rule_on_one_history(keep, epoch):
    # loss: the first of two equal lows; score: the first of two equal highs; both: low and high at once
    assert followed(FALLING, keep) == (epoch, None)


def test_patience_counts_epochs_without_a_lower_loss():
    assert followed(FALLING, "loss", patience=3) == (2, 5)
    assert followed(FALLING, "loss", patience=4) == (2, None)
    assert followed([(0.5, 0), (0.6, 0), (0.7, 0), (0.1, 0)], "last", patience=2) == (3, 3)


def test_patience_with_both_counts_epochs_in_which_neither_improves():
    rows = [(0.5, 0.5), (0.6, 0.6), (0.4, 0.1), (0.6, 0.2), (0.7, 0.3), (0.1, 0.9)]
    assert followed(rows, "both", patience=2) == (1, 5)
    assert followed(rows, "both", patience=3) == (6, None)
    assert followed([(0.5, 0.5)] * 6, "both", patience=2) == (6, None), "a tie is an improvement there"


def test_nothing_to_validate_on_keeps_the_last_and_never_stops():
    assert followed([(nan, nan)] * 5, "loss", patience=2) == (5, None)
    assert followed([(nan, nan)] * 5, "both") == (5, None)
    assert followed([(0.5, nan), (0.4, nan)], "score") == (2, None)


def test_the_note_tells_of_a_wish_that_could_not_be_met():
    for keep, rows, told in (("loss", [(nan, nan)], True), ("loss", [(0.5, 0.5)], False), ("last", [(nan, nan)], False)):
        best = Best(TrainingSpec(keep=keep), nn.Linear(1, 1))
        best.see(1, [nan, rows[0][0], nan, rows[0][1], nan], torch.zeros(1))
        assert bool(best.note) is told
