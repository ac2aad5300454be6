"""GIN: a plain sum, then a perceptron, each a step of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from explainers.arithmetic.contract import Family
from explainers.arithmetic.families.stack import layers
from explainers.arithmetic.result import Step
from explainers.arithmetic.terms import After, Asked, alone, step


def steps(module: Any, asked: Asked) -> Iterator[Step]:
    """ReLU(Σ_u W₁ h_u + (1 + ε) W₁ h_v + b₁), as the model sums after its first weights; then W₂ of that + b₂."""
    for layer in layers(module, asked):
        convolution = layer.convolution
        first, activation, second = convolution.nn
        mapped = first.product(layer.x)
        own = (1 + convolution.eps) * mapped[asked.row]
        terms = asked.gathered(asked.edges.total, mapped, own=own, own_is="(1 + ε) W₁ h_v", bias=first.bias, weighs="1: a sum")
        summed = step(f"{layer.title}: sum", asked, terms, After(activation=activation))
        yield summed
        message = second.product(mapped.new_tensor(summed.output)[None])[0]
        then = alone(message, second.bias, "W₂ of the sum")
        yield step(f"{layer.title}: perceptron", asked, then, layer.after, of_classes=layer.is_last)


ARITHMETIC = Family("gin", steps)
