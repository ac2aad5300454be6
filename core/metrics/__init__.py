"""Scores of explanations and of probabilities; `core.metrics.roc`, which needs torch, scores predictions while a model trains."""

from core.metrics.calibration import (
    BrierParts,
    ReliabilityBins,
    brier_parts,
    brier_score,
    classwise_calibration_error,
    expected_calibration_error,
    negative_log_likelihood,
    overconfidence,
    reliability_bins,
)
from core.metrics.explanation import (
    Fidelity,
    characterization_score,
    explanation_auc,
    fidelity,
    jaccard,
    rank_correlation,
    robust_fidelity,
    top_k,
    top_k_precision,
    unfaithfulness,
)

__all__ = [
    "BrierParts",
    "Fidelity",
    "ReliabilityBins",
    "brier_parts",
    "brier_score",
    "characterization_score",
    "classwise_calibration_error",
    "expected_calibration_error",
    "explanation_auc",
    "fidelity",
    "jaccard",
    "negative_log_likelihood",
    "overconfidence",
    "rank_correlation",
    "reliability_bins",
    "robust_fidelity",
    "top_k",
    "top_k_precision",
    "unfaithfulness",
]
