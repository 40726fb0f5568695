"""Constants that define the SI since 2019, exact by definition, by the letters they have in equations.

BIPM, The International System of Units (SI), 9th edition (2019), table 1. scipy.constants has the
same numbers, and takes longer to import than everything else that a creep rate needs.
"""

k = 1.380649e-23
"""Boltzmann's constant in J/K."""

e = 1.602176634e-19
"""Elementary charge in C."""

N_A = 6.02214076e23
"""Avogadro's constant in 1/mol."""

R = k * N_A
"""Molar gas constant in J/(mol K)."""
