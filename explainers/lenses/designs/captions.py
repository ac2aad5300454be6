"""What the comparison of designs says, in sentences computed from its numbers. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence

from explainers.across.result import Scores, dataset_title, protocol, unscored, verdict
from explainers.lenses.designs.groups import BASELINES, DESIGNS
from explainers.wording import count, listed, model_name, spread

TOLD = 4
"""Names that a sentence lists; of more it says how many."""


def captions(found: Scores) -> list[str]:
    """The answer first: who is better than which baseline; then design by design, the baselines against each other, and the protocol."""
    if not found.done:
        return [f"Nothing of this is trained yet: {count(found.planned, 'run')} to go."]
    said = (_answer(found), _designs(found), _baselines(found), *unscored(found), _protocol(found))
    return [sentence for sentence in said if sentence]


def better_on(found: Scores, model: str, others: Sequence[str]) -> list[str]:
    """The datasets on which the seeds tell a model to be better than each of some others."""
    return [data for data in found.datasets if all(verdict(found.against(data, model, other)) == "better" for other in others)]


def _answer(found: Scores) -> str:
    rivals = [name for name in BASELINES if name in found.models]
    compared = [model for model in found.models if model not in BASELINES]
    so_far = f"{found.done:,} of {count(found.planned, 'run')} so far. " if found.done < found.planned else ""
    if not rivals or not compared:
        return f"{so_far}Take a model beside {listed(list(map(model_name, BASELINES)))} to compare designs."
    if not any(found.against(data, model, other).n > 1 for data in found.datasets for model in compared for other in rivals):
        return f"{so_far}Nothing is told yet: a model and a baseline need two seeds on the same dataset."
    parts = [f"better than {model_name(other)}: {_winners(found, compared, [other])}" for other in rivals]
    if len(rivals) > 1:
        parts.append(f"better than both: {_winners(found, compared, rivals)}")
    return f"{so_far}As far as the seeds tell, {'; '.join(parts)}."


def _winners(found: Scores, models: Sequence[str], others: Sequence[str]) -> str:
    """Who is better than all of some others and where, those first that are on the most datasets."""
    wins = {model: where for model in models if (where := better_on(found, model, others))}
    first = sorted(wins, key=lambda model: -len(wins[model]))
    if not first:
        return "nobody"
    more = [f"{count(len(first) - TOLD, 'more model')}"] if len(first) > TOLD else []
    return listed([*(f"{model_name(model)} on {_listed(wins[model], len(found.datasets))}" for model in first[:TOLD]), *more])


def _designs(found: Scores) -> str:
    """How often the models of each design are better than each baseline."""
    parts = []
    for design in DESIGNS:
        pairs = [(data, model) for data in found.datasets for model in design.models if len(found.of(data, model))]
        if not pairs:
            continue
        wins = [
            f"{sum(verdict(found.against(data, model, other)) == 'better' for data, model in pairs)} better than {model_name(other)}"
            for other in BASELINES
            if other in found.models
        ]
        parts.append(f"{design.title}: of {len(pairs)}, {' and '.join(wins)}")
    return f"Pairs of a model and a dataset by design. {'; '.join(parts)}." if parts else ""


def _baselines(found: Scores) -> str:
    if not set(BASELINES) <= set(found.models):
        return ""
    said: dict[str, list[str]] = {}
    for data in found.datasets:
        mlp, gcn = (found.spread(data, name) for name in ("mlp", "gcn"))
        if mlp.n and gcn.n:
            word = verdict(found.against(data, "mlp", "gcn")) or "not told apart"
            said.setdefault(word, []).append(f"{dataset_title(data)} ({spread(mlp)} against {spread(gcn)})")
    sides = "; ".join(f"{word} on {listed(names)}" for word, names in said.items())
    return f"MLP, without any edge, held against GCN: {sides}." if sides else ""


def _protocol(found: Scores) -> str:
    return protocol(found, found.datasets, "Differences are")


def _listed(names: Sequence[str], of: int) -> str:
    """ "both datasets", "all 4 datasets", "Texas and Wisconsin", "7 of 9 datasets"."""
    if len(names) == of > 1:
        return "both datasets" if of == 2 else f"all {of} datasets"
    return f"{len(names)} of {of} datasets" if len(names) > TOLD else listed(list(map(dataset_title, names)))
