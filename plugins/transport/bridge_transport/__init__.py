"""Transport across scales: coarse models that ask finer ones for fluxes and coefficients.

Wiring and checking a flow imports the modules of the models alone, on numpy: numerics that take long to import are
imported by a model when it runs (``from bridge_transport import kernels``, never ``from bridge_transport.kernels
import f``, so that scalebridge sees whose code counts without importing it).
"""
