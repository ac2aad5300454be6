"""Scores of explanations; `core.metrics.roc`, which needs torch, scores predictions while a model trains."""

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
    "Fidelity",
    "characterization_score",
    "explanation_auc",
    "fidelity",
    "jaccard",
    "rank_correlation",
    "robust_fidelity",
    "top_k",
    "top_k_precision",
    "unfaithfulness",
]
