"""Which nodes suffer? Several models on the same test nodes, by local homophily and degree, against an MLP; fills in as runs end."""

from pages._shared import suffering

suffering.page()
