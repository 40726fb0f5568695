"""How well neighbouring scales agree, and the chain as one page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bridge import File, Picture, Within, model
from bridge_ferroelectric.interfaces import CONTINUUM, Gradient, Hamiltonian, Landau, Positive

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Lattice:
    """Of `ferroelectric.rung`: what is compared with the continuum."""

    polarization: Annotated[Array, "C/m^2", ("component=3",)]
    strain: Annotated[Array, "1", ("voigt=6",)]


@dataclass(frozen=True)
class LatticeWall:
    """Of `ferroelectric.wall`: what is compared with the continuum."""

    energy: Annotated[float, "mJ/m^2"]
    energy_error: Annotated[float, "mJ/m^2", Within(0)]
    width: Annotated[float, "nm", Positive]
    position: Annotated[Array, "nm", ("position",)]
    polarization: Annotated[Array, "C/m^2", ("position", "axis=3")]


@dataclass(frozen=True)
class ContinuumWall:
    """Of `ferroelectric.continuum_wall`: what is compared with the lattice."""

    energy: Annotated[float, "mJ/m^2", Within(0)]
    internal_energy: Annotated[float, "mJ/m^2"]
    width: Annotated[float, "nm", Positive]
    spontaneous_polarization: Annotated[float, "C/m^2", Positive]
    spontaneous_strain: Annotated[Array, "1", ("principal=2",)]
    position: Annotated[Array, "nm", ("position",)]
    polarization: Annotated[Array, "C/m^2", ("position", "axis=3")]


@dataclass(frozen=True)
class Closing:
    """What the coarse scale makes of the fine one, against the fine one itself: (coarse − fine)/fine.

    `strain` is that of c/a − 1. `wall` compares internal energies, σ − T dσ/dT, the only ones that a difference of
    two simulations gives; `wall_uncertainty` is the lattice's standard error over its value. `wall_free_energy` is the
    continuum's σ, which the lattice has no number for; `width` compares 2 Ps/slope.
    """

    temperature: Annotated[float, "K", Positive]
    polarization_fine: Annotated[float, "C/m^2", Positive]
    polarization_coarse: Annotated[float, "C/m^2", Positive]
    polarization_error: Annotated[float, "1"]
    strain_fine: Annotated[float, "1"]
    strain_coarse: Annotated[float, "1"]
    strain_error: Annotated[float, "1"]
    wall_fine: Annotated[float, "mJ/m^2"]
    wall_coarse: Annotated[float, "mJ/m^2"]
    wall_error: Annotated[float, "1"]
    wall_uncertainty: Annotated[float, "1", Within(0)]
    wall_free_energy: Annotated[float, "mJ/m^2", Within(0)]
    width_fine: Annotated[float, "nm", Positive]
    width_coarse: Annotated[float, "nm", Positive]
    width_error: Annotated[float, "1"]
    picture: Picture


@model("ferroelectric.closing", scale=CONTINUUM, depends=["matplotlib"])
def closing(
    temperature: Annotated[float, "K", Positive],
    fitted: Annotated[Array, "K", ("temperature",), Positive],
    lattice: Lattice,
    wall: LatticeWall,
    continuum: ContinuumWall,
) -> Closing:
    """Closing errors between lattice and continuum, at a temperature that the fit has not seen.

    `lattice` is a run without constraint at `temperature`, `wall` its 180° wall there, `continuum` the same wall by the
    fitted free energy and gradients. The picture lays both profiles over each other.

    Raises ValueError where `temperature` is one of `fitted`, or the lattice has no polarization.
    """
    from bridge_ferroelectric.report import compare  # late: matplotlib

    return Closing(**compare.close(temperature, fitted, lattice.polarization, lattice.strain, wall, continuum))


@dataclass(frozen=True)
class Onsite:
    """What the electrons of one cell decide."""

    functional: str
    lattice_constant: Annotated[float, "angstrom"]
    kappa: Annotated[float, "eV/angstrom^2"]
    alpha: Annotated[float, "eV/angstrom^4"]
    gamma: Annotated[float, "eV/angstrom^4"]


@dataclass(frozen=True)
class Electrons:
    """Of `ferroelectric.quantum`."""

    onsite: Onsite
    disagreement: Annotated[float, "1", Within(0)]
    picture: Picture


@dataclass(frozen=True)
class Ladder:
    """Of `ferroelectric.hysteresis`."""

    cooling: Annotated[Array, "K", ("transition=3",), Within(0)]
    heating: Annotated[Array, "K", ("transition=3",), Within(0)]
    picture: Picture


@dataclass(frozen=True)
class Theory:
    """Of `ferroelectric.landau`."""

    chi2_per_degree: Annotated[float, "1", Within(0)]
    curie_weiss_temperature: Annotated[float, "K"]
    curie_weiss_temperature_error: Annotated[float, "K", Within(0)]
    rejected: str
    picture: Picture


@dataclass(frozen=True)
class Domains:
    """Of `ferroelectric.phasefield`."""

    variants: str
    variant_fraction: Annotated[Array, "1", ("variant",), Within(0, 1)]
    variants_above: Annotated[int, Within(0)]
    mean_polarization: Annotated[float, "C/m^2", Within(0)]
    picture: Picture


@dataclass(frozen=True)
class Report:
    """The chain's result in a few numbers, and a page that holds all pictures."""

    polarization: Annotated[float, "C/m^2", Positive]
    wall_energy_180: Annotated[float, "mJ/m^2", Positive]
    wall_width_180: Annotated[float, "nm", Positive]
    wall_energy_90: Annotated[float, "mJ/m^2", Positive]
    wall_width_90: Annotated[float, "nm", Positive]
    polarization_error: Annotated[float, "1"]
    strain_error: Annotated[float, "1"]
    wall_error: Annotated[float, "1"]
    width_error: Annotated[float, "1"]
    variants_above: Annotated[int, Within(2)]
    picture: Picture
    page: Annotated[File, "text/html"]


@model("ferroelectric.report", scale=CONTINUUM)
def report(
    temperature: Annotated[float, "K", Positive],
    electrons: Electrons,
    hamiltonian: Hamiltonian,
    remark: str,
    ladder: Ladder,
    theory: Theory,
    landau: Landau,
    gradient: Gradient,
    wall_180: ContinuumWall,
    wall_90: ContinuumWall,
    domains: Domains,
    closing: Closing,
) -> Report:
    """What the chain found at `temperature`, scale by scale, on one HTML page that needs nothing from outside.

    Refused (by the range of `variants_above`) where the pattern holds fewer than two variants above 5 %: then it has
    become a single domain, and has no walls.
    """
    from bridge_ferroelectric.report import chain  # late: see the package

    return Report(
        polarization=domains.mean_polarization,
        wall_energy_180=wall_180.energy,
        wall_width_180=wall_180.width,
        wall_energy_90=wall_90.energy,
        wall_width_90=wall_90.width,
        polarization_error=closing.polarization_error,
        strain_error=closing.strain_error,
        wall_error=closing.wall_error,
        width_error=closing.width_error,
        variants_above=domains.variants_above,
        picture=domains.picture,
        page=File(
            chain.page(
                temperature,
                electrons,
                hamiltonian,
                remark,
                ladder,
                theory,
                landau,
                gradient,
                wall_180,
                wall_90,
                domains,
                closing,
            ),
            "text/html",
        ),
    )
