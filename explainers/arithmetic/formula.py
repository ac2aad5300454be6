"""The arithmetic of one channel as LaTeX, and in sentences. Free of torch."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from explainers.arithmetic.channel import Channel, channel_name
from explainers.wording import count

WRITTEN = 5
"""Terms that are written out; the others are one number."""
LONGEST = 24
"""Characters of a name in a formula."""


def number(value: float) -> str:
    """Two decimals, or two digits that matter: "1.20", "0.052", "−3.1e-05"."""
    small = 0 < abs(value) < 0.0995
    text = f"{value:.2g}" if small or abs(value) >= 1e5 else f"{value:.2f}"
    return text.replace("-", "−", 1)


def formula(found: Channel, class_names: Sequence[str]) -> str:
    """The sum with its numbers filled in, and what the layer makes of it, as LaTeX without dollar signs."""
    step = found.step
    of = rf"\text{{{_tex(class_names[found.number])}}}" if step.of_classes else str(found.number)
    parts = [*_terms(found), *_constants(found)]
    total = _number(found.total)
    lines = [rf"z_{{{of}}} &= {' + '.join(parts) or '0'} {'= ' + total if parts else ''}"]
    if arrows := _arrows(found):
        lines.append(rf"& \phantom{{=}}\ {total} {' '.join(arrows)}")
    return r"\begin{aligned}" + r" \\[4pt] ".join(lines) + r"\end{aligned}"


def captions(found: Channel, class_names: Sequence[str]) -> list[str]:
    """Who gives the most, how many push the other way, and what becomes of the sum."""
    said = [_most(found, class_names)]
    if found.activated is not None and found.step.activation == "ReLU" and found.activated == 0:
        said.append("ReLU sets it to 0: the channel passes nothing of it on.")
    before = next((value for value in (found.activated, found.normalized) if value is not None), found.total)
    if found.residual is not None and abs(found.residual) > abs(before):
        said.append(f"The residual connection adds {number(found.residual)}, more than the layer's own {number(before)}.")
    return said


def _most(found: Channel, class_names: Sequence[str]) -> str:
    name = channel_name(found.step, found.number, class_names)
    given = [(_subject(label), value) for label, value in zip(found.step.labels, found.contribution.tolist(), strict=True)]
    if found.own is not None:
        given.append(("The node's own term", found.own))
    if found.bias is not None:
        given.append(("The bias", found.bias))
    if not given:
        return f"Nothing adds up to {name}: the node has no neighbour in this step."
    who, most = max(given, key=lambda one: abs(one[1]))
    if most * found.total >= 0:
        said = f"{who} gives the most to {name}: {number(most)} of the {number(found.total)}"
    else:
        said = f"{who} counts most in {name}, against the sum: {number(most)}, and the sum is {number(found.total)}"
    return f"{said}{_against(found)}."


def _against(found: Channel) -> str:
    """How many of the neighbours push the other way."""
    is_neighbour = np.array([node >= 0 and label != "itself" for node, label in zip(found.step.nodes, found.step.labels, strict=True)])
    if not is_neighbour.any():
        return f"; no {found.step.senders} adds to it" if (found.step.nodes >= 0).any() else ""
    against = int((found.contribution[is_neighbour] * found.total < 0).sum())
    if is_neighbour.sum() == 1 and not found.step.others:
        return f"; its one {found.step.senders} pushes the {'other' if against else 'same'} way"
    of = count(int(is_neighbour.sum()), found.step.senders)
    shown = f"the {of} that give most" if found.step.others else of
    return f"; {against or 'none'} of {shown} {'pushes' if against <= 1 else 'push'} the other way"


def _subject(label: str) -> str:
    return "The node itself" if label == "itself" else label[:1].upper() + label[1:]


def _terms(found: Channel) -> list[str]:
    """The largest terms one by one, and the others as one number."""
    order = np.argsort(-np.abs(found.contribution), kind="stable")
    written, left = order[:WRITTEN], order[WRITTEN:]
    if len(left) == 1 and not found.step.others:
        written, left = order, left[1:]
    parts = [rf"\underbrace{{{_product(found, place)}}}_{{\text{{{_tex(found.step.labels[place])}}}}}" for place in written]
    more = len(left) + found.step.others
    if more:
        parts.append(rf"\underbrace{{{_number(float(found.contribution[left].sum()) + found.rest)}}}_{{\text{{{more:,} more}}}}")
    return parts


def _product(found: Channel, place: int) -> str:
    if np.isnan(found.message[place]):
        return _number(float(found.contribution[place]))
    if found.coefficient[place] == 1:
        return _number(float(found.message[place]))
    share = rf"\tfrac{{1}}{{{found.step.heads}}}\cdot " if found.step.merge == "averaged" and found.step.heads > 1 else ""
    return rf"{share}{_number(float(found.coefficient[place]))}\cdot {_number(float(found.message[place]))}"


def _constants(found: Channel) -> list[str]:
    parts = []
    if found.head is not None and found.step.merge != "concatenated" and found.step.heads > 1:
        parts.append(rf"\underbrace{{{_number(found.other_heads)}}}_{{\text{{other {found.step.heads_are.lower()}s}}}}")
    if found.own is not None:
        parts.append(rf"\underbrace{{{_number(found.own)}}}_{{\text{{own}}}}")
    if found.bias is not None:
        parts.append(rf"\underbrace{{{_number(found.bias)}}}_{{b}}")
    return parts


def _arrows(found: Channel) -> list[str]:
    step, arrows = found.step, []
    for name, value in ((step.norm, found.normalized), (step.activation, found.activated)):
        if value is not None:
            arrows.append(rf"\xrightarrow{{\text{{{_tex(name)}}}}} {_number(value)}")
    if found.residual is not None:
        arrows.append(rf"\xrightarrow{{\;+\,{_number(found.residual)}\ \text{{residual}}\;}} {_number(found.output)}")
    return arrows


def _number(value: float) -> str:
    """As `number`, in LaTeX; negative ones in brackets."""
    digits, e, power = number(value).replace("−", "-").partition("e")
    text = rf"{digits}\cdot 10^{{{int(power)}}}" if e else digits
    return f"({text})" if text.startswith("-") else text


def _tex(name: str) -> str:
    """A name that may come from a file as text in a formula."""
    short = name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
    return re.sub(r"([#%&_{}])", r"\\\1", re.sub(r"[\\^~$`]", " ", short))
