"""What every calibrator promises, checked for all that the scan finds."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import log_softmax

from core.errors import UserError
from explainers.calibrators.contract import MARGIN, ahead, calibrator, calibrators, fit
from explainers.contract import Unsupported

CALIBRATORS = calibrators()
LIKELIEST = ("temperature", "vector", "matrix", "ets")
"""Those that make the validation labels most likely."""

every = pytest.mark.parametrize("name", CALIBRATORS)


def loss(log_probabilities, case):
    return -log_probabilities[case.validation, case.y[case.validation]].mean()


def check_rows(found, case):
    assert found.shape == case.logits.shape
    assert found.dtype == np.float64
    assert np.isfinite(found).all()
    np.testing.assert_allclose(np.exp(found).sum(axis=1), 1, atol=1e-9)


def check_kept(name, found, logits):
    """Neither logarithms nor probabilities, in single precision either, name another class."""
    if CALIBRATORS[name].keeps_class:
        for values in (found, np.exp(found), found.astype(np.float32), np.exp(found.astype(np.float32))):
            np.testing.assert_array_equal(values.argmax(axis=1), logits.argmax(axis=1))


def test_the_slugs_of_the_first_release_are_there():
    assert set(CALIBRATORS) >= {"temperature", "vector", "matrix", "ets", "isotonic", "histogram", "spline", "cagcn", "gats"}


@every
def test_declaration(name):
    unit = CALIBRATORS[name]
    assert re.fullmatch(r"[a-z][a-z0-9_]*", unit.name)
    assert unit.title
    assert unit.source
    assert unit.equation
    assert unit.question.endswith("?")
    with pytest.raises(dataclasses.FrozenInstanceError):
        unit.name = "other"


def test_declarations_load_no_torch():
    code = "import sys; from explainers.calibrators.contract import calibrators; calibrators(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=False).returncode == 0


@every
@pytest.mark.parametrize("factor", [0.2, 3.0])
def test_rows_are_log_probabilities(name, factor, make_case):
    case = make_case(factor=factor)
    fitted = case.fit(name)
    check_rows(fitted(case.logits), case)
    check_kept(name, fitted(case.logits), case.logits)
    assert fitted.nodes == case.validation.sum()
    assert fitted.parameters > 0
    if fitted.temperatures is not None:
        assert fitted.temperatures.shape == case.y.shape
        assert (fitted.temperatures > 0).all()


@every
def test_labels_of_other_nodes_have_no_part_in_it(name, make_case):
    case = make_case(factor=2.0)
    others = np.flatnonzero(~case.validation & ~case.train)
    y = case.y.copy()
    y[others] = np.random.default_rng(1).permutation(y[others])
    assert (y != case.y).any()
    fitted, again = case.fit(name), case.with_labels(y).fit(name)
    np.testing.assert_array_equal(fitted(case.logits), again(case.logits))
    assert (fitted.parameters, fitted.nodes, fitted.said) == (again.parameters, again.nodes, again.said)
    if fitted.temperatures is not None:
        np.testing.assert_array_equal(fitted.temperatures, again.temperatures)


@every
def test_labels_of_validation_nodes_have_a_part_in_it(name, make_case):
    case = make_case(factor=2.0)
    y = case.y.copy()
    y[case.validation] = np.random.default_rng(1).permutation(y[case.validation])
    assert np.abs(case.fit(name)(case.logits) - case.with_labels(y).fit(name)(case.logits)).max() > 1e-3


@every
def test_same_seed_same_result(name, make_case):
    case = make_case(factor=2.0)
    np.testing.assert_array_equal(case.fit(name, seed=3)(case.logits), case.fit(name, seed=3)(case.logits))


@every
def test_names_of_nodes_do_not_matter(name, make_case):
    case = make_case(factor=2.0)
    order = np.random.default_rng(5).permutation(len(case.y))
    edges = np.argsort(order)[case.graph.edge_index]
    graph = replace(case.graph, features=case.graph.features[order], labels=case.y[order], edge_index=edges)
    renamed = replace(
        case, logits=case.logits[order], y=case.y[order], validation=case.validation[order], train=case.train[order], graph=graph
    )
    np.testing.assert_allclose(renamed.fit(name)(renamed.logits), case.fit(name)(case.logits)[order], atol=1e-6)


@pytest.mark.parametrize("name", LIKELIEST)
@pytest.mark.parametrize("factor", [0.1, 1.0, 4.0])
@pytest.mark.parametrize("seed", range(3))
def test_validation_labels_become_no_less_likely(name, factor, seed, make_case):
    case = make_case(factor=factor, seed=seed)
    assert loss(case.fit(name)(case.logits), case) <= loss(log_softmax(case.logits, axis=1), case) + 1e-12


def adversarial(case, kind):
    """Logits that say as little, or as much of what is wrong, as they can."""
    logits, known = case.logits.copy(), np.maximum(case.y, 0)
    rows = np.arange(len(known))
    if kind == "equal":
        logits[:] = 2.5
    if kind == "wrong":
        logits[rows, known] = logits.min(axis=1) - 1
    if kind == "right":
        logits[rows, known] = logits.max(axis=1) + 1
    if kind == "nearly tied":
        logits = 1 + 1e-15 * np.random.default_rng(0).integers(5, size=logits.shape)
    if kind == "huge":
        logits *= 1e6
    if kind == "one class":
        logits[:, 2] += 30
    return logits


@every
@pytest.mark.parametrize("kind", ["equal", "wrong", "right", "nearly tied", "huge", "one class"])
def test_logits_that_mislead(name, kind, make_case):
    case = make_case()
    logits = adversarial(case, kind)
    found = replace(case, logits=logits).fit(name)(logits)
    check_rows(found, case)
    check_kept(name, found, logits)


@every
@pytest.mark.parametrize("seed", range(5))
def test_labels_that_follow_nothing(name, seed, make_case):
    case = make_case(n=90, classes=3, factor=1.5, seed=seed)
    y = np.random.default_rng(seed).permutation(case.y)
    y[case.validation & (y < 0)] = 0
    found = case.with_labels(y).fit(name)(case.logits)
    check_rows(found, case)
    check_kept(name, found, case.logits)


@every
def test_a_class_without_validation_nodes(name, make_case):
    """It is not pushed to probability 0: where the logits are sure of it, it is still predicted."""
    case = make_case()
    case = replace(case, validation=case.validation & (case.y != 2))
    logits = case.logits.copy()
    sure = np.flatnonzero(~case.validation)[:20]
    logits[sure] = [0, 0, 12, 0]
    case = replace(case, logits=logits)
    fitted = case.fit(name)
    found = fitted(logits)
    check_rows(found, case)
    check_kept(name, found, logits)
    assert (found[sure].argmax(axis=1) == 2).all()
    assert (np.exp(found[sure, 2]) > 0.5).all()
    if not CALIBRATORS[name].keeps_class:
        assert "No validation node is of class c:" in fitted.said


@every
def test_one_validation_node(name, make_case):
    case = make_case()
    right = case.logits.argmax(axis=1) == case.y
    for node in (np.flatnonzero(right)[0], np.flatnonzero(~right & (case.y >= 0))[0]):
        single = case.on(node)
        fitted = single.fit(name)
        check_rows(fitted(case.logits), single)
        check_kept(name, fitted(case.logits), case.logits)
        assert fitted.nodes == 1


@every
def test_input_that_does_not_belong_together(name, make_case):
    case, title = make_case(), CALIBRATORS[name].title
    broken = case.logits.copy()
    broken[[3, 5], [0, 1]] = np.nan, np.inf
    nobody = np.zeros(len(case.y), dtype=bool)
    with pytest.raises(UserError, match=f"{title} takes finite logits; 2 nodes have others"):
        replace(case, logits=broken).fit(name)
    with pytest.raises(UserError, match="takes logits of 240 nodes and 4 classes; 240 × 3 were given"):
        replace(case, logits=case.logits[:, :3]).fit(name)
    with pytest.raises(UserError, match="a label and two marks of each of 240 nodes; 240 labels, 239 validation marks, 240 training marks"):
        replace(case, validation=case.validation[1:]).fit(name)
    with pytest.raises(UserError, match="labels from 0 to 3, and −1 where unknown; 4 was given"):
        replace(case, y=np.where(case.y == 3, 4, case.y)).fit(name)
    for validation in (nobody, case.y < 0):
        with pytest.raises(Unsupported, match=f"{title} is fitted to validation nodes, and this split has none"):
            replace(case, validation=validation).fit(name)
    fitted = case.fit(name)
    with pytest.raises(UserError, match="2 nodes have others"):
        fitted(broken)
    with pytest.raises(UserError, match="239 × 4 were given"):
        fitted(case.logits[1:])


def test_a_calibrator_that_is_not_there(make_case):
    with pytest.raises(UserError, match="Did you mean 'temperature'"):
        make_case().fit("temprature")
    assert calibrator("temperature").name == "temperature"


def test_logits_of_single_precision_and_lists_are_taken(make_case):
    case = make_case()
    found = fit("temperature", case.logits.tolist(), case.y.tolist(), case.validation, case.train, case.graph)
    np.testing.assert_array_equal(found(case.logits.tolist()), case.fit("temperature")(case.logits))
    single = case.logits.astype(np.float32)
    np.testing.assert_allclose(replace(case, logits=single).fit("temperature")(single), found(case.logits), atol=1e-5)


def test_a_tie_goes_to_the_predicted_class_and_a_class_that_is_behind_stays_behind():
    half, behind = np.log([[0.25, 0.5, 0.25], [0.2, 0.3, 0.5]]), np.log([[1 / 3, 1 / 3, 1 / 3]])
    np.testing.assert_array_equal(ahead(half, np.array([1, 1])), half)
    found = ahead(behind, np.array([2]))
    assert found[0, 2] - found[0, :2].max() == pytest.approx(MARGIN, rel=1e-6)
    assert np.exp(found).sum() == pytest.approx(1, abs=1e-12)
