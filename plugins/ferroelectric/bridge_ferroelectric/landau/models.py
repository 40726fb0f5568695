"""From the lattice to the continuum: free energy, gradient coefficients and walls measured on the lattice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from bridge import Picture, Within, model
from bridge_ferroelectric.interfaces import LATTICE, Gradient, Hamiltonian, Landau, Positive
from bridge_ferroelectric.wall_kinds import LatticeWallKind

Array = NDArray[np.float64]

ALONG = ("direction=3", "amplitude")


@dataclass(frozen=True)
class Points:
    """What holding the mean mode along [001], [011] and [111] costs, at one temperature.

    Amplitudes fall. `force` is the mean force on the mode of a cell, `field` = dG/dP the electric field that would
    hold it, `field_error` that of its component along P; `polarization` is Z* ū/a0³ (per reference volume),
    `strain` is measured from the cube of a0, `distortion_error` belongs to the strain that only a polarization makes
    (tetragonal, orthorhombic or trigonal), `volume_error` to its trace.
    """

    displacement: Annotated[Array, "angstrom", (*ALONG, "component=3")]
    force: Annotated[Array, "eV/angstrom", (*ALONG, "component=3")]
    force_error: Annotated[Array, "eV/angstrom", ALONG, Positive]
    polarization: Annotated[Array, "C/m^2", (*ALONG, "component=3")]
    field: Annotated[Array, "V/m", (*ALONG, "component=3")]
    field_error: Annotated[Array, "V/m", ALONG, Positive]
    strain: Annotated[Array, "1", (*ALONG, "voigt=6")]
    distortion_error: Annotated[Array, "1", ALONG, Within(0)]
    volume_error: Annotated[Array, "1", ALONG, Within(0)]
    temperature: Annotated[float, "K", Positive]


@model("ferroelectric.constrained", scale=LATTICE, depends=["numba", "numpy", "pyfftw", "scipy"])
def constrained(
    hamiltonian: Hamiltonian,
    temperature: Annotated[float, "K", Positive],
    pressure: Annotated[float, "GPa", Within(-50, 50)] = 0.0,
    *,
    cells: Annotated[int, Within(4, 64)] = 12,
    amplitudes: Annotated[int, Within(3, 50)] = 6,
    smallest: Annotated[float, "1", Within(0, 5, strict=True)] = 0.33,
    largest: Annotated[float, "1", Within(0, 5, strict=True)] = 0.88,
    equilibrate: Annotated[int, Within(1)] = 1000,
    sample: Annotated[int, Within(40)] = 4000,
    timestep: Annotated[float, "fs", Positive] = 2.0,
    seed: Annotated[int, Within(0)] = 0,
) -> Points:
    """Free energy of a uniform polarization by its slope: molecular dynamics at fixed mean mode ū.

    The mean force on u is taken off every cell, so that ū stays where it was put while all other modes move; the
    strain is that of the given pressure (that of the record is not added). Then dG/dū = -⟨f⟩ of a cell and dG/dP =
    -⟨f⟩/Z*. Along each direction |ū| falls in `amplitudes` equal steps from `largest` to `smallest`, in units of |u| in
    the tetragonal well at 0 K, each run starting from the last of the one before: `equilibrate` steps to settle,
    `sample` to average. Errors come from eight blocks, with a floor of 5e-4 eV/Å for the polynomial that is to pass
    through the points.

    Raises ValueError unless smallest < largest; ArithmeticError for a hamiltonian without a tetragonal well, and for a
    time step that is too large, naming one that will do.
    Method: J. Íñiguez, S. Ivantchev, J. M. Perez-Mato and A. García, Phys. Rev. B 63, 144103 (2001); G. Geneste,
    Phys. Rev. B 79, 064101 (2009); A. Kumar and U. V. Waghmare, Phys. Rev. B 82, 054117 (2010).
    """
    from bridge_ferroelectric.landau import mean_mode, settling  # late: see the package

    if not smallest < largest:
        raise ValueError(
            f"amplitudes fall from largest={largest:g} to smallest={smallest:g}: write smallest below largest, "
            "such as smallest=0.33, largest=0.88."
        )
    fractions = np.linspace(largest, smallest, amplitudes)
    run = settling.Schedule(equilibrate, sample, timestep, seed)
    found = mean_mode.scan(hamiltonian, temperature, pressure, fractions, cells, run)
    return Points(**found, temperature=temperature)


@dataclass(frozen=True)
class Coefficients:
    """One number a fitted coefficient: its error, or an end of its spread over polynomials."""

    alpha1: Annotated[float, "J*m/C^2"]
    alpha1_slope: Annotated[float, "J*m/C^2/K"]
    alpha11: Annotated[float, "J*m^5/C^4"]
    alpha11_slope: Annotated[float, "J*m^5/C^4/K"]
    alpha12: Annotated[float, "J*m^5/C^4"]
    alpha12_slope: Annotated[float, "J*m^5/C^4/K"]
    alpha111: Annotated[float, "J*m^9/C^6"]
    alpha112: Annotated[float, "J*m^9/C^6"]
    alpha123: Annotated[float, "J*m^9/C^6"]
    Q11: Annotated[float, "m^4/C^2"]
    Q12: Annotated[float, "m^4/C^2"]
    Q44: Annotated[float, "m^4/C^2"]


@dataclass(frozen=True)
class Theory:
    """The free energy of the continuum, how well it is known, and how well it closes on the lattice.

    `errors` are standard errors × √(χ²/dof); `lowest` and `highest` the ends of the spread over `polynomials` (one a
    line). `kept` marks the points used, `rejected` lists the others with their reason. `thermal_strain` is the
    strain of the cubic phase from the cube of a0. `spontaneous_polarization` is that of the fit at
    `lattice_temperature`, `closing_error` its relative deviation from the lattice's.
    """

    landau: Landau
    errors: Coefficients
    lowest: Coefficients
    highest: Coefficients
    polynomials: str
    chi2_per_degree: Annotated[float, "1", Within(0)]
    kept: Annotated[NDArray[np.bool_], "1", ("temperature", *ALONG)]
    rejected: str
    rejected_points: Annotated[int, Within(0)]
    curie_weiss_temperature: Annotated[float, "K"]
    curie_weiss_temperature_error: Annotated[float, "K", Within(0)]
    transition_temperature: Annotated[float, "K", Positive]
    thermal_strain: Annotated[Array, "1", ("temperature",)]
    strain_scatter: Annotated[float, "1", Within(0)]
    spontaneous_polarization: Annotated[Array, "C/m^2", ("rung",), Within(0)]
    closing_error: Annotated[Array, "1", ("rung",)]
    picture: Picture


@model("ferroelectric.landau", scale=LATTICE, depends=["matplotlib", "numpy"])
def landau(
    hamiltonian: Hamiltonian,
    temperature: Annotated[Array, "K", ("temperature",), Positive],
    polarization: Annotated[Array, "C/m^2", ("temperature", *ALONG, "component=3")],
    field: Annotated[Array, "V/m", ("temperature", *ALONG, "component=3")],
    field_error: Annotated[Array, "V/m", ("temperature", *ALONG), Positive],
    strain: Annotated[Array, "1", ("temperature", *ALONG, "voigt=6")],
    distortion_error: Annotated[Array, "1", ("temperature", *ALONG), Within(0)],
    volume_error: Annotated[Array, "1", ("temperature", *ALONG), Within(0)],
    lattice_temperature: Annotated[Array, "K", ("rung",), Positive],
    lattice_polarization: Annotated[Array, "C/m^2", ("rung", "component=3")],
    *,
    closing: Annotated[float, "1", Within(0, 1, strict=True)] = 0.05,
) -> Theory:
    """Landau's free energy of sixth order, its electrostriction and stiffness, from points on the lattice.

    One weighted least-squares regression of dG/dP along P over all temperatures together, with α1, α11 and α12
    linear in T and a constant sixth order; the reference is the mean temperature. Points where the lattice
    separated into domains are dropped: those, |P| falling, from where the distortion/P² jumps by more than 20 % or the
    volume turns back.
    Other polynomials (`polynomials`) are fitted to the same points for the spread. Q11, Q12 and Q44 come from a
    regression of the strain with a thermal strain a temperature, C from B/a0³. `lattice_temperature` and
    `lattice_polarization` are those of runs without a constraint (Z*⟨u⟩/a0³), one or more: the fit must give their
    |P|, along the nearest of [001], [011] and [111], within `closing`.

    Raises ValueError for fewer than four temperatures, fewer than two of them above the transition of the fit, or
    points not along the three directions; ArithmeticError where a stability condition fails (α111 > 0, α111 + α112
    > 0, 3 α111 + 6 α112 + α123 > 0), where there is no transition, or where the fit's polarization is not the
    lattice's.
    """
    from bridge_ferroelectric.landau import theory  # late: see the package

    points = theory.Points(temperature, polarization, field, field_error, strain, distortion_error, volume_error)
    return Theory(**theory.build(hamiltonian, points, lattice_temperature, lattice_polarization, closing))


@dataclass(frozen=True)
class Stiffness:
    """Gradient coefficients with G12 = 0, their errors, and the stiffness A(k) = kT/(V⟨|P_k|²⟩) they came from.

    `shear` = ½ (G11 - G12). Branches: k ∥ [100], P ⊥ k and k ∥ [110], P ∥ [001] (A = 2α1 + G44 k²); k ∥ [110],
    P ∥ [1-10] (A = 2α1 + ½ (G11 - G12) k²); wavenumbers in the reference lattice. `harmonic_…` are those of the
    record's quadratic energy alone. `inverse_susceptibility` is A at k → 0.
    """

    gradient: Gradient
    G44_error: Annotated[float, "J*m^3/C^2", Within(0)]
    shear: Annotated[float, "J*m^3/C^2"]
    shear_error: Annotated[float, "J*m^3/C^2", Within(0)]
    harmonic_G44: Annotated[float, "J*m^3/C^2"]
    harmonic_shear: Annotated[float, "J*m^3/C^2"]
    inverse_susceptibility: Annotated[float, "J*m/C^2"]
    inverse_susceptibility_error: Annotated[float, "J*m/C^2", Within(0)]
    wavenumber: Annotated[Array, "1/angstrom", ("branch=3", "harmonic=3")]
    stiffness: Annotated[Array, "J*m/C^2", ("branch=3", "harmonic=3")]
    stiffness_error: Annotated[Array, "J*m/C^2", ("branch=3", "harmonic=3")]


@model("ferroelectric.gradients", scale=LATTICE, depends=["numba", "numpy", "pyfftw", "scipy"])
def gradients(
    hamiltonian: Hamiltonian,
    temperature: Annotated[float, "K", Positive],
    pressure: Annotated[float, "GPa", Within(-50, 50)] = 0.0,
    *,
    cells: Annotated[int, Within(8, 64)] = 16,
    equilibrate: Annotated[int, Within(1)] = 2000,
    sample: Annotated[int, Within(100)] = 8000,
    timestep: Annotated[float, "fs", Positive] = 2.0,
    seed: Annotated[int, Within(0)] = 0,
) -> Stiffness:
    """Gradient coefficients from the fluctuations of the longest transverse waves above the transition.

    A classical mode of stiffness A holds kT: ⟨|P_k|²⟩ = kT/(V A(k)). The uniform mode and the three longest waves of
    each branch are taken. What the record's quadratic energy makes of k is known exactly, to all orders; what
    fluctuations add to it is fitted by a constant common to all branches and a slope in k² for each coefficient,
    weighted by errors from ten blocks and equivalent wavevectors. So no term of order k⁴ enters the slopes at k → 0.
    G12 cannot be had from transverse waves and is set to 0.

    Raises ArithmeticError where the crystal is not cubic at the temperature, a coefficient is negative or the time
    step too large.
    """
    from bridge_ferroelectric.landau import gradient, settling  # late: see the package

    run = settling.Schedule(equilibrate, sample, timestep, seed)
    return Stiffness(**gradient.measure(hamiltonian, temperature, pressure, cells, run))


@dataclass(frozen=True)
class LatticeWall:
    """One domain wall of a periodic box of two.

    `energy` is what `meaning` says: at 0 K the energy, above it the internal energy σ - T dσ/dT, which is not the
    free energy σ; the area is that of the reference lattice. Axes r, s, t, the rows of `axes`: normal, what switches,
    r × s. The profile goes once around the box, walls a quarter and three quarters through it; polarization per
    reference volume, strain from the cube of a0 in the order rr, ss, tt, st, tr, rs with engineering shear. `width` is
    2 Ps/slope of a tanh through the planes beside the wall. The Bloch (t) and Néel (r) components are the largest
    deviations from the domains' near the walls.
    """

    energy: Annotated[float, "mJ/m^2"]
    energy_error: Annotated[float, "mJ/m^2", Within(0)]
    meaning: Literal["energy", "internal energy"]
    remark: str
    width: Annotated[float, "nm", Positive]
    spontaneous_polarization: Annotated[float, "C/m^2", Positive]
    bloch_component: Annotated[float, "C/m^2", Within(0)]
    neel_component: Annotated[float, "C/m^2", Within(0)]
    axes: Annotated[Array, "1", ("axis=3", "xyz=3")]
    position: Annotated[Array, "nm", ("position",)]
    polarization: Annotated[Array, "C/m^2", ("position", "axis=3")]
    strain: Annotated[Array, "1", ("position", "voigt=6")]
    picture: Picture


@model("ferroelectric.wall", scale=LATTICE, depends=["matplotlib", "numba", "numpy", "pyfftw", "scipy"])
def wall(
    hamiltonian: Hamiltonian,
    temperature: Annotated[float, "K", Within(0)],
    pressure: Annotated[float, "GPa", Within(-50, 50)] = 0.0,
    kind: LatticeWallKind = "180",
    *,
    cells_normal: Annotated[int, Within(8, 200)] = 20,
    cells_parallel: Annotated[int, Within(2, 64)] = 12,
    equilibrate: Annotated[int, Within(1)] = 2000,
    sample: Annotated[int, Within(160)] = 8000,
    timestep: Annotated[float, "fs", Positive] = 2.0,
    bloch: Annotated[float, "angstrom", Within(0, 1)] = 0.0,
    seed: Annotated[int, Within(0)] = 0,
) -> LatticeWall:
    """Energy, width and profile of a domain wall on the lattice.

    The wall is neutral, compatible and of rational normal; half of the `cells_normal` planes of the box belong to each
    domain, the homogeneous strain is that of the given pressure. At 0 K a profile, alike over each plane, comes to
    rest; walls that start on a plane of B sites and between two are tried and the lower taken. A component that neither
    the domains nor any force has stays zero, so that a 180° wall is found also where the tetragonal phase is a saddle,
    as in BaTiO3; `bloch` gives it to the walls at rest, which then relax again. `remark` has the energy of walls far
    apart, too, which do not share the box's strain and field. Above 0 K `energy` is the difference of two molecular
    dynamics runs, with two walls and with none, in the same box of `cells_parallel` cells along the wall; its error
    comes from eight blocks.

    Raises ValueError unless `cells_normal` is a multiple of four; ArithmeticError where the crystal has no such phase
    at the temperature, where the wall dissolves at 0 K, where the two walls are not there at the end, or where the
    time step is too large.
    Kinds: P. Marton, I. Rychetsky and J. Hlinka, Phys. Rev. B 81, 144125 (2010).
    """
    from bridge_ferroelectric.landau import settling, wall_measure  # late: see the package

    if cells_normal % 4:
        raise ValueError(
            f"cells_normal={cells_normal} cannot hold two walls, each amid half of the planes: write a multiple of "
            f"four, such as {4 * round(cells_normal / 4)}."
        )
    if temperature == 0:
        return LatticeWall(**wall_measure.at_rest(hamiltonian, kind, pressure, cells_normal, bloch))
    run = settling.Schedule(equilibrate, sample, timestep, seed)
    found = wall_measure.moving(hamiltonian, kind, temperature, pressure, cells_normal, cells_parallel, run)
    return LatticeWall(**found)
