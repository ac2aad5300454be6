"""Sanity layer by layer: it ends where all weights are random, and a method that ignores the model never moves."""

import pytest

from core.models.contract import model
from core.open_graphs import graph_of
from core.parameters import resolve
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings
from core.training import train
from explainers.attribution.contract import method, ready
from explainers.trust.comparison import Request, compare
from explainers.trust.sanity import cascade, layers


@pytest.fixture(scope="module")
def karate():
    return graph_of(DatasetSpec("karate"))


@pytest.fixture(scope="module")
def run(karate):
    values = settings(resolve(model("gcn").parameters, {"depth": 3}, "gcn"))
    spec = RunSpec(DatasetSpec("karate", split="public"), ModelSpec("gcn", values), TrainingSpec.of({"epochs": 30}), 0)
    return train(spec, graph=karate, device="cpu")


def test_the_last_stage_is_the_sanity_of_the_tables(run, karate):
    state = ready("input_x_gradient", run, karate)
    (one,) = method("input_x_gradient").attribute(state, [5])
    stages = cascade("input_x_gradient", one, run, karate)
    assert [name for name, _ in stages] == ["convolutions 3", "convolutions 2", "convolutions 1"]
    (explained, *_), _ = compare(run, karate, Request(("input_x_gradient",), (5,)))
    assert stages[-1][1] == pytest.approx(explained.nodes[0]["sanity"])
    assert stages[-1][1] < 0.95


def test_random_edges_do_not_depend_on_the_model(run, karate):
    (one,) = method("random").attribute(ready("random", run, karate), [5])
    assert [value for _, value in cascade("random", one, run, karate)] == pytest.approx([1, 1, 1])


def test_weights_of_one_layer_stay_together():
    names = ["norms.0.weight", "convolutions.0.lin.weight", "convolutions.0.bias", "convolutions.1.bias", "head.weight"]
    assert layers(names) == {
        "norms 1": ["norms.0.weight"],
        "convolutions 1": ["convolutions.0.lin.weight", "convolutions.0.bias"],
        "convolutions 2": ["convolutions.1.bias"],
        "head": ["head.weight"],
    }
