"""Why this prediction? Edges and features behind one node, how far to trust them, and what happens without them."""

from pages._shared import explaining

explaining.page()
