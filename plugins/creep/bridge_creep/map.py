"""Which path the atoms take, over grain size and temperature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bridge import Picture, Within, model
from bridge_creep.constants import N_A, R, e
from bridge_creep.rates import CONTINUUM, COPPER_BOUNDARY

Array = NDArray[np.float64]

KJ_PER_MOL = e * N_A / 1e3
"""One electronvolt an atom in kJ/mol."""


@dataclass(frozen=True)
class Deformation:
    """The map as numbers and as a picture.

    `strain_rate` sums both mechanisms; `boundary_share` is the part that grain boundaries carry, so
    that Coble creep dominates above one half; `crossover` is the grain size of equal parts at each
    temperature. `total_strain_rate` belongs to the chain's own temperature and grain size.
    """

    grain_size: Annotated[Array, "um", ("grain_size",)]
    temperature: Annotated[Array, "K", ("temperature",)]
    strain_rate: Annotated[Array, "1/s", ("grain_size", "temperature"), Within(0)]
    boundary_share: Annotated[Array, "1", ("grain_size", "temperature"), Within(0, 1)]
    crossover: Annotated[Array, "um", ("temperature",), Within(0, strict=True)]
    total_strain_rate: Annotated[float, "1/s", Within(0)]
    picture: Picture


@model("creep.deformation_map", scale=CONTINUUM, depends=["matplotlib"])
def deformation_map(
    lattice_rate: Annotated[float, "1/s", Within(0, strict=True)],
    boundary_rate: Annotated[float, "1/s", Within(0, strict=True)],
    formation_energy: Annotated[float, "eV", Within(0, strict=True)],
    migration_energy: Annotated[float, "eV", Within(0, strict=True)],
    stress: Annotated[float, "MPa", Within(0, 100, strict=True)],
    temperature: Annotated[float, "K", Within(200, 1500)],
    grain_size: Annotated[float, "um", Within(0.01, 1e5)],
    boundary_energy: Annotated[float, "kJ/mol", Within(0, strict=True)] = COPPER_BOUNDARY[1],
    *,
    coldest: Annotated[float, "K", Within(200, 1500)] = 500.0,
    hottest: Annotated[float, "K", Within(200, 1500)] = 1300.0,
    finest: Annotated[float, "um", Within(0.01, 1e5)] = 0.1,
    coarsest: Annotated[float, "um", Within(0.01, 1e5)] = 1000.0,
    resolution: Annotated[int, Within(2, 1000)] = 121,
    material: str = "",
) -> Deformation:
    """Both diffusional mechanisms over grain size and temperature, with a picture.

    Both are carried there from the chain's one point, `temperature` T0 and `grain_size` d0, where the
    two rates were computed. The lattice's goes as (T0/T) (d0/d)^2 exp[-Q/k (1/T - 1/T0)], Q being the
    sum of formation and migration energy, the boundaries' as the cube of d0/d with their own
    activation energy: the laws of `creep.nabarro_herring` and `creep.coble`, whose coefficients thus
    stand in one place. Both rates are proportional to `stress`, which is only written on the picture.
    `material` goes to its title.

    Raises ValueError unless coldest < hottest and finest < coarsest. The form of the
    map is M. F. Ashby's, Acta Metall. 20, 887 (1972); glide and climb of dislocations are not on it.
    """
    from bridge_creep import map_picture  # late: see the package

    if not (coldest < hottest and finest < coarsest):
        raise ValueError(
            f"the map spans {coldest:g} K to {hottest:g} K and {finest:g} um to {coarsest:g} um. "
            f"Write coldest below hottest and finest below coarsest."
        )
    kelvin = np.linspace(coldest, hottest, resolution)
    micron = np.geomspace(finest, coarsest, resolution)
    lattice_energy = (formation_energy + migration_energy) * KJ_PER_MOL
    coarser = (micron / grain_size)[:, None]
    lattice = lattice_rate * hotter(kelvin, temperature, lattice_energy) / coarser**2
    boundary = boundary_rate * hotter(kelvin, temperature, boundary_energy) / coarser**3
    crossover = (boundary / lattice * micron[:, None])[0]
    total = lattice + boundary
    own = (temperature, grain_size, lattice_rate + boundary_rate)
    title = f"Diffusional creep{f' of {material}' if material else ''} under {stress:g} MPa in tension"
    return Deformation(
        grain_size=micron,
        temperature=kelvin,
        strain_rate=total,
        boundary_share=boundary / total,
        crossover=crossover,
        total_strain_rate=lattice_rate + boundary_rate,
        picture=map_picture.draw(kelvin, micron, total, crossover, own, title),
    )


def hotter(temperature: Array, reference: float, energy: float) -> Array:
    """Factor by which D/T grows from the reference temperature, for an activation energy in kJ/mol."""
    return reference / temperature * np.exp(-energy * 1e3 / R * (1 / temperature - 1 / reference))
