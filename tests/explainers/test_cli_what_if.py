"""`hopscope what-if`: its tables, its words, and what it refuses."""

import json
import shlex

import pytest

from core import catalogue as catalogues
from core.selection import start
from core.spec import TrainingSpec
from explainers.cli import main
from explainers.what_if import offers

WORDS = ["what-if", "--dataset", "karate", "--model", "gcn", "--set", "epochs=20"]


def run(tmp_path, *words):
    target = tmp_path / "answer.json"
    code = main([*WORDS, "--json", str(target), *words])
    return code, json.loads(target.read_text()) if target.exists() else None


def test_tables_of_an_edited_graph(tmp_path, capsys):
    code, found = run(tmp_path, "--node", "0", "--edit", "-0:1", "--edit", "x33,+0:9", "--retrain")
    assert code == 0
    tables = found["tables"]
    assert list(tables) == ["probabilities", "changed", "moved", "found"]
    assert list(tables["probabilities"][0]) == ["model", "class", "before", "after"]
    for name in ("same weights", "retrained"):
        rows = [row for row in tables["probabilities"] if row["model"] == name]
        assert sum(row["before"] for row in rows) == pytest.approx(1)
        assert sum(row["after"] for row in rows) == pytest.approx(1)
    assert [row["model"] for row in tables["moved"]] == ["same weights", "retrained"]
    assert tables["found"] == []
    assert [spec["dataset"]["edits"] for spec in found["specs"]] == [[], [["remove", "0", "1"], ["drop", "33"], ["add", "0", "9"]]]
    out = capsys.readouterr().out
    assert "After these 3 edits the model" in out
    assert "a model trained again" in out
    assert "Label of node 0 in the original graph: community 2." in out


def test_what_was_found_can_be_asked(tmp_path, capsys):
    code, found = run(tmp_path, "--node", "8", "--search", "addition,deletion", "--most", "1")
    assert code == 0
    (row,) = found["tables"]["found"]
    assert row["edits"]
    assert row["before"] != row["after"]
    assert "single edits" in capsys.readouterr().out
    _, again = run(tmp_path, "--node", "8", "--edit", row["edits"])
    (after,) = [one["after"] for one in again["tables"]["probabilities"] if one["class"] == row["after"]]
    assert after == pytest.approx(row["after_probability"], abs=1e-5)


def test_the_pages_commands_are_taken(tmp_path):
    known = catalogues.ensure(tmp_path)
    chosen = start(known, dataset="karate", model="gcn", training=TrainingSpec(epochs=20))
    line = offers.search_command(chosen, known, 8, ("deletion", "feature"), 1)
    asking = "hopscope what-if --dataset karate --model gcn --split public --set training.epochs=20 --node 8"
    assert line == f"{asking} --search deletion,feature --most 1"
    target = tmp_path / "answer.json"
    assert main([*shlex.split(line)[1:], "--json", str(target)]) == 0
    (row,) = json.loads(target.read_text())["tables"]["found"]
    assert row["candidates"] > row["proven_up_to"]
    assert offers.command(chosen, known, 8, (("remove", "0", "1"),), True).endswith("--node 8 --edit=-0:1 --retrain")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--node", "0"), 2, "Nothing to do: give --edit"),
        (("--node", "0", "--edit", "0:1"), 2, "'0:1' is no edit"),
        (("--node", "0", "--edit", "-0:9"), 1, "there is no edge 0–9"),
        (("--node", "40", "--edit", "x1"), 1, "There is no node 40"),
        (("--node", "a", "--edit", "x1"), 2, "--node"),
        (("--node", "0", "--search", "edges"), 2, "no kind of edit 'edges'"),
        (("--node", "0", "--search", "deletion", "--most", "4"), 2, "--most"),
        (("--node", "0", "--search", "deletion", "--retrain"), 2, "--retrain needs an --edit"),
        (("--node", "0", "--edit", "x1", "--split", "all"), 2, "one split"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(tmp_path, capsys, words, code, said):
    assert run(tmp_path, *words) == (code, None)
    assert said in capsys.readouterr().err
