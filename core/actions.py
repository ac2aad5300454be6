"""What a node of a cooperative GNN can do in a layer. Free of torch."""

from __future__ import annotations

ACTIONS = ("standard", "listen", "broadcast", "isolate")
"""What a column of a tensor of actions means; standard is to listen and to broadcast."""

LISTENING, BROADCASTING = (0, 1), (0, 2)
"""The columns of those who listen, and of those who broadcast."""

DEALT = "permuted"
"""In the place of an action: those that the nodes chose are dealt out anew among them."""
