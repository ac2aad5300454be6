"""`hopscope explain`: its tables, its words for nodes, and what it refuses."""

import json

import pytest

from core.errors import UserError
from explainers.cli import main
from explainers.cli.explain import numbered


@pytest.mark.parametrize(
    ("text", "nodes"),
    [("5", (5,)), ("3,7,9", (3, 7, 9)), ("400:412:5", (400, 405, 410)), (" 2:4 , 3 ", (2, 3)), ("0", (0,))],
)
def test_nodes_are_named_one_by_one_or_as_ranges(text, nodes):
    assert numbered(text) == nodes


@pytest.mark.parametrize(
    "text",
    ["", "a", "-1", "1:2:3:4", "1::2", "5:5", "1:5:0", "1:5:00", "0:9000,9000:18000", "0:99999999999999999999", "1,,2", "0:1000000", "²"],
)
def test_what_names_no_node_is_refused(text):
    with pytest.raises(UserError, match="--nodes"):
        numbered(text)


def run(tmp_path, *words):
    target = tmp_path / "explained.json"
    code = main(["explain", "--dataset", "karate", "--model", "gcn", "--set", "epochs=20", "--samples", "2", "--json", str(target), *words])
    return code, json.loads(target.read_text()) if target.exists() else None


def test_tables_of_two_methods(tmp_path, capsys):
    code, found = run(tmp_path, "--nodes", "5,0", "--method", "saliency,gnn_explainer", "--seeds", "2")
    assert code == 0
    tables = found["tables"]
    assert list(tables) == ["summary", "by_class_pair", "by_hop", "against_random", "scores", "edges", "features", "remarks"]
    assert list(tables["edges"][0]) == ["method", "node", "seed", "u", "v", "score"]
    assert list(tables["features"][0]) == ["method", "node", "seed", "feature", "score"]
    assert list(tables["scores"][0]) == ["method", "node", "seed", "metric", "value"]
    assert list(tables["summary"][0]) == ["method", "metric", "mean", "low", "high", "n", "seconds"]
    assert {row["method"] for row in tables["summary"]} == {"saliency", "gnn_explainer", "random"}
    assert {row["metric"] for row in tables["summary"]} >= {
        "auc", "top_k_precision", "fidelity_plus", "fidelity_minus", "probability_fidelity_plus", "probability_fidelity_minus",
        "robust_fidelity_plus", "robust_fidelity_minus", "characterization", "unfaithfulness", "sparsity", "stability", "sanity",
    }  # fmt: skip
    assert all(row["u"] < row["v"] for row in tables["edges"])
    assert {row["seed"] for row in tables["edges"] if row["method"] == "saliency"} == {0}
    assert {row["seed"] for row in tables["edges"] if row["method"] == "gnn_explainer"} == {0, 1}
    (plus,) = [row for row in tables["summary"] if (row["method"], row["metric"]) == ("saliency", "probability_fidelity_plus")]
    values = [row["value"] for row in tables["scores"] if (row["method"], row["metric"]) == ("saliency", "probability_fidelity_plus")]
    assert plus["n"] == len(values) == 2
    assert plus["mean"] == pytest.approx(sum(values) / 2)
    printed = capsys.readouterr().out
    assert "rows, of which 40 are shown" in printed
    assert "Cut edges are deleted; an explanation is the 10 highest edges" in printed


def test_masked_cuts_give_other_scores(tmp_path):
    values = []
    for cut in ("deleted", "masked"):
        _, found = run(tmp_path, "--nodes", "5", "--method", "saliency", "--cut", cut, "--keep", "3")
        values.append([row["value"] for row in found["tables"]["scores"] if row["metric"] == "probability_fidelity_plus"])
        assert found["notes"][0].startswith(f"Cut edges are {cut}; an explanation is the 3 highest edges")
    assert values[0] != values[1]


def test_the_cut_is_occlusions_too_unless_it_has_its_own(tmp_path):
    scores = []
    for words in (("--cut", "deleted"), ("--cut", "masked"), ("--cut", "masked", "--set", "occlusion.cut=deleted")):
        _, found = run(tmp_path, "--nodes", "5", "--method", "occlusion", *words)
        scores.append([row["score"] for row in found["tables"]["edges"] if row["method"] == "occlusion"])
    assert scores[0] != scores[1]
    assert scores[0] == scores[2]


