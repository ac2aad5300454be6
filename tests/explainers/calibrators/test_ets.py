import numpy as np
import pytest
from scipy.special import softmax

from explainers.calibrators.ets import MOST_UNIFORM, best_weights
from explainers.calibrators.temperature import best_temperature


def parts_of(case):
    logits, labels = case.logits[case.validation], case.y[case.validation]
    scaled = softmax(logits / best_temperature(logits, labels), axis=1)
    true = np.arange(len(labels)), labels
    return np.column_stack([scaled[true], softmax(logits, axis=1)[true], np.full(len(labels), 1 / logits.shape[1])])


@pytest.mark.parametrize("factor", [0.3, 3.0])
@pytest.mark.parametrize("seed", range(3))
def test_weights_agree_with_a_grid(make_case, factor, seed):
    parts = parts_of(make_case(factor=factor, seed=seed, n=120))
    found = best_weights(parts)
    assert (found >= 0).all()
    assert found.sum() == pytest.approx(1, abs=1e-12)
    shares = np.linspace(0, 1, 101)
    grid = np.array([(a, b, 1 - a - b) for a in shares for b in shares if a + b <= 1])
    losses = -np.log(grid @ parts.T).mean(axis=1)
    loss = -np.log(parts @ found).mean()
    assert losses.min() - 1e-3 < loss <= losses.min() + 1e-9


def test_weights_by_hand():
    # 3 of 4 nodes: the first gives .9 to the true class, uniform .5, and .1 in the fourth: w·.9 + (1 − w)/2 = 3/4 at w = 5/8
    parts = np.array([[0.9, 0.9, 0.5]] * 3 + [[0.1, 0.1, 0.5]])
    found = best_weights(parts)
    assert found[:2].sum() == pytest.approx(5 / 8, abs=1e-4)


def test_uniform_never_takes_all(make_case):
    found = best_weights(np.array([[0.1, 0.2, 0.5]] * 4))
    assert found[2] == pytest.approx(MOST_UNIFORM)
    case = make_case()
    wrong = case.with_labels(np.where(case.validation, case.logits.argmin(axis=1), case.y)).fit("ets")
    assert wrong.said.startswith("Uniform probabilities have the most weight they may")
    assert np.exp(wrong(case.logits)).max() < 0.26


def test_mixture_is_of_probabilities(make_case):
    case = make_case(factor=3.0)
    weights = best_weights(parts_of(case))
    temperature = best_temperature(case.logits[case.validation], case.y[case.validation])
    mixed = weights[0] * softmax(case.logits / temperature, axis=1) + weights[1] * softmax(case.logits, axis=1) + weights[2] / 4
    fitted = case.fit("ets")
    np.testing.assert_allclose(np.exp(fitted(case.logits)), mixed, atol=1e-5)
    assert fitted.temperatures is None
    assert fitted.parameters == 3
