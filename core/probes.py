"""Recordings over the epochs of a training, for the scrubbers. They never change the training."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

MAX_STEPS = 40
MAX_NODES = 3000


def probe_epochs(epochs: int) -> tuple[int, ...]:
    """At most `MAX_STEPS` epochs from 0 (untrained) to `epochs`: dense where training moves fast."""
    early = np.geomspace(1, max(epochs, 1), MAX_STEPS // 2)
    even = np.linspace(0, epochs, MAX_STEPS - len(early))
    return tuple(int(e) for e in np.unique(np.round(np.concatenate([early, even]))))


class EmbeddingProbe:
    """Records the last hidden state of up to `MAX_NODES` nodes, and every node's prediction.

    Arrays: `epochs` [steps]; `nodes` [recorded]; `states` [steps, recorded, width] float16;
    `predictions` [steps, num_nodes] int16; `confidence` [steps, num_nodes] float16.
    For a model without a hidden state, the logits are recorded in its place; `core.capture` says what SGC and APPNP have.
    """

    def __init__(self, num_nodes: int, epochs: int, seed: int) -> None:
        self._epochs = set(probe_epochs(epochs))
        every = np.arange(num_nodes)
        some = np.random.default_rng(seed).choice(num_nodes, min(num_nodes, MAX_NODES), replace=False)
        self._nodes = every if num_nodes <= MAX_NODES else np.sort(some)
        self._steps: list[tuple[int, NDArray[np.float16], NDArray[np.int16], NDArray[np.float16]]] = []

    def wants(self, epoch: int) -> bool:
        return epoch in self._epochs

    def want(self, epoch: int) -> None:
        """Record this epoch as well: the last one, of a training that stops early."""
        self._epochs.add(epoch)

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
