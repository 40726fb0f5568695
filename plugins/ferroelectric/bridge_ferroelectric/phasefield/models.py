"""From Landau's free energy to domain walls and domain patterns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from bridge import File, Picture, Within, model
from bridge_ferroelectric.interfaces import CONTINUUM, Gradient, Landau, Positive
from bridge_ferroelectric.wall_kinds import WallKind

Array = NDArray[np.float64]

VTI = "application/vnd.vtk.imagedata+xml"
"""Media type of ParaView's .vti, for which none is registered."""

HLINKA_MARTON = (
    "J. Hlinka and P. Márton, Phys. Rev. B 74, 104104 (2006); P. Marton, I. Rychetsky and J. Hlinka, "
    "Phys. Rev. B 81, 144125 (2010)"
)


@dataclass(frozen=True)
class Published:
    """Coefficients as published; the background permittivity is that of the lattice without its soft mode."""

    landau: Landau
    gradient: Gradient
    background_permittivity: Annotated[float, "1", Within(1)]
    citation: str


@model("ferroelectric.hlinka_marton", scale=CONTINUUM)
def hlinka_marton() -> Published:
    """Hlinka and Márton's coefficients of BaTiO3, from experiments.

    Stress-free, about 393 K. Electrostriction was published as stress, q = C·Q with f = −q44 (e4 P2 P3 + …) and
    engineering shear: Q11 + 2 Q12 = (q11 + 2 q12)/(C11 + 2 C12), Q11 − Q12 = (q11 − q12)/(C11 − C12), Q44 = q44/C44.
    With them Ps is 0.265 C/m² at 298 K. They describe all three ferroelectric phases; above 443 K α111 is negative,
    and they are refused. J. Hlinka and P. Márton, Phys. Rev. B 74, 104104 (2006); P. Marton, I. Rychetsky and
    J. Hlinka, Phys. Rev. B 81, 144125 (2010).
    """
    c11, c12, c44 = 275.0, 179.0, 54.3
    q11, q12, q44 = 14.2, -0.74, 1.57
    volume = (q11 + 2 * q12) / (c11 + 2 * c12)
    shape = (q11 - q12) / (c11 - c12)
    landau = Landau(
        name="BaTiO3, Hlinka–Márton",
        source=HLINKA_MARTON,
        reference_temperature=393.0,
        alpha1=3.34e5 * (393.0 - 381.0),
        alpha1_slope=3.34e5,
        alpha11=-2.02e8,
        alpha11_slope=4.69e6,
        alpha12=3.23e8,
        alpha12_slope=0.0,
        alpha111=2.76e9,
        alpha111_slope=-5.52e7,
        alpha112=4.47e9,
        alpha123=4.91e9,
        Q11=(volume + 2 * shape) / 3,
        Q12=(volume - shape) / 3,
        Q44=q44 / c44,
        C11=c11,
        C12=c12,
        C44=c44,
    )
    return Published(landau, Gradient(G11=51e-11, G12=-2e-11, G44=2e-11), 7.35, HLINKA_MARTON)


@dataclass(frozen=True)
class ContinuumWall:
    """A planar wall between two domains.

    `energy` is the free energy σ; `internal_energy` is σ − T dσ/dT, what a difference of two simulations of a lattice
    at T gives. `width` is 2 Ps over the slope where what switches passes its middle, Ps being half of its step.
    `spontaneous_polarization` and `spontaneous_strain` (its largest and smallest principal value) are the domains'.
    Profiles are in the wall's axes, the rows of `axes`: r its normal, s what switches, t = r × s; strain and stress
    in the order rr, ss, tt, st, tr, rs with engineering shear. `largest_turn` is the largest change of Pt: not zero in
    a wall of Bloch's type.
    """

    energy: Annotated[float, "mJ/m^2", Within(0)]
    internal_energy: Annotated[float, "mJ/m^2"]
    width: Annotated[float, "nm", Positive]
    straight_energy: Annotated[float, "mJ/m^2", Within(0)]
    straight_width: Annotated[float, "nm", Positive]
    spontaneous_polarization: Annotated[float, "C/m^2", Positive]
    spontaneous_strain: Annotated[Array, "1", ("principal=2",)]
    largest_turn: Annotated[float, "C/m^2", Within(0)]
    axes: Annotated[Array, "1", ("axis=3", "xyz=3")]
    position: Annotated[Array, "nm", ("position",)]
    polarization: Annotated[Array, "C/m^2", ("position", "axis=3")]
    strain: Annotated[Array, "1", ("position", "voigt=6")]
    stress: Annotated[Array, "GPa", ("position", "voigt=6")]
    picture: Picture


