import numpy as np
import pytest
from scipy.special import log_softmax

from explainers.calibrators.temperature import COLDEST, HOTTEST, best_temperature


def test_temperature_by_hand():
    # two classes, logit difference 2, right in 3 of 4: σ(2/T) = 3/4, so 2/T = ln 3
    logits = np.array([[2.0, 0.0]] * 4)
    assert best_temperature(logits, np.array([0, 0, 1, 0])) == pytest.approx(2 / np.log(3), rel=1e-10)
    assert best_temperature(-logits[:, ::-1] + 7, np.array([0, 0, 1, 0])) == pytest.approx(2 / np.log(3), rel=1e-10)


@pytest.mark.parametrize("factor", [0.2, 1.0, 3.0, 8.0])
@pytest.mark.parametrize("seed", range(3))
def test_temperature_agrees_with_a_grid(make_case, factor, seed):
    case = make_case(factor=factor, seed=seed)
    logits, labels = case.logits[case.validation], case.y[case.validation]

    def loss(temperature):
        return -log_softmax(logits / temperature, axis=1)[np.arange(len(labels)), labels].mean()

    found = best_temperature(logits, labels)
    grid = np.exp(np.linspace(np.log(COLDEST), np.log(HOTTEST), 1001))
    nearest = grid[np.argmin([loss(temperature) for temperature in grid])]
    assert loss(found) <= loss(nearest)
    assert found == pytest.approx(nearest, rel=grid[1] / grid[0] - 1)


@pytest.mark.parametrize("factor", [1 / 3, 1, 3])
def test_factor_of_calibrated_logits_is_recovered(make_case, factor):
    case = make_case(n=12_000, factor=factor)
    fitted = case.fit("temperature")
    assert fitted.temperatures == pytest.approx(np.full(12_000, factor), rel=0.05)
    np.testing.assert_allclose(fitted(case.logits), log_softmax(case.logits / fitted.temperatures[:, None], axis=1), atol=1e-12)
    assert (fitted.parameters, fitted.nodes, fitted.said) == (1, 4_000, "")


def test_scaled_logits_give_the_same_probabilities(make_case):
    once, thrice = make_case(), make_case(factor=3.0)
    np.testing.assert_allclose(thrice.fit("temperature")(thrice.logits), once.fit("temperature")(once.logits), atol=1e-9)


def test_temperature_is_held_where_none_is_best():
    right, one = np.array([[2.0, 0.0], [0.0, 1.0]]), np.array([0, 1])
    assert best_temperature(right, one) == COLDEST
    assert best_temperature(40 * right, one) == COLDEST, "probabilities that round to 1 ask for no less"
    assert best_temperature(right, 1 - one) == HOTTEST
    assert best_temperature(np.ones((2, 2)), one) == 1.0
    assert best_temperature(np.ones((1, 1)), np.array([0])) == 1.0


def test_held_temperatures_are_said(make_case):
    case = make_case()
    right = case.with_labels(np.where(case.validation, case.logits.argmax(axis=1), case.y)).fit("temperature")
    assert right.said.startswith("The temperature is held at 0.05:")
    wrong = case.with_labels(np.where(case.validation, case.logits.argmin(axis=1), case.y)).fit("temperature")
    assert wrong.said.startswith("The temperature is held at 20:")
    assert (right.temperatures[0], wrong.temperatures[0]) == (COLDEST, HOTTEST)
