"""GloGNN (Li et al. 2022): every node gathers from all nodes, by signed coefficients that explain its state by theirs.

The matrix of coefficients has an entry for every pair of nodes and is never made: its product with the states takes matrices of the
classes' size alone, so that memory and time grow with nodes and edges.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from core.errors import UserError
from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.models.propagation import Propagation
from core.parameters import Integer, Real, Value
from core.sparse import Edges, Features, dropout

MOST = 10_000.0
"""The largest α and β; the largest in their settings is 2,000."""


class GlobalAggregation(nn.Module):
    """H ↦ (1 − γ) Z H + γ H⁰ with Z = ((1 − γ) H Hᵀ − γ (1 − γ) H⁰ Hᵀ + β Σ_k λ_k Âᵏ) ((1 − γ)² H Hᵀ + (α + β) I)⁻¹.

    Z [num_nodes, num_nodes] minimises ‖H − (1 − γ) Z H − γ H⁰‖² + α ‖Z‖² + β ‖Z − Σ_k λ_k Âᵏ‖². Because
    (c² H Hᵀ + a I)⁻¹ H = H (c² Hᵀ H + a I)⁻¹, what is solved has a row for each class. `weights` [orders] are the λ.
    """

    def __init__(self, orders: int, alpha: float, beta: float, gamma: float) -> None:
        """Raises `UserError` if nothing holds Z: α = β = 0."""
        super().__init__()
        if alpha + beta == 0:
            raise UserError("GloGNN's α and β are both 0, so that nothing holds its coefficients; one of them has to be larger.")
        self.weights = nn.Parameter(torch.full((orders,), 1 / orders))
        self.alpha, self.beta, self.gamma = alpha, beta, gamma

    def forward(self, x: Tensor, start: Tensor, propagate: Callable[[Tensor], Tensor]) -> Tensor:
        kept, products = 1 - self.gamma, x.t() @ x
        # large states would lose a small α + β; Apple's GPU has no numbers that are more precise
        precise = x.dtype if x.device.type == "mps" else torch.float64
        held = kept**2 * products.to(precise) + (self.alpha + self.beta) * torch.eye(len(products), dtype=precise, device=x.device)
        try:
            solved = kept * torch.linalg.solve(held, x.t().to(precise)).t().to(x.dtype)
        except torch.linalg.LinAlgError:  # type: ignore[attr-defined]
            raise UserError(
                f"GloGNN's coefficients cannot be solved for: α + β = {self.alpha + self.beta:g} is too little against its states. "
                "Take a larger α or β."
            ) from None
        out: Tensor = (kept * x - self.gamma * kept * start) @ (x.t() @ solved) + self.gamma * start
        for weight in self.weights:
            solved = propagate(solved)
            out = out + self.beta * weight * solved
        return out


class GlobalNetwork(nn.Module):
    """H⁰ = W₂ σ(δ X W₁ + (1 − δ) Â W_A), then `depth` layers in the classes' width.

    Below δ = 1 the weights W_A have a row of their own for each node of one graph. States: the perceptron's hidden one, then those after
    each layer, the last of which are the logits.
    """

    sees_all = True

    def __init__(self, shape: Shape, values: Mapping[str, Value]) -> None:
        super().__init__()
        depth, width, self.delta = int(values["depth"]), int(values["width"]), float(values["delta"])
        self.before, self.after = FeatureLinear(shape.num_features, width), FeatureLinear(width, shape.num_classes)
        self.linked = FeatureLinear(shape.num_nodes, width, bias=False) if self.delta < 1 else None
        self.activation = options.ACTIVATIONS[str(values["activation"])]()
        self.aggregation = GlobalAggregation(int(values["orders"]), float(values["alpha"]), float(values["beta"]), float(values["gamma"]))
        self.propagation = Propagation()
        self.states = nn.ModuleList(nn.Identity() for _ in range(depth + 1))
        self.dropout = float(values["dropout"])

    @property
    def first_layer(self) -> nn.Module:
        return self.before

    @property
    def held(self) -> int:
        """What each layer solves, propagates and adds up."""
        return (len(self.states) - 1) * (2 * len(self.aggregation.weights) + 6) * int(self.after.out_channels)

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        propagate = self.propagation.over(edges, x.shape[0])
        described = self.before(x)
        if self.linked is not None:
            described = self.delta * described + (1 - self.delta) * propagate(self._own_rows(x.shape[0]))
        hidden = self.states[0](self.activation(described))
        hidden = start = self.after(dropout(hidden, self.dropout, self.training))
        for state in self.states[1:]:
            hidden = state(self.aggregation(hidden, start, propagate))
        logits: Tensor = hidden
        return logits

    def _own_rows(self, num_nodes: int) -> Tensor:
        assert self.linked is not None
        if num_nodes != self.linked.in_channels:
            raise UserError(
                f"With δ below 1 GloGNN has weights of their own for each of the {self.linked.in_channels:,} nodes that it was made for, "
                f"and this graph has {num_nodes:,}. Train it on this one, or take δ = 1."
            )
        rows: Tensor = self.linked.weight.t()
        return rows


MODEL = Model(
    name="glognn",
    title="GloGNN",
    question="What if a node gathers from all nodes that are like it, linked or not?",
    build=GlobalNetwork,
    parameters=(
        options.depth(meaning="Layers of global aggregation, after a perceptron of two."),
        options.width(64),
        options.dropout(),
        Integer("orders", "Hops K", 2, 1, 16, help="Powers of Â that the coefficients are held near."),
        Real("alpha", "Small coefficients α", 0.1, 0.0, MOST, step=0.1, help="Weight of ‖Z‖²."),
        Real("beta", "Near the graph β", 1.0, 0.0, MOST, step=0.1, help="Weight of ‖Z − Σ λ_k Âᵏ‖²: how much the edges count."),
        Real("gamma", "Own start γ", 0.2, 0.0, 0.95, step=0.05, help="Share of the first state in each layer."),
        Real(
            "delta",
            "Features δ",
            1.0,
            0.0,
            1.0,
            step=0.1,
            help="The rest is read from whom a node is linked with; below 1 the weights on that belong to the nodes of one graph.",
        ),
        options.activation(),
    ),
    recipe=Recipe(
        "Li et al. 2022, the settings for Cora in their code (on the splits of Geom-GCN; their stop, a validation loss above the "
        "mean of the 40 before, is here 40 epochs without a lower one)",
        model={"depth": 2, "width": 64, "dropout": 0.8, "orders": 6, "alpha": 77.0, "beta": 1000.0, "gamma": 0.8, "delta": 0.9},
        training={"lr": 0.01, "weight_decay": 1e-5, "epochs": 2000, "patience": 40, "keep": "loss"},
    ),
    source="Li et al., Finding global homophily in graph neural networks when meeting heterophily, ICML 2022, GloGNN as in their code, "
    "with the symmetric Â of GCN. One set of λ serves all layers, and no feature is dropped, as there",
    equation=(
        r"\begin{gathered} H' = (1-\gamma)\, Z H + \gamma H^{(0)}, \\"
        r" Z = \arg\min_Z \lVert H - (1-\gamma) Z H - \gamma H^{(0)} \rVert_F^2"
        r" + \alpha \lVert Z \rVert_F^2 + \beta \Big\lVert Z - \sum_{k=1}^K \lambda_k \hat A^k \Big\rVert_F^2 \end{gathered}"
    ),
    depth_counts="aggregation layers",
    reach=lambda values: None,
)
