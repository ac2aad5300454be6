"""The scores of a calibration in words and formulas, the same in figures, tables, links and on the Methods page. Free of torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.seeds import Interval
from explainers.wording import spread


@dataclass(frozen=True)
class Score:
    """One score of probabilities. `share`: whether it is a share, which reads as a percentage; `better`: "lower", "higher", or nothing."""

    name: str
    title: str
    meaning: str
    formula: str
    source: str = ""
    share: bool = True
    better: str = "lower"

    @property
    def heading(self) -> str:
        """The title at the beginning of a line."""
        return self.title[0].upper() + self.title[1:]

    def written(self, value: Interval) -> str:
        """Mean and interval as the screen has it."""
        if self.share:
            return spread(value)
        return f"{value.mean:.3f}" if np.isnan(value.half_width) else f"{value.mean:.3f} ± {value.half_width:.3f}"


SCORES = (
    Score(
        "ece",
        "ECE",
        "Expected calibration error: mean gap between confidence and accuracy over 15 equally wide bins, weighted by their nodes.",
        r"\sum_b \tfrac{n_b}{n}\,|\mathrm{acc}_b - \mathrm{conf}_b|",
        "Naeini et al., AAAI 2015; Guo et al., ICML 2017",
    ),
    Score(
        "adaptive_ece",
        "adaptive ECE",
        "The same over 15 bins that hold as many nodes each; equal confidences share a bin.",
        r"\sum_b \tfrac{n_b}{n}\,|\mathrm{acc}_b - \mathrm{conf}_b|,\ n_b \approx n / M",
        "Nguyen & O'Connor, EMNLP 2015",
    ),
    Score(
        "classwise_ece",
        "class-wise ECE",
        "The same for the probability of each class, averaged over the classes: the other classes count as well.",
        r"\tfrac{1}{C}\sum_c \sum_b \tfrac{n_{bc}}{n}\,|\mathrm{acc}_{bc} - \mathrm{conf}_{bc}|",
        "Kull et al., NeurIPS 2019",
    ),
    Score(
        "nll",
        "NLL",
        "Negative log-likelihood, mean −ln of the true class's probability, in nats; lower is better.",
        r"-\tfrac{1}{n}\sum_i \ln p_{i y_i}",
        share=False,
    ),
    Score(
        "brier",
        "Brier score",
        "Mean squared distance of the probabilities from the truth, 0 to 2; lower is better.",
        r"\tfrac{1}{n}\sum_i \sum_c (p_{ic} - \mathbf 1[y_i = c])^2",
        "Brier 1950; parts as in Murphy 1973 and Stephenson et al. 2008",
        share=False,
    ),
    Score(
        "accuracy",
        "accuracy",
        "Share of nodes whose most probable class is the true one.",
        r"\tfrac{1}{n}\sum_i \mathbf 1[\hat y_i = y_i]",
        better="higher",
    ),
    Score("mean_confidence", "mean confidence", "Mean probability of the predicted class.", r"\tfrac{1}{n}\sum_i \max_c p_{ic}", better=""),
)
"""In the order of the page."""
BY_NAME = {score.name: score for score in SCORES}
