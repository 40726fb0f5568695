"""Strains that spread among people with different immunity: courses, expected and drawn."""
