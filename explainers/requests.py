"""What a page is asked, in the words of a link: the plain rules that most pages' requests share. Free of torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from core.errors import UserError

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


def _written(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
