"""GloGNN (Li et al. 2022): every node is made of all nodes, with signed coefficients that have a closed form.

The coefficients Z [num_nodes, num_nodes] are never built: (s I + c² H Hᵀ)⁻¹ H = H (s I + c² Hᵀ H)⁻¹ has a matrix of the classes' size in
place of one of the nodes'. A layer takes num_nodes × num_classes numbers for each power of the graph, on 20,000 nodes a few megabytes,
where Z would take 1.6 GB.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from core.errors import UserError
from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.models.propagation import Averaging
from core.parameters import Integer, Real, Value
from core.sparse import Edges, Features, dropout


class GlobalLayer(nn.Module):
    """H ↦ (1 − γ) Z H + γ H⁰, where Z minimises ‖H − (1 − γ) Z H − γ H⁰‖² + β₁ ‖Z‖² + β₂ ‖Z − Σ_k λ_k Âᵏ‖².

    With c = 1 − γ, s = β₁ + β₂ and M = (s I + c² Hᵀ H)⁻¹ [channels, channels] that is
    (H − γ H⁰) c² Hᵀ H M + β₂ Σ_k λ_k Âᵏ (c H M) + γ H⁰.
    """

    def __init__(self, values: Mapping[str, Value]) -> None:
        """Raises `UserError` where nothing holds Z back: then it is not unique."""
        super().__init__()
        self.small, self.near, self.gamma = float(values["beta1"]), float(values["beta2"]), float(values["gamma"])
        if self.small + self.near <= 0:
            raise UserError("GloGNN's coefficients are unique only if β₁ + β₂ is above 0; both are 0 here. Set one of them higher.")
        self.propagation = Averaging()

    def forward(self, x: Tensor, start: Tensor, edges: Edges | Tensor, powers: Tensor) -> Tensor:
        """`x` and `start` [num_nodes, channels]; `powers` [K] are the λ_k."""
        kept, step = 1 - self.gamma, self.propagation.over(edges, len(x))
        alike = kept * kept * (x.t() @ x)
        among = torch.linalg.inv(torch.eye(len(alike), dtype=x.dtype, device=x.device) * (self.small + self.near) + alike)
        out = torch.addmm(self.gamma * start, x - self.gamma * start, alike @ among)
        along = x @ (kept * among)
        for power in self.near * powers:
            along = step(along)
            out = out + power * along
        return out


class GlobalNetwork(nn.Module):
    """H⁰ = σ(δ X W_X + (1 − δ) Â W_A) W, then `depth` layers that share their λ. States: the perceptron's hidden one, then each layer's.

    For δ below 1, W_A has a row for every node: the model knows the graph that it was made for, and no other.
    """

    sees_all = True
    """A node's coefficients are made of the states of all nodes: graphs side by side are one graph."""

    def __init__(self, shape: Shape, values: Mapping[str, Value]) -> None:
        super().__init__()
        depth, width, count, self.share = int(values["depth"]), int(values["width"]), int(values["hops"]), float(values["delta"])
        self.before = FeatureLinear(shape.num_features, width)
        self.of_nodes = FeatureLinear(shape.num_nodes, width) if self.share < 1 else None
        self.activation = options.ACTIVATIONS[str(values["activation"])]()
        self.after = FeatureLinear(width, shape.num_classes)
        self.layers = nn.ModuleList(GlobalLayer(values) for _ in range(depth))
        self.powers = nn.Parameter(torch.full((count,), 1 / count))
        self.states = nn.ModuleList(nn.Identity() for _ in range(depth + 1))
        self.dropout, self.propagation = float(values["dropout"]), Averaging()

    @property
    def first_layer(self) -> nn.Module:
        return self.before

    @property
    def held(self) -> int:
        """The states of each power, and four more, in every layer."""
        return len(self.layers) * (len(self.powers) + 4) * int(self.after.out_channels)

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        hidden = self.states[0](self.activation(self._read(x, edges)))
        start: Tensor = self.after(dropout(hidden, self.dropout, self.training))
        out = start
        for layer, state in zip(self.layers, self.states[1:], strict=True):
            out = state(layer(out, start, edges, self.powers))
        return out

    def _read(self, x: Features, edges: Edges | Tensor) -> Tensor:
        """[num_nodes, width] the features, and by which nodes each is surrounded."""
        features: Tensor = self.before(x)
        if self.of_nodes is None:
            return features
        if len(features) != self.of_nodes.in_channels:
            raise UserError(
                f"With δ below 1, GloGNN has weights for each of the {self.of_nodes.in_channels:,} nodes that it was made for, and this "
                f"graph has {len(features):,}. Train it on this graph, or set δ to 1."
            )
        around = self.propagation.over(edges, len(features))(self.of_nodes.weight.t()) + self.of_nodes.bias
        return torch.lerp(around, features, self.share)


MODEL = Model(
    name="glognn",
    title="GloGNN",
    question="What if a node may be made of any nodes, added or taken away, near or far?",
    build=GlobalNetwork,
    parameters=(
        options.depth(meaning="Layers, each with coefficients between all pairs of nodes."),
        options.width(64),
        options.dropout(),
        Integer("hops", "Hops K", 2, 1, 16, help="Powers of the graph that the coefficients are held near to."),
        Real("gamma", "Initial residual γ", 0.2, 0.0, 1.0, step=0.05, help="Share of the perceptron's scores kept in each layer."),
        Real("beta1", "Small coefficients β₁", 0.1, 0.0, 10_000.0, step=0.1, help="How much is paid for large coefficients."),
        Real(
            "beta2", "Near the graph β₂", 0.1, 0.0, 10_000.0, step=0.1, help="How much is paid for coefficients unlike the graph's powers."
        ),
        Real("delta", "Share of the features δ", 1.0, 0.0, 1.0, step=0.05, help="The rest is read from the node's row of the graph."),
        options.activation(),
    ),
    recipe=Recipe(
        "Li et al. 2022, Cora of their code's run_glognn_sota_reproduce_small.sh (splits of Geom-GCN); it stops where the "
        "validation loss is above the mean of 40 epochs, here after 40 without a better one. Features are row-normalised there",
        model={
            "depth": 2,
            "width": 64,
            "dropout": 0.8,
            "hops": 6,
            "gamma": 0.8,
            "beta1": 77.0,
            "beta2": 1000.0,
            "delta": 0.9,
        },
        training={"lr": 0.01, "weight_decay": 1e-5, "epochs": 2000, "patience": 40, "keep": "loss"},
    ),
    source="Li et al., Finding global homophily in graph neural networks when meeting heterophily, ICML 2022, as in their code (MLP_NORM "
    "with norm_func1 and order_func2), as the paper was not at hand: Â is the mean over a node and its in-neighbours, the λ are learned "
    "once for all layers, features are not dropped. GloGNN++, which weighs the channels as well, is left out",
    equation=(
        r"H^{(l+1)} = (1-\gamma) Z^{(l)} H^{(l)} + \gamma H^{(0)},\; Z^{(l)} = \arg\min_Z \Vert H^{(l)} - (1-\gamma) Z H^{(l)} - \gamma"
        r" H^{(0)}\Vert_F^2 + \beta_1 \Vert Z \Vert_F^2 + \beta_2 \big\Vert Z - \textstyle\sum_{k=1}^{K} \lambda_k \hat A^k \big\Vert_F^2"
    ),
    depth_counts="layers over all pairs of nodes",
    reach=lambda values: None,
)
