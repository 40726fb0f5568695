"""Antibody that is given instead of made: concentrations over potency, and protection."""
