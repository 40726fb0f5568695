"""Answers of a fine model that stand in for fine runs, within a tolerance."""
