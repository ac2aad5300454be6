import numpy as np
import pytest
import torch
from scipy.sparse import coo_matrix, csr_matrix
from torch.testing import assert_close

from core.sparse import Edges, Matrix, dense, dropout, features_from_scipy, identity

CPU = torch.device("cpu")
pytestmark = pytest.mark.usefixtures("sparse_products")


def undirected(*pairs):
    return torch.tensor([*pairs, *((v, u) for u, v in pairs)]).t()


def adjacency(edge_index, num_nodes):
    """A[i, j] = number of stored edges j → i."""
    a = torch.zeros(num_nodes, num_nodes)
    for source, target in edge_index.t().tolist():
        a[target, source] += 1
    return a


def test_worked_values_on_a_path_with_an_isolated_node():
    edges = Edges(undirected((0, 1), (1, 2)), 4)
    off = 1 / 6**0.5
    expected = torch.tensor([[1 / 2, off, 0, 0], [off, 1 / 3, off, 0], [0, off, 1 / 2, 0], [0, 0, 0, 1]])
    assert_close(edges.symmetric.to_dense(), expected)
    assert_close(edges.mean.to_dense(), torch.tensor([[0, 1, 0, 0], [0.5, 0, 0.5, 0], [0, 1, 0, 0], [0, 0, 0, 0.0]]))
    assert_close(edges.total.to_dense(), torch.tensor([[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0.0]]))


def test_a_directed_edge_carries_from_source_to_target_only():
    edges = Edges(torch.tensor([[0], [1]]), 2)
    assert_close(edges.total.to_dense(), torch.tensor([[0.0, 0], [1, 0]]))
    # in-degrees with the loop: 1 and 2
    assert_close(edges.symmetric.to_dense(), torch.tensor([[1, 0], [1 / 2**0.5, 1 / 2]]))


def test_stored_self_loops_do_not_add_to_the_one_of_the_renormalisation():
    with_loop, without = torch.tensor([[0, 1, 0], [1, 0, 0]]), torch.tensor([[0, 1], [1, 0]])
    assert_close(Edges(with_loop, 2).symmetric.to_dense(), Edges(without, 2).symmetric.to_dense())
    assert_close(Edges(with_loop, 2).total.to_dense(), torch.tensor([[1.0, 1], [1, 0]]))


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_dense_algebra_on_random_multigraphs(make_graph, seed):
    graph = make_graph(seed)
    edge_index, n = torch.from_numpy(graph.edge_index), graph.num_nodes
    a = adjacency(edge_index, n)
    edges = Edges(edge_index, n)
    assert_close(edges.total.to_dense(), a)
    assert_close(edges.mean.to_dense(), a / a.sum(1, keepdim=True).clamp(min=1))
    looped = a - torch.diag(a.diag()) + torch.eye(n)
    scale = looped.sum(1).rsqrt()
    assert_close(edges.symmetric.to_dense(), scale[:, None] * looped * scale)


def test_product_and_gradient_are_those_of_the_dense_matrix():
    torch.manual_seed(0)
    full = torch.rand(5, 4) * (torch.rand(5, 4) < 0.5)
    matrix = features_from_scipy(csr_matrix(full.numpy()), CPU)
    weight = torch.rand(4, 3, requires_grad=True)
    other = weight.detach().clone().requires_grad_()
    (matrix @ weight).pow(2).sum().backward()
    (full @ other).pow(2).sum().backward()
    assert_close(weight.grad, other.grad)
    assert matrix.shape == (5, 4)
    assert (matrix.size(0), matrix.size(1)) == (5, 4)


def test_a_small_matrix_gives_the_same_by_a_dense_product(monkeypatch):
    torch.manual_seed(0)
    edges, weight = torch.randint(0, 9, (2, 30)), torch.rand(9, 3, requires_grad=True)
    sparse = Edges(edges, 9).symmetric
    monkeypatch.setattr("core.sparse.SMALL", 9 * 9)
    small = Edges(edges, 9).symmetric
    products, gradients = [], []
    for matrix in (sparse, small):
        products.append(matrix @ weight)
        gradients.append(torch.autograd.grad(products[-1].pow(2).sum(), weight)[0])
    assert_close(*products)
    assert_close(*gradients)
    assert sparse.full is None
    assert small.full is not None
    assert small.with_values(small.forward.values()).full is None, "made anew in every epoch, it would cost more than it brings"
    monkeypatch.setattr("core.sparse.SMALL", 9 * 9 - 1)
    assert Edges(edges, 9).symmetric.full is None


