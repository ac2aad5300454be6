"""ADPA (Sun et al. 2023): features passed on by six patterns of directed edges, weighed step by step and pattern by pattern.

No product of adjacency matrices is made: a pattern of two edges is two sums, one after the other. And because a layer is linear before
its activation, what is passed on are the few columns that its weights make of the features.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from core.models import options
from core.models.contract import Model, Recipe, Shape
from core.models.linear import FeatureLinear
from core.models.once import OncePerGraph
from core.models.propagation import Propagation
from core.parameters import Real, Value
from core.sparse import Edges, Features, dense, dropout

PATTERNS = ("A", "At", "AA", "AAt", "AtA", "AtAt")
"""Of one or two edges; A takes a node to what points at it, At to what it points to. The last letter acts first."""
TURNED = [1, 0, 5, 3, 4, 2]
"""Which pattern each is when all edges are turned round and taken in the other order: its transpose."""


def _degrees(edge_index: Tensor, num_nodes: int, _: int) -> Tensor:
    """[6, num_nodes] row sums of the patterns' matrices: how many ways lead from a node, with its own loop for those of one edge."""
    one = torch.ones(num_nodes, device=edge_index.device)

    def ways(pattern: str) -> Tensor:
        count = one
        for letter in reversed(letters(pattern)):
            source, target = edge_index if letter == "A" else edge_index.flip(0)
            count = torch.zeros_like(one).index_add(0, target, count[source])
        return count + 1 if len(letters(pattern)) == 1 else count

    return torch.stack([ways(pattern) for pattern in PATTERNS])


degrees = OncePerGraph(_degrees)


def letters(pattern: str) -> list[str]:
    """ "AAt" as ["A", "At"]."""
    return pattern.replace("A", " A").split()


class DirectedSums(nn.Module):
    """h ↦ G h for the six patterns at once, G = R^(r−1) P C^(−r) with P the pattern's matrix, R its row and C its column sums, 1/0 = 0.

    P is A + I and Aᵀ + I for one edge, the products without loops for two. R = C on an undirected graph. Their code takes R in the place
    of C, too, by which a node that no pattern leads to would send nothing either.
    """

    def __init__(self, r: float) -> None:
        super().__init__()
        self.r, self.passing = r, Propagation()

    def forward(self, states: Sequence[Tensor], edges: Edges | Tensor) -> list[Tensor]:
        """`states`: one [num_nodes, width] for each pattern."""
        degree = degrees(edges.edge_index if isinstance(edges, Edges) else edges, len(states[0]), 0).to(states[0].dtype)[:, :, None]
        before, after = ((sums > 0) * sums.clamp(min=1).pow(power) for sums, power in ((degree[TURNED], -self.r), (degree, self.r - 1)))
        a, at, aa, aat, ata, atat = (state * scale for state, scale in zip(states, before, strict=True))
        a_one, aa_one, ata_one = self._summed([a, aa, ata], edges)
        at_one, aat_one, atat_one = self._summed([at, aat, atat], edges, turned=True)
        aa_two, aat_two = self._summed([aa_one, aat_one], edges)
        ata_two, atat_two = self._summed([ata_one, atat_one], edges, turned=True)
        found = (a_one + a, at_one + at, aa_two, aat_two, ata_two, atat_two)
        return [one * scale for one, scale in zip(found, after, strict=True)]

    def _summed(self, states: Sequence[Tensor], edges: Edges | Tensor, *, turned: bool = False) -> tuple[Tensor, ...]:
        """Sums over in-neighbours, or over out-neighbours, of states of equal width: one product for all."""
        joined = torch.cat(list(states), dim=1)
        if isinstance(edges, Edges):
            found = (edges.reversed if turned else edges).total @ joined
        else:
            index = edges.flip(0) if turned else edges
            found = self.passing.propagate(index, x=joined, edge_weight=joined.new_ones(index.shape[1]))
        return found.chunk(len(states), dim=1)


