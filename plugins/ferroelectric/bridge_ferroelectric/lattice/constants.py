"""Constants in the units of the lattice: eV, Å, ps, u, e.

BIPM, The International System of Units, 9th edition (2019); ε0 and u: CODATA 2022.
"""

BOLTZMANN = 1.380649e-23 / 1.602176634e-19
"""eV/K, exact."""

DALTON = 1.66053906892e-27 * 1e4 / 1.602176634e-19
"""1 u in eV ps²/Å²."""

COULOMB = 1.602176634e-19 / (4e-10 * 3.141592653589793 * 8.8541878188e-12)
"""e²/4πε0 in eV Å."""

GIGAPASCAL = 1e-21 / 1.602176634e-19
"""1 GPa in eV/Å³."""

KILOVOLT_PER_CM = 1e-5
"""1 kV/cm in V/Å."""

COULOMB_PER_M2 = 16.02176634
"""1 e/Å² in C/m²."""

PERMITTIVITY = 8.8541878188e-12 * 1e-10 / 1.602176634e-19
"""ε0 in e/(V Å)."""
