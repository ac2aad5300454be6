"""The one exception whose text is meant for the person in front of the screen."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(ValueError):
    """Something a person asked for cannot be done; the text is a sentence that says what would work."""


MOST_NAMES = 30
"""Names that a sentence lists."""


def unknown(kind: str, given: object, known: Iterable[str]) -> UserError:
    """Sentence for a name that does not exist, with the nearest known one first.

    >>> str(unknown("model", "gnc", ["gcn", "gat"]))
    "There is no model 'gnc'. Did you mean 'gcn'? Known: gat, gcn."
    """
    names = sorted(known)
    near = get_close_matches(str(given), names, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    shown = ", ".join(names[:MOST_NAMES]) + (f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else "")
    return UserError(f"There is no {kind} '{given}'.{hint} Known: {shown}.")
