"""Explanations against planted motifs: how well each method finds the edges that are known to matter, beside published values.

The reference model of the literature, three GCN layers of width 20 whose states are concatenated, is trained with several seeds.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks import beside_pyg, motif_use, tasks
from benchmarks.measure import table
from core import device as devices
from core import memory
from core.data import GraphData
from core.datasets.contract import dataset as declared
from core.errors import unknown
from core.metrics import explanation_auc
from core.run import Run
from core.seeds import interval
from core.splits import split_of
from core.training import open_graph, train
from explainers.attribution.contract import Attribution, method, methods, ready
from explainers.contract import Unsupported
from explainers.trust.comparison import SURE, known_edges, known_motifs

HELP = "every attribution on BA-Shapes, BA-Community, Tree-Cycles and Tree-Grid"
BASELINE = "random"
SLOW = ("shapley", "feature_ablation", "occlusion")
MODEL = ("depth=3", "width=20", "dropout=0", "jump=cat", "keep=score")


@dataclass(frozen=True)
class Case:
    """Which nodes of a dataset are explained, and with what the model is trained: chosen by hand, looking at validation nodes."""

    nodes: tuple[int, ...]
    said: str
    training: tuple[str, ...]

    @property
    def settings(self) -> tuple[str, ...]:
        return (*MODEL, *self.training)


NORMED = ("normalization=batch", "lr=0.01", "weight_decay=0.0005", "epochs=2000")
CASES = {
    "ba_shapes": Case(tuple(range(400, 700, 5)), "400…699 step 5", NORMED),
    "ba_community": Case(
        (*range(300, 700, 10), *range(1000, 1400, 10)),
        "300…699 and 1000…1399 step 10",
        ("lr=0.01", "weight_decay=0.005", "epochs=2000"),
    ),
    "tree_cycles": Case(tuple(range(511, 871, 6)), "511…870 step 6", NORMED),
    "tree_grid": Case(tuple(range(511, 800)), "511…799", ("lr=0.005", "weight_decay=0.005", "epochs=1000")),
}

CONVENTIONS = {
    "own": "own motif, pooled",
    "all": "all motifs, pooled",
    "node": "own motif, mean over nodes",
    "graph": "own motif, pooled, all other edges of the graph negative",
}


@dataclass(frozen=True)
class Score:
    """One method on one model: the AUC by convention, and the seconds that it learned, and then took for all nodes."""

    auc: Mapping[str, float]
    learning: float
    asking: float


@dataclass(frozen=True)
class Seed:
    """One model: the share of nodes that it has right by part, and each method's score, or why it has none.

    There are no scores where the model is right on too few of the nodes that are explained. `use`: what it says of these nodes without
    the motif, and with nothing else. `beside_pyg`: AUC of our GNNExplainer and of PyG's, where that was asked for.
    """

    right: Mapping[str, float]
    scores: Mapping[str, Score]
    use: motif_use.Use
    left_out: Mapping[str, str] = field(default_factory=dict)
    beside_pyg: tuple[float, float] | None = None

    @property
    def counts(self) -> bool:
        return self.right["explained"] >= SURE


Found = Mapping[str, Sequence[Seed]]
"""The models of each dataset."""


def declare(parser: ArgumentParser) -> None:
    parser.add_argument("--datasets", default=",".join(CASES), help="names with commas, measured in that order (default: %(default)s)")
    parser.add_argument("--methods", help=f"names with commas, or 'all' (default: all but {', '.join(SLOW)}, which take minutes on hubs)")
    parser.add_argument(
        "--pyg", type=int, default=0, metavar="N", help="PyG's own GNNExplainer on every N-th node, which takes a second each"
    )
    parser.add_argument("--seeds", type=int, default=3, help="models, seeds 0 … n−1 (default: %(default)s)")


def measure(arguments: Namespace) -> str:
    names = chosen(arguments.methods)
    found: dict[str, list[Seed]] = {}
    for dataset, case in cases(arguments.datasets).items():
        runs = tasks.specs(dataset, "jknet", case.settings, arguments.seeds)
        graph = open_graph(runs[0].dataset)
        found[dataset] = [measured(train(spec, graph=graph, device="cpu"), graph, case.nodes, names, arguments.pyg) for spec in runs]
        print(f"\n{report(found, names)}", flush=True)
    return report(found, names)


def cases(text: str) -> dict[str, Case]:
    """The cases that a text names, in its order; `UserError` for a dataset without motifs."""
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in CASES:
            raise unknown("dataset with planted motifs", name, CASES)
    return {name: CASES[name] for name in names}


def chosen(text: str | None) -> list[str]:
    if text in (None, "all"):
        return [name for name in methods() if text == "all" or name not in SLOW]
    return [method(name.strip()).name for name in str(text).split(",")]


def measured(run: Run, graph: GraphData, nodes: Sequence[int], names: Sequence[str], every: int = 0) -> Seed:
    """Every method on one model, which is its own judge first; PyG's GNNExplainer on every so many nodes, 0: on none."""
    split, right = split_of(graph, run.spec.dataset), run.predictions == graph.labels
    assert graph.motif_of_node is not None
    parts = {
        "training": split.train,
        "validation": split.validation,
        "validation motif": split.validation & (graph.motif_of_node >= 0),
        "explained": list(nodes),
    }
    shares = {part: float(right[where].mean()) for part, where in parts.items()}
    truth, _ = known_motifs(run, graph, nodes)
    scores, left_out = dict[str, Score](), dict[str, str]()
    pyg = beside_pyg.both(run, graph, nodes[::every]) if every and truth else None
    with memory.reused(), devices.threads_for(graph.num_stored_edges):
        for name in names if truth else ():
            try:
                scores[name] = scored(name, run, graph, nodes, truth)
            except Unsupported as error:
                left_out[name] = str(error)
            print(f"{run.spec.dataset.name} seed {run.spec.seed} {name}: {scores.get(name, 'left out')}", flush=True)
    return Seed(shares, scores, motif_use.motif_use(run, graph, nodes), left_out, pyg)


