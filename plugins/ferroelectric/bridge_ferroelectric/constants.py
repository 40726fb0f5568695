"""Constants in SI, in the units of the lattice (eV, Å, ps, u, e), and the factors from the one to the other.

A unit by its name is its value in those of the lattice; IN_… turns a number in those of the lattice into one in SI.
BIPM, The International System of Units, 9th edition (2019); ε0 and u: CODATA 2022.
"""

from math import pi

ELEMENTARY_CHARGE = 1.602176634e-19
"""C, exact; also 1 eV in J."""

BOLTZMANN_SI = 1.380649e-23
"""J/K, exact."""

PERMITTIVITY_SI = 8.8541878188e-12
"""ε0 in F/m."""

BOLTZMANN = BOLTZMANN_SI / ELEMENTARY_CHARGE
"""eV/K."""

PERMITTIVITY = PERMITTIVITY_SI * 1e-10 / ELEMENTARY_CHARGE
"""ε0 in e/(V Å)."""

COULOMB = ELEMENTARY_CHARGE / (4e-10 * pi * PERMITTIVITY_SI)
"""e²/4πε0 in eV Å."""

DALTON = 1.66053906892e-27 * 1e4 / ELEMENTARY_CHARGE
"""1 u in eV ps²/Å²."""

GIGAPASCAL = 1e-21 / ELEMENTARY_CHARGE
"""1 GPa in eV/Å³."""

KILOVOLT_PER_CM = 1e-5
"""1 kV/cm in V/Å."""

IN_C_PER_M2 = 1e20 * ELEMENTARY_CHARGE
"""1 e/Å² in C/m²."""

IN_J_PER_M2 = 1e20 * ELEMENTARY_CHARGE
"""1 eV/Å² in J/m²."""

IN_GPA = 1e21 * ELEMENTARY_CHARGE
"""1 eV/Å³ in GPa."""

IN_V_PER_M = 1e10
"""1 V/Å in V/m."""
