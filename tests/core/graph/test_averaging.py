"""Where averaging over neighbours helps: worked out by hand, searched for on a grid, and tried out with simulated neighbourhoods."""

import math

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from core.errors import UserError
from core.graph.homophily import separation, threshold


def mixing(homophily, classes, others):
    """[classes, classes] expected share of each class among the neighbours, entry by entry."""
    table = np.zeros((classes, classes))
    for own in range(classes):
        for other in range(classes):
            beside = (own - other) % classes in (1, classes - 1)
            if own == other:
                table[own, other] = homophily
            elif others == "uniform":
                table[own, other] = (1 - homophily) / (classes - 1)
            elif beside:
                table[own, other] = (1 - homophily) / 2
    return table


def brute_separation(homophily, classes, degree, others, operator):
    """Over all pairs of classes, with the centres as points."""
    centres = np.eye(classes) / math.sqrt(2)
    around = mixing(homophily, classes, others)
    moved = around @ centres if operator == "mean" else (centres + degree * around @ centres) / (degree + 1)
    noise = math.sqrt(degree if operator == "mean" else degree + 1)
    apart = [np.linalg.norm(moved[a] - moved[b]) for a in range(classes) for b in range(a)]
    return min(apart) * noise


def test_two_classes_worked_out_by_hand():
    # |2h − 1| > 1/√10 = .3162
    found = threshold(2, 10)
    assert found.low == pytest.approx(0.5 - 0.5 / math.sqrt(10))
    assert found.high == pytest.approx(0.5 + 0.5 / math.sqrt(10))
    assert (round(found.low, 3), round(found.high, 3)) == (0.342, 0.658)
    assert found.left_arm


def test_a_node_that_counts_itself_worked_out_by_hand():
    # |1 + 10 (2h − 1)| > √11: h > (√11 + 9)/20 or h < (9 − √11)/20
    found = threshold(2, 10, operator="self_loop")
    assert found.low == pytest.approx((9 - math.sqrt(11)) / 20)
    assert found.high == pytest.approx((9 + math.sqrt(11)) / 20)


@pytest.mark.parametrize(
    ("classes", "degree", "arm"), [(2, 2, True), (3, 4, False), (3, 5, True), (5, 10, False), (5, 16, False), (5, 17, True)]
)
def test_with_uniform_others_a_left_arm_needs_a_degree_above_the_square_of_the_other_classes(classes, degree, arm):
    assert threshold(classes, degree).left_arm == arm
    assert threshold(classes, degree).high == pytest.approx((1 + (classes - 1) / math.sqrt(degree)) / classes)


def test_five_classes_in_a_circle_worked_out_by_hand():
    # classes beside each other, t = (1 − h)/2: (1 − 3t)² + t² < 1/d; with d = 5 for t in (.2, .4)
    found = threshold(5, 5, "circulant")
    assert (found.low, found.high) == pytest.approx((0.2, 0.6))
    # with d = 10 the parabola's lowest point, .1 at h = .4, only touches
    assert not threshold(5, 10, "circulant").hurts_somewhere
    assert separation(0.4, 5, 10, "circulant") == pytest.approx(1)


def test_three_classes_in_a_circle_are_uniform():
    assert threshold(3, 7, "circulant") == threshold(3, 7)


def test_one_neighbour_averages_nothing_away():
    # at homophily 1 a single neighbour is as good as the node itself, and nowhere better
    assert threshold(3, 1) == threshold(3, 0.5)
    assert (threshold(3, 1).low, threshold(3, 1).high) == (0, 1)


@pytest.mark.parametrize("operator", ["mean", "self_loop"])
@pytest.mark.parametrize(("others", "classes"), [*(("uniform", c) for c in (2, 5)), *(("circulant", c) for c in (3, 5, 6, 7, 12))])
@pytest.mark.parametrize("degree", [1.5, 4.6, 9, 30])
def test_separation_and_threshold_agree_with_a_search_over_all_pairs(degree, others, classes, operator):
    grid = np.linspace(0, 1, 21)
    brute = np.array([brute_separation(h, classes, degree, others, operator) for h in grid])
    np.testing.assert_allclose([separation(h, classes, degree, others, operator) for h in grid], brute, atol=1e-12)
    found = threshold(classes, degree, others, operator)
    np.testing.assert_array_equal(brute[1:-1] < 1, ((found.low < grid) & (grid < found.high))[1:-1])
    assert [found.low == 0, found.high == 1] == [brute[0] < 1, brute[-1] < 1], "as far as the end"


