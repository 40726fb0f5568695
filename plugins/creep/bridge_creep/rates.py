"""How fast a polycrystal creeps when stress drives atoms from one grain face to another.

Frost and Ashby's equations 2.29 and 2.30 give the shear rate as 42 s Ω D_eff / kT d^2 under the shear
stress s, with D_eff = D [1 + π δD_b / d D]: lattice and grain boundaries carry matter side by side.
The models here speak of tension, where the strain rate is smaller by sqrt(3) and the stress larger
by sqrt(3), so that 42 becomes 14. Herring's own number for a spherical grain in tension is 40/3, Coble's
148/π = 47 against 14 π = 44 here. H. J. Frost and M. F. Ashby, Deformation-Mechanism Maps (Pergamon,
1982); C. Herring, J. Appl. Phys. 21, 437 (1950); R. L. Coble, J. Appl. Phys. 34, 1679 (1963).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

from bridge import Scale, Within, model
from bridge_creep.constants import R, k

TENSION = 14.0
"""Frost and Ashby's 42 for shear, over 3 for tension."""

COPPER_BOUNDARY = (5.0e-15, 104.0)
"""Prefactor in m^3/s and activation energy in kJ/mol of diffusion along the grain boundaries of copper,
times their width: Frost and Ashby, table 4.1."""

CONTINUUM = Scale("continuum", length="1 um .. 1 m", time="1 s .. 100 year")


@dataclass(frozen=True)
class LatticeCreep:
    """Creep by diffusion through the lattice; the viscosity is that of shear."""

    strain_rate: Annotated[float, "1/s", Within(0)]
    viscosity: Annotated[float, "Pa s", Within(0, strict=True)]


@dataclass(frozen=True)
class BoundaryCreep:
    """Creep by diffusion along grain boundaries; the viscosity is that of shear."""

    strain_rate: Annotated[float, "1/s", Within(0)]
    viscosity: Annotated[float, "Pa s", Within(0, strict=True)]
    boundary_diffusivity: Annotated[float, "m^3/s", Within(0)]


@model("creep.nabarro_herring", scale=CONTINUUM)
def nabarro_herring(
    diffusivity: Annotated[float, "m^2/s", Within(0, strict=True)],
    stress: Annotated[float, "MPa", Within(0, 100)],
    temperature: Annotated[float, "K", Within(200, 1500)],
    grain_size: Annotated[float, "um", Within(0.01, 1e5)],
    atomic_volume: Annotated[float, "angstrom^3", Within(5, 50)],
) -> LatticeCreep:
    """Atoms diffuse through grains from faces in compression to faces in tension.

    The rate is 14 σ Ω D / kT d^2. `stress` and `strain_rate` are of uniaxial tension. `diffusivity` is
    that of mass transport, the vacancies' concentration times theirs, larger than a tracer's by
    1/0.781. Linear in stress while σΩ is far below kT, hence the upper end of its range: 0.1 kT at 100
    MPa in copper at 900 K. Source: the head of this module.
    """
    fluidity = TENSION * (atomic_volume * 1e-30) * diffusivity / (k * temperature * (grain_size * 1e-6) ** 2)
    return LatticeCreep(strain_rate=fluidity * stress * 1e6, viscosity=1 / (3 * fluidity))


@model("creep.coble", scale=CONTINUUM)
def coble(
    stress: Annotated[float, "MPa", Within(0, 100)],
    temperature: Annotated[float, "K", Within(200, 1500)],
    grain_size: Annotated[float, "um", Within(0.01, 1e5)],
    atomic_volume: Annotated[float, "angstrom^3", Within(5, 50)],
    boundary_prefactor: Annotated[float, "m^3/s", Within(0, strict=True)] = COPPER_BOUNDARY[0],
    boundary_energy: Annotated[float, "kJ/mol", Within(0, strict=True)] = COPPER_BOUNDARY[1],
) -> BoundaryCreep:
    """Atoms diffuse along grain boundaries, from compression to tension.

    From faces in compression to faces in tension, at the rate 14 π σ Ω δD / kT d^3. `stress` and
    `strain_rate` are of uniaxial tension. δD, the `boundary_diffusivity`, is the diffusivity in
    boundaries times their width, the product that experiments measure; its prefactor and activation
    energy are those of copper unless given. Source: the head of this module.
    """
    boundary = boundary_prefactor * math.exp(-boundary_energy * 1e3 / (R * temperature))
    fluidity = TENSION * math.pi * (atomic_volume * 1e-30) * boundary / (k * temperature * (grain_size * 1e-6) ** 3)
    return BoundaryCreep(
        strain_rate=fluidity * stress * 1e6, viscosity=1 / (3 * fluidity), boundary_diffusivity=boundary
    )
