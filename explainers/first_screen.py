"""The result that the app opens on, measured by us: `python -m explainers.first_screen` measures it anew.

Karate club, the four labelled members of the public split, 2-layer GCN against an MLP, ten seeds.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from explainers.wording import percent

ASSET = Path(__file__).resolve().parent.parent / "assets" / "first_screen.json"
SEEDS = 10


@dataclass(frozen=True)
class FirstScreen:
    """Everything the home page draws, without a worker and without torch.

    `positions` [nodes][2], `edges` [edges][2], `labels` [nodes]; `predictions` and `confidence`
    [steps][nodes] at `epochs` [steps] of seed 0; `scores`: model → mean, low, high of the test accuracy.
    """

    positions: list[list[float]]
    edges: list[list[int]]
    labels: list[int]
    class_names: list[str]
    train: list[int]
    test: list[int]
    epochs: list[int]
    best_step: int
    predictions: list[list[int]]
    confidence: list[list[float]]
    scores: dict[str, dict[str, float]]
    seeds: int
    measured_with: str
    command: str

    @property
    def answer(self) -> str:
        """What the numbers say, in one sentence."""
        gcn, mlp = self.scores["gcn"], self.scores["mlp"]
        return (
            f"From {len(self.train)} labelled members of {len(self.labels)}, a 2-layer GCN places "
            f"{percent(gcn['mean'], 0)} of the {len(self.test)} held-out members in their community "
            f"(95 % interval {percent(gcn['low'], 0)} to {percent(gcn['high'], 0)}, {self.seeds} seeds); "
            f"the same network without the edges places {percent(mlp['mean'], 0)}."
        )


@cache
def first_screen() -> FirstScreen:
    """The bundled result."""
    return FirstScreen(**json.loads(ASSET.read_text()))


def measure() -> dict[str, Any]:
    """Train both models and collect what the home page shows."""
    import numpy as np

    from core.datasets.contract import load
    from core.layout import layout
    from core.models.contract import model
    from core.parameters import resolve
    from core.seeds import interval
    from core.spec import DatasetSpec, ModelSpec, RunSpec, settings
    from core.training import train

    graph = load("karate", {})
    split = graph.splits["public"]
    runs = {
        name: [
            train(
                RunSpec(DatasetSpec("karate"), ModelSpec(name, settings(resolve(model(name).parameters, {}, name))), seed=seed),
                graph=graph,
                device="cpu",
                probes=("embedding",),
            )
            for seed in range(SEEDS)
        ]
        for name in ("gcn", "mlp")
    }
    probe = runs["gcn"][0].probes
    spread = {name: interval([run.scores["test_score"] for run in group]) for name, group in runs.items()}
    return {
        "positions": np.round(layout(graph.edge_index, graph.num_nodes), 4).tolist(),
        "edges": graph.undirected_edges.tolist(),
        "labels": graph.labels.tolist(),
        "class_names": list(graph.class_names),
        "train": np.flatnonzero(split.train).tolist(),
        "test": np.flatnonzero(split.test).tolist(),
        "epochs": probe["embedding.epochs"].tolist(),
        "best_step": int(np.abs(probe["embedding.epochs"] - runs["gcn"][0].best_epoch).argmin()),
        "predictions": probe["embedding.predictions"].tolist(),
        "confidence": np.round(probe["embedding.confidence"].astype(float), 3).tolist(),
        "scores": {name: {"mean": s.mean, "low": s.low, "high": s.high} for name, s in spread.items()},
        "seeds": SEEDS,
        "measured_with": _versions(),
        "command": f"hopscope train --dataset karate --model gcn --seeds {SEEDS}",
    }


def _versions() -> str:
    import torch
    import torch_geometric

    return f"PyTorch {torch.__version__.partition('+')[0]}, PyTorch Geometric {torch_geometric.__version__}, CPU"


if __name__ == "__main__":
    ASSET.write_text(json.dumps(measure()) + "\n")
    print(first_screen.__wrapped__().answer)
