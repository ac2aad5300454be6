"""What the methods page says comes from the declarations, all of it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

from core.parameters import Choice, Flag, Integer, Real
from core.spec import TRAINING
from explainers import declared
from explainers.definitions import DEFINITIONS
from explainers.runner import lenses


def test_every_lens_has_figures_that_say_how_they_are_read() -> None:
    for name in lenses():
        assert all(figure.not_shown or figure.reading or figure.formula for figure in declared.figures(name)), name
    (loss, score) = declared.figures("curves")
    assert (loss.name, score.name) == ("loss", "score")
    assert r"\ln p_i" in loss.formula


def test_a_formula_is_never_computed() -> None:
    """The methods page reads formulas from the source, so that they must be constants there."""
    for path in Path(declared.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Chart":
                formulas = [word.value for word in node.keywords if word.arg == "formula"]
                assert all(map(declared._said, formulas)), f"{path.name}, line {node.lineno}"


@pytest.mark.parametrize(
    ("parameter", "takes", "default"),
    [
        (Integer("a", "A", 16, 1, 1024, unit="channels"), "1 to 1,024", "16"),
        (Real("b", "B", 5e-4, 0.0, 1.0), "0 to 1", "0.0005"),
        (Choice("c", "C", "x", (("x", "all weights"), ("y", "first layer"))), "all weights, first layer", "all weights"),
        (Flag("d", "D", True), "on or off", "on"),
    ],
)
def test_a_parameter_as_people_read_it(parameter: Integer | Real | Choice | Flag, takes: str, default: str) -> None:
    (row,) = declared.rows([parameter])
    assert (row["takes"], row["default"], row["name"]) == (takes, default, parameter.name)


def test_assignments_are_what_set_takes() -> None:
    assert declared.assignments({"depth": 2, "bias": False, "lr": 0.005, "keep": "loss"}) == "depth=2, bias=false, lr=0.005, keep=loss"


def test_a_search_needs_every_word_somewhere_in_the_declaration() -> None:
    (rate,) = [parameter for parameter in TRAINING if parameter.name == "lr"]
    assert declared.matches(rate, "")
    assert declared.matches(rate, "ADAM step")
    assert not declared.matches(rate, "adam dropout")
    nested: Mapping[str, object] = {"a": ("b", {"c": "deep"})}
    assert declared.matches(nested, "deep a")


def test_definitions_are_told_apart_and_their_formulas_are_bare() -> None:
    titles = [definition.title for definition in DEFINITIONS]
    assert len(set(titles)) == len(titles)
    assert not [definition.title for definition in DEFINITIONS if "$" in definition.formula]
    assert all(definition.text.endswith((".", "splits.")) for definition in DEFINITIONS)


def test_versions_of_what_makes_the_numbers_are_known() -> None:
    assert "not installed" not in declared.installed().values()
