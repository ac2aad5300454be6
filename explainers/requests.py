"""What a page is asked, in the words of a link, of a command and of Python: the plain rules that pages share. Free of torch."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from core import selection as selections
from core.catalogue import Catalogue
from core.errors import UserError
from core.selection import Selection
from core.spec import RunSpec

T = TypeVar("T")

Check = Callable[[str, str], Any]
"""(name, word) → the value that a link's word means; raises `UserError`."""


def encode(prefix: str, request: Any) -> dict[str, str]:
    """Only what differs from the defaults of a request, a dataclass that can be made without arguments."""
    defaults = type(request)()
    return {f"{prefix}{name}": _written(value) for name, value in vars(request).items() if value != getattr(defaults, name)}


def decode(prefix: str, request: T, query: Mapping[str, str], check: Check) -> tuple[T, list[str]]:
    """The request with what a link says, and a sentence for everything in it that had to be replaced."""
    said = []
    for name in vars(request):
        if prefix + name not in query:
            continue
        try:
            request = replace(request, **{name: check(name, query[prefix + name])})  # type: ignore[type-var]
        except UserError as error:
            said.append(f"{error} The link's value was replaced.")
    return request, said


def lens_command(
    lens: str, selection: Selection, catalogue: Catalogue, values: Mapping[str, Any], asked: Sequence[str] = selections.ASKED
) -> str:
    """The headless command that asks a lens of what is selected; `values`: those of its settings that are not the defaults;
    `asked` as of `core.selection.command`."""
    words = [word for name, value in values.items() for word in ("--set", f"lens.{name}={_written(value)}")]
    return shlex.join([*shlex.split(selections.command(selection, catalogue, lens, asked)), *words])


def lens_python(lens: str, spec: RunSpec, seeds: int, values: Mapping[str, Any], table: str) -> str:
    """Lines of Python that give the same numbers, and print one of the tables."""
    return "\n".join(
        (
            "from core.home import home",
            "from core.spec import DatasetSpec, ModelSpec, RunSpec, TrainingSpec",
            "from core.work import silent",
            f"from explainers.lenses import {lens}",
            "from explainers.runner import run_lens",
            "",
            f"spec = RunSpec({spec.dataset!r},",
            f"    {spec.model!r},",
            f"    {spec.training!r})",
            f"values = {dict(values)!r}",
            f'result = run_lens(silent, lens="{lens}", spec=spec, seeds={seeds}, values=values, root=home())',
            f"print(*{lens}.captions(result), sep='\\n')",
            f'print({lens}.tables(result)["{table}"])',
        )
    )


def own_data_command(lens: str, seeds: int, values: Mapping[str, Any]) -> str:
    """The headless command that asks a lens that makes its own data."""
    asked = [word for name, value in values.items() for word in ("--set", f"{name}={_written(value)}")]
    return shlex.join(["hopscope", "lens", lens, *asked, "--seeds", str(seeds)])


def own_data_python(lens: str, seeds: int, values: Mapping[str, Any], table: str) -> str:
    """Lines of Python that give the same numbers, and print one of the tables."""
    return "\n".join(
        (
            "from core.home import home",
            "from core.spec import DatasetSpec, ModelSpec, RunSpec",
            "from core.work import silent",
            f"from explainers.lenses import {lens}",
            "from explainers.runner import run_lens",
            "",
            'nobody = RunSpec(DatasetSpec(""), ModelSpec(""))  # the lens makes its own data',
            f"values = {dict(values)!r}",
            f'result = run_lens(silent, lens="{lens}", spec=nobody, seeds={seeds}, values=values, root=home())',
            f"print(*{lens}.captions(result), sep='\\n')",
            f'print({lens}.tables(result)["{table}"])',
        )
    )


def _written(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
