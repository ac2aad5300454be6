"""GloGNN against the coefficients of its paper, solved for and multiplied on dense matrices."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from core.errors import UserError
from core.models.contract import Shape, build
from core.models.glognn import GlobalLayer
from core.sparse import Edges
from core.training import train

pytestmark = pytest.mark.usefixtures("sparse_products")
VALUES = {"beta1": 0.3, "beta2": 0.5, "gamma": 0.2}
POWERS = torch.tensor([0.7, -0.4, 0.25], dtype=torch.double)


@pytest.fixture
def graph(make_graph):
    """Directed, with self-loops, repeated edges, and two nodes without any edge."""
    data = make_graph(1)
    edge_index = torch.from_numpy(data.edge_index)
    return torch.from_numpy(data.features), edge_index, Edges(edge_index, data.num_nodes)


def averaging(edge_index, num_nodes):
    """D̃⁻¹ (A + I), A[i, j] the number of edges j → i and no loops but one a node."""
    a = torch.zeros(num_nodes, num_nodes, dtype=torch.double)
    a = a.index_put((edge_index[1], edge_index[0]), torch.ones(edge_index.shape[1], dtype=torch.double), accumulate=True)
    a.fill_diagonal_(1)
    return a / a.sum(1, keepdim=True)


def coefficients(x, start, near, beta1, beta2, gamma):
    """Z [num_nodes, num_nodes], the minimum of a quadratic form: the gradient's zero, solved for."""
    kept, one = 1 - gamma, torch.eye(len(x), dtype=x.dtype)
    right = kept * (x - gamma * start) @ x.t() + beta2 * near
    return torch.linalg.solve((kept**2 * x @ x.t() + (beta1 + beta2) * one).t(), right.t()).t()


def price(z, x, start, near, beta1, beta2, gamma):
    """What Z minimises."""
    fit = x - (1 - gamma) * z @ x - gamma * start
    return fit.pow(2).sum() + beta1 * z.pow(2).sum() + beta2 * (z - near).pow(2).sum()


def states(seed, count=12, channels=4):
    found = torch.Generator().manual_seed(seed)
    return torch.randn(count, channels, generator=found, dtype=torch.double)


def near_of(edge_index, count=12):
    matrix = averaging(edge_index, count)
    return sum(power * torch.linalg.matrix_power(matrix, hop) for hop, power in enumerate(POWERS, 1))


def test_a_layer_multiplies_by_the_coefficients_of_the_paper(graph):
    _, edge_index, _ = graph
    x, start = states(0), states(1)
    z = coefficients(x, start, near_of(edge_index), **VALUES)
    found = GlobalLayer(VALUES)(x, start, edge_index, POWERS)
    assert_close(found, 0.8 * z @ x + 0.2 * start)


def test_the_coefficients_are_the_minimum(graph):
    """The oracle's own oracle: every step away from Z costs more, and the gradient there is zero."""
    _, edge_index, _ = graph
    x, start, near = states(0), states(1), near_of(edge_index)
    z = coefficients(x, start, near, **VALUES).requires_grad_()
    (slope,) = torch.autograd.grad(price(z, x, start, near, **VALUES), z)
    assert_close(slope, torch.zeros_like(slope), atol=1e-10, rtol=0)
    lowest = price(z, x, start, near, **VALUES)
    for seed in range(5):
        assert price(z + 1e-3 * states(seed, channels=12), x, start, near, **VALUES) > lowest


def test_one_channel_by_hand():
    """Two nodes without edges, h = (1, 2), no initial state: Z = (h hᵀ + λ β₂ I)(h hᵀ + s I)⁻¹, and Z h = h (5 + λ β₂) / (5 + s)."""
    layer = GlobalLayer({"beta1": 1.0, "beta2": 2.0, "gamma": 0.0})
    h = torch.tensor([[1.0], [2.0]])
    found = layer(h, torch.zeros(2, 1), Edges(torch.empty(2, 0, dtype=torch.long), 2), torch.tensor([0.5]))
    assert_close(found, h * (5 + 0.5 * 2) / (5 + 3))


