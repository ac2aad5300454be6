"""Accuracy less mean confidence: how it is measured of some nodes, and how it is said. Free of torch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.data import Bools
from core.metrics.calibration import confidence_bins
from core.seeds import Interval
from explainers.calibration_request import ECE_BINS
from explainers.sweep.answer import is_noise
from explainers.wording import points

METRICS = ("accuracy", "mean_confidence", "gap", "ece", "nll")


def measures(confidence: NDArray[np.floating], correct: Bools, nll: float) -> dict[str, float]:
    """`METRICS` of some nodes [n]: the probability of the predicted class, whether that is right; and mean −ln of the true class's one.

    The gap lies in −1 … 1, NLL from 0 up, the others in 0 … 1; NaN without nodes, and where a training has diverged.
    """
    if not len(confidence) or not np.isfinite(confidence).all():
        return dict.fromkeys(METRICS, float("nan"))
    sure, right = float(confidence.mean(dtype=np.float64)), float(correct.mean())
    return {
        "accuracy": right,
        "mean_confidence": sure,
        "gap": right - sure,
        "ece": confidence_bins(confidence, correct, ECE_BINS).calibration_error,
        "nll": nll,
    }


def side(gap: Interval) -> int:
    """1 for over-confident, which is a gap below 0, −1 for under-confident, 0 where the seeds do not tell the gap from none."""
    return 0 if gap.n == 0 or is_noise(gap) else -int(np.sign(gap.mean))


def side_name(which: int) -> str:
    """ "over-confident" or "under-confident"."""
    return "over-confident" if which > 0 else "under-confident"


def size(gap: Interval) -> str:
    """How large a gap is, without its sign: "14.0 ± 0.9 points"."""
    if gap.n < 2:
        return points(gap.mean)
    return f"{100 * abs(gap.mean):.1f} ± {100 * gap.half_width:.1f} points"
