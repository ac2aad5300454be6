"""What a calibrator declares, and what a fitted one gives. Free of torch, as each declaration is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import log

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.data import Bools, GraphData, Ints
from core.discovery import collect
from core.errors import UserError, unknown
from core.work import Report, silent
from explainers.contract import Unsupported
from explainers.wording import class_words, count

Floats = NDArray[np.float64]

TINY = 1e-12
"""Probabilities are at least so large, so that a logarithm of each is a number."""
AT_LEAST = f"no probability below {TINY:g}: a class that no validation node like it has would cost {-log(TINY):.1f} nats of NLL"
"""What the card says of a method that gives probabilities of 0."""
MARGIN = 1e-6
"""How far ln p of a kept class is ahead of the others: rounding, to single precision too, cannot make it tie with one."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """A calibrator with what it found.

    `transform` takes logits [num_nodes, num_classes] of all nodes, as those it was fitted to, and gives log-probabilities of the
    same shape. `parameters`: numbers that were fitted, to the labels of so many `nodes`. `temperatures` [num_nodes]: what each
    node's logits are divided by, all above 0; None where that is not what the method does. `said`: a sentence on what was out of
    the ordinary, if anything was.
    """

    transform: Callable[[Floats], Floats]
    parameters: int
    nodes: int
    temperatures: Floats | None = None
    said: str = ""

    def __call__(self, logits: ArrayLike) -> Floats:
        """Log-probabilities [num_nodes, num_classes], float64; the exponentials of each row sum to 1."""
        return self.transform(np.asarray(logits, dtype=np.float64))


@dataclass(frozen=True)
class Calibrator:
    """One way to turn a trained model's logits into probabilities that mean what they say.

    `fit(logits, y, validation_mask, train_mask, graph, *, seed)` looks at the labels of validation nodes, and at those of training nodes
    where the method stops early by them; never at those of other nodes. `logits` [num_nodes, num_classes], `y` [num_nodes] with −1 where
    unknown, both masks [num_nodes] within the known labels.
    """

    name: str
    title: str
    question: str
    fit: Callable[..., Fitted]
    source: str
    equation: str
    """LaTeX, without the dollar signs."""
    keeps_class: bool
    """Whether no prediction can change its class."""
    graph_aware: bool = False
    """Whether it looks at a node's neighbours."""
    reports: bool = False
    """Whether `fit` takes a `report` too, because it may take seconds."""


def calibrators() -> dict[str, Calibrator]:
    """All calibrators by name."""
    return collect("explainers.calibrators", "CALIBRATOR")


def calibrator(name: str) -> Calibrator:
    """The calibrator of that name; `UserError` with the nearest name otherwise."""
    known = calibrators()
    if name not in known:
        raise unknown("calibrator", name, known)
    return known[name]


def fit(
    name: str,
    logits: ArrayLike,
    y: ArrayLike,
    validation: Bools,
    train: Bools,
    graph: GraphData,
    *,
    seed: int = 0,
    report: Report = silent,
) -> Fitted:
    """A calibrator fitted to checked input, which checks what it is called with as well. `report` is told how far it is, and may stop it.

    Raises `Unsupported` without validation nodes or a second class, and `UserError` for logits that are no numbers or do not belong to
    the graph, for labels beyond its classes and masks of other nodes.
    """
    unit = calibrator(name)
    scores, labels = _scores(unit, logits, graph), np.asarray(y, dtype=np.int64)
    if any(np.shape(values) != (graph.num_nodes,) for values in (labels, validation, train)):
        sizes = (
            count(np.size(values), thing)
            for values, thing in ((labels, "label"), (validation, "validation mark"), (train, "training mark"))
        )
        raise UserError(
            f"{unit.title} takes a label and two marks of each of {count(graph.num_nodes, 'node')}; {', '.join(sizes)} were given."
        )
    if labels.max(initial=-1) >= graph.num_classes:
        raise UserError(f"{unit.title} takes labels from 0 to {graph.num_classes - 1}, and −1 where unknown; {labels.max()} was given.")
    if graph.num_classes < 2:
        raise Unsupported(f"{unit.title} has nothing to fit: with one class every prediction has probability 1.")
    known = labels >= 0
    if not (validation & known).any():
        raise Unsupported(f"{unit.title} is fitted to validation nodes, and this split has none. Take a split that has some.")
    heard = {"report": report} if unit.reports else {}
    fitted = unit.fit(scores, labels, validation & known, train & known, graph, seed=seed, **heard)

    def transform(given: Floats) -> Floats:
        checked = _scores(unit, given, graph)
        found = fitted.transform(checked)
        return ahead(found, checked.argmax(axis=1)) if unit.keeps_class else found

    return replace(fitted, transform=transform)