def test_a_second_derivative_is_refused_rather_than_wrong():
    edges, weight = Edges(undirected((0, 1), (1, 2)), 3), torch.rand(3, 2, requires_grad=True)
    gradient = torch.autograd.grad((edges.symmetric @ weight).pow(3).sum(), weight, create_graph=False)[0]
    assert gradient.shape == (3, 2)
    with pytest.raises(RuntimeError, match="automatic differentiation"):
        torch.autograd.grad((edges.symmetric @ weight).pow(3).sum(), weight, create_graph=True)


def test_new_values_reach_the_transpose():
    matrix = Matrix.from_entries(torch.tensor([2, 0, 1]), torch.tensor([0, 1, 1]), torch.tensor([1.0, 2, 3]), (3, 2))
    other = matrix.with_values(torch.tensor([10.0, 20, 30]))  # in row order: (0,1), (1,1), (2,0)
    assert_close(other.to_dense(), torch.tensor([[0.0, 10], [0, 20], [30, 0]]))
    assert_close(other.backward.to_dense(), other.to_dense().t())
    assert_close(matrix.to_dense(), torch.tensor([[0.0, 2], [0, 3], [1, 0]]))


def test_graph_without_edges():
    edges = Edges(torch.empty(2, 0, dtype=torch.long), 3)
    x = torch.rand(3, 2)
    assert_close(edges.symmetric @ x, x)
    assert_close(edges.mean @ x, torch.zeros(3, 2))
    assert_close(edges.total @ x, torch.zeros(3, 2))


def test_features_stored_twice_are_summed():
    twice = csr_matrix(coo_matrix((np.array([1.0, 2, 4]), ([0, 0, 1], [1, 1, 0])), shape=(2, 2)))
    unsummed = csr_matrix((np.array([1.0, 2, 4]), np.array([1, 1, 0]), np.array([0, 2, 3])), shape=(2, 2))
    assert_close(features_from_scipy(unsummed, CPU).to_dense(), torch.from_numpy(twice.toarray()).float())
    assert unsummed.nnz == 3, "the caller's matrix is left as it was"


def test_empty_features_and_identity():
    assert_close(features_from_scipy(csr_matrix((3, 4), dtype=np.float32), CPU) @ torch.rand(4, 2), torch.zeros(3, 2))
    assert_close(dense(identity(3, CPU)), torch.eye(3))


@pytest.mark.parametrize("sparse", [False, True])
def test_dropout_drops_the_share_and_keeps_the_mean(sparse):
    torch.manual_seed(0)
    ones = torch.ones(200, 300)
    x = features_from_scipy(csr_matrix(ones.numpy()), CPU) if sparse else ones
    out = dense(dropout(x, 0.3, training=True))
    assert out.unique().tolist() == pytest.approx([0, 1 / 0.7], rel=2e-5), "the rate is rounded to a multiple of 2⁻¹⁶"
    # 60,000 draws: four standard errors of the share are 0.0075
    assert (out == 0).float().mean().item() == pytest.approx(0.3, abs=0.0075)
    assert dropout(x, 0.3, training=False) is x
    assert dropout(x, 0.0, training=True) is x


def test_dropped_features_and_their_transpose_agree():
    torch.manual_seed(0)
    out = dropout(features_from_scipy(csr_matrix(np.ones((6, 5), dtype=np.float32)), CPU), 0.5, training=True)
    assert isinstance(out, Matrix)
    assert_close(out.backward.to_dense(), out.to_dense().t())


def test_dropout_lets_the_gradient_through_what_was_kept():
    x = torch.ones(50, requires_grad=True)
    torch.manual_seed(1)
    out = dropout(x, 0.5, training=True)
    out.sum().backward()
    assert_close(x.grad, out.detach())
