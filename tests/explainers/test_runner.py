from __future__ import annotations

import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.models.contract import model
from core.parameters import Value, resolve
from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec, settings
from core.store import Store
from core.work import Cancelled, run_inline
from explainers.contract import Chart, Table, Unsupported
from explainers.runner import lens, lenses, run_lens

KARATE = RunSpec(DatasetSpec("karate"), ModelSpec("gcn", settings(resolve(model("gcn").parameters, {}, "gcn"))), TrainingSpec(epochs=12))
OURS = ("curves", "embedding", "confusion", "errors")


def run(name: str, root: Path, spec: RunSpec = KARATE, seeds: int = 2, **values: object) -> object:
    arguments = {"lens": name, "spec": spec, "seeds": seeds, "values": values, "root": root, "device": "cpu"}
    return run_inline("explainers.runner:run_lens", arguments)


def defaults(name: str) -> dict[str, Value]:
    return resolve(lens(name).parameters, {}, name)


@pytest.mark.parametrize("name", OURS)
def test_every_lens_from_plan_to_picture(name: str, tmp_path: Path) -> None:
    result = run(name, tmp_path)
    assert b"torch" not in pickle.dumps(result)
    unit = lenses()[name]
    views = unit.draw(pickle.loads(pickle.dumps(result)))  # noqa: S301
    assert views
    assert all(isinstance(view, Chart | Table) for view in views.values())
    assert all(isinstance(line, str) and line for line in unit.captions(result))


@pytest.mark.parametrize("name", OURS)
def test_a_split_a_seed(name: str, tmp_path: Path) -> None:
    spec = replace(KARATE, dataset=DatasetSpec("karate", split="all"))
    assert [each.dataset.split_seed for each in lens(name).plan(spec, 3, defaults(name))[:3]] == ([0] if name == "embedding" else [0, 1, 2])
    assert lens(name).captions(run(name, tmp_path, spec))


def test_the_numbers_are_those_of_the_runs(tmp_path: Path) -> None:
    result = run("confusion", tmp_path)
    stored = [Store(tmp_path).get(each.key) for each in lens("confusion").plan(KARATE, 2, defaults("confusion"))]
    right = [np.trace(counts) / counts.sum() for counts in result.counts]  # type: ignore[attr-defined]
    assert right == pytest.approx([each.scores["test_score"] for each in stored if each])


def test_runs_are_trained_once_and_again_for_a_recording(tmp_path: Path) -> None:
    run("curves", tmp_path)
    made = [entry.made for entry in Store(tmp_path).entries()]
    trained = []

    def report(done: float = 0, total: float = 0, message: str = "", snapshot: object = None) -> None:
        if "epoch" in message:
            trained.append(message)

    arguments = {"spec": KARATE, "seeds": 2, "values": {}, "root": tmp_path, "device": "cpu"}
    run_lens(report, lens="curves", **arguments)  # type: ignore[arg-type]
    assert not trained
    assert [entry.made for entry in Store(tmp_path).entries()] == made
    run_lens(report, lens="embedding", **arguments)  # type: ignore[arg-type]
    assert trained


def test_looking_never_replaces_a_run_of_older_code(tmp_path: Path) -> None:
    run("curves", tmp_path, seeds=1)
    store = Store(tmp_path)
    found = store.get(KARATE.key, weights=True)
    assert found
    store.put(replace(found, code={"model": "older"}))
    made = store.entries()[0].made
    with pytest.raises(Unsupported, match=r"run of GCN on karate, seed 0, was made by older code .* press Train again"):
        run("embedding", tmp_path)
    assert run("curves", tmp_path, seeds=1), "what it holds can be looked at"
    assert [entry.made for entry in store.entries()] == [made]


def test_stop_stops(tmp_path: Path) -> None:
    def report(*_: object, **__: object) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        run_lens(report, lens="curves", spec=KARATE, seeds=1, values={}, root=tmp_path, device="cpu")


@pytest.mark.parametrize(
    ("name", "values", "sentence"),
    [
        ("curvs", {}, "Did you mean 'curves'"),
        ("confusion", {"part": "tets"}, "takes one of test, validation, train"),
        ("confusion", {"prt": "test"}, "Did you mean 'part'"),
        ("embedding", {"step": 99}, "whole number from -1 to 39"),
    ],
)
def test_bad_arguments_get_a_sentence(name, values, sentence, tmp_path) -> None:
    with pytest.raises(UserError, match=sentence):
        run(name, tmp_path, **values)
    assert not Store(tmp_path).entries()


def test_a_training_that_diverges_is_still_drawn(tmp_path: Path) -> None:
    wild = replace(KARATE, training=TrainingSpec(epochs=30, lr=10.0, weight_decay=1.0))
    for name in OURS:
        unit = lenses()[name]
        result = run(name, tmp_path, wild)
        assert unit.captions(result)
        assert unit.draw(result)


def test_what_the_pages_import_is_free_of_torch() -> None:
    modules = "explainers.runner, explainers.nodes, explainers.comparison, explainers.comparison_figures, explainers.live, core.hops"
    units = ", ".join(f"explainers.lenses.{name}" for name in OURS)
    code = f"import sys, {modules}, {units}; from explainers.runner import lenses; lenses(); sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr or "torch was loaded"