def simulated(homophily, classes, degree, others, operator, random, nodes=6000, signal=1.0, exact=True):
    """Raw and averaged features of a training and a test half, with their labels: neighbourhoods of the expected make-up, or drawn."""
    labels = np.repeat(np.arange(classes), nodes // classes)
    shares = mixing(homophily, classes, others)
    counts = np.rint(shares * degree).astype(int)
    if exact:
        np.testing.assert_allclose(counts, shares * degree, atol=1e-9)
        drawn = counts[labels]
    else:
        drawn = random.multinomial(degree, shares[labels])
    # the mean of d normal features around their centres, which are on the first axes
    own = np.eye(classes)[labels] * signal / math.sqrt(2) + random.standard_normal((len(labels), classes))
    summed = drawn * signal / math.sqrt(2) + random.standard_normal((len(labels), classes)) * math.sqrt(degree)
    return own, summed / degree if operator == "mean" else (own + summed) / (degree + 1), labels


def accuracy(features, labels, kept):
    half = np.arange(len(labels)) % 2 == 0
    kept = np.isin(labels, kept)
    model = LinearDiscriminantAnalysis().fit(features[kept & half], labels[kept & half])
    return model.score(features[kept & ~half], labels[kept & ~half])


CASES = [
    (2, 20, "uniform", "mean", [0.25, 0.3], [0.45, 0.5, 0.55], [0.7, 0.75]),  # .388 to .612
    (5, 40, "uniform", "mean", [0.0], [0.2], [0.6]),  # .074 to .326
    (5, 6, "circulant", "mean", [0.0], [1 / 3], [2 / 3, 1.0]),  # .237 to .563
    (2, 20, "uniform", "self_loop", [0.2, 0.25], [0.4, 0.5], [0.7]),  # .361 to .590
]


@pytest.mark.parametrize(("classes", "degree", "others", "operator", "left", "between", "right"), CASES)
def test_a_linear_classifier_gains_and_loses_where_the_threshold_says(classes, degree, others, operator, left, between, right):
    random, found = np.random.default_rng(5), threshold(classes, degree, others, operator)
    nearest = [0, 1]  # of a circle the two classes that come closest
    for homophily, helps in [*((h, True) for h in left), *((h, False) for h in between), *((h, True) for h in right)]:
        assert (found.low < homophily < found.high) != helps
        raw, averaged, labels = simulated(homophily, classes, degree, others, operator, random, nodes=20_000)
        gain = accuracy(averaged, labels, nearest) - accuracy(raw, labels, nearest)
        assert (gain > 0.01) if helps else (gain < -0.01), homophily


def test_drawn_neighbourhoods_turn_near_the_threshold_when_the_signal_is_weak_and_later_when_it_is_strong():
    random = np.random.default_rng(6)

    def gain(homophily, signal):
        raw, averaged, labels = simulated(homophily, 2, 20, "uniform", "mean", random, 60_000, signal, exact=False)
        return accuracy(averaged, labels, [0, 1]) - accuracy(raw, labels, [0, 1])

    assert threshold(2, 20).high == pytest.approx(0.6118, abs=1e-4)
    assert gain(0.57, 0.5) < -0.01 < 0.01 < gain(0.66, 0.5)
    assert gain(0.63, 3.0) < -0.01, "chance in who the neighbours are is noise, too"


@pytest.mark.parametrize("classes", [2, 4])
def test_a_circle_of_two_or_four_classes_is_refused_with_the_reason(classes):
    with pytest.raises(UserError, match="Take 3, 5 or more classes"):
        threshold(classes, 10, "circulant")


@pytest.mark.parametrize(("classes", "degree"), [(1, 10), (2, 0), (2, -1)])
def test_no_threshold_without_classes_or_degree(classes, degree):
    with pytest.raises(UserError, match="take 2 classes or more, and a degree above 0"):
        threshold(classes, degree)
