"""The layout is true: who may import whom, who may hold state, and what never loads torch."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("core", "explainers", "pages", "benchmarks")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")) + sorted(ROOT.glob("*.py"))
LIMIT = 300
"""Lines; the aim is 100–250, and a module that outgrows it becomes a package of the same name."""

UNPICKLERS = {
    f"{module}.{name}" for module in ("pickle", "dill", "joblib", "cloudpickle", "torch") for name in ("load", "loads", "Unpickler")
}

TORCH_FREE = (
    "core.catalogue",
    "core.data",
    "core.datasets.contract",
    "core.discovery",
    "core.edits",
    "core.errors",
    "core.files",
    "core.home",
    "core.jobs",
    "core.parameters",
    "core.run",
    "core.seeds",
    "core.selection",
    "core.spec",
    "core.splits",
    "core.store",
    "core.views",
    "core.work",
    "explainers.cli",
    "explainers.contract",
)
"""Modules that any process may import for nothing; what the pages import is added by itself."""


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports(path: Path, types: bool = True) -> Iterator[str]:
    """Every module that a file imports, also inside functions; "core.x" and "core.x.name" for `from core.x import name`.

    `types`: also what is imported for type checkers only.
    """
    folder = path.relative_to(ROOT).parent.parts
    for node in _nodes(tree(path), types):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = folder[: len(folder) + 1 - node.level] if node.level else ()
            module = ".".join([*base, *filter(None, [node.module])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _nodes(node: ast.AST, types: bool) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        if types or not (isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING")):
            yield from _nodes(child, types)


def tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def within(path: Path, *folders: str) -> bool:
    return path.relative_to(ROOT).parts[0] in folders


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def offenders(check: list[Path]) -> str:
    return ", ".join(names(check))


def test_core_imports_no_layer_above_it() -> None:
    wrong = [path for path in FILES if within(path, "core") and tops(path) & {"explainers", "pages", "benchmarks", "app"}]
    assert not wrong, offenders(wrong)


def test_explainers_import_core_only() -> None:
    wrong = [path for path in FILES if within(path, "explainers") and tops(path) & {"pages", "benchmarks", "app"}]
    assert not wrong, offenders(wrong)


def test_streamlit_is_for_pages_and_the_app_only() -> None:
    # what a page costs is measured by opening it
    allowed = (ROOT / "app.py", ROOT / "benchmarks" / "memory.py")
    wrong = [path for path in FILES if "streamlit" in tops(path) and not within(path, "pages") and path not in allowed]
    assert not wrong, offenders(wrong)


def test_core_draws_in_figures_only() -> None:
    wrong = [
        p for p in FILES if within(p, "core") and "plotly" in tops(p) and not (p.stem.startswith("figures") or p.parent.name == "figures")
    ]
    assert not wrong, offenders(wrong)


def test_pages_hold_no_arithmetic_libraries() -> None:
    heavy = {"torch", "torch_geometric", "captum", "sklearn", "scipy", "igraph", "umap"}
    wrong = [path for path in FILES if (within(path, "pages") or path == ROOT / "app.py") and tops(path) & heavy]
    assert not wrong, offenders(wrong)


def test_session_state_lives_in_pages_shared_only() -> None:
    shared = ROOT / "pages" / "_shared"
    holding = [path for path in FILES if any(isinstance(n, ast.Attribute) and n.attr == "session_state" for n in ast.walk(tree(path)))]
    wrong = [path for path in holding if not path.is_relative_to(shared) and path != ROOT / "benchmarks" / "memory.py"]
    assert not wrong, offenders(wrong)


def test_nothing_is_unpickled() -> None:
    """But by the one reader that admits arrays and lists only, which has its own test."""
    restricted = ROOT / "core" / "datasets" / "unpickling.py"
    wrong = [path for path in FILES if path != restricted and (set(imports(path)) & UNPICKLERS or any(_unpickles(path)))]
    assert not wrong, offenders(wrong)


def _unpickles(path: Path) -> Iterator[bool]:
    """Calls that may run what a file says: pickle.load, torch.load, read_pickle, numpy's load with allow_pickle."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute):
            yield node.attr == "read_pickle" or ast.unparse(node) in UNPICKLERS
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            yield not (isinstance(node.value, ast.Constant) and node.value.value is False)


def test_no_module_is_called_utils() -> None:
    wrong = [path for path in FILES if path.stem in ("util", "utils", "helpers", "misc", "common")]
    assert not wrong, offenders(wrong)


def test_files_stay_short() -> None:
    long = [path for path in FILES if len(path.read_text(encoding="utf-8").splitlines()) > LIMIT]
    assert not long, f"more than {LIMIT} lines: {offenders(long)}"


def test_page_stems_are_unique() -> None:
    stems = [path.stem for path in FILES if within(path, "pages") and path.parent.name != "_shared" and path.stem != "__init__"]
    assert len(stems) == len(set(stems)), sorted(stems)


def test_what_the_ui_process_imports_does_not_load_torch() -> None:
    """The listed modules, and whatever of ours a page imports, at its top or in a function."""
    modules = [*TORCH_FREE, *sorted(_imported_by_pages() - set(TORCH_FREE))]
    code = (
        "import importlib, sys\n"
        f"for module in {modules}:\n"
        "    importlib.import_module(module)\n"
        "    if {'torch', 'torch_geometric', 'streamlit'} & set(sys.modules): sys.exit(f'{module} loads torch or streamlit')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_start_of_the_app_waits_for_no_lens() -> None:
    """What stands on every page asks for lenses by name; their pictures and measures are imported by the pages that draw them."""
    code = (
        "import sys, pages._shared.frame\n"
        "sys.exit(', '.join(name for name in sys.modules if name.startswith(('explainers.lenses.', 'core.graph'))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _imported_by_pages() -> set[str]:
    ours = {_module(path) for path in FILES if within(path, "core", "explainers")}
    return {name for path in FILES if within(path, "pages") or path == ROOT / "app.py" for name in imports(path, types=False)} & ours


def _module(path: Path) -> str:
    """Dotted name of a file: core/models/__init__.py is core.models."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