def test_what_a_method_says_of_itself_is_told(tmp_path):
    _, found = run(tmp_path, "--nodes", "5", "--method", "fast_dnx,integrated_gradients", "--seeds", "1")
    said = {row["method"]: row["said"] for row in found["tables"]["remarks"]}
    assert said["fast_dnx"].startswith("The surrogate agrees with the model on")
    assert "without edges and features" in said["integrated_gradients"]


def test_a_model_without_features_has_nodes_for_features(tmp_path):
    target = tmp_path / "explained.json"
    words = [
        "--dataset",
        "digits",
        "--model",
        "gcn_structure",
        "--set",
        "epochs=2",
        "--nodes",
        "1500",
        "--method",
        "saliency",
        "--samples",
        "1",
    ]
    assert main(["explain", *words, "--json", str(target)]) == 0
    features = json.loads(target.read_text())["tables"]["features"]
    assert features
    assert all(row["feature"].startswith("node ") for row in features)


def test_methods_have_settings_too(tmp_path):
    scores = []
    for epochs in ("1", "50"):
        _, found = run(tmp_path, "--nodes", "5", "--method", "gnn_explainer", "--seeds", "1", "--set", f"gnn_explainer.epochs={epochs}")
        scores.append([row["score"] for row in found["tables"]["edges"] if row["method"] == "gnn_explainer"])
    assert scores[0] != scores[1]


def test_where_importance_lies_and_what_beats_random(tmp_path):
    _, found = run(tmp_path, "--nodes", "5,0,30", "--method", "saliency", "--seeds", "2")
    tables = found["tables"]
    for name in ("by_hop", "by_class_pair"):
        for method in ("saliency", "random"):
            rows = [row for row in tables[name] if row["method"] == method]
            assert sum(row["importance"] for row in rows) == pytest.approx(1)
            assert sum(row["edges"] for row in rows) == pytest.approx(1)
    (plus,) = [row for row in tables["against_random"] if row["metric"] == "probability_fidelity_plus"]
    means = {row["method"]: row["mean"] for row in tables["summary"] if row["metric"] == "probability_fidelity_plus"}
    assert plus["difference"] == pytest.approx(means["saliency"] - means["random"])
    assert (plus["method"], plus["n"]) == ("saliency", 3)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--nodes", "1", "--method", "gnn_explainer", "--set", "gnn_explainer.epochs=0"), 2, "epochs"),
        (("--nodes", "1", "--method", "gnn_explainer", "--set", "gnn_explainer.epoch=5"), 2, "epochs"),
        (("--nodes", "34", "--method", "saliency"), 1, "There is no node 34."),
        (("--nodes", "x", "--method", "saliency"), 2, "'x' names no nodes"),
        (("--nodes", "1", "--method", "salience"), 2, "saliency"),
        (("--nodes", "1", "--method", "attention"), 1, "no attention weights"),
        (("--nodes", "1", "--method", "saliency", "--seeds", "0"), 2, "seeds"),
        (("--nodes", "1", "--method", "saliency", "--split", "all"), 2, "one split"),
    ],
)
def test_what_cannot_be_explained_is_a_sentence(tmp_path, capsys, words, code, said):
    found, tables = run(tmp_path, *words)
    assert (found, tables) == (code, None)
    assert said in capsys.readouterr().err


def test_all_methods_that_apply(tmp_path):
    _, found = run(tmp_path, "--nodes", "5", "--method", "all", "--seeds", "1")
    assert {row["method"] for row in found["tables"]["summary"]} >= {"integrated_gradients", "occlusion", "shapley", "random"}
    assert any(note.startswith("Attention weights was left out") for note in found["notes"])


def test_another_class_than_the_predicted_one(tmp_path, capsys):
    _, one = run(tmp_path, "--nodes", "5", "--method", "input_x_gradient", "--target", "0")
    _, other = run(tmp_path, "--nodes", "5", "--method", "input_x_gradient", "--target", "1")
    assert [row["score"] for row in one["tables"]["edges"]] != [row["score"] for row in other["tables"]["edges"]]
    assert run(tmp_path, "--nodes", "5", "--method", "saliency", "--target", "4")[0] == 1
    assert "There is no class 4; karate has the classes 0 to 3." in capsys.readouterr().err
