"""The report of the chain."""
