"""How numbers are written in captions and hover texts, the same everywhere. Free of torch."""

from __future__ import annotations

import math
from collections.abc import Sequence

from core.seeds import Interval
from core.selection import DRAWN_SPLITS
from core.spec import DatasetSpec

NAMES = {
    "sage": "GraphSAGE",
    "gatv2": "GATv2",
    "gcn_structure": "GCN on structure alone",
    "resgcn": "ResGCN",
    "jknet": "JK-Net",
    "deeper_gcn": "DeeperGCN",
    "omega_gcn": "ωGCN",
    "omega_gat": "ωGAT",
    "chebnet": "ChebNet",
    "graph_transformer": "Graph transformer",
    "cognn": "Co-GNN",
    "coulgat": "CoulGAT",
    "supergat": "SuperGAT",
    "gprgnn": "GPR-GNN",
    "mixhop": "MixHop",
    "gcn_sep": "GCN-sep",
    "sage_sep": "SAGE-sep",
    "gat_sep": "GAT-sep",
    "gt_sep": "GT-sep",
    "dir_gnn": "Dir-GNN",
    "acm_gcn": "ACM-GCN",
    "glognn": "GloGNN",
}
SPLITS = {"per_class": "per-class", "gats": "GATS"}
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


def duration(seconds: float) -> str:
    """Time still to wait, no finer than a guess can be: "45 s", "about 30 min", "about 2.5 h"."""
    if seconds <= 90:
        return f"{seconds:.0f} s"
    return f"about {seconds / 60:.0f} min" if seconds <= 90 * 60 else f"about {round(seconds / 3600, 1):g} h"


def in_training(seeds: int, missing: int, training: int, begun: bool) -> str:
    """How far the training of so many seeds is: `missing` are not stored, `training` of those are in a plan that has `begun` or waits."""
    if training < missing:
        rest = "1 of them is" if training == 1 else f"{training} of them are"
        return f"{missing} of {seeds} seeds are not trained yet, {rest} in training. Press Train in the sidebar for the rest."
    if not begun:
        return "Another training goes first; this one begins when that has ended."
    if missing == seeds:
        return f"{'The seed' if seeds == 1 else f'The first of {seeds} seeds'} is training; this fills in when it has ended."
    trained = f"{seeds - missing} of {seeds} seeds {'is' if seeds - missing == 1 else 'are'} trained"
    return f"{trained}, {'the other is' if missing == 1 else 'the others are'} training."


WIDEST = 0.5
"""Half-width of an interval of scores beyond which its size is of no use to anybody: two seeds that differ have 12.7 standard errors."""


def spread(value: Interval) -> str:
    """ "81.5 ± 0.5 %", or the mean alone where one seed has no spread; a half-width over 50 points says no more than that."""
    if value.n < 2 or math.isnan(value.mean):
        return percent(value.mean)
    if value.half_width > WIDEST:
        return f"{100 * value.mean:.1f} ± more than {100 * WIDEST:.0f} %"
    return f"{100 * value.mean:.1f} ± {100 * value.half_width:.1f} %"


def p_value(p: float) -> str:
    """ "p = 0.03", "p < 0.001"."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def metric_name(metric: str) -> str:
    """The metric as a sentence has it."""
    return METRICS.get(metric, metric)


def split_name(dataset: DatasetSpec) -> str:
    """The split as a sentence has it: "public split", "split 3", "random split 0", "GATS split 4"."""
    if dataset.split.isdigit():
        return f"split {dataset.split}"
    if dataset.split in DRAWN_SPLITS:
        return f"{SPLITS.get(dataset.split, dataset.split)} split {dataset.split_seed}"
    return f"{dataset.split} split"


def split_names(datasets: Sequence[DatasetSpec]) -> str:
    """One split by its name, several by their number."""
    names = {split_name(dataset) for dataset in datasets}
    return names.pop() if len(names) == 1 else f"{len(names)} splits"


def model_name(slug: str) -> str:
    """A model's slug as a chart's legend has it, where its declaration (which needs torch) is out of reach."""
    return NAMES.get(slug, slug.upper().replace("_", " "))


def listed(words: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    *some, last = words
    return f"{', '.join(some)} and {last}" if some else last


def class_words(name: str) -> str:
    """ "class Theory"; a name that says so itself, as "class 3" does, stays as it is."""
    return name if name.startswith("class ") else f"class {name}"


def one_in(numbers: Sequence[int]) -> str:
    """The range of some whole numbers: "45" or "45 to 120"."""
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