@model("ferroelectric.continuum_wall", scale=CONTINUUM, depends=["scipy", "matplotlib"])
def continuum_wall(
    landau: Landau,
    gradient: Gradient,
    temperature: Annotated[float, "K", Positive],
    kind: WallKind = "180",
    background_permittivity: Annotated[float, "1", Within(1)] = 7.0,
    *,
    points: Annotated[int, Within(101, 20001)] = 801,
    temperature_step: Annotated[float, "K", Within(0, 50, strict=True)] = 2.0,
) -> ContinuumWall:
    """Energy, width and profile of a neutral, mechanically compatible domain wall.

    The polarization is free in all three components along the normal r, the strains along the wall are those of the
    domains, the stresses on it are zero, and Dr is constant, so that ½ (Pr − Pr0)²/ε0ε_b is stored. The domains'
    own energy is subtracted. Newton's method on `points` along r; walls that turn (Bloch) are found where they are
    lower. `straight_…` are closed forms for a path on which only Ps moves, which is often what is published.
    "180" is {001}, "180{110}" the other principal plane and "90" the head-to-tail wall of the tetragonal phase; O and
    R stand for the orthorhombic and rhombohedral phases. dσ/dT is taken over ± `temperature_step`, on one side where
    the phase exists on one side only.

    Raises ValueError where the wall's phase is no minimum at the temperature, saying where it is; ArithmeticError
    where its domains are no stable neighbours. P. Marton, I. Rychetsky and J. Hlinka, Phys. Rev. B 81, 144125 (2010).
    """
    from bridge_ferroelectric.phasefield import profile  # late: scipy and matplotlib

    return profile.measured(landau, gradient, temperature, kind, background_permittivity, points, temperature_step)


@dataclass(frozen=True)
class Pattern:
    """A domain pattern and how it came about.

    `polarization` has a z of one point in two dimensions. `phase` is the stable one, and `variants` names the domain
    states of all ferroelectric minima, its own first, in the order of `variant_direction` and `variant_fraction`: a
    box can prefer a phase that is metastable without it. Fractions are parts of the volume, and what they leave of one
    is wall: a cell belongs to the variant nearest to its P if the angle between them is below 30° and |P| above half
    the spontaneous one. `variants_above` counts those of more than 5 %. `wall_density` is wall area a volume (length
    an area in two dimensions), estimated.
    Energies are densities, means over the box, against the cubic crystal without stress and field; their sum,
    `energy`, never rises. `picture` shows the angle as colour; `file` is for ParaView (.vti).
    """

    polarization: Annotated[Array, "C/m^2", ("component=3", "x", "y", "z")]
    variants: str
    variant_direction: Annotated[Array, "1", ("variant", "component=3")]
    variant_fraction: Annotated[Array, "1", ("variant",), Within(0, 1)]
    variants_above: Annotated[int, Within(0)]
    wall_density: Annotated[float, "1/nm", Within(0)]
    mean_polarization: Annotated[float, "C/m^2", Within(0)]
    net_polarization: Annotated[Array, "C/m^2", ("component=3",)]
    spontaneous_polarization: Annotated[float, "C/m^2", Positive]
    mean_strain: Annotated[Array, "1", ("voigt=6",)]
    phase: str
    time: Annotated[Array, "ps", ("time",)]
    energy: Annotated[Array, "MJ/m^3", ("time",)]
    landau_energy: Annotated[Array, "MJ/m^3", ("time",)]
    gradient_energy: Annotated[Array, "MJ/m^3", ("time",)]
    elastic_energy: Annotated[Array, "MJ/m^3", ("time",)]
    electric_energy: Annotated[Array, "MJ/m^3", ("time",)]
    field_energy: Annotated[Array, "MJ/m^3", ("time",)]
    steps_taken_back: Annotated[int, Within(0)]
    file: Annotated[File, VTI]
    picture: Picture


