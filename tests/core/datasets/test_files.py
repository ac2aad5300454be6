import io
import time
from pathlib import Path

import pytest
from platformdirs import user_cache_dir

from core.datasets import files
from core.datasets.files import fetched, watched
from core.errors import UserError
from core.home import data_root


def test_the_data_folder_is_the_named_one_or_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("HOPSCOPE_DATA", str(tmp_path))
    assert data_root() == tmp_path
    monkeypatch.delenv("HOPSCOPE_DATA")
    assert data_root() == Path(user_cache_dir("hopscope", appauthor=False)) / "data"


def test_a_file_is_fetched_once(tmp_path):
    source = tmp_path / "source.bin"
    source.write_bytes(b"x" * 3_000_000)
    said = []
    path = fetched("Thing", source.as_uri(), tmp_path / "in" / "thing.bin", said.append)
    assert path.read_bytes() == source.read_bytes()
    assert said[-1] == "Downloading Thing: 3.0 MB so far"
    source.unlink()
    assert fetched("Thing", source.as_uri(), path, said.append) == path


def test_a_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(UserError, match=r"Thing could not be downloaded into .*nothing half-done was kept"):
        fetched("Thing", (tmp_path / "nowhere").as_uri(), tmp_path / "in" / "thing.bin", lambda _: None)
    assert list((tmp_path / "in").iterdir()) == []


def test_a_connection_that_breaks_keeps_nothing(tmp_path, monkeypatch):
    class Answer(io.BytesIO):
        headers = {"Content-Length": "1000"}  # noqa: RUF012

    monkeypatch.setattr(files, "urlopen", lambda *_, **__: Answer(b"x" * 10))
    with pytest.raises(UserError, match="the connection broke after 10 of 1,000 bytes"):
        fetched("Thing", "https://example.org/thing", tmp_path / "thing.bin", lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_a_watched_folder_reports_its_growth(tmp_path):
    said = []
    with watched(tmp_path, "Thing", said.append):
        (tmp_path / "half").write_bytes(b"x" * 2_000_000)
        time.sleep(0.8)
    assert said == ["Downloading Thing: 2.0 MB so far"]


def test_a_stop_while_watching_is_raised_at_the_end(tmp_path):
    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), watched(tmp_path, "Thing", stop):
        time.sleep(0.8)
