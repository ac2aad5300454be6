"""Many nodes explained at once: where the importance lies, how the scores of trust are spread, and which methods beat chance."""
