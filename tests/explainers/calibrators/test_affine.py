"""Vector and matrix scaling."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression

from core.work import Cancelled
from explainers.calibrators import matrix
from explainers.calibrators.affine import LIMIT, likeliest_weights, unmoved
from explainers.calibrators.contract import fit, validation_nodes
from explainers.calibrators.matrix import FOLDS, MOST, STRENGTHS, best_strength, odir_penalty


def loss(log_probabilities, case, nodes):
    return -log_probabilities[nodes, case.y[nodes]].mean()


def test_a_shift_by_hand():
    # logits say nothing, so shifts alone give the classes' shares ½, ¼, ¼; from 0 on they sum to 0
    labels, free = np.array([0, 0, 1, 2]), unmoved(3) == 2
    free[:, -1] = True
    found = likeliest_weights(np.zeros((4, 3)), labels, free, np.zeros((3, 4)), unmoved(3))
    np.testing.assert_allclose(found[:, -1], np.log([0.5, 0.25, 0.25]) - np.log([0.5, 0.25, 0.25]).mean(), atol=1e-6)
    np.testing.assert_array_equal(found[:, :-1], np.eye(3))


def test_weights_agree_with_logistic_regression():
    """An even penalty on all weights, none on shifts, is scikit-learn's ridge: C = 1 / (2 n · penalty)."""
    random = np.random.default_rng(0)
    scaled = random.normal(size=(200, 3))
    labels = (scaled @ random.normal(size=(3, 3)) + random.gumbel(size=(200, 3))).argmax(axis=1)
    penalty = np.full((3, 4), 0.01)
    penalty[:, -1] = 0
    found = likeliest_weights(scaled, labels, np.ones((3, 4), dtype=bool), penalty, unmoved(3))
    theirs = LogisticRegression(C=1 / (2 * 200 * 0.01), tol=1e-10, max_iter=2_000).fit(scaled, labels)
    np.testing.assert_allclose(found[:, :-1], theirs.coef_, atol=1e-4)
    np.testing.assert_allclose(found[:, -1] - found[:, -1].mean(), theirs.intercept_ - theirs.intercept_.mean(), atol=1e-4)


def test_penalty_by_hand():
    np.testing.assert_allclose(odir_penalty(3), [[0, 1 / 6, 1 / 6, 1 / 3], [1 / 6, 0, 1 / 6, 1 / 3], [1 / 6, 1 / 6, 0, 1 / 3]])
    assert np.isfinite(odir_penalty(1)).all()


@pytest.mark.parametrize("name", ["vector", "matrix"])
def test_weights_and_shifts_of_calibrated_logits_are_undone(name, make_case):
    case = make_case(n=6_000)
    test = ~case.validation & ~case.train & (case.y >= 0)
    best = loss(log_softmax(case.logits, axis=1), case, test)
    moved = replace(case, logits=case.logits * [3, 1, 2, 0.5] + [1, -1, 0, 2])
    assert loss(log_softmax(moved.logits, axis=1), case, test) > best + 0.4
    assert loss(moved.fit(name)(moved.logits), case, test) < best + 0.01
    assert loss(moved.fit("temperature")(moved.logits), case, test) > best + 0.1, "one temperature cannot"


def test_mixed_logits_are_undone_by_the_matrix(make_case):
    case = make_case(n=6_000)
    test = ~case.validation & ~case.train & (case.y >= 0)
    best = loss(log_softmax(case.logits, axis=1), case, test)
    mixed = replace(case, logits=case.logits @ (np.eye(4) + 0.8 * np.roll(np.eye(4), 1, axis=1)))
    assert loss(mixed.fit("vector")(mixed.logits), case, test) > best + 0.1
    assert loss(mixed.fit("matrix")(mixed.logits), case, test) < best + 0.02


def test_strength_is_chosen_by_left_out_nodes(make_case):
    case = make_case(n=900)
    calm = validation_nodes(case.logits, case.y, case.validation)
    mixed = case.logits @ (np.eye(4) + 0.8 * np.roll(np.eye(4), 1, axis=1))
    assert best_strength(*calm) >= 10
    assert best_strength(*validation_nodes(mixed, case.y, case.validation)) <= 0.1
    for nodes in (1, 2, FOLDS - 1):
        assert best_strength(calm[0][:nodes], calm[1][:nodes]) in STRENGTHS
    assert best_strength(calm[0][:1], calm[1][:1]) == STRENGTHS[0]


