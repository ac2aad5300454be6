"""`hopscope arithmetic`: its tables add up, and what it refuses."""

import json

import pytest

from explainers.cli import main


def run(tmp_path, *words, model="gcn"):
    target = tmp_path / "arithmetic.json"
    given = ["arithmetic", "--dataset", "karate", "--model", model, "--set", "epochs=5", "--json", str(target), *words]
    return main(given), json.loads(target.read_text()) if target.exists() else None


@pytest.mark.parametrize(("model", "words"), [("gcn", ()), ("gat", ("--set", "output_heads=2")), ("chebnet", ()), ("sage", ())])
def test_the_tables_add_up(tmp_path, capsys, model, words):
    code, found = run(tmp_path, "--node", "5", *words, model=model)
    assert code == 0
    terms, totals = found["tables"]["terms"], found["tables"]["totals"]
    assert list(terms[0]) == ["layer", "channel", "head", "neighbour", "coefficient", "message", "contribution"]
    assert {row["neighbour"] for row in terms} >= {"node 0", "node 6"}
    for total in totals:
        own = [row["contribution"] for row in terms if (row["layer"], row["channel"]) == (total["layer"], total["channel"])]
        assert sum(own) == pytest.approx(total["messages"], abs=1e-5)
        assert total["messages"] + (total["own"] or 0) + (total["bias"] or 0) == pytest.approx(total["sum"], abs=1e-5)
    last = [row["output"] for row in totals if row["layer"] == 2]
    assert len(last) == 4
    assert "is the run's logits of node 5" in capsys.readouterr().out


def test_one_layer_and_one_channel(tmp_path):
    _, found = run(tmp_path, "--node", "5", "--layer", "1", "--channel", "3")
    assert {(row["layer"], row["channel"]) for row in found["tables"]["terms"]} == {(1, 3)}
    (total,) = found["tables"]["totals"]
    assert total["activated"] == total["output"] == max(total["sum"], 0)
    assert total["residual"] is None


@pytest.mark.parametrize(
    ("model", "words", "code", "said"),
    [
        ("mlp", ("--node", "5"), 2, "An MLP passes no messages"),
        ("gcn", ("--node", "34"), 1, "There is no node 34."),
        ("gcn", ("--node", "x"), 2, "--node"),
        ("gcn", ("--node", "5", "--layer", "3"), 1, "the layers 1 to 2"),
        ("gcn", ("--node", "5", "--layer", "2", "--channel", "4"), 1, "the channels 0 to 3"),
        ("gcn", ("--node", "5", "--layer", "0"), 2, "--layer"),
        ("gcn", ("--node", "5", "--split", "all"), 2, "one split"),
    ],
)
def test_what_cannot_be_taken_apart_is_a_sentence(tmp_path, capsys, model, words, code, said):
    assert run(tmp_path, *words, model=model) == (code, None)
    assert said in capsys.readouterr().err