def scored(name: str, run: Run, graph: GraphData, nodes: Sequence[int], truth: Mapping[int, int]) -> Score:
    """A method asked about all nodes; its own seed is that of the model."""
    started = time.perf_counter()
    state = ready(name, run, graph, seed=run.spec.seed, avoid=nodes)
    learned = time.perf_counter()
    found = method(name).attribute(state, nodes)
    asked = time.perf_counter()
    return Score(aucs(found, graph, truth), learned - started, asked - learned)


def aucs(found: Sequence[Attribution], graph: GraphData, truth: Mapping[int, int]) -> dict[str, float]:
    """ROC-AUC of the same scores by each convention."""
    assert graph.truth_edges is not None
    within = [one.part.within for one in found]
    scores = [one.pair_scores[inside] for one, inside in zip(found, within, strict=True)]
    own = [known_edges(one.part, graph, truth[one.node])[inside] for one, inside in zip(found, within, strict=True)]
    every = [in_motifs(one, graph)[inside] for one, inside in zip(found, within, strict=True)]
    whole = [one.edge_scores(graph.num_stored_edges) for one in found]
    return {
        "own": explanation_auc(scores, own),
        "all": explanation_auc(scores, every),
        "node": float(np.nanmean([explanation_auc([one], [known]) for one, known in zip(scores, own, strict=True)])),
        "graph": explanation_auc(whole, [graph.truth_edges == truth[one.node] for one in found]),
    }


def in_motifs(attribution: Attribution, graph: GraphData) -> np.ndarray:
    """[num_pairs] which edges of the computation graph are in any motif."""
    assert graph.truth_edges is not None
    motifs = np.unique(graph.truth_edges[attribution.part.stored])
    return np.logical_or.reduce([known_edges(attribution.part, graph, int(motif)) for motif in motifs[motifs >= 0]])


def report(found: Found, names: Sequence[str]) -> str:
    """Everything that was measured, as Markdown."""
    ordered = {dataset: found[dataset] for dataset in CASES if dataset in found}
    parts = [part for part in (models(ordered), used(ordered), besides(ordered)) if part]
    timed = next((dataset for dataset, seeds in ordered.items() if any(seed.counts for seed in seeds)), None)
    if timed is None or names == [BASELINE]:  # alone it is compared with nothing
        return "\n\n".join(parts)
    rows = [row(name, ordered, timed) for name in asked(names, *ordered.values())]
    parts.append(f"## Pooled AUC, mean (95 % t-interval over the models)\n\n{table(rows)}\n\n{missing(ordered, names)}")
    for dataset, seeds in ordered.items():
        if any(seed.counts for seed in seeds):
            parts.append(f"## The same scores on {title(dataset)}, by other conventions\n\n{table(conventions(seeds, names))}")
    return "\n\n".join(parts)


