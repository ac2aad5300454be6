import sys

import pytest

from core import discovery
from core.discovery import collect, origin


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Writes modules of a package `units` and forgets them after the test."""
    folder = tmp_path / "units"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "made.py").write_text("class Unit:\n    def __init__(self, name): self.name = name\n")
    monkeypatch.syspath_prepend(tmp_path)
    discovery._scan.cache_clear()

    def write(**modules):
        for name, text in modules.items():
            (folder / f"{name}.py").write_text("from units.made import Unit\n" + text)

    yield write
    discovery._scan.cache_clear()
    for name in [name for name in sys.modules if name.split(".")[0] == "units"]:
        del sys.modules[name]


def test_one_file_one_unit_or_a_tuple_of_them_and_helpers_are_passed_over(package):
    package(b="UNIT = Unit('beta')", a="UNIT = (Unit('one'), Unit('two'))", helper="x = 1")
    assert list(collect("units", "UNIT")) == ["one", "two", "beta"]
    assert origin("units", "UNIT", "two") == "units.a"
    with pytest.raises(KeyError):
        origin("units", "UNIT", "three")


@pytest.mark.parametrize(("text", "error"), [("1 / 0", ZeroDivisionError), ("import no_such_module", ImportError), ("def (", SyntaxError)])
def test_a_broken_module_fails_loudly_every_time(package, text, error):
    package(fine="UNIT = Unit('fine')", broken=text)
    for _ in range(2):
        with pytest.raises(error):
            collect("units", "UNIT")


def test_two_units_of_one_name_fail_loudly(package):
    package(a="UNIT = Unit('same')", b="UNIT = Unit('same')")
    with pytest.raises(RuntimeError, match=r"units\.b: the name 'same' is taken by units\.a"):
        collect("units", "UNIT")
