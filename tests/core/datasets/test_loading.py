"""Loading public datasets from small files of their formats, and everything that can go wrong on the way."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from torch_geometric.datasets import HeterophilousGraphDataset
from torch_geometric.io import planetoid

from core.datasets import pyg
from core.datasets.contract import load
from core.errors import UserError
from core.home import data_root

QUESTIONS = "HeterophilousGraphDataset/questions/raw"


@pytest.fixture
def any_size(monkeypatch):
    """Small files instead of the published ones."""
    monkeypatch.setattr(pyg, "_check", lambda *_: None)


@pytest.fixture
def questions(raw):
    """Makes the small raw file of Questions, and gives its path."""
    return lambda **given: raw.heterophilous(data_root() / QUESTIONS, "questions", **given)


@pytest.mark.parametrize(("name", "classes"), [("questions", 2), ("roman_empire", 18), ("amazon_ratings", 5)])
def test_heterophilous_sets_from_files_of_their_format(any_size, name, classes, raw):
    raw.heterophilous(data_root() / f"HeterophilousGraphDataset/{name}/raw", name, classes)
    graph = load(name, {})
    assert (graph.num_nodes, graph.num_stored_edges, graph.num_classes) == (30, 60, classes)
    assert graph.metric == ("roc_auc" if classes == 2 else "accuracy")
    assert tuple(graph.splits) == tuple("0123456789")
    assert (graph.splits["4"].validation == raw.masks()["val"][4]).all()
    assert (graph.features == np.arange(180).reshape(30, 6)).all()
    assert (graph.labels == np.arange(30) % classes).all()


def test_pubmed_from_files_of_its_format(any_size, raw):
    raw.planetoid(data_root() / "Planetoid/PubMed/raw", "pubmed")
    raw.planetoid(data_root() / "Planetoid/PubMed/geom-gcn/raw", "pubmed", splits=True)
    graph = load("pubmed", {})
    assert tuple(graph.splits) == ("public", *"0123456789")
    public = graph.splits["public"]
    assert [int(part.sum()) for part in (public.train, public.validation, public.test)] == [60, 500, 40]
    assert (graph.splits["7"].train == raw.masks(600)["train"][7]).all()
    # Test nodes are stored in reverse, and must come back to their own numbers.
    assert (graph.labels == np.arange(600) % 3).all()
    assert graph.num_stored_edges == 1200


class Harm:
    def __reduce__(self):
        return exec, ("raise SystemExit('ran')",)


def test_a_planetoid_file_that_would_run_something_is_refused(any_size, raw):
    folder = data_root() / "Planetoid/PubMed/raw"
    raw.planetoid(folder, "pubmed")
    (folder / "ind.pubmed.graph").write_bytes(pickle.dumps(Harm()))
    before = planetoid.pickle
    with pytest.raises(UserError, match=r"names builtins\.exec, which has no place in a dataset"):
        load("pubmed", {})
    assert planetoid.pickle is before is pickle


def test_features_are_row_normalised_or_raw(any_size, raw):
    raw.planetoid(data_root() / "Planetoid/PubMed/raw", "pubmed")
    raw.planetoid(data_root() / "Planetoid/PubMed/geom-gcn/raw", "pubmed", splits=True)
    plain, scaled = load("pubmed", {"features": "raw"}).features, load("pubmed", {}).features
    assert isinstance(plain, csr_matrix)
    assert plain[0, :3].toarray().tolist() == [[2, 1, 0]]
    assert scaled[0, :3].toarray() == pytest.approx(np.array([[2 / 3, 1 / 3, 0]]))
    assert scaled[300].sum() == 0  # a row of zeros stays one
    assert scaled.dtype == np.float32


def test_direction_of_links(any_size, raw):
    links = np.array([[0, 1], [1, 0], [2, 1], [3, 3], [2, 1]])
    raw.geom_gcn(data_root() / "WebKB/texas/raw", "texas", links)
    both, stored = load("texas", {}), load("texas", {"direction": "stored"})
    assert both.edge_index.T.tolist() == [[0, 1], [1, 0], [1, 2], [2, 1]]
    assert stored.edge_index.T.tolist() == [[0, 1], [1, 0], [2, 1], [3, 3]]
    assert (both.directed, stored.directed) == (False, True)


def test_a_second_load_is_the_same_and_needs_no_reader(any_size, monkeypatch, questions):
    questions()
    first = load("questions", {})
    monkeypatch.setattr(pyg, "_converted", None)
    second = load("questions", {})
    assert first.structure_hash == second.structure_hash
    assert (first.features == second.features).all()
    assert all((first.splits[k].test == second.splits[k].test).all() for k in first.splits)


@pytest.mark.parametrize("harm", [b"", b"nonsense", None])
def test_a_damaged_or_lost_compact_file_is_made_again(any_size, harm, questions):
    compact = questions().parent.parent / "hopscope.npz"
    load("questions", {})
    whole = compact.read_bytes()
    compact.unlink() if harm is None else compact.write_bytes(harm or whole[: len(whole) // 2])
    assert load("questions", {}).num_nodes == 30
    assert len(compact.read_bytes()) == len(whole)


def test_changed_raw_files_are_read_again(any_size, questions):
    questions()
    assert load("questions", {}).num_features == 6
    questions(features=7)
    assert load("questions", {}).num_features == 7


def test_no_network_is_said_in_a_sentence_and_leaves_nothing():
    with pytest.raises(
        UserError, match=r"Questions could not be downloaded into .*questions.raw .*pick a dataset that needs none: .*karate"
    ) as caught:
        load("questions", {})
    assert "\n" not in str(caught.value)
    folder = data_root() / "HeterophilousGraphDataset/questions"
    assert not [file for file in folder.rglob("*") if file.is_file() and file.name != ".hopscope.lock"]
    assert not list(folder.glob(".partial*"))


@pytest.mark.parametrize(
    "slug", ["cora", "texas", "actor", "squirrel", "photo", "cs", "cora_ml", "cornell_corrected", "chameleon_filtered"]
)
def test_every_family_says_so_without_network(slug):
    with pytest.raises(UserError, match="could not be downloaded"):
        load(slug, {})


def test_a_broken_download_is_not_kept_and_the_next_one_works(any_size, monkeypatch, tmp_path, raw):
    good = raw.heterophilous(tmp_path, "questions").read_bytes()
    contents = [good[:100], good]

    def download(self):
        (Path(self.raw_dir) / "questions.npz").write_bytes(contents.pop(0))

    monkeypatch.setattr(HeterophilousGraphDataset, "download", download)
    with pytest.raises(UserError, match="could not be downloaded"):
        load("questions", {})
    assert list((data_root() / QUESTIONS).iterdir()) == []
    assert load("questions", {}).num_nodes == 30
    assert [file.name for file in (data_root() / QUESTIONS).iterdir()] == ["questions.npz"]


def test_what_a_killed_download_left_is_swept_away(any_size, questions):
    left = data_root() / "HeterophilousGraphDataset/questions/.partial-raw"
    left.mkdir(parents=True)
    (left / "questions.npz").write_bytes(b"half")
    questions()
    assert load("questions", {}).num_nodes == 30
    assert not left.exists()


def test_a_truncated_raw_file_names_the_folder_and_the_remedy(any_size, questions):
    path = questions()
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(UserError, match=r"files of Questions in .*raw are damaged .*Delete that folder and load again"):
        load("questions", {})
    assert path.exists()
    questions()
    assert load("questions", {}).num_nodes == 30


def test_wrong_counts_are_noticed(questions):
    questions()
    with pytest.raises(UserError, match=r"30 nodes, 60 stored edges, 6 features were read where there should be 48,921 nodes"):
        load("questions", {})


def test_wrong_labels_are_noticed(monkeypatch, raw):
    raw.geom_gcn(data_root() / "WebKB_corrected/cornell/raw", "cornell", raw.ring(), features=10)
    recipe = pyg.Recipe("Cornell", "WebKB", "WebKB_corrected/cornell/raw", {"name": "Cornell"}, (30, 30, 10), (1, 2, 27))
    with pytest.raises(UserError, match="where there should be"):
        pyg.read(recipe, lambda _: None)


def test_preparing_is_reported_and_standard_error_stays_quiet(any_size, monkeypatch, capfd, questions):
    questions()
    monkeypatch.delenv("PYTEST_CURRENT_TEST", raising=False)
    said = []
    load("questions", {}, said.append)
    load("questions", {}, said.append)
    assert said == ["Preparing Questions: first time only"]
    assert capfd.readouterr() == ("", "")


class Stopped(Exception):
    pass


def test_a_stop_during_the_download_comes_through(monkeypatch):
    def report(text):
        if "Downloading" in text:
            raise Stopped

    with pytest.raises(Stopped):
        load("questions", {}, report)
    assert list((data_root() / QUESTIONS).iterdir()) == []


def test_the_filtered_files(monkeypatch, raw):
    folder = data_root() / "extra_npz"
    raw.heterophilous(folder, "chameleon_filtered", 5, 2325)
    with pytest.raises(UserError, match=r"where there should be \(890, 2325\)"):
        load("chameleon_filtered", {})
    (folder / "chameleon_filtered.npz").write_bytes(b"half a file")
    with pytest.raises(UserError, match="damaged or incomplete"):
        load("chameleon_filtered", {})


def test_pickled_arrays_are_refused():
    folder = data_root() / "extra_npz"
    folder.mkdir(parents=True)
    np.savez(folder / "squirrel_filtered.npz", node_features=np.array([{}], dtype=object))
    with pytest.raises(UserError, match="damaged or incomplete"):
        load("squirrel_filtered", {})


def test_unknown_settings_are_refused():
    with pytest.raises(UserError, match=r"takes one of undirected, stored"):
        load("texas", {"direction": "both"})
