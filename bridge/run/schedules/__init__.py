"""Flows and sweeps by the clock: Prefect deployments on a work pool that `scalebridge serve` works for."""
