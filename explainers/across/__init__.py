"""Models on several datasets under one protocol: the runs, and their scores side by side."""

from explainers.across.plan import DATASETS, EPOCHS, MODELS, Runs, across, named
from explainers.across.result import Scores, measured, protocol, unscored

__all__ = ["DATASETS", "EPOCHS", "MODELS", "Runs", "Scores", "across", "measured", "named", "protocol", "unscored"]
