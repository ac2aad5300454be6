"""Models that multiply by Â over and over: SGC, APPNP, DAGNN, GPR-GNN. Every step is in the classes' channels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from explainers.arithmetic.contract import Family
from explainers.arithmetic.result import Step
from explainers.arithmetic.terms import Asked, Terms, step

if TYPE_CHECKING:
    from torch import Tensor


def sgc(module: Any, asked: Asked) -> Iterator[Step]:
    """Z⁰ = X W, Zᵏ⁺¹ = Â Zᵏ, and the bias behind the last step."""
    scores, last = module.lin.product(asked.x), len(module.states)
    for number in range(1, last + 1):
        terms = asked.gathered(asked.edges.symmetric, scores, bias=module.lin.bias if number == last else None)
        yield step(f"Step {number}", asked, terms, of_classes=True)
        scores = asked.edges.symmetric @ scores


def appnp(module: Any, asked: Asked) -> Iterator[Step]:
    """Zᵏ⁺¹ = (1 − α) Â Zᵏ + α Z⁰."""
    alpha, start = module.alpha, perceptron(module, asked)
    scores, own = start, alpha * start[asked.row]
    for number in range(1, len(module.states) - len(module.activations) + 1):
        nodes, weights = asked.entries(asked.edges.symmetric)
        yield step(
            f"Step {number}",
            asked,
            Terms(
                (1 - alpha) * weights[:, None],
                scores[nodes][:, None],
                rows=nodes,
                own=own,
                own_is="α Z⁰",
                weighs="(1 − α) / √(d̃_v d̃_u)",
            ),
            of_classes=True,
        )
        scores = (1 - alpha) * (asked.edges.symmetric @ scores) + alpha * start


def dagnn(module: Any, asked: Asked) -> Iterator[Step]:
    """Hₖ = Âᵏ Z, then Σ_k σ(s · Hₖ + b) Hₖ of the node's own states."""
    import torch

    scores = perceptron(module, asked)
    own = [scores[asked.row]]
    for number in range(1, module.steps + 1):
        yield step(f"Step {number}", asked, asked.gathered(asked.edges.symmetric, scores), of_classes=True)
        scores = asked.edges.symmetric @ scores
        own.append(scores[asked.row])
    states = torch.stack(own)
    terms = Terms(module.gate(states).sigmoid(), states[:, None], names=after_steps(len(own)), weighs="the gate σ(s · h_k + b), 0 … 1")
    yield step("Gated sum", asked, terms, of_classes=True)


def gprgnn(module: Any, asked: Asked) -> Iterator[Step]:
    """Hₖ = Âᵏ Z, then Σ_k γ_k Hₖ of the node's own states."""
    import torch

    scores = perceptron(module, asked)
    own = [scores[asked.row]]
    for number in range(1, module.steps + 1):
        yield step(f"Step {number}", asked, asked.gathered(asked.edges.symmetric, scores), of_classes=True)
        scores = asked.edges.symmetric @ scores
        own.append(scores[asked.row])
    terms = Terms(module.weights.gamma[:, None], torch.stack(own)[:, None], names=after_steps(len(own)), weighs="the learned weight γ_k")
    yield step("Weighted sum", asked, terms, of_classes=True)


def after_steps(count: int) -> list[str]:
    """What a node's own states after 0 … count − 1 steps are called."""
    return [f"after {number} step{'' if number == 1 else 's'}" for number in range(count)]


def perceptron(module: Any, asked: Asked) -> Tensor:
    """What the model predicts of every node before it propagates."""
    x: Any = asked.x
    for linear, activation in zip(module.linears[:-1], module.activations, strict=True):
        x = activation(linear(x))
    found: Tensor = module.linears[-1](x)
    return found


ARITHMETIC = (Family("sgc", sgc), Family("appnp", appnp), Family("dagnn", dagnn), Family("gprgnn", gprgnn))
