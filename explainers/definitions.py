"""What the numbers mean that every page shows: formula, words and source. Free of torch."""

from __future__ import annotations

from dataclasses import dataclass

from core.metrics.confidence_factors import FACTORS
from core.metrics.conformal import SCORES as CONFORMAL
from explainers.calibration_scores import SCORES
from explainers.lenses.over_smoothing.measures import QUANTITIES
from explainers.trust.metrics import METRICS


@dataclass(frozen=True)
class Definition:
    """One number or word. `formula`: LaTeX, without the dollar signs; `group`: the heading it stands under."""

    group: str
    title: str
    text: str
    formula: str = ""
    source: str = ""


DEFINITIONS = (
    Definition(
        "Scores",
        "Accuracy",
        "Share of the nodes of a part (test, unless another one is named) whose most probable class is the true one. "
        "Nodes without a label do not count.",
        r"\frac{1}{|V|}\sum_{i \in V} \mathbf{1}\left[\arg\max_c p_{ic} = y_i\right]",
    ),
    Definition(
        "Scores",
        "ROC-AUC",
        "Probability that a random positive node gets a higher score than a random negative one, ties counting half. "
        "The metric of the binary heterophilous datasets, where one class is rare.",
        r"P(s_i > s_j \mid y_i = 1, y_j = 0)",
        "Platonov et al., A critical look at the evaluation of GNNs under heterophily, ICLR 2023",
    ),
    Definition(
        "Scores",
        "Loss",
        "Mean cross-entropy over the labelled nodes of a part, in nats. It holds no weight-decay term.",
        r"-\frac{1}{|V|}\sum_{i \in V} \ln p_{i y_i}",
    ),
    Definition(
        "Scores",
        "Confidence",
        "Probability of the predicted class, in evaluation mode: dropout is off.",
        r"\max_c p_{ic}, \qquad p_i = \mathrm{softmax}(z_i)",
    ),
    Definition(
        "Spread",
        "±",
        "The 95 % t-interval of the mean over n seeds; s is their sample standard deviation, t the 97.5 % quantile of "
        "Student's distribution with n − 1 degrees of freedom. One seed has no spread, and none is shown.",
        r"\bar x \pm t_{0.975,\,n-1}\,\frac{s}{\sqrt n}",
    ),
    Definition(
        "Spread",
        "Paired difference",
        "Two settings are compared seed by seed: run i of one against run i of the other, with the same seed and the same split. "
        "What both share (an easy split, say) drops out.",
        r"d_i = a_i - b_i, \qquad \bar d \pm t_{0.975,\,n-1}\,\frac{s_d}{\sqrt n}",
    ),
    Definition(
        "Spread",
        "Is it noise?",
        "A difference whose 95 % interval holds 0 may be noise of the seeds. One whose interval does not is a difference on these "
        "splits: other splits can still give another one.",
    ),
    Definition(
        "Spread",
        "What a test set can tell",
        "The interval over seeds says nothing about how few nodes judge. A share p of n test nodes is itself uncertain: "
        "1,000 nodes at 82 % give ± 2.4 points.",
        r"\pm\, 1.96 \sqrt{p\,(1-p)/n}",
    ),
    Definition(
        "Spread",
        "Overlapping random splits",
        "Random splits share nodes, so their scores are not independent, and the interval is narrower than it should be.",
        source="Nadeau & Bengio, Inference for the generalization error, Machine Learning 52, 2003",
    ),
    Definition(
        "Seeds and splits",
        "Three kinds of seeds",
        "The graph's seed is a setting of a generator. The split's seed draws which nodes train. The training's seed draws the first "
        "weights and the dropout. They are never mixed: “5 seeds” means training seeds 0 … 4.",
    ),
    Definition(
        "Seeds and splits",
        "Splits",
        "Training nodes teach, validation nodes choose the epoch, test nodes judge. “Public” and the numbered splits come with the "
        "dataset; random ones are drawn by class. Accuracies from different splits are not comparable, so the split stands beside "
        "every score.",
    ),
    Definition(
        "Seeds and splits",
        "GATS split",
        "Three folds of 5 % of each class, two to train on and one to validate, and 85 % to test. Split seed s is draw s // 3 with "
        "fold s mod 3 for validation. Of a class with fewer than 20 nodes each fold has one, as far as they go, and training never "
        "goes without.",
        source="Hsu et al., What makes graph neural networks miscalibrated?, NeurIPS 2022, appendix A",
    ),
    Definition(
        "Seeds and splits",
        "A split a seed",
        "Run i takes fixed split i mod k where a dataset has k of them, else random split i mod 10. The ± is then over seeds and splits "
        "together.",
    ),
    Definition(
        "Seeds and splits",
        "Best epoch",
        "The epoch whose weights are kept: that of the lowest validation loss, unless the training's settings say otherwise. "
        "Test nodes never choose it.",
        r"t^\ast = \arg\min_t \; \mathcal{L}_{\mathrm{validation}}(t)",
    ),
    Definition(
        "Graph",
        "Edge homophily",
        "Share of edges that join nodes of the same class.",
        r"h_{\mathrm{edge}} = \frac{|\{(u,v) \in E : y_u = y_v\}|}{|E|}",
        "Zhu et al., Beyond homophily in graph neural networks, NeurIPS 2020",
    ),
    Definition(
        "Graph",
        "Node homophily",
        "Mean over nodes of the share of neighbours with the node's class. What happens to nodes without a neighbour is said beside it.",
        r"h_{\mathrm{node}} = \frac{1}{N}\sum_v \frac{|\{u \in \mathcal N(v) : y_u = y_v\}|}{|\mathcal N(v)|}",
        "Pei et al., Geom-GCN, ICLR 2020",
    ),
    Definition(
        "Graph",
        "Class-insensitive homophily",
        "How far each class's homophily exceeds its share of the nodes, averaged over classes; 0 for chance.",
        r"\frac{1}{C-1}\sum_k \max\left(0,\; h_k - \tfrac{|C_k|}{N}\right)",
        "Lim et al., Large scale learning on non-homophilous graphs, NeurIPS 2021",
    ),
    Definition(
        "Graph",
        "Adjusted homophily",
        "Edge homophily corrected for what degrees alone would give (p̄ is a class's share of the degrees); 0 for chance.",
        r"\frac{h_{\mathrm{edge}} - \sum_k \bar p_k^2}{1 - \sum_k \bar p_k^2}",
        "Platonov et al., Characterizing graph datasets for node classification, NeurIPS 2023",
    ),
    Definition(
        "Graph",
        "Label informativeness",
        "Share of the entropy of a node's class that the class of a neighbour takes away, alike or not: over edges, or over nodes, each "
        "counting once.",
        r"\mathrm{LI} = \frac{I(y_u;\, y_v)}{H(y_u)} = "
        r"\frac{-\sum_{a,b} p(a,b) \ln\frac{p(a,b)}{p(a)\,\bar p(b)}}{\sum_a p(a) \ln p(a)}",
        "Platonov et al., Characterizing graph datasets for node classification, NeurIPS 2023",
    ),
    Definition(
        "Graph",
        "Local homophily",
        "Share of a node's labelled neighbours that have its class; not defined without any. Uses test labels: diagnostic.",
        r"h_v = \frac{|\{u \in \mathcal N(v) : y_u = y_v\}|}{|\mathcal N(v)|}",
        "Pei et al., Geom-GCN, ICLR 2020",
    ),
    Definition(
        "Graph",
        "Cross-class neighbourhood similarity",
        "Mean cosine of the label histograms d around the nodes of two classes: how alike their neighbourhoods are.",
        r"s(c,c') = \frac{1}{|V_c||V_{c'}|}\sum_{i \in V_c,\, j \in V_{c'}} \cos\left(d(i), d(j)\right)",
        "Ma et al., Is homophily a necessity for graph neural networks?, ICLR 2022",
    ),
    Definition(
        "Graph",
        "Degree",
        "Number of neighbours: a link counts once whatever its direction, and a self-loop does not count.",
        r"d_v = |\mathcal N(v) \setminus \{v\}|",
    ),
    *(Definition("States of the nodes", one.title, one.reading, one.formula, one.source) for one in QUANTITIES),
    Definition(
        "States of the nodes",
        "Last hidden state",
        "What the classifier reads: the state after the activation of the layer before the last; at depth 1 the features. "
        "Models that propagate scores (SGC, APPNP, DAGNN, GPR-GNN) have what they propagate in its place.",
    ),
    Definition(
        "States of the nodes",
        "What failed?",
        "A test score below 90 % of the model's best over the depths has fallen. Then: not trained, if the training score is under 90 %; "
        "depth, not the graph, if an MLP of equal depth falls as well; signal gone, if a linear probe is low on the features smoothed "
        "as many times and on last states whose relative energy is below a tenth of the features'; over-fitting, if the training score "
        "is 99 % or more. More than one may hold, and if none does, it is not decided.",
    ),
    Definition(
        "Attention",
        "Normalised entropy",
        "How evenly a node spreads one head's weights over its in-edges, its own loop among them where the layer has one: 1 is uniform, 0 "
        "all on one. Not defined where there is nothing to choose from. Practically uniform: .95 or more at 3 in-neighbours or more.",
        r"\frac{-\sum_j \alpha_{ij} \ln \alpha_{ij}}{\ln (d_i + 1)}\quad (\text{without own loops: } \ln d_i)",
    ),
    Definition(
        "Attention",
        "Same-class mass",
        "What a node gives to neighbours of its class, the weights of all in-edges being 1. The own loop is never counted, but has its "
        "part of that 1: a layer with self-attention has less of this mass than one without, whatever it prefers. Column same_class_mass; "
        "under uniform weights expected_same_class_mass.",
        r"\sum_{j \ne i,\, y_j = y_i} \alpha_{ij}",
    ),
    Definition(
        "Attention",
        "Same class among neighbours",
        "The same as a share of what goes to neighbours at all. This is what is compared: GAT, with own loops, and the graph transformer, "
        "without, are on one scale. Not defined where a node keeps everything for itself. Column same_class_among_neighbours; under "
        "uniform weights, expected_among_neighbours, it is the share of the neighbours that are of the class.",
        r"\frac{\sum_{j \ne i,\, y_j = y_i} \alpha_{ij}}{\sum_{j \ne i} \alpha_{ij}}",
    ),
    Definition(
        "Attention",
        "Swap",
        "Other weights in the place of what a head has learned, all else being fixed: uniform ones, its own dealt out anew among each "
        "node's in-edges, or none, so that the head passes nothing on. What is drawn is the paired difference of the test score from the "
        "model as it is: its interval may lie on either side of 0, where that of a score near 100 % would pass what a score can be.",
        r"d_s = \mathrm{score}_s(\text{swapped}) - \mathrm{score}_s(\text{learned})",
        "Michel et al., Are sixteen heads really better than one?, NeurIPS 2019, for heads removed",
    ),
    Definition(
        "Attention",
        "Rollout",
        "What a node's state is made of by attention alone: the heads' mean multiplied through the layers. A layer that passes a node's "
        "own state on beside the messages has ½ (ᾱ + I) in the place of ᾱ. It follows neither values nor activations.",
        r"A^{(L)} \cdots A^{(1)},\quad A^{(l)} = \bar\alpha^{(l)}\ \text{or}\ \tfrac12 (\bar\alpha^{(l)} + I)",
        "Abnar & Zuidema, Quantifying attention flow in transformers, ACL 2020",
    ),
    Definition(
        "Attention",
        "Heads alike",
        "One minus the total variation distance of two heads of a layer, mean over the nodes that have a choice: 1 if they give all "
        "in-edges the same weights, 0 if they never look at the same neighbour. Equal weights may carry different messages.",
        r"1 - \tfrac12 \sum_j |\alpha^{(h)}_{ij} - \alpha^{(g)}_{ij}|,\ \text{mean over } i",
    ),
    Definition(
        "Attention",
        "Screening",
        "Of CoulGAT, where a neighbour's score is a weighted sum over what surrounds it: what one node d hops from the neighbour weighs "
        "there, the neighbour itself 1. Untrained every power p is 0 and all within reach weigh 1; below it, what is far away is screened.",
        r"\frac{e^{(1 + d)^{-p_d}}}{e}",
        "Gokden, CoulGAT, arXiv 1912.08409, 2019",
    ),
    Definition(
        "Attention",
        "Has learned nothing that shows",
        "The test score cannot be told from that of naming the most frequent class of the test nodes for every node: not by the seeds "
        "(Student's interval of the difference holds 0 or lies below), nor by the test nodes of every single seed (Wilson's). Of a "
        "ROC-AUC, which is held against .5 and is no share of nodes, only the seeds speak, and what is said is that they do not tell.",
    ),
    Definition(
        "Attention",
        "Static attention, and what it bounds",
        "A head is static if every query ranks the keys alike (Kendall τ = 1), as one head of GAT does whatever its weights. In a common "
        "ranking the k queries' own keys have the ranks 1 … k, one each, and at rank r no fewer than r keys have as much attention or "
        "more. So exactly one query has its own key first, and own keys get H(k)/k of the attention at most, on average. How many queries "
        "are answered is not bounded by that: the read-out is given all keys by their weights, and a LeakyReLU makes the same ranking "
        "sharper for one query than for another.",
        r"\frac{1}{k}\sum_{i} \alpha_{ii} \;\le\; \frac{1}{k}\sum_{r=1}^{k} \frac{1}{r}",
        "Brody, Alon & Yahav, How attentive are graph attention networks?, ICLR 2022, for the ranking",
    ),
    Definition(
        "Attention",
        "Queries answered, and their interval",
        "A test permutation is one observation, because its queries are right or wrong together: Wilson's interval of the share over all "
        "tested permutations, or Student's over seeds where that is wider, within 0 … 100 %.",
        source="Wilson 1927; a share of [0, 1] with mean p has a variance of p(1 − p) at most (Bhatia & Davis 2000)",
    ),
    *(Definition("Calibration", one.heading, one.meaning, one.formula, one.source) for one in SCORES if one.source),
    Definition(
        "Calibration",
        "Over- and under-confident",
        "Accuracy less mean confidence: below 0 the model says more than it is right, which is over-confident, above 0 less. Which one it "
        "is depends mostly on when the training stopped and on weight decay, not on the architecture.",
        r"\tfrac{1}{n}\sum_i \mathbf 1[\hat y_i = y_i] - \tfrac{1}{n}\sum_i \max_c p_{ic}",
    ),
    Definition(
        "Calibration",
        "AURC",
        "Area under risk against coverage: the surest nodes are answered first, and the error on those that are answered is averaged over "
        "how many that are. It sees the order of the confidences only.",
        r"\sum_k (c_k - c_{k-1})\, \mathrm{risk}(c_k)",
        "Geifman & El-Yaniv, NeurIPS 2017; Geifman et al., ICLR 2019",
    ),
    Definition(
        "Calibration",
        "Conformal sets",
        "A set of classes for each node, so made that it holds the true one with probability 1 − α or more, on average over all nodes: "
        "classes that fit no worse than the ⌈(n + 1)(1 − α)⌉-th best of n calibration nodes. Groups may be covered less.",
        r"\mathcal C_i = \{c : s_i(c) \le \hat q\}",
        "Vovk et al. 2005",
    ),
    *(Definition("Calibration", score.title, score.text, score.equation, score.source) for score in CONFORMAL),
    *(Definition("What calibration goes with", f"Gap by {one.title.lower()}", one.text, one.equation, one.source) for one in FACTORS),
    *(Definition("Explanations", one.title, one.reading, one.formula, one.source) for one in METRICS),
)
