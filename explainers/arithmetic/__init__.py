"""Layer arithmetic: every number of a layer for one node, from the neighbours' messages to the output."""
