import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from core.metrics.roc import roc_auc


def test_auc_by_hand():
    positive = torch.tensor([True, False, True, False])
    # pairs (positive, negative): .9>.1, .9>.5, .3>.1, .3<.5
    assert roc_auc(torch.tensor([0.9, 0.1, 0.3, 0.5]), positive).item() == 0.75
    assert roc_auc(torch.zeros(4), positive).item() == 0.5
    assert roc_auc(torch.tensor([1.0, 0, 1, 0]), positive).item() == 1.0


@pytest.mark.parametrize("decimals", [0, 1, 6])
@pytest.mark.parametrize("seed", range(4))
def test_auc_agrees_with_scikit_learn_whatever_the_ties(seed, decimals):
    random = np.random.default_rng(seed)
    positive = random.random(300) < 0.2
    score = np.round(random.normal(size=300) + positive, decimals)
    assert roc_auc(torch.from_numpy(score), torch.from_numpy(positive)).item() == pytest.approx(roc_auc_score(positive, score), abs=1e-12)


@pytest.mark.parametrize("positive", [torch.ones(3, dtype=torch.bool), torch.zeros(3, dtype=torch.bool), torch.zeros(0, dtype=torch.bool)])
def test_auc_of_one_kind_is_not_defined(positive):
    assert roc_auc(torch.rand(len(positive)), positive).isnan()
