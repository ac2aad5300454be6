"""Two groups of runs side by side: is the difference noise, and on which nodes do they disagree? Free of torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data import GraphData, Split
from core.errors import UserError
from core.proportions import mcnemar, standard_uncertainty
from core.run import Run
from core.seeds import Interval, interval, paired_difference
from core.spec import DatasetSpec
from explainers.nodes import class_of, part_mask
from explainers.wording import count, metric_name, model_name, p_value, percent, points, split_names, spread

Names = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Test scores of two groups, paired by seed and split.

    `scores`: a row a pair with seed, split, first, second, difference (0 … 1); `difference` is the interval of first − second.
    """

    names: Names
    metric: str
    split: str
    scores: pd.DataFrame
    difference: Interval
    test_nodes: int

    @property
    def intervals(self) -> tuple[Interval, Interval]:
        return interval(self.scores["first"]), interval(self.scores["second"])

    @property
    def noise(self) -> bool | None:
        """Whether the interval of the difference holds 0; None where one pair cannot tell."""
        if self.difference.n < 2:
            return None
        return self.difference.low <= 0 <= self.difference.high


@dataclass(frozen=True, eq=False)
class Disagreement:
    """Where two runs of one seed differ, over the labelled nodes of `part`.

    `table`: a row a node on which the predictions differ. `agreement`: share of nodes with the same prediction, 0 … 1.
    `first_only`, `second_only`: nodes that one gets right and the other wrong.
    """

    names: Names
    part: str
    seed: int
    nodes: int
    agreement: float
    first_only: int
    second_only: int
    table: pd.DataFrame


DISAGREEMENT_HELP = {
    "node": "Number of the node, from 0.",
    "name": "Name of the node in the dataset.",
    "class": "True class.",
    "first": "What the first group's run says.",
    "first_confidence": "Probability of the first one's class.",
    "second": "What the second group's run says.",
    "second_confidence": "Probability of the second one's class.",
    "right": "Who is right; neither, where both are wrong in different ways.",
}


def names_of(first: Sequence[Run], second: Sequence[Run]) -> Names:
    """Names that tell two groups apart: the models, or, of one model, the settings that differ."""
    a, b = first[0].spec, second[0].spec
    if a.model.name != b.model.name:
        return model_name(a.model.name), model_name(b.model.name)
    left = dict(a.model.parameters) | vars(a.training)
    right = dict(b.model.parameters) | vars(b.training)
    changed = [name for name in left if left[name] != right.get(name)]
    said = [", ".join(f"{name} {side[name]}" for name in changed) for side in (left, right)]
    title = model_name(a.model.name)
    return (f"{title} ({said[0]})", f"{title} ({said[1]})") if changed else (f"{title} (first)", f"{title} (second)")


def compare(first: Sequence[Run], second: Sequence[Run], split: Split | None = None, names: Names | None = None) -> Comparison:
    """Pair two groups by seed and split; `split` tells how many test nodes there are.

    Raises `UserError` for groups that cannot be paired: other graphs, other splits, other seeds.
    """
    pairs = paired(first, second)
    rows = [
        {"seed": a.spec.seed, "split": split_names([a.spec.dataset]), "first": a.scores["test_score"], "second": b.scores["test_score"]}
        for a, b in pairs
    ]
    scores = pd.DataFrame(rows).assign(difference=lambda table: table["first"] - table["second"])
    return Comparison(
        names=names or names_of(first, second),
        metric=first[0].metric,
        split=split_names([run.spec.dataset for run in first]),
        scores=scores,
        difference=paired_difference(scores["first"], scores["second"]),
        test_nodes=0 if split is None else int(split.test.sum()),
    )


def paired(first: Sequence[Run], second: Sequence[Run]) -> list[tuple[Run, Run]]:
    """The runs of two groups in pairs of the same seed. Raises `UserError` where that is impossible."""
    if not first or not second:
        raise UserError("A comparison takes two groups with at least one finished run each; train the missing one.")
    left, right = ({run.spec.seed: run for run in group} for group in (first, second))
    if len(left) < len(first) or len(right) < len(second):
        raise UserError("A group holds two runs of the same seed; compare groups whose runs differ in nothing but the seed.")
    if _graph(first[0].spec.dataset) != _graph(second[0].spec.dataset):
        raise UserError(
            f"These runs saw different graphs ({first[0].spec.dataset.name} and {second[0].spec.dataset.name}, or other settings or edits "
            "of them); compare runs on the same graph."
        )
    if left.keys() != right.keys():
        lone = sorted(left.keys() ^ right.keys())
        shown = ", ".join(map(str, lone[:8])) + (" …" if len(lone) > 8 else "")
        where = "is in one group only" if len(lone) == 1 else "are in one group only"
        raise UserError(f"Both groups need the same seeds, but {shown} {where}; train both with the same seeds.")
    for seed, run in left.items():
        here, there = (split_names([one.spec.dataset]) for one in (run, right[seed]))
        if here != there:
            raise UserError(f"Seed {seed} was trained on {here} and on {there}; scores of different splits cannot be paired.")
    return [(left[seed], right[seed]) for seed in sorted(left)]


