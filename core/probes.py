"""Recordings over the epochs of a training, for the scrubbers. They never change the training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.capture import Attended, attention, hidden_states
from core.data import GraphData, Ints, Split
from core.metrics import attention as measures

PROBES = ("embedding", "attention", "confidence")
"""Recordings that a training can make."""
MAX_STEPS = 40
MAX_NODES = 3000
SPLIT_PARTS = ("train", "validation", "test")


def probe_epochs(epochs: int) -> tuple[int, ...]:
    """At most `MAX_STEPS` epochs from 0 (untrained) to `epochs`: dense where training moves fast."""
    early = np.geomspace(1, max(epochs, 1), MAX_STEPS // 2)
    even = np.linspace(0, epochs, MAX_STEPS - len(early))
    return tuple(int(e) for e in np.unique(np.round(np.concatenate([early, even]))))


class Recorder:
    """The recordings wanted of a training, all at the same epochs. `names`: of `PROBES`."""

    def __init__(self, names: Sequence[str], graph: GraphData, split: Split, epochs: int, seed: int) -> None:
        self._epochs = set(probe_epochs(epochs))
        self._embedding = EmbeddingProbe(graph.num_nodes, seed) if "embedding" in names else None
        self._attention = AttentionProbe(graph.labels) if "attention" in names else None
        self._confidence = ConfidenceProbe(graph.labels, split) if "confidence" in names else None

    def wants(self, epoch: int) -> bool:
        return epoch in self._epochs

    def want(self, epoch: int) -> None:
        """Record this epoch as well: the last one, of a training that stops early."""
        self._epochs.add(epoch)

    @contextmanager
    def watching(self, module: nn.Module, epoch: int) -> Iterator[Callable[[Tensor], None]]:
        """Within, a call of the module is watched; what is yielded takes its logits, and records."""
        with hidden_states(module) as states, attention(module) as attended:

            def record(logits: Tensor) -> None:
                if self._embedding:
                    self._embedding.record(epoch, states, logits)
                if self._attention:
                    self._attention.record(epoch, attended)
                if self._confidence:
                    self._confidence.record(epoch, logits)

            yield record

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """By the recording's name, a point, and the array's."""
        probes = (self._embedding, self._attention, self._confidence)
        return {name: array for probe in probes if probe for name, array in probe.arrays().items()}


class EmbeddingProbe:
    """Records the last hidden state of up to `MAX_NODES` nodes, and every node's prediction.

    Arrays: `epochs` [steps]; `nodes` [recorded]; `states` [steps, recorded, width] float16;
    `predictions` [steps, num_nodes] int16; `confidence` [steps, num_nodes] float16.
    For a model without a hidden state, the logits are recorded in its place; `core.capture` says what SGC and APPNP have.
    """

    def __init__(self, num_nodes: int, seed: int) -> None:
        every = np.arange(num_nodes)
        some = np.random.default_rng(seed).choice(num_nodes, min(num_nodes, MAX_NODES), replace=False)
        self._nodes = every if num_nodes <= MAX_NODES else np.sort(some)
        self._steps: list[tuple[int, NDArray[np.float16], NDArray[np.int16], NDArray[np.float16]]] = []

    def record(self, epoch: int, states: list[Tensor], logits: Tensor) -> None:
        state = (states[-1] if states else logits).float().cpu().numpy()[self._nodes]
        confidence, prediction = logits.softmax(dim=1).max(dim=1)
        limit = float(np.finfo(np.float16).max)  # a state beyond float16 is drawn at its border
        self._steps.append(
            (
                epoch,
                np.clip(state, -limit, limit).astype(np.float16),
                prediction.cpu().numpy().astype(np.int16),
                confidence.float().cpu().numpy().astype(np.float16),
            )
        )

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        epochs, states, predictions, confidence = zip(*self._steps, strict=True)
        return {
            "embedding.epochs": np.array(epochs),
            "embedding.nodes": self._nodes,
            "embedding.states": np.stack(states),
            "embedding.predictions": np.stack(predictions),
            "embedding.confidence": np.stack(confidence),
        }


class AttentionProbe:
    """Records what each head of each layer attends to, as means over nodes.

    Arrays: `epochs` [steps]; `layer` and `head` [heads], both from 1; `entropy` [steps, heads], normalised; `same_class` [steps, heads],
    mass on neighbours of the node's class, and `expected` [heads], that of uniform attention. NaN where nothing is defined; no heads for
    a model whose attention cannot be seen.
    """

    def __init__(self, labels: Ints) -> None:
        self._labels = labels
        self._steps: list[tuple[int, list[float], list[float], list[float]]] = []
        self._places: list[tuple[int, int]] = []

    def record(self, epoch: int, attended: Sequence[Attended]) -> None:
        entropy, same, expected = [], [], []
        self._places = [(layer, head + 1) for layer, one in enumerate(attended, 1) for head in range(one.heads)]
        for one in attended:
            alpha, links = one.alpha.float().cpu().numpy(), one.edge_index.cpu().numpy()
            whole = measures.attention_entropy(alpha, links[1], one.num_nodes)
            normalized = measures.normalized_entropy(whole, links, one.num_nodes, loops=one.loops)
            mass = measures.class_mass(alpha, links, self._labels)
            entropy += [_mean(column) for column in normalized.T]
            same += [_mean(column) for column in mass.same.T]
            expected += [_mean(mass.expected)] * one.heads
        self._steps.append((epoch, entropy, same, expected))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        epochs, entropy, same, expected = zip(*self._steps, strict=True)
        places = np.array(self._places, dtype=np.int64).reshape(-1, 2)
        return {
            "attention.epochs": np.array(epochs),
            "attention.layer": places[:, 0],
            "attention.head": places[:, 1],
            "attention.entropy": np.array(entropy, dtype=np.float32),
            "attention.same_class": np.array(same, dtype=np.float32),
            "attention.expected": np.array(expected[-1], dtype=np.float32),
        }


class ConfidenceProbe:
    """Records how sure the model is of the nodes of each part of a split, and what that costs.

    Arrays: `epochs` [steps]; `nodes` [recorded], those of any part, rising; `confidence` [steps, recorded] float32, probability of the
    prediction; `correct` [steps, recorded], whether that is the node's class; `loss` [steps, 3], mean −ln of the probability of the class
    over the nodes of each of `SPLIT_PARTS`, NaN without any. Less than float32 would move nodes into other bins of a calibration error.
    """

    def __init__(self, labels: Ints, split: Split) -> None:
        masks = [getattr(split, part) for part in SPLIT_PARTS]
        nodes = np.flatnonzero(np.any(masks, axis=0))
        self._nodes, self._labels = torch.from_numpy(nodes), torch.from_numpy(labels[nodes])
        self._parts = [mask[nodes] for mask in masks]
        self._steps: list[tuple[int, NDArray[np.float32], NDArray[np.bool_], list[float]]] = []

    def record(self, epoch: int, logits: Tensor) -> None:
        logs = logits.float().cpu()[self._nodes].log_softmax(dim=1)
        highest, prediction = logs.max(dim=1)
        loss = -logs.gather(1, self._labels[:, None])[:, 0].double().numpy()
        means = [float(loss[part].mean()) if part.any() else float("nan") for part in self._parts]
        self._steps.append((epoch, highest.exp().numpy(), (prediction == self._labels).numpy(), means))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        names = ("epochs", "confidence", "correct", "loss")
        found = {f"confidence.{name}": np.array(values) for name, values in zip(names, zip(*self._steps, strict=True), strict=True)}
        return found | {"confidence.nodes": self._nodes.numpy()}


def _mean(values: NDArray[np.floating]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