def test_strength_of_many_nodes_is_chosen_by_two_thousand_of_all_classes(make_case, monkeypatch):
    case, seen = make_case(n=9_000), []
    own = matrix.likeliest_weights
    monkeypatch.setattr(
        matrix, "likeliest_weights", lambda scaled, labels, *given, **words: seen.append(labels) or own(scaled, labels, *given, **words)
    )
    rows, labels = validation_nodes(case.logits, case.y, case.validation)
    assert len(labels) > MOST
    best_strength(rows, labels)
    assert {len(some) for some in seen} == {MOST * (FOLDS - 1) // FOLDS}
    shares = [np.bincount(some) / len(some) for some in (seen[0], labels)]
    np.testing.assert_allclose(*shares, atol=0.01)


def test_the_matrix_says_how_far_it_is_and_can_be_stopped(make_case):
    case = make_case(n=900)

    def told(stop=None):
        found = []

        def report(done=0.0, total=0.0, message="", snapshot=None):
            found.append((done, total, message))
            if len(found) == stop:
                raise Cancelled

        fit("matrix", case.logits, case.y, case.validation, case.train, case.graph, report=report)
        return found

    found = told()
    done = [one for one, *_ in found]
    assert done == sorted(done)
    assert {total for _, total, _ in found} == {len(STRENGTHS) * FOLDS + 1}
    assert done[-1] == len(STRENGTHS) * FOLDS
    assert found[0][2] == "Choosing λ of matrix scaling, 100"
    assert found[-1][2].startswith("Fitting matrix scaling, λ = ")
    for stop in (7, len(found) - 1):
        with pytest.raises(Cancelled):
            told(stop)


@pytest.mark.parametrize(("name", "all_of_them", "without_one"), [("vector", 8, 7), ("matrix", 20, 13)])
def test_numbers_that_are_fitted(name, all_of_them, without_one, make_case):
    case = make_case()
    assert case.fit(name).parameters == all_of_them
    # three classes' own numbers, and the temperature that the fourth class is left with
    assert replace(case, validation=case.validation & (case.y != 0)).fit(name).parameters == without_one


@pytest.mark.parametrize("name", ["vector", "matrix"])
def test_a_missing_class_keeps_what_the_temperature_gives_it(name, make_case):
    case = make_case(n=900, factor=3.0)
    case = replace(case, validation=case.validation & (case.y != 0))
    fitted, common = case.fit(name), case.fit("temperature")
    assert "No validation node is of class a: its logits are only divided by the temperature common to all." in fitted.said
    # ... and is as likely as there, on the whole
    share, before = (np.exp(each(case.logits))[:, 0].mean() for each in (fitted, common))
    assert share == pytest.approx(before, rel=0.3)


@pytest.mark.parametrize("name", ["vector", "matrix"])
def test_more_than_a_temperature_is_given_up_where_it_helps_a_missing_class(name, make_case):
    """The first two classes are told apart by logits far below 0, of which a greater weight makes the third one likelier."""
    case = make_case(n=240, classes=3)
    case = replace(case, validation=case.validation & (case.y != 2))
    logits = np.array([[-10.0, -11, 0], [-11, -10, 0], [1, 2, 3]])[case.y]
    case = replace(case, logits=logits)
    fitted, common = case.fit(name), case.fit("temperature")
    np.testing.assert_allclose(fitted(logits), common(logits), atol=1e-9)
    assert fitted.said.endswith("That temperature is all that is left: with more, the validation labels become less likely.")
    assert fitted.parameters == 1


@pytest.mark.parametrize("name", ["vector", "matrix"])
def test_one_class_leaves_the_temperature(name, make_case):
    case = make_case()
    case = replace(case, validation=case.validation & (case.y == 1))
    np.testing.assert_allclose(case.fit(name)(case.logits), case.fit("temperature")(case.logits), atol=1e-9)


def test_infinite_weights_are_held(make_case):
    """All nodes of one class are told by a logit that the temperature, for the sake of the other classes, makes small."""
    case = make_case(n=600, classes=3)
    random = np.random.default_rng(0)
    logits = random.normal(size=(600, 3)) * 8
    logits[:, 0] = np.where(case.y == 0, 0.3, -0.3)
    fitted = replace(case, logits=logits).fit("vector")
    assert f"A weight is held at {LIMIT:g}" in fitted.said
    assert np.isfinite(fitted(logits)).all()
