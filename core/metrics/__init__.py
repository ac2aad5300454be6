"""Scores of explanations and of probabilities; `core.metrics.roc`, which needs torch, scores predictions while a model trains."""

from core.metrics.calibration import (
    BrierParts,
    ReliabilityBins,
    brier_parts,
    brier_score,
    classwise_calibration_error,
    confidence_bins,
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
from core.metrics.selective import aurc, excess_aurc, optimal_aurc, risk_coverage

__all__ = [
    "BrierParts",
    "Fidelity",
    "ReliabilityBins",
    "aurc",
    "brier_parts",
    "brier_score",
    "characterization_score",
    "classwise_calibration_error",
    "confidence_bins",
    "excess_aurc",
    "expected_calibration_error",
    "explanation_auc",
    "fidelity",
    "jaccard",
    "negative_log_likelihood",
    "optimal_aurc",
    "overconfidence",
    "rank_correlation",
    "reliability_bins",
    "risk_coverage",
    "robust_fidelity",
    "top_k",
    "top_k_precision",
    "unfaithfulness",
]
