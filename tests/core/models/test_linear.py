"""The linear layer against torch's product, whatever its columns and however its weights lie in memory."""

import numpy as np
import pytest
import torch
from scipy.sparse import random
from torch.testing import assert_close
from torch_geometric.nn.dense import Linear

from core.models.linear import COLUMNS, ENTRIES, FEW, FeatureLinear
from core.sparse import features_from_scipy

SIZES = [(5, 1), (5, FEW), (5, COLUMNS - 1), (5, COLUMNS), (ENTRIES, 3), (ENTRIES // 4, 40)]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("rows", [1, ENTRIES // 5 + 1])
@pytest.mark.parametrize(("inward", "outward"), SIZES)
def test_with_and_without_gradients_it_is_the_plain_product(inward, outward, rows, bias):
    torch.manual_seed(0)
    layer, x = FeatureLinear(inward, outward, bias=bias).double(), torch.randn(rows, inward).double()
    expected = x.numpy() @ layer.weight.detach().numpy().T + (layer.bias.detach().numpy() if bias else 0)
    with torch.no_grad():
        assert_close(layer(x), torch.from_numpy(expected))
    assert_close(layer(x).detach(), torch.from_numpy(expected))


def test_a_seed_gives_the_weights_that_pyg_draws():
    drawn = []
    for kind in (Linear, FeatureLinear):
        torch.manual_seed(4)
        drawn.append(kind(ENTRIES, 2, weight_initializer="glorot").weight)
    assert torch.equal(*drawn)


def test_drawn_anew_they_are_pygs_as_well():
    """As PyG's GIN does with its perceptron."""
    drawn = []
    for kind in (Linear, FeatureLinear):
        layer = kind(ENTRIES, 2)
        torch.manual_seed(4)
        layer.reset_parameters()
        drawn.append(layer.weight)
    assert torch.equal(*drawn)


def test_weights_of_a_wide_layer_lie_transposed_and_so_does_their_gradient(random_features):
    layer = FeatureLinear(random_features.shape[1], 2)
    features = features_from_scipy(random_features, torch.device("cpu"))
    layer(features).pow(2).sum().backward()
    assert layer.weight.t().is_contiguous()
    assert layer.weight.grad.t().is_contiguous()  # else the fused optimizer would pair other entries
    assert_close(layer.weight.grad, (2 * layer(features).t() @ features.to_dense()).detach())


@pytest.fixture
def random_features():
    return random(12, ENTRIES, 0.01, format="csr", dtype=np.float32, rng=np.random.default_rng(3))
