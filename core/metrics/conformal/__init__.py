"""Conformal prediction: sets of classes that hold the true one as often as asked for, if nodes are exchangeable. NumPy in and out.

Scores, then a threshold from calibration nodes, then sets. λ of the diffused score is 0.5, set beforehand; adaptive scores are
randomised only with a seed; an empty set stays empty.
"""

from core.metrics.conformal.draws import Redraws, calibration_draws, expected_coverage, redraws
from core.metrics.conformal.groups import GroupCoverage, NodeCoverage, coverage_by_group, node_coverage
from core.metrics.conformal.pool import Pool, conformal_pool
from core.metrics.conformal.scores import (
    LAMBDA,
    SCORES,
    Score,
    adaptive_scores,
    diffused_scores,
    nonconformities,
    nonconformity,
    threshold_scores,
)
from core.metrics.conformal.sets import (
    Coverage,
    conformal_rank,
    conformal_threshold,
    coverage_and_size,
    largest_coverage,
    prediction_sets,
    smallest_sample,
    too_few,
)

__all__ = [
    "LAMBDA",
    "SCORES",
    "Coverage",
    "GroupCoverage",
    "NodeCoverage",
    "Pool",
    "Redraws",
    "Score",
    "adaptive_scores",
    "calibration_draws",
    "conformal_pool",
    "conformal_rank",
    "conformal_threshold",
    "coverage_and_size",
    "coverage_by_group",
    "diffused_scores",
    "expected_coverage",
    "largest_coverage",
    "node_coverage",
    "nonconformities",
    "nonconformity",
    "prediction_sets",
    "redraws",
    "smallest_sample",
    "threshold_scores",
    "too_few",
]
