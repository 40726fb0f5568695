"""Sweeps: a flow at many points, as blocks of stage executions."""
