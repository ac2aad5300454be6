"""How far attributions can be trusted."""

from explainers.trust.comparison import Explained, Request, compare
from explainers.trust.scores import Ask, consistency, randomized, trusted

__all__ = ["Ask", "Explained", "Request", "compare", "consistency", "randomized", "trusted"]
