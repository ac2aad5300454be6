"""Can a node attend to what it alone asks for? GAT and GATv2 on the dictionary lookup, trained live."""

from pages._shared import looking_up

looking_up.page()
