"""Scores of models on several datasets, and their differences, paired by seed and split. Free of torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from core.seeds import Interval, interval, paired_difference
from core.spec import RunSpec
from explainers.sweep.answer import is_noise
from explainers.sweep.measure import Scored
from explainers.wording import count, listed, metric_name, model_name, one_in, split_name

COLUMNS = ["dataset", "model", "seed", "split", "metric", "test_score"]


@dataclass(frozen=True, eq=False)
class Scores:
    """`rows`: `COLUMNS`, a row a run that there is, of `planned` ones; `datasets` and `models` in the order of the plan; `refused`: why
    others cannot be trained."""

    rows: pd.DataFrame
    datasets: tuple[str, ...]
    models: tuple[str, ...]
    planned: int
    refused: tuple[str, ...] = ()

    @property
    def done(self) -> int:
        return len(self.rows)

    @cached_property
    def _by_run(self) -> Mapping[tuple[str, str], pd.Series]:
        known = self.rows.dropna(subset="test_score").set_index("seed")
        return {(str(data), str(model)): group["test_score"] for (data, model), group in known.groupby(["dataset", "model"])}

    def of(self, dataset: str, model: str) -> pd.Series:
        """Test scores by seed; of no run, empty."""
        return self._by_run.get((dataset, model), pd.Series(dtype=float))

    def spread(self, dataset: str, model: str) -> Interval:
        """Mean test score with its interval over seeds."""
        return interval(self.of(dataset, model))

    def against(self, dataset: str, model: str, other: str) -> Interval:
        """Interval of the difference to another model, over the seeds that both have; above 0 where this one is better."""
        known = self._differences
        if (dataset, model, other) not in known:
            first, second = self.of(dataset, model).align(self.of(dataset, other), join="inner")
            known[dataset, model, other] = paired_difference(first, second)
        return known[dataset, model, other]

    @cached_property
    def _differences(self) -> dict[tuple[str, str, str], Interval]:
        """Those that were asked for: sentences, figure and table ask for the same."""
        return {}

    def metric(self, dataset: str) -> str:
        """The metric of a dataset's scores; "" before there are any."""
        found = self.rows.loc[self.rows["dataset"] == dataset, "metric"]
        return str(found.iloc[0]) if len(found) else ""


def measured(planned: Sequence[RunSpec], found: Sequence[Scored | None], refused: Iterable[str] = ()) -> Scores:
    """The scores of the runs that there are, of all planned ones, in their order."""
    rows = [
        {
            "dataset": run.spec.dataset.name,
            "model": run.spec.model.name,
            "seed": run.spec.seed,
            "split": split_name(run.spec.dataset),
            "metric": run.metric,
            "test_score": run.scores["test_score"],
        }
        for run in found
        if run is not None
    ]
    datasets, models = (tuple(dict.fromkeys(names)) for names in ((s.dataset.name for s in planned), (s.model.name for s in planned)))
    return Scores(pd.DataFrame(rows, columns=COLUMNS), datasets, models, len(planned), tuple(dict.fromkeys(refused)))


def unscored(found: Scores) -> list[str]:
    """Which runs have no score, and which models are left out of a dataset, as sentences."""
    lost = found.rows[found.rows["test_score"].isna()]
    said = [
        f"{count(len(rows), 'run')} of {model_name(str(model))} on {dataset_title(str(data))} diverged at once and "
        f"{'has' if len(rows) == 1 else 'have'} no score."
        for (data, model), rows in lost.groupby(["dataset", "model"])
    ]
    return [*said, *found.refused]


def protocol(found: Scores, datasets: Sequence[str], compared: str) -> str:
    """How the scores were made, and how their differences are told; `compared`: what is told by them, as the begin of a sentence."""
    runs = found.rows[found.rows["dataset"].isin(datasets)].dropna(subset="test_score")
    if runs.empty:
        return ""
    by_model = runs.groupby(["dataset", "model"])
    seeds, splits = by_model["seed"].nunique(), by_model["split"].nunique()
    metrics = listed([metric_name(metric) for metric in dict.fromkeys(runs["metric"])])
    several = bool((splits > 1).any())
    if not several:
        each = ""
    elif (splits >= seeds)[splits > 1].all():
        each = ", each on a split of its own where there are several"
    else:
        each = ", on the splits in turn, so that some share one"
    numbers = sorted(set(seeds))
    over = "one seed, so no spread" if numbers == [1] else f"{one_in(numbers)} seeds"
    said = f"Test {metrics}, {over}{each}; every model has its defaults and the same training. "
    if numbers == [1]:
        return said.strip()
    narrow = "; splits that share nodes make their intervals too narrow (Nadeau & Bengio 2003)" if several else ""
    return f"{said}{compared} paired by seed, one by one and not corrected for their number{narrow}."


def dataset_title(name: str) -> str:
    """A dataset's name as the screen has it."""
    from core.datasets.contract import datasets

    known = datasets()
    return known[name].title if name in known else name


def verdict(difference: Interval) -> str:
    """ "better", "worse", or "" where the seeds do not tell."""
    if difference.n < 2 or is_noise(difference) is not False:
        return ""
    return "better" if difference.mean > 0 else "worse"
