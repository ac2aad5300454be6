"""What models for graphs with unlike neighbours do otherwise, and which of the known models does it. Free of torch."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Design:
    """One way to treat neighbours, and the models that do so; a model may be of several."""

    name: str
    title: str
    models: tuple[str, ...]


BASELINES = ("gcn", "mlp")
"""What every model is held against: mixing a node with its neighbours, and doing without them."""
DESIGNS = (
    Design("separation", "self and neighbours apart", ("sage", "h2gcn", "linkx", "gcn_sep", "sage_sep", "gat_sep", "gt_sep")),
    Design("higher_order", "neighbours of higher order", ("h2gcn", "mixhop", "glognn")),
    Design("signed", "signed messages", ("fagcn", "gprgnn", "acm_gcn", "glognn")),
    Design("direction", "edge direction", ("dir_gnn", "adpa")),
    Design("adaptive", "adaptive propagation", ("gprgnn", "acm_gcn", "adpa")),
)


def usual(known: Collection[str]) -> tuple[str, ...]:
    """The baselines, a plain GAT, and every model of a design, of those that are known."""
    names = dict.fromkeys((*BASELINES, "gat", *(model for design in DESIGNS for model in design.models)))
    return tuple(name for name in names if name in known)


def designs_of(model: str) -> tuple[Design, ...]:
    """The designs of a model; none for a baseline."""
    return tuple(design for design in DESIGNS if model in design.models)


def words(model: str) -> str:
    """The designs of a model as a table has them."""
    return ", ".join(design.title for design in designs_of(model)) or ("no neighbours" if model == "mlp" else "none of these")
