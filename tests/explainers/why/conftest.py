"""A stored run on the karate club, and what methods say of its node 5."""

import pytest

from core import catalogue as catalogues
from core.plans import run_plan
from core.selection import start
from core.spec import TrainingSpec
from core.views import open_graph
from core.work import silent
from explainers.why.measure import explain


@pytest.fixture(scope="package")
def stored(tmp_path_factory):
    """(root, spec)"""
    root = tmp_path_factory.mktemp("why")
    known = catalogues.ensure(root)
    spec = start(known, "karate", "gcn", training=TrainingSpec(epochs=30)).specs(known)[0]
    run_plan(silent, specs=[spec], root=root, device="cpu")
    return root, spec


@pytest.fixture(scope="package")
def ask(stored):
    root, spec = stored

    def asked(method, node=5, target=None, seeds=2, how="deleted"):
        return explain(silent, spec=spec, node=node, method=method, target=target, seeds=seeds, how=how, root=root)

    return asked


@pytest.fixture(scope="package")
def opened(stored):
    root, spec = stored
    return open_graph(silent, dataset=spec.dataset, home=root)
