"""Who listens, who broadcasts, and does it matter? What the nodes of a cooperative GNN do in each layer."""

from pages._shared import acting

acting.page()
