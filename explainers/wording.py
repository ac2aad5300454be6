"""How numbers are written in captions and hover texts, the same everywhere. Free of torch."""

from __future__ import annotations

import math
from collections.abc import Sequence

from core.seeds import Interval
from core.spec import DatasetSpec

METRICS = {"accuracy": "accuracy", "roc_auc": "ROC-AUC"}


def percent(share: float, digits: int = 1) -> str:
    """0.815 as "81.5 %"; "not defined" for NaN."""
    return "not defined" if math.isnan(share) else f"{100 * share:.{digits}f} %"


def points(difference: float) -> str:
    """A difference of shares in percentage points, without its sign: 0.012 is "1.2 points"."""
    value = f"{100 * abs(difference):.1f}"
    return f"{value} point" if value == "1.0" else f"{value} points"


def count(number: int, thing: str, plural: str = "") -> str:
    """ "1 node", "2,708 nodes"."""
    return f"{number:,} {thing if number == 1 else plural or thing + 's'}"


def disk_size(number: int) -> str:
    """Bytes as people count them: "912 kB", "34.1 MB", "1.2 GB"; a thousand of one is one of the next."""
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if number >= size:
            return f"{number / size:,.1f} {unit}"
    return f"{number / 1000:.0f} kB"


def spread(value: Interval) -> str:
    """ "81.5 ± 0.5 %", or the mean alone where one seed has no spread."""
    if value.n < 2 or math.isnan(value.mean):
        return percent(value.mean)
    return f"{100 * value.mean:.1f} ± {100 * value.half_width:.1f} %"


def p_value(p: float) -> str:
    """ "p = 0.03", "p < 0.001"."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def metric_name(metric: str) -> str:
    """The metric as a sentence has it."""
    return METRICS.get(metric, metric)


def split_name(dataset: DatasetSpec) -> str:
    """The split as a sentence has it: "public split", "split 3", "random split 0"."""
    if dataset.split.isdigit():
        return f"split {dataset.split}"
    if dataset.split in ("random", "per_class"):
        return f"{dataset.split.replace('_', '-')} split {dataset.split_seed}"
    return f"{dataset.split} split"


def split_names(datasets: Sequence[DatasetSpec]) -> str:
    """One split by its name, several by their number."""
    names = {split_name(dataset) for dataset in datasets}
    return names.pop() if len(names) == 1 else f"{len(names)} splits"


def model_name(slug: str) -> str:
    """A model's slug as a chart's legend has it, where its declaration (which needs torch) is out of reach."""
    return {"sage": "GraphSAGE", "gatv2": "GATv2", "gcn_structure": "GCN, structure only"}.get(slug, slug.upper().replace("_", " "))


def one_in(numbers: Sequence[int]) -> str:
    """The range of some whole numbers: "45" or "45 to 120"."""
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