def _scores(unit: Calibrator, logits: ArrayLike, graph: GraphData) -> Floats:
    scores = np.asarray(logits, dtype=np.float64)
    if scores.shape != (graph.num_nodes, graph.num_classes):
        raise UserError(
            f"{unit.title} takes logits of {graph.num_nodes:,} nodes and {graph.num_classes} classes; "
            f"{' × '.join(f'{size:,}' for size in scores.shape)} were given."
        )
    if wrong := int((~np.isfinite(scores)).any(axis=1).sum()):
        raise UserError(f"{unit.title} takes finite logits; {count(wrong, 'node')} {'has' if wrong == 1 else 'have'} others.")
    return scores


def divided(logits: Floats, temperatures: Floats) -> Floats:
    """What `fit` gives of a method that divides each node's logits [num_nodes, num_classes] by its temperature [num_nodes], to the last
    bit: log-probabilities whose predicted class is ahead."""
    return ahead(log_softmax(logits / temperatures[:, None]), logits.argmax(axis=1))


def log_softmax(logits: Floats) -> Floats:
    """ln softmax along each row [num_nodes, num_classes], without overflow."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def log_normalized(weights: Floats) -> Floats:
    """ln of rows [num_nodes, num_classes] of weights ≥ 0, scaled to probabilities of at least about `TINY`; a row of zeros is uniform."""
    bounded = np.maximum(weights, TINY * np.maximum(weights.sum(axis=1, keepdims=True), TINY))
    return np.asarray(np.log(bounded / bounded.sum(axis=1, keepdims=True)))


def absent(labels: Ints, validation: Bools, num_classes: int) -> Ints:
    """Classes of which no validation node is known: nothing can be fitted to them."""
    return np.flatnonzero(np.bincount(labels[validation], minlength=num_classes) == 0)


def ahead(log_probabilities: Floats, predicted: Ints) -> Floats:
    """The same with the predicted class [num_nodes] ahead by `MARGIN` where it ties with another up to rounding, as in a uniform row.

    Rows in which another class is ahead by more stay as they are.
    """
    rows = np.arange(len(predicted))
    others = log_probabilities.copy()
    others[rows, predicted] = -np.inf
    best = others.max(axis=1)
    tied = np.flatnonzero(np.abs(log_probabilities[rows, predicted] - best) < MARGIN)
    found = log_probabilities.copy()
    found[tied, predicted[tied]] = best[tied] + MARGIN
    found[tied] = log_softmax(found[tied])
    return found


def validation_nodes(logits: Floats, labels: Ints, validation: Bools) -> tuple[Floats, Ints]:
    """Logits [n, num_classes] and labels [n] of the validation nodes, by label and then logits: in whatever order the graph has them,
    what is fitted to them is the same to the last bit."""
    rows, known = logits[validation], labels[validation]
    order = np.lexsort((*rows.T, known))
    return rows[order], known[order]


def said_of_absent(classes: Ints, graph: GraphData, instead: str) -> str:
    """The sentence on classes without a validation node; nothing if there is none. `instead`: what happens to their probabilities."""
    if not len(classes):
        return ""
    names = [class_words(graph.class_names[c]) for c in classes[:3]]
    more = f" and {len(classes) - 3} more" if len(classes) > 3 else ""
    return f"No validation node is of {', '.join(names)}{more}: {instead}."
