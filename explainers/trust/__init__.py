"""How far attributions can be trusted. `metrics` says what each score means, without torch; `scores` and `comparison` need it."""
