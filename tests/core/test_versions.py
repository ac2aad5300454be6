import pytest

from core import versions
from core.spec import DatasetSpec, ModelSpec, RunSpec
from core.versions import code_versions, source_version, unit_version

FILES = {
    "core/models/a.py": "from core.models.shared import half\nfrom core.models.contract import x\n\ndef forward(v):\n    return half(v)\n",
    "core/models/b.py": "from core.models import a\n\nforward = a.forward\n",
    "core/models/c.py": "import core.sparse\nfrom core.device import pick\n\ndef forward(v):\n    return v\n",
    "core/models/shared.py": "def half(v):\n    return v / 2\n",
    "core/models/contract.py": "x = 1\n",
    "core/sparse/__init__.py": "from core.sparse.inner import y\n",
    "core/sparse/inner.py": "y = 2\n",
    "core/device.py": "def pick():\n    return 1\n",
    "core/sparse_notes.py": "z = 1\n",
}


@pytest.fixture
def edit(tmp_path, monkeypatch):
    """Writes files of a small house and gives the versions of its three models."""
    monkeypatch.setattr(versions, "ROOT", tmp_path)

    def versions_after(path=None, old="", new=""):
        if path:
            text = (tmp_path / path).read_text()
            assert old in text
            (tmp_path / path).write_text(text.replace(old, new))
        versions._parsed.cache_clear()
        source_version.cache_clear()
        return {name: source_version(f"core.models.{name}") for name in "abc"}

    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    yield versions_after
    monkeypatch.undo()
    versions._parsed.cache_clear()
    source_version.cache_clear()


def changed(before, after):
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize(
    ("path", "old", "new", "expected"),
    [
        ("core/models/a.py", "half(v)\n", "half(v) + 1\n", {"a", "b"}),
        ("core/models/b.py", "a.forward", "(a.forward)", set()),
        ("core/models/b.py", "forward = a.forward", "forward = a.half", {"b"}),
        ("core/models/a.py", "def forward(v):\n", "def forward(v):\n    '''Half of it.'''\n    # as said\n\n", set()),
        ("core/models/a.py", "from core.models.shared", '"""A model."""\n\nfrom core.models.shared', set()),
        ("core/models/shared.py", "v / 2", "v * 0.5", {"a", "b"}),
        ("core/models/contract.py", "x = 1", "x = 2", set()),
        ("core/sparse/inner.py", "y = 2", "y = 3", {"c"}),
        ("core/device.py", "return 1", "return 2", set()),
    ],
)
def test_a_version_follows_the_code_that_counts(edit, path, old, new, expected):
    assert changed(edit(), edit(path, old, new)) == expected


def test_versions_of_the_house():
    spec = RunSpec(DatasetSpec("karate"), ModelSpec("gcn"))
    found = code_versions(spec)
    assert set(found) == {"model", "dataset", "training"}
    assert all(len(version) == 12 and int(version, 16) >= 0 for version in found.values())
    assert versions._reach("core.models.gcn_structure", set()) >= {"core.models.gcn", "core.models.stack", "core.sparse"}
    assert "core.models.gat" not in versions._reach("core.models.gcn", set())
    reached = versions._reach("core.training", set())
    assert reached >= {
        "core.training",
        "core.keep",
        "core.metrics.roc",
        "core.splits",
        "core.sparse",
        "core.data",
        "core.tasks.node_classification",
    }
    assert not {name for name in reached if name.startswith(("core.models", "core.datasets"))}


def test_units_that_are_gone_raise():
    with pytest.raises(KeyError):
        unit_version("core.models", "MODEL", "no_such_model")