def test_coefficients_are_signed_and_reach_every_node():
    x = torch.tensor([[1.0, 0.0], [-1.0, 0.2], [0.5, 1.0]], dtype=torch.double)
    z = coefficients(x, torch.zeros_like(x), torch.zeros(3, 3, dtype=torch.double), 0.1, 0.1, 0.0)
    assert z.min() < 0 < z.max()
    nobody = torch.empty(2, 0, dtype=torch.long)
    layer = GlobalLayer({"beta1": 0.1, "beta2": 0.1, "gamma": 0.0})
    moved = torch.cat([x[:2], 2 * x[2:]])
    before, after = (layer(one, torch.zeros_like(one), nobody, torch.zeros(1, dtype=torch.double)) for one in (x, moved))
    assert not torch.isclose(before[0], after[0]).all(), "a node that nothing links moves the others"


def test_the_whole_model_on_dense_matrices(graph):
    x, edge_index, edges = graph
    torch.manual_seed(0)
    module = build("glognn", Shape(7, 3, len(x)), {"depth": 2, "width": 5, "delta": 0.6, "hops": 3}).double().eval()
    with torch.no_grad():
        module.powers.copy_(POWERS)
    around = averaging(edge_index, len(x)) @ module.of_nodes.weight.t() + module.of_nodes.bias
    hidden = torch.relu(0.6 * module.before(x.double()) + 0.4 * around)
    start = out = module.after(hidden)
    for _ in range(2):
        z = coefficients(out, start, near_of(edge_index), 0.1, 0.1, 0.2)
        out = 0.8 * z @ out + 0.2 * start
    assert_close(module(x.double(), edge_index), out)
    assert_close(module.float()(x, edges).double(), out, atol=1e-5, rtol=1e-5)


def test_no_tensor_is_as_large_as_all_pairs_of_nodes():
    """1,000 nodes: whatever is made on the way, forward and backward, has far fewer than 1,000,000 numbers."""
    nodes, sizes = 1000, []
    module = build("glognn", Shape(4, 3, nodes), {"width": 8})
    edges = Edges(torch.stack([torch.arange(nodes), torch.arange(nodes).roll(1)]), nodes)

    class Sizes(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            out = func(*args, **(kwargs or {}))
            found = out if isinstance(out, tuple | list) else [out]
            # a sparse matrix counts as what it stores
            sizes.extend(one.numel() for one in found if isinstance(one, torch.Tensor) and one.layout == torch.strided)
            return out

    with Sizes():
        module(torch.rand(nodes, 4), edges).sum().backward()
    assert nodes * 8 <= max(sizes) <= nodes * 16


def test_a_share_of_the_graph_belongs_to_its_nodes(graph):
    x, edge_index, _ = graph
    plain, both = (build("glognn", Shape(7, 3, len(x)), {"delta": delta}) for delta in (1.0, 0.9))
    assert plain.of_nodes is None
    assert both.of_nodes.in_channels == 12
    plain(x[:5], edge_index[:, :0])
    with pytest.raises(UserError, match=r"each of the 12 nodes.*this graph has 5"):
        both(x[:5], edge_index[:, :0])


def test_something_has_to_hold_the_coefficients_back():
    with pytest.raises(UserError, match="β₁ \\+ β₂ is above 0"):
        build("glognn", Shape(7, 3, 12), {"beta1": 0.0, "beta2": 0.0})


def test_with_only_the_initial_state_kept_every_layer_gives_it(graph):
    x, _, edges = graph
    module = build("glognn", Shape(7, 3, len(x)), {"gamma": 1.0, "beta1": 0.5, "beta2": 0.0}).eval()
    assert_close(module(x, edges), module.after(torch.relu(module.before(x))))


def test_the_same_seed_gives_the_same_run(make_graph, make_spec):
    data = make_graph(2)
    first, again, other = (train(make_spec("glognn", seed=seed, epochs=5), graph=data, device="cpu") for seed in (0, 0, 1))
    assert np.array_equal(first.logits, again.logits)
    assert not np.array_equal(first.logits, other.logits)
