"""Sweeps as people see them: planned, under way, and when they are over."""
