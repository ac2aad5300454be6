"""Dropout's own random numbers: exact rates, one stream a training, torch's state untouched."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from core.dropout import factors, stream, thinned


@pytest.mark.parametrize("p", [0.25, 0.5, 0.6, 0.95])
def test_the_mean_is_exact_whatever_the_rounding_of_the_rate(p):
    scale = float(factors(torch.ones(1000), p).max())
    kept = 1 / scale
    assert kept == pytest.approx(1 - p, abs=2**-17), "the rate is at most half a step off"
    assert kept * 2**16 == pytest.approx(round(kept * 2**16), abs=1e-2), "and a whole number of steps, so that kept · scale is 1"


@pytest.mark.parametrize("p", [0.5, 0.6])
def test_draws_are_independent_and_of_the_rate(p):
    torch.manual_seed(0)
    dropped = (factors(torch.ones(400, 500), p) == 0).numpy()
    # 200,000 draws: four standard errors are below 0.0045
    assert dropped.mean() == pytest.approx(p, abs=0.0045)
    assert np.corrcoef(dropped[:, :-1].ravel(), dropped[:, 1:].ravel())[0, 1] == pytest.approx(0, abs=0.01)
    assert np.corrcoef(dropped[:-1].ravel(), dropped[1:].ravel())[0, 1] == pytest.approx(0, abs=0.01)


def test_any_length_is_filled():
    for length in (0, 1, 7, 8, 9, 63):
        assert factors(torch.ones(length), 0.5).shape == (length,)


def test_a_stream_repeats_and_leaves_torch_alone():
    x = torch.ones(100)
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    with stream(0):
        first = [thinned(x, 0.5), thinned(x, 0.5)]
    assert_close(torch.rand(4), expected)
    with stream(0):
        second = [thinned(x, 0.5), thinned(x, 0.5)]
    assert_close(first, second)
    assert not torch.equal(*first)
    with stream(1):
        assert not torch.equal(thinned(x, 0.5), first[0])


def test_without_a_stream_torchs_seed_decides():
    x = torch.ones(100)
    torch.manual_seed(5)
    first = thinned(x, 0.5)
    again = thinned(x, 0.5)
    torch.manual_seed(5)
    assert torch.equal(thinned(x, 0.5), first)
    assert not torch.equal(first, again)


def test_streams_nest():
    x = torch.ones(64)
    with stream(0):
        outer = [thinned(x, 0.5), thinned(x, 0.5)]
    with stream(0):
        first = thinned(x, 0.5)
        with stream(9):
            thinned(x, 0.5)
        assert_close([first, thinned(x, 0.5)], outer)


def test_any_whole_number_is_a_seed():
    for seed in (-1, 2**63, 2**64 + 1):
        with stream(seed):
            assert factors(torch.ones(8), 0.5).shape == (8,)