@model("ferroelectric.phasefield", scale=CONTINUUM, depends=["numba", "pyfftw", "matplotlib"])
def phasefield(
    landau: Landau,
    gradient: Gradient,
    temperature: Annotated[float, "K", Positive],
    background_permittivity: Annotated[float, "1", Within(1)] = 7.0,
    boundary: Literal["twin", "free", "clamped"] = "twin",
    components: Literal["in-plane", "three"] = "in-plane",
    field_x: Annotated[float, "MV/m"] = 0.0,
    field_y: Annotated[float, "MV/m"] = 0.0,
    field_z: Annotated[float, "MV/m"] = 0.0,
    mobility: Annotated[float, "C^2/(J*m*s)", Positive] = 4e4,
    *,
    dimensions: Literal["2", "3"] = "2",
    cells: Annotated[int, Within(8, 4096)] = 256,
    spacing: Annotated[float, "nm", Positive] = 0.125,
    steps: Annotated[int, Within(1)] = 2000,
    noise: Annotated[float, "C/m^2", Positive] = 0.05,
    timestep: Annotated[float, "ps", Within(0)] = 0.0,
    record_every: Annotated[int, Within(1)] = 20,
    seed: Annotated[int, Within(0)] = 0,
) -> Pattern:
    """Domain pattern of a ferroelectric by time-dependent Ginzburg–Landau, ∂P/∂t = −mobility δF/δP.

    F = Landau (stress-free) + gradient + ½ (e − Q PP)·C·(e − Q PP) + depolarising field in ε_b − E·P, on a periodic
    box of `cells`² or `cells`³ points. The strain is in mechanical equilibrium; its mean is what makes the box
    `free` of stress, zero (`clamped`), or the average over the variants of the stable phase (`twin`), as of a crystal
    among others. A free box ends as a single domain; three free components turn out of the plane; in-plane
    polarization with the twin average gives twins. In two dimensions nothing varies along z. The mean field is E: the
    box as a whole is short-circuited. It starts from Gaussian noise of standard deviation `noise`, smooth over
    a wall's width. `mobility` sets the clock alone; 4e4 is a usual value for BaTiO3, known to no better than its order.

    Semi-implicit in Fourier space: gradients and depolarising field at the new time, the rest at the old. `timestep`
    0 chooses the largest that cannot raise the energy. Raises ValueError where the phase asked for is no minimum, or
    where `spacing` is above 1/2.5 of the narrowest wall, with the one to use; ArithmeticError for a time step that
    raises the energy, with the largest one that does not, and where the noise decays to the cubic phase.

    L. Q. Chen and J. Shen, Comput. Phys. Commun. 108, 147 (1998); H.-L. Hu and L.-Q. Chen, J. Am. Ceram. Soc. 81, 492
    (1998); P. Marton and J. Hlinka, Phase Transit. 79, 467 (2006).
    """
    from bridge_ferroelectric.phasefield import simulation  # late: numba, pyfftw and matplotlib

    return simulation.pattern_of(
        landau, gradient, temperature, background_permittivity, boundary, 2 if components == "in-plane" else 3,
        np.array([field_x, field_y, field_z]) * 1e6, mobility, int(dimensions), cells, spacing, steps, noise,
        timestep * 1e-12, record_every, seed,
    )  # fmt: skip
