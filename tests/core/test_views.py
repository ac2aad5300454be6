"""What a worker makes for a page, with a dataset that has to be downloaded."""

import time
from dataclasses import replace

import pytest

from core import open_graphs
from core.datasets import contract, files
from core.datasets.files import fetched
from core.spec import DatasetSpec
from core.views import open_graph
from core.work import Cancelled

MEGABYTE = 1 << 20


@pytest.fixture
def remote(monkeypatch, tmp_path):
    """A data set whose one file of 3 MB has to be fetched first; gives the path it is fetched to."""
    source, path = tmp_path / "source.bin", tmp_path / "data" / "remote.bin"
    source.write_bytes(b"x" * 3 * MEGABYTE)
    karate = contract.dataset("karate")

    def load(values, report):
        fetched("Remote", source.as_uri(), path, report)
        return karate.load(values, report)

    units = contract.datasets() | {"remote": replace(karate, name="remote", load=load)}
    monkeypatch.setattr(contract, "datasets", lambda: units)
    monkeypatch.setattr(open_graphs, "_graphs", {})
    return path


def test_a_download_is_told_step_by_step(remote, tmp_path):
    told = []
    shown = open_graph(
        lambda done=0.0, total=0.0, message="", snapshot=None: told.append(message), dataset=DatasetSpec("remote"), home=tmp_path
    )
    assert shown.positions.shape == (34, 2)
    assert told[0] == "Opening remote"
    assert [line for line in told if "MB so far" in line] == [f"Downloading Remote: {mb:.1f} MB so far" for mb in (1.0, 2.1, 3.1)]


def test_stop_during_a_download_keeps_nothing_half_done(remote, tmp_path):
    told = []

    def stop(done=0.0, total=0.0, message="", snapshot=None):
        told.append(message)
        if "MB so far" in message:
            raise Cancelled

    with pytest.raises(Cancelled):
        open_graph(stop, dataset=DatasetSpec("remote"), home=tmp_path)
    assert told[-1] == "Downloading Remote: 1.0 MB so far"
    assert list(remote.parent.iterdir()) == []
    assert open_graph(lambda *_, **__: None, dataset=DatasetSpec("remote"), home=tmp_path).graph.num_nodes == 34


def test_stop_while_somebody_else_downloads(monkeypatch, tmp_path):
    """PyG tells nobody how far it is; the folder is watched, and Stop acts once its file is through."""
    karate = contract.dataset("karate")

    def load(values, report):
        with files.watched(tmp_path, "Slow", report):
            time.sleep(0.7)
        return karate.load(values, report)

    units = contract.datasets() | {"slow": replace(karate, name="slow", load=load)}
    monkeypatch.setattr(contract, "datasets", lambda: units)

    def stop(done=0.0, total=0.0, message="", snapshot=None):
        if message.startswith("Downloading"):
            raise Cancelled

    with pytest.raises(Cancelled):
        open_graph(stop, dataset=DatasetSpec("slow"), home=tmp_path)


def test_features_stay_behind_unless_they_are_pictures(tmp_path):
    karate, digits = (open_graph(lambda *_, **__: None, dataset=DatasetSpec(name), home=tmp_path) for name in ("karate", "digits"))
    assert (karate.graph.num_nodes, karate.graph.num_features) == (34, karate.card.features)
    assert len(karate.graph.undirected_edges) == karate.card.edges
    with pytest.raises(TypeError):
        karate.graph.features[0]
    assert digits.graph.features[0].reshape(digits.graph.image_shape).max() > 0
