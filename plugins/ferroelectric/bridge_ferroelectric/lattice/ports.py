"""What the models of the lattice give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from bridge import Picture, Within
from bridge_ferroelectric.interfaces import LatticeState

Array = NDArray[np.float64]
Kelvin = Annotated[float, "K", Within(0, 3000, strict=True)]
Phase = Literal["cubic", "tetragonal", "orthorhombic", "rhombohedral"]


@dataclass(frozen=True)
class Phases:
    """Uniform phases at 0 K in the order tetragonal, orthorhombic, rhombohedral; mode along [001], [011], [111].

    `enthalpy` is that of a cell against the cubic phase at the same pressure. `minimum` says whether no uniform change
    of the mode lowers it: `softest` is the least eigenvalue of its second derivatives. `curvature` is that of the
    cubic phase, "total 2κ". `well` is the enthalpy over `amplitude`.
    """

    ground: Literal["tetragonal", "orthorhombic", "rhombohedral"]
    enthalpy: Annotated[Array, "meV", ("phase=3",)]
    displacement: Annotated[Array, "angstrom", ("phase=3",)]
    polarization: Annotated[Array, "C/m^2", ("phase=3",)]
    strain: Annotated[Array, "1", ("phase=3", "voigt=6")]
    softest: Annotated[Array, "eV/angstrom^2", ("phase=3",)]
    minimum: Annotated[NDArray[np.bool_], "1", ("phase=3",)]
    curvature: Annotated[float, "eV/angstrom^2"]
    amplitude: Annotated[Array, "angstrom", ("amplitude",)]
    well: Annotated[Array, "meV", ("phase=3", "amplitude")]
    picture: Picture


@dataclass(frozen=True)
class Start:
    """A lattice without order."""

    lattice: LatticeState


@dataclass(frozen=True)
class Rung:
    """What the lattice does at one temperature, and where it stands at the end.

    Means over the samples, their standard errors from ten blocks. `polarization` is Z*u over the volume a0³ of the
    cubic reference, `polarization_strained` over the volume that the cell has. `amplitude` is the mean over steps of
    the sorted |components| of the mean mode, which does not cancel when the polarization turns. `susceptibility` is
    the static one, from the fluctuations of P and without the electrons' ε∞ - 1. `energy` is the enthalpy without
    kinetic energy. `phase` counts the components of `displacement` above 0.4 of that of the rhombohedral well at 0 K.
    `…_trajectory` are single steps at the times `time`.
    """

    lattice: LatticeState
    phase: Phase
    displacement: Annotated[Array, "angstrom", ("component=3",)]
    displacement_error: Annotated[Array, "angstrom", ("component=3",)]
    amplitude: Annotated[Array, "angstrom", ("rank=3",)]
    polarization: Annotated[Array, "C/m^2", ("component=3",)]
    polarization_strained: Annotated[Array, "C/m^2", ("component=3",)]
    strain: Annotated[Array, "1", ("voigt=6",)]
    strain_error: Annotated[Array, "1", ("voigt=6",)]
    strain_fluctuation: Annotated[Array, "1", ("voigt=6",), Within(0)]
    susceptibility: Annotated[Array, "1", ("component=3", "direction=3")]
    energy: Annotated[float, "meV"]
    energy_error: Annotated[float, "meV", Within(0)]
    kinetic_temperature: Annotated[float, "K", Within(0)]
    time: Annotated[Array, "ps", ("time",)]
    polarization_trajectory: Annotated[Array, "C/m^2", ("time", "component=3")]
    strain_trajectory: Annotated[Array, "1", ("time", "voigt=6")]
    temperature_trajectory: Annotated[Array, "K", ("time",)]


@dataclass(frozen=True)
class Hysteresis:
    """Transitions of a ladder, in the order cubic–tetragonal, tetragonal–orthorhombic, orthorhombic–rhombohedral.

    Each lies midway between two rungs, ± `…_half_step`. One that the ladder does not cross is false in `…_seen`, and
    0 K. Where the lattice leaves out a phase, two transitions lie at the same temperature. `spontaneous` counts the
    spontaneous components at each rung; `tetragonal` are the coldest and the hottest temperature at which the lattice
    is tetragonal on both ways (0 K, 0 K if nowhere).
    """

    cooling: Annotated[Array, "K", ("transition=3",), Within(0)]
    cooling_half_step: Annotated[Array, "K", ("transition=3",), Within(0)]
    cooling_seen: Annotated[NDArray[np.bool_], "1", ("transition=3",)]
    heating: Annotated[Array, "K", ("transition=3",), Within(0)]
    heating_half_step: Annotated[Array, "K", ("transition=3",), Within(0)]
    heating_seen: Annotated[NDArray[np.bool_], "1", ("transition=3",)]
    spontaneous: Annotated[NDArray[np.int64], "1", ("rung",), Within(0, 3)]
    tetragonal: Annotated[Array, "K", ("end=2",), Within(0)]
    picture: Picture


@dataclass(frozen=True)
class Ladder:
    """All rungs of a ladder in the order in which they ran, and its transitions."""

    temperature: Annotated[Array, "K", ("rung",)]
    displacement: Annotated[Array, "angstrom", ("rung", "component=3")]
    polarization: Annotated[Array, "C/m^2", ("rung", "component=3")]
    strain: Annotated[Array, "1", ("rung", "voigt=6")]
    susceptibility: Annotated[Array, "1", ("rung", "component=3", "direction=3")]
    energy: Annotated[Array, "meV", ("rung",)]
    transitions: Hysteresis
    lattice: LatticeState


@dataclass(frozen=True)
class Checked:
    """The temperature, now known to be one of the tetragonal phase."""

    temperature: Kelvin
