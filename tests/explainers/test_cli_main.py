"""The command as a whole, called in this process: exit codes, tables, JSON, and a pure standard output."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.models.contract import models
from core.spec import RunSpec
from core.store import Store
from explainers.cli import main
from explainers.cli.output import ROOT, SHOWN, Answer, as_json, as_text, summarised, version

TRAIN = ["train", "--dataset", "karate", "--model", "gcn", "--set", "epochs=3"]
RUN_COLUMNS = ["seed", "split", "metric", "train_score", "validation_score", "test_score", "best_epoch", "epochs", "seconds"]


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """The JSON object that a command prints; fails if anything else is on standard output."""
    code = main([*words, "--json", "-"])
    out = capsys.readouterr().out
    assert code == 0
    found: dict[str, Any] = json.loads(out)
    return found


def test_a_summary_is_printed_alone() -> None:
    rows, many = [{"a": 1}], [{"a": n} for n in range(SHOWN + 1)]
    assert summarised({"one": rows, "summary": rows, "many": many}) == (
        {"summary": rows},
        ["Not shown: one (1 row), many (41 rows); --json has all."],
    )
    assert summarised({"summary": rows}) == ({"summary": rows}, [])
    assert summarised({"many": many}) == ({"many": many[:SHOWN]}, ["many has 41 rows, of which 40 are shown; --json has all."])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["no-such-command"], "train"),
        (["--nonsense"], "--help"),
        (["list"], "kind"),
        (["list", "dogs"], "datasets"),
        (["train"], "--dataset"),
        (["train", "--dataset", "karatee", "--model", "gcn"], "Did you mean 'karate'"),
        (["train", "--dataset", "karate", "--model", "gatv3"], "Did you mean 'gatv2'"),
        ([*TRAIN, "--set", "depth=0"], "from 1 to"),
        ([*TRAIN, "--set", "depht=2"], "Did you mean 'depth'"),
        ([*TRAIN, "--set", "epochs=4"], "set twice"),
        ([*TRAIN, "--split", "42"], "split"),
        ([*TRAIN, "--seeds", "0"], "from 1 to 100000"),
        ([*TRAIN, "--seeds", "many"], "from 1 to 100000"),
        ([*TRAIN, "--device", "abacus"], "cpu"),
        ([*TRAIN, "--recipe", "secret"], "common"),
        ([*TRAIN, "--json", "/no/such/folder/x.json"], "folder"),
        (["store", "burn"], "verify"),
        (["store", "prune", "0" * 16], "only store restore does"),
        (["store", "restore", "../x"], "16 hexadecimal digits"),
        (["--port", "0"], "1024"),
        (["--port", "many"], "--port"),
    ],
)
def test_bad_arguments_are_exit_2_and_a_sentence(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert not out
    assert said in err
    assert err.startswith("hopscope: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err


@pytest.mark.parametrize("words", [["--help"], ["train", "--help"], ["list", "--help"], ["store", "--help"]])
def test_help_is_exit_0(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    assert "usage: hopscope" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"hopscope {version()}\n"


@pytest.mark.parametrize("kind", ["datasets", "models", "lenses", "attributions"])
def test_list_has_a_record_a_unit(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "list", kind)
    assert list(found) == ["version", "command", "specs", "tables", "notes"]
    assert found["command"] == f"hopscope list {kind} --json -"
    assert list(found["tables"]) == [kind]
    assert all({"name", "title", "question", "parameters"} <= set(record) for record in found["tables"][kind])


def test_list_describes_the_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    records = {record["name"]: record for record in answer(capsys, "list", "models")["tables"]["models"]}
    assert set(records) == set(models())
    depth = next(parameter for parameter in records["gcn"]["parameters"] if parameter["name"] == "depth")
    assert (depth["kind"], depth["default"], depth["low"]) == ("integer", 2, 1)


def test_list_prints_names_and_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "models"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("models\nname")
    assert "depth=2" in out


def test_list_writes_to_a_file_what_it_would_print_as_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target = tmp_path / "models.json"
    assert main(["list", "models", "--json", str(target)]) == 0
    assert "depth_counts" not in capsys.readouterr().out
    assert json.loads(target.read_text())["tables"] == answer(capsys, "list", "models")["tables"]


@pytest.mark.parametrize(("split", "said"), [("all", True), ("random", False)])
def test_overlapping_splits_are_said(split: str, said: bool, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, *TRAIN, "--seeds", "2", "--split", split)
    assert any("Nadeau" in note for note in found["notes"]) is said


def test_runs_made_on_another_device_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    keys = [RunSpec.from_dict(data).key for data in answer(capsys, *TRAIN, "--device", "cpu", "--seeds", "2")["specs"]]
    store = Store.default()
    run = store.get(keys[1], weights=True)
    assert run
    store.put(replace(run, device="cuda"))
    said = [note for note in answer(capsys, *TRAIN, "--device", "cpu", "--seeds", "2")["notes"] if "made on" in note]
    assert said == ["1 of 2 runs were made on cuda before and were not trained again on cpu; with another HOPSCOPE_HOME they are."]
    assert not any("made on" in note for note in answer(capsys, *TRAIN, "--seeds", "2")["notes"])


def test_train_prints_runs_and_summary_as_json_alone(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, *TRAIN, "--seeds", "3", "--split", "random")
    runs, (summary,) = found["tables"]["runs"], found["tables"]["summary"]
    assert [list(row) for row in runs] == [RUN_COLUMNS] * 3
    assert list(summary) == ["metric", "mean", "low", "high", "n"]
    assert [row["seed"] for row in runs] == [0, 1, 2]
    assert {row["split"] for row in runs} == {"random"}
    assert {row["epochs"] for row in runs} == {3}
    scores = [row["test_score"] for row in runs]
    assert all(0 <= score <= 1 for score in scores)
    assert summary["mean"] == pytest.approx(sum(scores) / 3)
    assert summary["low"] <= summary["mean"] <= summary["high"]
    assert summary["n"] == 3


def test_the_specs_repeat_the_runs(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, *TRAIN, "--seeds", "2")
    specs = [RunSpec.from_dict(data) for data in found["specs"]]
    entries = [Store.default().entry(spec.key) for spec in specs]
    assert [entry.scores["test_score"] for entry in entries if entry] == [row["test_score"] for row in found["tables"]["runs"]]


def test_swept_settings_are_the_first_columns(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(
        capsys, "train", "--dataset", "karate", "--model", "gcn", "--set", "epochs=2,3", "--set", "depth=1:3:1", "--set", "width=4"
    )
    runs, summary = found["tables"]["runs"], found["tables"]["summary"]
    assert list(runs[0]) == ["training.epochs", "depth", *RUN_COLUMNS]
    assert [(row["training.epochs"], row["depth"], row["epochs"]) for row in runs] == [(2, 1, 2), (2, 2, 2), (3, 1, 3), (3, 2, 3)]
    assert [(row["training.epochs"], row["depth"]) for row in summary] == [(2, 1), (2, 2), (3, 1), (3, 2)]


def test_one_run_has_no_interval(capsys: pytest.CaptureFixture[str]) -> None:
    (summary,) = answer(capsys, *TRAIN)["tables"]["summary"]
    assert (summary["low"], summary["high"], summary["n"]) == (None, None, 1)


def test_stored_runs_are_not_trained_again(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    first = answer(capsys, *TRAIN, "--seeds", "2")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr("core.crew.coordinator.train", refuse)
    second = answer(capsys, *TRAIN, "--seeds", "2")
    assert second["tables"] == first["tables"]
    assert any("2 of 2 runs were in the store" in note for note in second["notes"])


def test_a_very_long_plan_has_to_be_confirmed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.costs.MANY", 2)
    assert main([*TRAIN, "--seeds", "3"]) == 1
    said = capsys.readouterr().err
    assert "This plan trains 3 runs: an unknown time (nothing like it was measured yet)." in said
    assert "--yes" in said
    assert Store.default().entries() == []
    assert len(answer(capsys, *TRAIN, "--seeds", "3", "--yes")["tables"]["runs"]) == 3
    assert len(answer(capsys, *TRAIN, "--seeds", "3")["tables"]["runs"]) == 3, "nothing is missing, so nothing is asked"


def test_a_plan_of_a_hundred_thousand_runs_says_its_cost(capsys: pytest.CaptureFixture[str]) -> None:
    answer(capsys, *TRAIN)
    assert main([*TRAIN, "--seeds", "100000"]) == 1
    assert "This plan trains 99,999 runs: about " in capsys.readouterr().err


def test_runs_of_older_code_are_trained_again(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    answer(capsys, *TRAIN)
    monkeypatch.setattr("core.plans.code_versions", lambda spec: {"model": "another"})
    assert not any("in the store" in note for note in answer(capsys, *TRAIN)["notes"])


def test_json_goes_to_a_file_beside_the_tables(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target = tmp_path / "runs.json"
    assert main([*TRAIN, "--json", str(target)]) == 0
    out = capsys.readouterr().out
    assert "runs\nseed" in out
    assert "summary\nmetric" in out
    assert json.loads(target.read_text())["tables"]["runs"][0]["seed"] == 0


def test_a_failure_is_exit_1(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HOPSCOPE_HOME", str(tmp_path / "file" / "home"))
    assert main(TRAIN) == 1
    assert capsys.readouterr().err.count("hopscope: ") == 1


def test_a_fault_of_ours_is_exit_1_with_its_story(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.store.Store.entries", lambda self: 1 / 0)
    assert main(["store", "list"]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_ctrl_c_is_exit_130(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def press(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("core.crew.coordinator.train", press)
    assert main(TRAIN) == 130
    assert "Stopped" in capsys.readouterr().err


def test_ctrl_c_before_the_work_is_exit_130(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def press(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("core.models.contract.model", press)
    assert main(TRAIN) == 130
    assert "Stopped before" in capsys.readouterr().err


def test_store_restores_what_is_named_or_all(capsys: pytest.CaptureFixture[str]) -> None:
    keys = sorted(RunSpec.from_dict(data).key for data in answer(capsys, *TRAIN, "--seeds", "3")["specs"])
    for key in keys:
        Store.default().delete(key)
    found = answer(capsys, "store", "restore", keys[1])
    assert found["tables"]["restored"] == [{"key": keys[1], "restored": True}]
    assert Store.default().keys() == {keys[1]}
    found = answer(capsys, "store", "restore")
    assert [row["key"] for row in found["tables"]["restored"]] == [keys[0], keys[2]]
    assert found["notes"][0] == "The store has 2 runs again."
    assert Store.default().keys() == set(keys)
    assert answer(capsys, "store", "restore")["notes"][0] == "The trash holds no run to bring back."
    assert main(["store", "restore", "0" * 16]) == 1
    assert "The others are not in the trash" in capsys.readouterr().out


def test_store_lists_verifies_and_prunes(capsys: pytest.CaptureFixture[str]) -> None:
    (spec,) = [RunSpec.from_dict(data) for data in answer(capsys, *TRAIN)["specs"]]
    (row,) = answer(capsys, "store", "list")["tables"]["runs"]
    assert (row["key"], row["dataset"], row["model"]) == (spec.key, "karate", "gcn")
    assert answer(capsys, "store", "verify")["tables"]["damaged"] == []
    Store.default().delete(spec.key)
    pruned = answer(capsys, "store", "prune")
    assert pruned["tables"]["pruned"][0] == {"runs": 1, "bytes": row["bytes"]}
    assert pruned["notes"][0] == f"The trash is empty: 1 deleted run went for good, {row['bytes'] / 1000:.0f} kB were freed."
    assert answer(capsys, "store", "list")["tables"]["runs"] == []


def test_verify_names_a_damaged_run_and_training_mends_it(capsys: pytest.CaptureFixture[str], own_home: Path) -> None:
    answer(capsys, *TRAIN)
    (arrays,) = own_home.glob("runs/*/arrays.safetensors")
    arrays.write_bytes(arrays.read_bytes()[:-4] + b"oops")
    assert main(["store", "verify"]) == 1
    assert arrays.parent.name in capsys.readouterr().out
    arrays.write_bytes(b"cut")
    answer(capsys, *TRAIN)
    assert main(["store", "verify"]) == 0


def test_what_is_no_number_is_null_in_json_and_a_dash_in_tables() -> None:
    made = Answer("hopscope", {"t": [{"a": float("nan"), "b": float("inf"), "c": [1, float("nan")]}]})
    assert json.loads(as_json(made))["tables"]["t"] == [{"a": None, "b": None, "c": [1, None]}]
    assert "–" in as_text(made)


def test_tables_are_aligned() -> None:
    rows = [{"name": "a", "score": 0.81234567, "n": 10}, {"name": "long", "score": None, "n": 2}]
    assert as_text(Answer("", {"t": rows})) == "t\nname   score   n\na     0.8123  10\nlong       –   2"


def test_the_module_runs_and_does_not_load_torch_for_help() -> None:
    code = "import sys; from explainers.cli import main; main(['--help']); sys.exit('torch' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.DEVNULL, check=False).returncode == 0
    done = subprocess.run([sys.executable, "-m", "explainers", "--version"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == f"hopscope {version()}\n"


def test_a_reader_that_leaves_is_no_traceback() -> None:
    shell = f"{sys.executable} -m explainers list models | head -1"
    done = subprocess.run(["bash", "-c", shell], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr


@pytest.mark.public_data
def test_cora_is_trained_on_its_public_split(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "train", "--dataset", "cora", "--model", "gcn", "--seeds", "2", "--recipe", "paper")
    assert 0.79 < found["tables"]["summary"][0]["mean"] < 0.84
