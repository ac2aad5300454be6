"""Mean confidence less accuracy: how it is measured of some nodes, and how it is said. Free of torch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.data import Bools
from core.figures import OKABE_ITO
from core.metrics.binning import equal_width_bins
from core.seeds import Interval
from explainers.sweep.answer import is_noise
from explainers.wording import points, spread

BINS = 15
"""Of the expected calibration error."""
PARTS = ("validation", "test")
"""Parts of a split whose confidence is looked at: of the training nodes the model has seen the classes."""
METRICS = ("accuracy", "mean_confidence", "gap", "ece", "nll")
OVER, UNDER = OKABE_ITO[5], OKABE_ITO[4]
"""Colours of too much confidence and of too little."""
FORMULA = r"\mathrm{gap} = \tfrac{1}{n}\sum_i \max_c p_{ic} - \tfrac{1}{n}\sum_i \mathbf 1[\hat y_i = y_i]"


def measures(confidence: NDArray[np.floating], correct: Bools, loss: NDArray[np.floating]) -> dict[str, float]:
    """`METRICS` of some nodes [n]: the probability of the predicted class, whether that is right, and −ln of the true class's probability.

    The gap lies in −1 … 1, NLL from 0 up, the others in 0 … 1; NaN without nodes, and where a training has diverged.
    """
    if not len(confidence) or not np.isfinite(confidence).all():
        return dict.fromkeys(METRICS, float("nan"))
    sure, right = confidence.astype(np.float64), float(correct.mean())
    # n_b · |acc_b − conf_b| is the size of the sum of differences in the bin
    apart = np.bincount(equal_width_bins(sure, BINS), weights=sure - correct)
    return {
        "accuracy": right,
        "mean_confidence": float(sure.mean()),
        "gap": float(sure.mean()) - right,
        "ece": float(np.abs(apart).sum() / len(sure)),
        "nll": float(loss.astype(np.float64).mean()),
    }


def side(gap: Interval) -> int:
    """1 for over-confident, −1 for under-confident, 0 where the seeds do not tell the gap from none; of one seed the sign of its gap."""
    return 0 if gap.n == 0 or is_noise(gap) else int(np.sign(gap.mean))


def side_name(which: int) -> str:
    """ "over-confident" or "under-confident"."""
    return "over-confident" if which > 0 else "under-confident"


def size(gap: Interval) -> str:
    """How large a gap is, without its sign: "14.0 ± 0.9 points"."""
    return points(gap.mean) if gap.n < 2 else f"{spread(Interval(abs(gap.mean), *_bounds(gap), gap.n)).removesuffix(' %')} points"


def _bounds(gap: Interval) -> tuple[float, float]:
    return abs(gap.mean) - gap.half_width, abs(gap.mean) + gap.half_width
