import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix

from core.data import Split
from core.errors import UserError
from core.tasks.node_classification import evaluate, loss, prepare

CPU = torch.device("cpu")


def prepared(graph, **options):
    return prepare(graph, graph.splits["public"], CPU, **options)


def test_loss_and_scores_by_hand(make_graph):
    graph = make_graph(num_nodes=6, classes=2, labels=np.array([0, 1, 1, 0, 1, 0]))  # parts: 0 1 2 0 1 2
    logits = torch.log(torch.tensor([[0.8, 0.2], [0.6, 0.4], [0.5, 0.5], [0.4, 0.6], [0.1, 0.9], [0.7, 0.3]]))
    logits[2, 1] += 1
    batch = prepared(graph)
    train_loss = -(np.log(0.8) + np.log(0.4)) / 2
    row = evaluate(logits, batch)
    assert row[0] == pytest.approx(train_loss, rel=1e-6)
    assert row[1] == pytest.approx(-(np.log(0.4) + np.log(0.9)) / 2, rel=1e-6)
    assert row[2:] == [0.5, 0.5, 1.0]
    assert loss(logits, batch).item() == pytest.approx(train_loss, rel=1e-6)


def test_scores_are_exact_so_that_a_tie_is_a_tie(make_graph):
    """700 of 1,000 is .7 wherever the correct nodes are, which a sum of float32 shares does not give."""
    graph = make_graph(num_nodes=3000, classes=2)
    batch, random = prepared(graph), np.random.default_rng(0)
    for _ in range(5):
        wrong = np.zeros(3000, dtype=bool)
        wrong[random.choice(np.flatnonzero(graph.splits["public"].validation), 300, replace=False)] = True
        logits = torch.nn.functional.one_hot(torch.from_numpy(np.where(wrong, 1 - graph.labels, graph.labels)), 2).float()
        assert evaluate(logits, batch)[3] == 0.7


def test_a_broken_test_node_does_not_spoil_the_training_loss(make_graph):
    graph = make_graph()
    logits = torch.zeros(12, 3)
    logits[graph.splits["public"].test] = torch.inf
    row = evaluate(logits, prepared(graph))
    assert np.isfinite(row[:4]).all()


def test_empty_parts_are_not_a_number(make_graph):
    none = np.zeros(12, dtype=bool)
    graph = make_graph(splits={"public": Split(~none, none, none)})
    row = evaluate(torch.zeros(12, 3), prepared(graph))
    assert [np.isnan(value) for value in row] == [False, True, False, True, True]


def test_features_stay_sparse_or_dense(make_graph):
    assert isinstance(prepared(make_graph()).x, torch.Tensor)
    batch = prepared(make_graph(sparse=True))
    assert not isinstance(batch.x, torch.Tensor)
    np.testing.assert_array_equal(batch.x.to_dense().numpy(), make_graph().features)
    assert batch.num_features == 7
    assert prepared(make_graph(), uses_features=False).num_features == 12


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"splits": {"public": Split(*(np.zeros(12, dtype=bool),) * 3)}}, "has no training nodes; pick another split"),
        ({"class_names": ("only",)}, "has 1 class; learning to tell classes apart takes at least two"),
        ({"metric": "roc_auc"}, "has 3 classes; ROC-AUC is for two"),
        ({"features": np.full((12, 7), np.nan, dtype=np.float32)}, "are not finite numbers"),
        ({"features": csr_matrix(np.full((12, 7), np.inf, dtype=np.float32))}, "are not finite numbers"),
    ],
)
def test_what_cannot_be_learned_from(make_graph, changes, sentence):
    with pytest.raises(UserError, match=sentence):
        prepared(make_graph(**changes))
