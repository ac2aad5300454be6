"""What each score of an explanation means. Free of torch.

The explanation S is the few edges with the highest scores, G∖S the graph without them, p the probability of the explained class.
"""

from __future__ import annotations

from dataclasses import dataclass

RANDOM = "random"
"""The method that every other is held against."""


@dataclass(frozen=True)
class Metric:
    """One score, by the name that tables have."""

    name: str
    title: str
    reading: str
    formula: str = ""
    source: str = ""


YUAN = "Yuan et al., Explainability in graph neural networks: a taxonomic survey, TPAMI 2022"
ZHENG = "Zheng et al., Towards robust fidelity for evaluating explainability of GNNs, ICLR 2024"

METRICS = (
    Metric(
        "fidelity_plus",
        "Fidelity+ (class)",
        "Share of the predictions that change when the explanation's edges are gone: it was needed.",
        r"1 - \mathbb E\,\mathbf 1[\hat y(G \setminus S) = \hat y(G)]",
        YUAN,
    ),
    Metric(
        "fidelity_minus",
        "Fidelity− (class)",
        "Share of the predictions that change when nothing but the explanation's edges is left: it was not enough. Low is good.",
        r"1 - \mathbb E\,\mathbf 1[\hat y(S) = \hat y(G)]",
        YUAN,
    ),
    Metric(
        "probability_fidelity_plus",
        "Fidelity+ (probability)",
        "How far the class's probability falls without the explanation. Negative: without it the model is surer.",
        r"p(G) - p(G \setminus S)",
        YUAN,
    ),
    Metric(
        "probability_fidelity_minus",
        "Fidelity− (probability)",
        "How far the class's probability falls with the explanation alone. Near 0 is good; negative: alone it makes the model surer.",
        r"p(G) - p(S)",
        YUAN,
    ),
    Metric(
        "absolute_fidelity_plus",
        "Fidelity+ (size)",
        "Size of the change of the class's probability without the explanation, whatever its sign.",
        r"|p(G) - p(G \setminus S)|",
        YUAN,
    ),
    Metric(
        "absolute_fidelity_minus",
        "Fidelity− (size)",
        "Size of the change with the explanation alone, whatever its sign. Low is good.",
        r"|p(G) - p(S)|",
        YUAN,
    ),
    Metric(
        "robust_fidelity_plus",
        "Robust fidelity+",
        "Like fidelity+ with each of the explanation's edges gone by a chance α₁ only, so that the model sees graphs like those it knows.",
        r"p(G) - \mathbb E\,p\left(G - E_{\alpha_1}(S)\right)",
        ZHENG,
    ),
    Metric(
        "robust_fidelity_minus",
        "Robust fidelity−",
        "Like fidelity− with each of the other edges there by a chance α₂. Near 0 is good.",
        r"p(G) - \mathbb E\,p\left(S + E_{\alpha_2}(G - S)\right)",
        ZHENG,
    ),
    Metric(
        "characterization",
        "Characterization",
        "Harmonic mean of fidelity+ and 1 − fidelity−, by their sizes: both needed and enough. 0 if either fails.",
        r"\frac{w_+ + w_-}{w_+/\mathrm{Fid}_+ + w_-/(1 - \mathrm{Fid}_-)}",
        "Amara et al., GraphFramEx, LoG 2022",
    ),
    Metric(
        "unfaithfulness",
        "Unfaithfulness",
        "How far all probabilities move with the explanation alone, 0 to 1. Low is good.",
        r"1 - e^{-\mathrm{KL}(\hat y_S \,\Vert\, \hat y)}",
        "Agarwal et al., Evaluating explainability for graph neural networks, Scientific Data 2023; the direction that PyG computes",
    ),
    Metric(
        "sparsity",
        "Sparsity",
        "Share of the edges within reach that the explanation leaves out. Compare methods at the same sparsity only.",
        r"1 - |S| / |E|",
        YUAN,
    ),
    Metric(
        "auc",
        "Ground-truth AUC",
        "Chance that an edge of the node's own planted motif scores higher than another edge of its k-hop subgraph; edges of all nodes "
        "pooled. Shown if the model is right on 95 % of them: else the motif need not be what it looks at.",
        r"P(s_e > s_{e'} \mid e \in \text{motif},\, e' \notin \text{motif})",
        "Ying et al., GNNExplainer, NeurIPS 2019, section 5",
    ),
    Metric(
        "top_k_precision",
        "Top-k precision",
        "Share of the planted motif's edges among as many with the highest scores.",
        r"|\mathrm{top}_k(s) \cap \text{motif}| / k",
    ),
    Metric(
        "stability",
        "Stability",
        "Rank correlation of the scores between seeds of the method, the model being the same; 1 for methods that draw nothing.",
        r"\rho(s^{(a)}, s^{(b)})",
    ),
    Metric(
        "stability_top_k",
        "Stability of the top k",
        "Overlap of the highest edges between seeds of the method: common ones over all.",
        r"|A \cap B| / |A \cup B|",
    ),
    Metric(
        "sanity",
        "Sanity",
        "Rank correlation of the scores with those for the same model with random weights. A method whose scores barely change does not "
        "explain the model. Near 0 is good.",
        r"\rho(s_\theta, s_{\theta'})",
        "Adebayo et al., Sanity checks for saliency maps, NeurIPS 2018",
    ),
)
"""In the order in which tables have them."""
