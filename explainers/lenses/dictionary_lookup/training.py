"""Trains one variant on one problem."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch.nn import functional

from core.adam import Adam
from core.device import seeded, threads_for
from explainers.lenses.dictionary_lookup.network import Examples, Lookup, bipartite
from explainers.lenses.dictionary_lookup.problem import Problem
from explainers.lenses.dictionary_lookup.result import Variant

LR = 0.001
"""Step size of Adam, the paper's."""
BATCH = 32
"""Examples of a step at most. The paper takes 1,024 of up to 32,000; of hundreds, few enough for many steps."""
EVERY = 5
"""Epochs between two evaluations."""

Point: TypeAlias = tuple[int, float, float, float]
"""Epoch, mean loss of its steps, and the shares of queries answered in training and test, in evaluation mode after it."""

Watch: TypeAlias = Callable[[int, list[Point]], None]
"""Told after every epoch: the epoch, and the points so far. May raise to stop."""


def train(problem: Problem, variant: Variant, seed: int, epochs: int, watch: Watch) -> tuple[Lookup, list[Point]]:
    """The trained model, in evaluation mode, and its course; the last epoch is always in it. On the CPU; equal seeds give equal bits.

    An epoch takes the training permutations in an order of its own; those that fill no batch wait for another one.
    """
    training, test = Examples.of(problem.train), Examples.of(problem.test)
    size = min(BATCH, len(problem.train))
    edges, points = bipartite(size, problem.size), list[Point]()
    with seeded(seed, torch.device("cpu")), threads_for(edges.edge_index.shape[1]):
        module = Lookup(variant, problem.size)
        optimizer = Adam([(list(module.parameters()), 0.0)], LR)
        for epoch in range(1, epochs + 1):
            order = torch.randperm(len(problem.train)).numpy()
            module.train()
            losses = [
                _step(module, optimizer, Examples.of(problem.train[order[start : start + size]], edges))
                for start in range(0, len(order) - size + 1, size)
            ]
            module.eval()
            if epoch % EVERY == 0 or epoch == epochs:
                points.append((epoch, sum(losses) / len(losses), answered(module, training), answered(module, test)))
            watch(epoch, points)
    return module, points


def _step(module: Lookup, optimizer: Adam, examples: Examples) -> float:
    """The loss before the step."""
    optimizer.forget_gradients()
    loss = functional.cross_entropy(module(examples), examples.answers)
    loss.backward()
    optimizer.step()
    return loss.item()


@torch.no_grad()
def answered(module: Lookup, examples: Examples) -> float:
    """Share of the queries whose most probable value is the one that they look for."""
    return float((module(examples).argmax(dim=1) == examples.answers).double().mean())
