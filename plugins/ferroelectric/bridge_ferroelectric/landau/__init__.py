"""Lattice to continuum: free energy, electrostriction, gradient coefficients, domain walls.

Models are in `models`; what computes them is imported inside them, so that finding a model costs no numba.
"""
