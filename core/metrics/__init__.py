"""Scores of predictions and of their explanations."""

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
from core.metrics.roc import roc_auc

__all__ = [
    "Fidelity",
    "characterization_score",
    "explanation_auc",
    "fidelity",
    "jaccard",
    "rank_correlation",
    "robust_fidelity",
    "roc_auc",
    "top_k",
    "top_k_precision",
    "unfaithfulness",
]
