"""Does depth destroy the signal, and what saves it? Trained models against depth, what failed, layer by layer."""

from pages._shared import smoothing

smoothing.page()
