"""What does one setting do? Scores against any setting, for several models and seeds, filling in while they train."""

from pages._shared import sweeping

sweeping.page()
