"""When it says 90 %, is it right 90 % of the time? Reliability, calibrators, conformal sets, abstention, and what it depends on."""

from pages._shared import calibrating

calibrating.page()