def asked(names: Sequence[str], *found: Sequence[Seed]) -> list[str]:
    """The methods that have a score on any model."""
    return [name for name in names if any(name in seed.scores for seeds in found for seed in seeds)]


def missing(found: Found, names: Sequence[str]) -> str:
    """Which methods have no row, and why."""
    reasons = {name: why for seeds in found.values() for seed in seeds for name, why in seed.left_out.items()}
    said = [f"{method(name).title} was left out: {why}" for name, why in reasons.items()]
    if others := [method(name).title for name in methods() if name not in names]:
        said.append(f"Not asked: {', '.join(others)}. The slow ones take minutes on hubs; `--methods all` asks all.")
    return "\n".join(said)


def models(found: Found) -> str:
    """What the models are, and on which of them explanations are compared with the truth."""
    rows = []
    for dataset, seeds in found.items():
        rows.append(
            {
                "dataset": title(dataset),
                "explained nodes": f"{CASES[dataset].said} ({len(CASES[dataset].nodes)})",
                "training": ", ".join(CASES[dataset].training),
                **{f"right, {part} nodes": shares(seeds, part) for part in ("training", "validation", "validation motif", "explained")},
                "models that count": f"{sum(seed.counts for seed in seeds)} of {len(seeds)}",
            }
        )
    return table(rows)


def used(found: Found) -> str:
    """What the models say with the motif alone, and without it."""
    return (
        "## Does the model need the motif, and does the motif suffice?\n\n"
        "Probability of the predicted class of the explained nodes, mean over the models that count.\n\n"
        + table(motif_use.rows({title(dataset): [seed.use for seed in seeds if seed.counts] for dataset, seeds in found.items()}))
    )


def besides(found: Found) -> str:
    """Our GNNExplainer beside PyG's, where that was asked for."""
    pairs = {dataset: [seed.beside_pyg for seed in seeds if seed.beside_pyg] for dataset, seeds in found.items()}
    known = {title(dataset): two for dataset, two in pairs.items() if two}
    said = "## GNNExplainer beside PyG's own\n\nPooled AUC, own motif, on every so many of the nodes, model by model."
    return f"{said}\n\n{table(beside_pyg.rows(known))}" if known else ""


def title(dataset: str) -> str:
    return declared(dataset).title


def shares(seeds: Sequence[Seed], part: str) -> str:
    return ", ".join(f"{100 * seed.right[part]:.0f} %" for seed in seeds)


def row(name: str, found: Found, timed: str) -> dict[str, str]:
    """A method's row of the main table; `timed`: the dataset whose seconds are shown."""
    share = 100 / len(CASES[timed].nodes)
    per_100 = [score.learning + share * score.asking for seed in found[timed] for score in [seed.scores.get(name)] if score]
    return {
        "method": method(name).title,
        **{title(dataset): cell(seeds, name) for dataset, seeds in found.items()},
        f"seconds per 100 nodes, {title(timed)}": f"{np.mean(per_100):.1f}" if per_100 else "–",
    }


def cell(seeds: Sequence[Seed], name: str, convention: str = "own") -> str:
    """Mean AUC with its interval over the models that count, or why there is none."""
    if not any(seed.counts for seed in seeds):
        return f"not shown: the models are right on {shares(seeds, 'explained')} of these nodes, below {SURE:.0%}"
    found = interval([seed.scores[name].auc[convention] for seed in seeds if name in seed.scores])
    if not found.n:
        return "–"
    return f"{found.mean:.3f}" + (f" ({max(0, found.low):.3f}–{min(1, found.high):.3f})" if found.n > 1 else "")


def conventions(seeds: Sequence[Seed], names: Sequence[str]) -> list[dict[str, str]]:
    """A row a method: its mean AUC by each convention."""
    known = asked(names, seeds)
    return [{"method": method(name).title, **{said: cell(seeds, name, key) for key, said in CONVENTIONS.items()}} for name in known]
