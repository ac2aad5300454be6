"""A GPU gives what the CPU gives, within rounding; skipped where there is none."""

import numpy as np
import pytest

from core.device import available
from core.models.contract import model, models
from core.training import train

ACCELERATORS = [name for name in available() if name != "cpu"]


@pytest.mark.skipif(not ACCELERATORS, reason="this machine has neither CUDA nor Apple's GPU")
@pytest.mark.parametrize("device", ACCELERATORS or ["none"])
@pytest.mark.parametrize("name", sorted(models()))
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
def test_without_dropout_a_training_is_the_same(make_graph, make_spec, name, device, sparse):
    names = {parameter.name for parameter in model(name).parameters}
    # the weights are drawn on the CPU, so that nothing but the order of sums differs
    spec = make_spec(name, {key: 0.0 for key in names if key.endswith("dropout")}, epochs=10, keep="last")
    here, there = (train(spec, graph=make_graph(sparse=sparse), device=one) for one in ("cpu", device))
    np.testing.assert_allclose(there.logits, here.logits, atol=1e-3, rtol=1e-3)
    assert there.device.startswith(device)
