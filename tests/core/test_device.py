import pytest
import torch

from core import device
from core.device import PARALLEL_EDGES, available, cores, pick, seeded, threads_for
from core.errors import UserError


def test_the_processor_is_always_there_and_auto_is_the_best():
    assert available()[-1] == "cpu"
    assert pick("cpu").type == "cpu"
    assert pick("auto").type == available()[0]


def test_a_device_that_is_not_there(monkeypatch):
    monkeypatch.setattr(device, "available", lambda: ("cpu",))
    for name in ("cuda", "mps", "tpu"):
        with pytest.raises(UserError, match=f"There is no device '{name}' on this machine; it has cpu"):
            pick(name)


def test_random_numbers_are_those_of_the_seed_and_only_within():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(9)
    before = torch.get_rng_state()
    with seeded(3, torch.device("cpu")):
        assert torch.equal(torch.rand(2), expected)
    assert torch.equal(torch.get_rng_state(), before)
    with pytest.raises(ZeroDivisionError), seeded(3, torch.device("cpu")):
        torch.rand(2).tolist()[0] / 0
    assert torch.equal(torch.get_rng_state(), before)


def test_threads_follow_the_graph_and_come_back():
    before = torch.get_num_threads()
    with threads_for(10):
        assert torch.get_num_threads() == 1
    with threads_for(PARALLEL_EDGES):
        assert torch.get_num_threads() == cores()
    with pytest.raises(ZeroDivisionError), threads_for(PARALLEL_EDGES):
        int("1") / 0
    assert torch.get_num_threads() == before
