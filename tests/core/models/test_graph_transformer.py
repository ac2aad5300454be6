"""The graph transformer by hand: two neighbours, one head, one channel, and a node alone."""

import torch
from torch.testing import assert_close

from core.models.graph_transformer import TransformerConvolution
from core.sparse import Edges

EDGES = Edges(torch.tensor([[1, 2, 2], [0, 0, 2]]), 4)
"""1 → 0, 2 → 0, and a loop at 2; 3 is alone."""
X = torch.tensor([[2.0], [1.0], [3.0], [5.0]])


def layer(query: float, key: float) -> TransformerConvolution:
    found = TransformerConvolution(1, 1, heads=1, concat=True, dropout=0.0, bias=True)
    with torch.no_grad():
        for lin, weight in ((found.lin_query, query), (found.lin_key, key), (found.lin_value, 10), (found.lin_skip, 100)):
            lin.weight.fill_(weight)
            lin.bias.zero_()
    return found.eval()


def test_a_query_of_zero_takes_the_mean_and_the_own_state_is_added():
    found = layer(query=0, key=1)(X, EDGES)[:, 0]
    # node 0: the mean of 10 and 30; node 2 hears its own stored loop; 1 and 3 have no in-edge
    assert_close(found, torch.tensor([20.0 + 200, 100, 30 + 300, 500]))


def test_scores_are_products_of_query_and_key():
    found = layer(query=0.5, key=1)(X, EDGES)[0, 0]
    first, second = torch.tensor([1.0 * 1, 1.0 * 3]).softmax(dim=0)
    assert_close(found, 10 * first + 30 * second + 200)


def test_a_constant_added_to_all_keys_changes_nothing():
    plain, moved = layer(0.7, 0.3), layer(0.7, 0.3)
    with torch.no_grad():
        moved.lin_key.bias.fill_(4)
    assert_close(plain(X, EDGES), moved(X, EDGES))
