import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from scipy.special import softmax

from explainers.calibrators.spline import accuracy_by_confidence, with_confidence


def test_one_and_two_nodes_by_hand():
    # one node: the curve is a line from 0 to correct − confidence
    sure, accuracy = accuracy_by_confidence(np.array([0.7]), np.array([True]))
    assert (sure.tolist(), accuracy.tolist()) == ([0.7], pytest.approx([1.0]))
    # two nodes, three knots and three points: the natural spline through (0, 0), (½, .2), (1, −.2), its slope at ¼ and ¾
    sure, accuracy = accuracy_by_confidence(np.array([0.6, 0.8]), np.array([True, False]))
    slope = CubicSpline([0, 0.5, 1], [0, 0.2, -0.2], bc_type="natural").derivative()
    assert accuracy == pytest.approx([0.6 + slope(0.25), 0.8 + slope(0.75)])


def test_confidence_that_is_off_by_as_much_everywhere_is_moved_by_that():
    # 40 nodes of each confidence, accuracy .1 lower: the running sum is a line, which a spline has for itself
    confidence = np.repeat([0.5, 0.6, 0.7, 0.8, 0.9], 40)
    correct = np.concatenate([np.arange(40) < 40 * share for share in (0.4, 0.5, 0.6, 0.7, 0.8)])
    sure, accuracy = accuracy_by_confidence(confidence, correct)
    np.testing.assert_allclose(sure, [0.5, 0.6, 0.7, 0.8, 0.9])
    np.testing.assert_allclose(accuracy, sure - 0.1, atol=1e-9)


def test_spline_agrees_with_normal_equations(make_case):
    """The same curve in a basis of truncated powers, by normal equations (Hastie et al. 2009, Eqs. 5.4 and 5.5)."""
    case = make_case(factor=3.0)
    prob = softmax(case.logits, axis=1)[case.validation]
    confidence, correct = prob.max(axis=1), prob.argmax(axis=1) == case.y[case.validation]
    order, n, knots = np.argsort(confidence), len(prob), np.linspace(0, 1, 6)

    def powers(t, slope):
        d = [
            (3 if slope else 1)
            * (np.maximum(t - knot, 0) ** (2 if slope else 3) - np.maximum(t - knots[-1], 0) ** (2 if slope else 3))
            / (knots[-1] - knot)
            for knot in knots[:-1]
        ]
        first = [np.zeros_like(t), np.ones_like(t)] if slope else [np.ones_like(t), t]
        return np.column_stack([*first, *(each - d[-1] for each in d[:-1])])

    run = np.append(0, np.cumsum((correct - confidence)[order])) / n
    basis = powers(np.arange(n + 1) / n, slope=False)
    weights = np.linalg.solve(basis.T @ basis, basis.T @ run)
    theirs = confidence[order] + powers((np.arange(n) + 0.5) / n, slope=True) @ weights
    np.testing.assert_allclose(accuracy_by_confidence(confidence, correct)[1], theirs, atol=1e-6)


def test_order_of_equally_sure_nodes_does_not_matter():
    random = np.random.default_rng(0)
    confidence, correct = np.round(random.uniform(0.4, 1, 60), 1), random.random(60) < 0.6
    order = random.permutation(60)
    for one, other in zip(
        accuracy_by_confidence(confidence, correct), accuracy_by_confidence(confidence[order], correct[order]), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_confidence_with_the_rest_by_hand():
    prob = np.array([[0.6, 0.3, 0.1]] * 4 + [[1.0, 0, 0]] * 2)
    found = with_confidence(prob, np.array([0.8, 0.4, 0.45, 1.0, 0.5, 0.4]))
    np.testing.assert_allclose(found[0], [0.8, 0.15, 0.05])
    np.testing.assert_allclose(found[1], [0.4, 0.4, 0.2], err_msg=".45 would be above .4, and what is over goes to the third")
    np.testing.assert_allclose(found[2], [0.45, 0.4125, 0.1375])
    np.testing.assert_allclose(found[3], [1, 0, 0])
    np.testing.assert_allclose(found[4], [0.5, 0.25, 0.25], err_msg="evenly where the others had nothing")
    np.testing.assert_allclose(found[5], [0.4, 0.3, 0.3])


@pytest.mark.parametrize("classes", [2, 3, 12])
def test_no_class_is_above_the_predicted_one(classes):
    random = np.random.default_rng(classes)
    prob = random.dirichlet(np.full(classes, 0.3), size=2_000)
    confidence = np.where(random.random(2_000) < 0.2, 1 / classes, random.uniform(1 / classes, 1, 2_000))
    found = with_confidence(prob, confidence)
    rows, predicted = np.arange(2_000), prob.argmax(axis=1)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_array_equal(found[rows, predicted], confidence)
    assert (found.max(axis=1) <= confidence * (1 + 1e-12)).all()
    assert (found >= 0).all()
    # the others keep their order
    order = np.argsort(prob, axis=1, kind="stable")
    assert (np.diff(np.take_along_axis(found, order, axis=1), axis=1) > -1e-12).all()


def test_only_the_confidence_changes(make_case):
    case = make_case(n=3_000, factor=3.0)
    fitted = case.fit("spline")
    raw, found = softmax(case.logits, axis=1), np.exp(fitted(case.logits))
    test = ~case.validation & ~case.train & (case.y >= 0)
    right = (raw.argmax(axis=1) == case.y)[test].mean()
    assert raw[test].max(axis=1).mean() - right > 0.15, "over-confident"
    assert abs(found[test].max(axis=1).mean() - right) < 0.03
    ratio = np.sort(found, axis=1)[:, :-1] / np.sort(raw, axis=1)[:, :-1]
    below = np.sort(found, axis=1)[:, -2] < found.max(axis=1) - 1e-5
    np.testing.assert_allclose(ratio[below], np.repeat(ratio[below][:, :1], 3, axis=1), rtol=1e-6)
    assert (fitted.parameters, fitted.said) == (6, "")
    assert (
        case.on(*np.flatnonzero(case.validation)[:3]).fit("spline").said.startswith("With so few validation nodes the spline has 4 knots")
    )
