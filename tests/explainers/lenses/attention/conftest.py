"""The karate club, and runs of it that attend."""

import pytest

from core.data import GraphData
from core.open_graphs import graph_of
from core.spec import DatasetSpec
from core.training import train
from tests.explainers.lenses.attention.made_up import spec_of


@pytest.fixture(scope="package")
def karate() -> GraphData:
    return graph_of(DatasetSpec("karate"))


@pytest.fixture(scope="package", params=["gat", "gatv2"])
def run(request, karate):
    return train(spec_of(request.param, heads=3), graph=karate, device="cpu")
