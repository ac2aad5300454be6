"""Does it learn, and when does it stop? Loss and score by epoch, live while it trains."""

from pages._shared import training

training.page()
