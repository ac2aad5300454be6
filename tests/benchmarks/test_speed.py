"""The benchmarks run, pair ours with the reference, and write where they say; how fast anything is, no test asserts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import benchmarks.__main__ as command
from benchmarks import attention, big, calibration, homophily, reference, reference_attention, tasks, what_if
from benchmarks.measure import Pairs, Sample
from core.models.contract import Shape, build
from core.splits import split_of
from core.tasks.node_classification import prepare
from explainers.calibrators.contract import calibrators
from explainers.lenses.dictionary_lookup.network import Examples, Lookup
from explainers.lenses.dictionary_lookup.problem import problem
from explainers.lenses.dictionary_lookup.result import Variant


@pytest.mark.parametrize("name", reference.COUNTERPARTS)
def test_the_reference_is_the_same_model(name: str) -> None:
    spec = tasks.specs("karate", name, [], 1)[0]
    graph, data = tasks.graph_and_data(spec, "cpu")
    theirs = reference.build(spec, data.num_features, graph.num_classes)
    shape = Shape(data.num_features, graph.num_classes, graph.num_nodes)
    ours = build(name, shape, dict(spec.model.parameters))
    assert sum(weight.numel() for weight in theirs.parameters() if weight.dim() > 1) == sum(
        weight.numel() for weight in ours.parameters() if weight.dim() > 1
    )
    theirs.eval()
    assert theirs(data.x, data.edge_index).shape == (graph.num_nodes, graph.num_classes)


def test_with_the_same_weights_both_give_the_same_logits() -> None:
    spec = tasks.specs("karate", "gcn", ["depth=3"], 1)[0]
    graph, data = tasks.graph_and_data(spec, "cpu")
    theirs = reference.build(spec, data.num_features, graph.num_classes).eval()
    ours = build("gcn", Shape(data.num_features, graph.num_classes, graph.num_nodes), dict(spec.model.parameters)).eval()
    ours.load_state_dict({key.replace("layers", "convolutions"): value for key, value in theirs.state_dict().items()})
    batch = prepare(graph, split_of(graph, spec.dataset), torch.device("cpu"))
    torch.testing.assert_close(ours(batch.x, batch.edges), theirs(data.x, data.edge_index), atol=1e-5, rtol=1e-5)


def test_ratios_are_taken_pair_by_pair() -> None:
    pairs = Pairs("a task", [Sample(1, 0.8, 1e6), Sample(2, 0.9, 3e6)], [Sample(10, 0.7, 5e6), Sample(60, 0.8, 4e6)])
    assert pairs.ratios == [10, 30]
    row = pairs.row(epochs=100)
    assert row["ratio (lowest to highest)"] == "**20.0×** (10.0 to 30.0)"
    assert (row["ours"], row["reference"]) == ("15.00 ms", "350.00 ms")
    assert row["test score, ours"].startswith("85.0 % (")
    assert (row["memory, ours"], row["reference's memory"]) == ("3 MB", "5 MB")


def test_train_prints_and_saves_its_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- one -->\nold\n<!-- end of one -->\nafter\n")
    monkeypatch.setattr(command, "README", readme)
    words = ["train", "--datasets", "karate", "--models", "gcn,mlp", "--seeds", "2", "--epochs", "3", "--save", "one"]
    assert command.main(words) == 0
    text = readme.read_text()
    assert text.startswith("before\n<!-- one -->\n3 epochs")
    assert text.endswith("<!-- end of one -->\nafter\n")
    assert "old" not in text
    assert "| GCN on karate |" in text
    assert "`python -m benchmarks train --datasets karate --models gcn,mlp --seeds 2 --epochs 3` on " in text
    assert "| MLP, features only on karate |" in capsys.readouterr().out
    with pytest.raises(ValueError, match="no section 'two'"):
        command.replaced(text, "two", "")


def test_plan_measures_the_whole_plan(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["plan", "--dataset", "karate", "--depths", "1,2", "--seeds", "2", "--epochs", "3", "--repeats", "2"]) == 0
    out = capsys.readouterr().out
    assert "4 runs (gcn on karate, depths 1,2, 2 seeds, 3 epochs)" in out
    assert "| 2 | " in out


def test_big_tells_the_memory_of_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(big, "GRAPH", ("nodes=500", "degree=5"))
    monkeypatch.setattr(big, "_in_a_process_of_its_own", lambda *_: {"process": "1 GB"})
    assert command.main(["big", "--seeds", "1", "--epochs", "1", "--models", "gcn,gat"]) == 0
    assert "| GAT | " in capsys.readouterr().out
    found = big._alone(tasks.specs("csbm", "gcn", [*big.GRAPH, "epochs=1"], 1)[0], "cpu")
    assert set(found) == {"peak", "training", "estimate"}
    assert np.isfinite(found["estimate"])


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_missing_device_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["train", "--device", "cuda"]) == 2
    assert "There is no CUDA device here" in capsys.readouterr().err


def test_explain_scores_the_same_edges_as_the_reference(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["explain", "--dataset", "karate", "--nodes", "2", "--together", "3"]) == 0
    out = capsys.readouterr().out
    assert "GCN on karate, 2 test nodes one by one, in turns, and 3 in one call" in out
    row = next(line for line in out.splitlines() if line.startswith("| Integrated gradients"))
    agreement = float(row.split("|")[7])
    assert agreement > 0.99, "integrated gradients are not drawn, and both share out the same logit"


def test_what_if_gives_the_probabilities_of_the_reference(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(what_if.GRAPHS, "csbm", ("small", ("nodes=200", "degree=5"), 300))
    assert command.main(["what-if", "--datasets", "csbm", "--edits", "3", "--epochs", "3"]) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("| small"))
    assert float(row.split("|")[6]) < 1e-5


def test_attention_has_the_entropies_of_the_reference(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(attention.GRAPHS, "csbm", ("small", ("nodes=200", "degree=5"), 0.3))
    words = ["--datasets", "csbm", "--epochs", "1", "--repeats", "2", "--keys", "3", "--lookup-epochs", "2"]
    assert command.main(["attention", *words]) == 0
    lines = capsys.readouterr().out.splitlines()
    row = next(line for line in lines if line.startswith("| small"))
    assert row.split("|")[4].strip() == "300 ms"
    assert float(row.split("|")[7]) < 1e-5
    assert [line.split("|")[1].strip() for line in lines if line.startswith(("| GAT", "| all"))] == [
        *("GAT, 1 head", "GAT, 8 heads", "GATv2, 1 head", "GATv2, 8 heads"),
        "all, which may take 60 s",
    ]


def test_calibration_fits_and_judges_all_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(calibration.GRAPHS, "csbm", ("small", ("nodes=300", "degree=5"), 30.0))
    monkeypatch.setattr("explainers.calibrators.node_temperatures.descent.EPOCHS", 5)
    readme = tmp_path / "README.md"
    readme.write_text("<!-- calibration -->\n<!-- end of calibration -->\n")
    monkeypatch.setattr(command, "README", readme)
    assert command.main(["calibration", "--datasets", "csbm", "--epochs", "3", "--repeats", "1", "--save", "calibration"]) == 0
    lines = readme.read_text().splitlines()
    row = next(line for line in lines if line.startswith("| small"))
    assert [cell.strip() for cell in row.split("|")][3] == "30 s"
    fitted = sum(line.startswith(tuple(f"| {unit.title} |" for unit in calibrators().values())) for line in lines)
    assert fitted == len(calibrators())
    assert row.endswith(f"| {fitted} of {fitted} |")


@pytest.mark.parametrize("model", ["gat", "gatv2"])
def test_the_lookup_of_the_reference_is_the_same_model(model: str) -> None:
    posed = problem(4, 0)
    ours, theirs = Lookup(Variant(model, 8), 4).eval(), reference_attention.Lookup(model, 8, 4).eval()
    theirs.load_state_dict(ours.state_dict())
    torch.testing.assert_close(theirs(torch.from_numpy(posed.test)), ours(Examples.of(posed.test)), atol=1e-5, rtol=1e-5)
    assert 0 <= reference_attention.look_up(model, 8, posed.train, posed.test, 2, 0) <= 1


def test_homophily_measures_all_of_them_and_agrees_with_the_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(homophily.GRAPHS, "csbm", ("small", {"nodes": 200, "degree": 5}))
    monkeypatch.setattr(command, "README", tmp_path / "README.md")
    readme = tmp_path / "README.md"
    readme.write_text("<!-- homophily -->\n<!-- end of homophily -->\n")
    assert command.main(["homophily", "--datasets", "csbm", "--repeats", "1", "--save", "homophily"]) == 0
    written = readme.read_text()
    assert "| small (" in written
    apart = float(written.split("| small")[1].splitlines()[0].split("|")[-2])
    assert apart < 1e-6


def test_the_dial_and_surgery_are_timed_until_all_is_stored(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--seeds", "1", "--homophily", "0,1", "--dataset", "digits", "--added", "0.5"]
    assert command.main(["dial", *words]) == 0
    dial, surgery = (line.split("|") for line in capsys.readouterr().out.splitlines() if " runs | **" in line)
    assert dial[1].strip() == "a setting of the dial, 3 runs", "MLP, GCN and SAGE"
    assert surgery[1].strip() == "the sweep of edge surgery, 4 runs", "the clean graph and three kinds of noise"
    assert float(surgery[2].split("**")[1]) > 0
    assert surgery[3].strip() == "120"
