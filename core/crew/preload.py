"""What a helper needs, imported: once by the server that helpers are forked from, so that they start in milliseconds."""

from core.crew import helper
from core.datasets.contract import datasets
from core.models.contract import models

__all__ = ["helper"]

models()
datasets()
