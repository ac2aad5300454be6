"""What is kept of fitted calibrators: found again to the last bit, and only where nothing of what they were fitted to has changed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import versions
from core.data import GraphData, Split
from core.run import Run
from core.splits import split_of
from core.work import silent
from explainers.calibrators.contract import calibrators, fit
from explainers.lenses.calibration import calibrated as module
from explainers.lenses.calibration.calibrated import Calibrated, calibrated, ordered, version


@pytest.fixture
def edited(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    yield monkeypatch
    monkeypatch.undo()
    versions.source_version.cache_clear()


def after_an_edit_of(edited: pytest.MonkeyPatch, name: str) -> dict[str, str]:
    """The version of every calibrator if a module had one more line."""
    parsed = versions._parsed

    def other(one: str) -> ast.Module:
        found = parsed(one)
        return ast.Module([*found.body, *ast.parse("edited = 1").body], []) if one == name else found

    edited.setattr(versions, "_parsed", other)
    versions.source_version.cache_clear()
    return {one: version(one) for one in calibrators()}


NODE_TEMPERATURES = {"cagcn", "gats"}
TEMPERED = {"temperature", "ets", "vector", "matrix", *NODE_TEMPERATURES}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("explainers.calibrators.temperature", TEMPERED),
        ("explainers.calibrators.affine", {"vector", "matrix"}),
        ("explainers.calibrators.node_temperatures", NODE_TEMPERATURES),
        ("explainers.calibrators.node_temperatures.descent", NODE_TEMPERATURES),
        ("explainers.calibrators.gats.attention", {"gats"}),
        ("core.adam", NODE_TEMPERATURES),
        ("core.device", NODE_TEMPERATURES),
        ("core.metrics.binning", {"histogram"}),
        ("explainers.calibrators.contract", set(calibrators())),
        ("core.hops", set()),
        ("explainers.wording", set()),
    ],
)
def test_a_version_follows_all_code_that_has_a_part_in_it(edited: pytest.MonkeyPatch, name: str, expected: set[str]) -> None:
    versions.source_version.cache_clear()
    before = {one: version(one) for one in calibrators()}
    after = after_an_edit_of(edited, name)
    assert {one for one in before if before[one] != after[one]} == expected


def test_a_version_of_runs_does_not_follow_calibrators() -> None:
    assert not [name for name in versions._reach("core.training", set()) if name.startswith("explainers")]


NAMES = ["temperature", "histogram"]


def fits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what is fitted from now on."""
    fitted, own = list[str](), module.fit

    def counted(name: str, *given: object, **words: object) -> object:
        fitted.append(name)
        return own(name, *given, **words)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "fit", counted)
    return fitted


def like(one: Calibrated, other: Calibrated) -> None:
    np.testing.assert_array_equal(one.log_probabilities, other.log_probabilities)
    assert one.log_probabilities.dtype == other.log_probabilities.dtype == np.float64
    assert (one.name, one.parameters, one.nodes, one.said, one.seconds) == (
        other.name,
        other.parameters,
        other.nodes,
        other.said,
        other.seconds,
    )
    assert (one.temperatures is None) == (other.temperatures is None)
    if one.temperatures is not None:
        np.testing.assert_array_equal(one.temperatures, other.temperatures)


def test_what_was_fitted_is_not_fitted_again(run: Run, karate: GraphData, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = calibrated(silent, run, karate, ordered(), root)
    fitted = fits(monkeypatch)
    again, _ = calibrated(silent, run, karate, ordered(), root)
    assert fitted == []
    for one, other in zip(first, again, strict=True):
        like(one, other)


def test_it_gives_what_the_calibrator_gives_to_the_last_bit(run: Run, karate: GraphData, root: Path) -> None:
    found, refused = calibrated(silent, run, karate, ordered(), root)
    assert refused == {}
    split = split_of(karate, run.spec.dataset)
    for one in found[1:]:
        fitted = fit(one.name, run.logits, karate.labels, split.validation, split.train, karate, seed=run.spec.seed)
        np.testing.assert_array_equal(one.log_probabilities, fitted(run.logits))
    for one in found:
        np.testing.assert_allclose(one.probabilities.sum(axis=1), 1, atol=1e-12)


def test_a_run_trained_anew_is_fitted_anew(run: Run, karate: GraphData, root: Path) -> None:
    first, _ = calibrated(silent, run, karate, ["temperature"], root)
    other, _ = calibrated(silent, replace(run, logits=run.logits * 2), karate, ["temperature"], root)
    np.testing.assert_allclose(other[1].temperatures, 2 * first[1].temperatures, rtol=1e-6)


@pytest.mark.parametrize("changed", ["labels", "validation", "train", "edges"])
def test_other_labels_splits_and_edges_are_fitted_anew(
    run: Run, karate: GraphData, root: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    calibrated(silent, run, karate, NAMES, root)
    fitted, split, labels = fits(monkeypatch), karate.splits["public"], karate.labels.copy()
    labels[split.validation] = (labels[split.validation] + 1) % karate.num_classes
    without = {name: getattr(split, name).copy() for name in ("train", "validation", "test")}
    if changed in without:
        without[changed][np.flatnonzero(without[changed])[0]] = False
    graphs = {"labels": replace(karate, labels=labels), "edges": replace(karate, edge_index=karate.edge_index[:, 1:])}
    calibrated(silent, run, graphs.get(changed, replace(karate, splits={"public": Split(**without)})), NAMES, root)
    assert fitted == NAMES


def test_labels_of_test_nodes_neither_decide_nor_count(run: Run, karate: GraphData, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    split, labels = split_of(karate, run.spec.dataset), karate.labels.copy()
    labels[split.test] = np.random.default_rng(0).permutation(labels[split.test])
    assert (labels != karate.labels).any()
    ours, _ = calibrated(silent, run, karate, ordered(), root / "a")
    theirs, _ = calibrated(silent, run, replace(karate, labels=labels), ordered(), root / "b")
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one.log_probabilities, other.log_probabilities)
    fitted = fits(monkeypatch)
    calibrated(silent, run, replace(karate, labels=labels), ordered(), root / "a")
    assert fitted == []


def test_of_a_large_graph_temperatures_are_kept_and_what_is_not_is_said(
    run: Run, karate: GraphData, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST", 34 * 4 * 8 - 1)
    first, _ = calibrated(silent, run, karate, ["temperature", "histogram", "gats"], root)
    fitted = fits(monkeypatch)
    again, _ = calibrated(silent, run, karate, ["temperature", "histogram", "gats"], root)
    assert fitted == ["histogram"]
    for one, other in ((first[1], again[1]), (first[3], again[3])):
        like(one, other)
    said = "The probabilities of 34 nodes and 4 classes are too many to keep: it is fitted anew at each look."
    assert first[2].said.endswith(said)
    assert not any(said in one.said for one in (first[1], first[3]))