class PatternNetwork(nn.Module):
    """h_p = σ(Σ_k α_ipk (G_pᵏ X W_p)_i + b_p) for each pattern p and h_X = σ(X W_X + b_X); logits W [θ_X h_X ‖ θ_p h_p …] + b.

    α_ip = softmax over k = 0 … K of sigmoid(u_p · [X ‖ G_p X ‖ … ‖ G_pᴷ X]_i + v_p · (G_pᵏ X)_i + c_p): each node weighs the steps of each
    pattern. `scales` [7] are the θ. State: [θ_X h_X ‖ θ_p h_p …].
    """

    def __init__(self, shape: Shape, values: Mapping[str, Value]) -> None:
        super().__init__()
        self.steps, self.width = int(values["depth"]), int(values["width"])
        # the columns that a pattern passes on: X W, then X u₀ … X u_K, then X v
        self.columns = self.width + self.steps + 2
        self.own = FeatureLinear(shape.num_features, self.width, bias=False)
        self.passed = FeatureLinear(shape.num_features, len(PATTERNS) * self.columns, bias=False)
        self.biases = nn.Parameter(torch.zeros(1 + len(PATTERNS), self.width))
        self.step_biases = nn.Parameter(torch.zeros(len(PATTERNS)))
        self.scales = nn.Parameter(torch.randn(1 + len(PATTERNS)))
        self.sums = DirectedSums(float(values["r"]))
        self.activation = options.ACTIVATIONS[str(values["activation"])]()
        self.after = FeatureLinear((1 + len(PATTERNS)) * self.width, shape.num_classes)
        self.states = nn.ModuleList([nn.Identity()])
        self.dropout = float(values["dropout"])

    @property
    def first_layer(self) -> nn.Module:
        return self.passed

    @property
    def held(self) -> int:
        """The columns of every step, the first included, scaled, summed and side by side."""
        return 3 * (self.steps + 1) * len(PATTERNS) * self.columns

    def forward(self, x: Features, edges: Edges | Tensor) -> Tensor:
        if isinstance(edges, Tensor):
            x = dense(x)
        steps = [list(self.passed(x).chunk(len(PATTERNS), dim=1))]
        for _ in range(self.steps):
            steps.append(self.sums(steps[-1], edges))
        weighed = [self._weighed([step[place] for step in steps], bias) for place, bias in enumerate(self.step_biases)]
        states = self.activation(torch.stack([self.own(x), *weighed], dim=1) + self.biases)
        states = cast(Tensor, dropout(states, self.dropout, self.training)) * self.scales[:, None]
        logits: Tensor = self.after(self.states[0](states.flatten(1)))
        return logits

    def _weighed(self, steps: Sequence[Tensor], bias: Tensor) -> Tensor:
        """[num_nodes, width] of one pattern, whose columns after 0 … K steps are given."""
        every = torch.stack(list(steps), dim=1)
        read = every[:, :, self.width : -1].diagonal(dim1=1, dim2=2).sum(dim=1, keepdim=True)
        shares = (read + every[:, :, -1] + bias).sigmoid().softmax(dim=1)
        found: Tensor = (shares[:, :, None] * every[:, :, : self.width]).sum(dim=1)
        return found


MODEL = Model(
    name="adpa",
    title="ADPA",
    question="Which ways along and against the edges are worth taking?",
    build=PatternNetwork,
    parameters=(
        options.depth(meaning="Propagation steps K by each pattern; a step of a pattern of two edges goes two hops."),
        options.width(32),
        options.dropout(),
        Real(
            "r", "Normalisation r", 0.5, 0.0, 1.0, step=0.1, help="0 divides by a node's own degree, 1 by its neighbours', ½ by both roots."
        ),
        options.activation(),
    ),
    recipe=Recipe(
        "Sun et al. 2023, the defaults of their code, which were searched for one dataset that it does not name; their batches of 1,000 "
        "nodes are here all nodes",
        model={"depth": 2, "width": 32, "dropout": 0.64251, "r": 0.42749},
        training={"lr": 0.06036, "weight_decay": 0.01273, "epochs": 500, "patience": 50, "keep": "score"},
    ),
    source="Sun et al., Breaking the entanglement of homophily and heterophily in semi-supervised node classification, ICDE 2024, as in "
    "their code: one linear layer a pattern, patterns scaled by learned numbers. A node's steps are weighed by its own features, where the "
    "code's reshaping mixes those of several nodes, and no step is scaled by log(1/k) + 1. On an undirected graph the patterns of as many "
    "edges are all the same",
    equation=(
        r"\begin{gathered} h_i^{(p)} = \sigma\Big(\sum_{k=0}^{K} \alpha_{ik}^{(p)}\, \big(G_p^k X W_p\big)_i\Big),"
        r"\; \hat y_i = W \big\Vert_p\, \theta_p h_i^{(p)}, \\"
        r" G_p = R_p^{r-1} P\, C_p^{-r},\; P \in \{A, A^\top, AA, AA^\top, A^\top\! A, A^\top\! A^\top\} \end{gathered}"
    ),
    depth_counts="propagation steps",
    # one more, for how many ways of two edges begin at the farthest
    reach=lambda values: 2 * int(values["depth"]) + 1,
    both_ways=True,
)