def disagreement(graph: GraphData, split: Split, first: Run, second: Run, part: str = "test", names: Names | None = None) -> Disagreement:
    """The nodes on which two runs of one seed differ, the ones with the most confident pair first.

    `part`: train, validation, test or unlabelled (all that were not trained on). Raises `Unsupported` for a part
    without nodes.
    """
    paired([first], [second])
    mask = part_mask(graph, split, part)
    differ = np.flatnonzero(mask & (first.predictions != second.predictions))
    differ = differ[np.argsort(-(first.confidence + second.confidence)[differ], kind="stable")]
    names = names or names_of([first], [second])
    hits = [(run.predictions == graph.labels) for run in (first, second)]
    return Disagreement(
        names=names,
        part=part,
        seed=first.spec.seed,
        nodes=int(mask.sum()),
        agreement=1 - len(differ) / int(mask.sum()),
        first_only=int((mask & hits[0] & ~hits[1]).sum()),
        second_only=int((mask & hits[1] & ~hits[0]).sum()),
        table=pd.DataFrame(
            {
                "node": differ,
                **({} if graph.node_names is None else {"name": [graph.node_names[node] for node in differ]}),
                "class": class_of(graph, graph.labels[differ]),
                "first": class_of(graph, first.predictions[differ]),
                "first_confidence": first.confidence[differ].astype(float),
                "second": class_of(graph, second.predictions[differ]),
                "second_confidence": second.confidence[differ].astype(float),
                "right": np.select([hits[0][differ], hits[1][differ]], list(names), default="neither"),
            }
        ),
    )


def verdict(comparison: Comparison) -> str:
    """Is it noise? One sentence with the interval, the seeds and the split."""
    first, second = comparison.intervals
    a, b = comparison.names
    difference, metric = comparison.difference, metric_name(comparison.metric)
    scores = f"{a} {spread(first)}, {b} {spread(second)} test {metric}"
    if difference.n == 0:
        return f"No pair of runs has a test score on {comparison.split}; pick a split with test nodes."
    if comparison.noise is None:
        noise = f"one seed cannot tell a difference of {points(difference.mean)} from noise"
        return f"{scores} ({comparison.split}): {noise}; train at least 5 seeds."
    better, worse = (a, b) if difference.mean >= 0 else (b, a)
    low, high = sorted((abs(difference.low), abs(difference.high)))
    where = f"{difference.n} seeds, {comparison.split}"
    if comparison.noise:
        around = f"95 % interval {100 * difference.low:+.1f} to {100 * difference.high:+.1f} points, {where}"
        return f"{scores}. The interval of {a} − {b} holds 0 ({around}): this cannot be told from noise."
    gained = f"{better} is better than {worse} by {points(difference.mean)}"
    return f"{gained} (95 % interval {100 * low:.1f} to {100 * high:.1f}, {where}): not noise of the seeds."


def captions(comparison: Comparison, differing: Disagreement | None = None) -> list[str]:
    """The verdict, what the test nodes themselves allow to say, and where the two disagree."""
    lines = [verdict(comparison), _node_uncertainty(comparison)]
    if comparison.scores["split"].nunique() > 1:
        lines.append("The splits overlap, so that the interval is somewhat too narrow (Nadeau & Bengio 2003).")
    if differing is not None:
        lines.append(_disagreement_sentence(differing))
    return [line for line in lines if line]


def placed(answer: str, titles: Sequence[Sequence[str]], split: str) -> str:
    """The answer after what it holds for: the dataset, and the settings and the split that it does not name itself.

    `titles`: the words of each group's title: dataset, model, settings that are not the default, split.
    """
    dataset, _, *words = titles[0]
    shared = [word for word in words[:-1] if all(word in title for title in titles)]
    conditions = ", ".join(shared if split in answer else [*shared, split])
    return f"On {dataset} ({conditions}): {answer}" if conditions else f"On {dataset}: {answer}"


def _node_uncertainty(comparison: Comparison) -> str:
    share = float(np.nanmean([each.mean for each in comparison.intervals])) if comparison.difference.n else np.nan
    if comparison.metric != "accuracy" or not comparison.test_nodes or np.isnan(share):
        return ""
    own = points(standard_uncertainty(share, comparison.test_nodes))
    nodes = count(comparison.test_nodes, "test node")
    return f"The {nodes} alone make each score uncertain by ± {own}; the spread over seeds does not hold that."


def _disagreement_sentence(differing: Disagreement) -> str:
    a, b = differing.names
    test = p_value(mcnemar(differing.first_only, differing.second_only))
    noun = "nodes outside training" if differing.part == "unlabelled" else f"{differing.part} nodes"
    return (
        f"Seed {differing.seed}: the two agree on {percent(differing.agreement)} of {differing.nodes:,} {noun}; {a} alone is right on "
        f"{differing.first_only:,}, {b} alone on {differing.second_only:,} (exact McNemar {test})."
    )


def _graph(dataset: DatasetSpec) -> tuple[object, ...]:
    return dataset.name, dataset.parameters, dataset.edits, dataset.content
