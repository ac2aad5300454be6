import hashlib
import json

import pytest

from core.errors import UserError
from core.files import new_folder, sha256, write_json, write_text


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    target, scratch = tmp_path / "there", tmp_path / "tmp"
    with new_folder(target, scratch) as folder:
        (folder / "a").write_text("1")
        assert not target.exists()
    assert (target / "a").read_text() == "1"
    with pytest.raises(ZeroDivisionError), new_folder(target, scratch) as folder:
        int((folder / "a").write_text("2")) / 0
    assert (target / "a").read_text() == "1"
    with new_folder(target, scratch) as folder:
        (folder / "b").write_text("3")
    assert [path.name for path in target.iterdir()] == ["b"]
    assert list(scratch.iterdir()) == []


def test_text_is_replaced_whole(tmp_path):
    path = tmp_path / "deep" / "note.txt"
    write_text(path, "größer")
    write_text(path, "kleiner – ✓")
    assert path.read_text(encoding="utf-8") == "kleiner – ✓"
    assert list(path.parent.iterdir()) == [path]


def test_json_is_standard(tmp_path):
    write_json(tmp_path / "x.json", {"b": [1, None], "a": "ü"})
    assert json.loads((tmp_path / "x.json").read_text()) == {"a": "ü", "b": [1, None]}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "x.json", {"a": float("nan")})


def test_what_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"Nothing could be written to .*file.*Free some space, or set HOPSCOPE_HOME"):
        write_text(tmp_path / "file" / "note.txt", "x")
    with pytest.raises(UserError, match="Nothing could be written"), new_folder(tmp_path / "a", tmp_path / "file" / "tmp"):
        pass


def test_sum_of_a_file(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256(tmp_path / "a") == hashlib.sha256(b"abc").hexdigest()
