"""Benchmarks: ratios in one run against a named rival or a physical floor; no timing is asserted anywhere."""
