"""What all tests have in common: cases that Hypothesis makes up are the same each time, however slow the machine is."""

from hypothesis import settings

settings.load_profile("ci")
