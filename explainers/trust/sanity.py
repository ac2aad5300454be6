"""Does a method explain the model? Its scores while the model's layers are drawn anew, from the output to the input.

Adebayo et al., Sanity checks for saliency maps, NeurIPS 2018, section 3.1: cascading randomisation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from core.data import GraphData
from core.metrics import rank_correlation
from core.run import Run
from core.work import Report, silent
from explainers.attribution.contract import Attribution, method, ready
from explainers.trust.scores import randomized


def layers(names: Iterable[str]) -> dict[str, list[str]]:
    """Names of weights by the layer that they belong to, in their order.

    >>> layers(["convolutions.0.bias", "convolutions.0.lin.weight", "out.weight"])
    {'convolutions 1': ['convolutions.0.bias', 'convolutions.0.lin.weight'], 'out': ['out.weight']}
    """
    found: dict[str, list[str]] = {}
    for name in names:
        first, *rest = name.split(".")
        found.setdefault(f"{first} {int(rest[0]) + 1}" if rest and rest[0].isdigit() else first, []).append(name)
    return found


def cascade(
    name: str,
    attribution: Attribution,
    run: Run,
    graph: GraphData,
    given: Mapping[str, object] | None = None,
    report: Report = silent,
    root: Path | None = None,
) -> list[tuple[str, float]]:
    """For each layer, the last first: its name, and the rank correlation of the edges' scores with those for the model in which it and
    all before it are drawn anew. The last one is the `sanity` of the tables. `given`: the method's settings; `root`: the store
    in which it finds and leaves what it learns."""
    unit, within = method(name), attribution.part.within
    every, drawn, found = layers(run.weights), list[str](), list[tuple[str, float]]()
    for layer in reversed(every):
        report(len(found), len(every), f"{unit.title} without {layer}")
        drawn += every[layer]
        state = ready(name, randomized(run, graph, drawn), graph, avoid=[attribution.node], given=given, root=root)
        (other,) = unit.attribute(state, [attribution.node], target=attribution.target)
        found.append((layer, rank_correlation(attribution.pair_scores[within], other.pair_scores[within])))
    return found
