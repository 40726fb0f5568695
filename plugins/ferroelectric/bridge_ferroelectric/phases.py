"""The ferroelectric phases of a perovskite, and the directions of their polarization."""

import numpy as np

PHASES = {"tetragonal": (0, 0, 1), "orthorhombic": (0, 1, 1), "rhombohedral": (1, 1, 1)}
"""By the number of components of the polarization, with one direction of it."""

DIRECTIONS = np.array(list(PHASES.values())) / np.sqrt([[1.0], [2.0], [3.0]])
"""The same as unit vectors, (phase, component)."""

NAMES = ("[001]", "[011]", "[111]")
