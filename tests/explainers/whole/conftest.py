"""A model of the karate club, stored, and what two methods say of four of its nodes."""

import pytest

from core.models.contract import model
from core.open_graphs import graph_of
from core.parameters import resolve
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings
from core.training import train
from core.work import silent
from explainers.trust.comparison import Request
from explainers.trust.scores import Ask
from explainers.whole.measure import summed_up


@pytest.fixture(scope="session")
def spec_of():
    def make(dataset="karate", name="gcn", split="public", epochs=30, **given):
        values = settings(resolve(model(name).parameters, given, name))
        return RunSpec(DatasetSpec(dataset, split=split), ModelSpec(name, values), TrainingSpec.of({"epochs": epochs}), 0)

    return make


@pytest.fixture(scope="module")
def karate():
    return graph_of(DatasetSpec("karate"))


@pytest.fixture(scope="module")
def run(spec_of, karate):
    return train(spec_of(), graph=karate, device="cpu")


@pytest.fixture(scope="module")
def whole(run, karate):
    """Saliency and occlusion, four nodes, two seeds."""
    return summed_up(run, karate, Request(("saliency", "occlusion"), (1, 5, 9, 30), 2, Ask(keep=4, samples=3)), silent)
