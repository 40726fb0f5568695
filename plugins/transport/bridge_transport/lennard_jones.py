"""A Lennard-Jones fluid, its own units in which molecular dynamics runs, and what a sheared one is found to be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bridge import Scale, StandardErrorOf, Within

Array = NDArray[np.float64]

BOLTZMANN = 1.380649e-23
"""J/K, exact by definition of the SI (2019)."""

AVOGADRO = 6.02214076e23
"""1/mol, exact by definition of the SI (2019)."""

ARGON = (3.405, 119.8, 39.948)
"""Diameter in angstrom, well depth in K and molar mass in g/mol: A. Rahman, Phys. Rev. 136, A405 (1964), as refined by
L. Verlet, Phys. Rev. 159, 98 (1967)."""

CUTOFF = 2.5
"""Diameters within which particles act on one another; nothing is added for those beyond."""

STEP = 0.005
"""Time step in the fluid's own unit of time, at temperatures up to one unit; it shrinks with thermal speed above."""

BLOCKS = 20
"""Of a series, whose means are taken as independent."""

SLABS = 10
"""Of equal height, in which the velocity of the flow is looked at."""

MOLECULAR = Scale("molecular", length="0.3 nm .. 10 nm", time="1 fs .. 10 ns")


@dataclass(frozen=True)
class Reduced:
    """The same state and its viscosity in units of diameter, well depth and mass of the particles."""

    density: Annotated[float, "1", Within(0, strict=True)]
    temperature: Annotated[float, "1", Within(0, strict=True)]
    shear_rate: Annotated[float, "1", Within(0, strict=True)]
    viscosity: Annotated[float, "1"]
    viscosity_error: Annotated[float, "1", Within(0), StandardErrorOf("viscosity")]
    pressure: Annotated[float, "1"]
    pressure_error: Annotated[float, "1", Within(0), StandardErrorOf("pressure")]
    potential_energy: Annotated[float, "1"]


@dataclass(frozen=True)
class Sheared:
    """A fluid in steady shear, as averages over time and particles.

    Standard errors are those of the mean of 20 blocks of the series. `potential_energy` and `kinetic_energy` are a
    mole's, of the potential truncated at 2.5 diameters and shifted to zero there; `kinetic_temperature` is what
    peculiar velocities say; `velocity` is that of the flow in the laboratory, over `height` in the box.
    """

    viscosity: Annotated[float, "Pa*s"]
    viscosity_error: Annotated[float, "Pa*s", Within(0), StandardErrorOf("viscosity")]
    shear_stress: Annotated[float, "Pa"]
    pressure: Annotated[float, "Pa"]
    pressure_error: Annotated[float, "Pa", Within(0), StandardErrorOf("pressure")]
    kinetic_temperature: Annotated[float, "K", Within(0)]
    kinetic_energy: Annotated[float, "kJ/mol", Within(0)]
    potential_energy: Annotated[float, "kJ/mol"]
    height: Annotated[Array, "nm", ("height",)]
    velocity: Annotated[Array, "m/s", ("height",)]
    reduced: Reduced


@dataclass(frozen=True)
class Fluid:
    """Particles by their diameter (m), well depth (J) and mass (kg), whose combinations are units of everything."""

    diameter: float
    well_depth: float
    mass: float

    @classmethod
    def of(cls, diameter: float, well_depth: float, molar_mass: float) -> Fluid:
        """By numbers as tables have them: angstrom, K (over Boltzmann's constant), g/mol."""
        return cls(diameter * 1e-10, well_depth * BOLTZMANN, molar_mass * 1e-3 / AVOGADRO)

    @property
    def time(self) -> float:
        """Unit of time in s: of argon, 2.16 ps."""
        return self.diameter * math.sqrt(self.mass / self.well_depth)

    @property
    def pressure(self) -> float:
        """Unit of pressure and stress in Pa: of argon, 42 MPa."""
        return self.well_depth / self.diameter**3

    def state(self, density: float, temperature: float, shear_rate: float) -> State:
        """Read a state in kg/m³, K and 1/s. Raises ValueError where it is no liquid or gas that can be sheared."""
        state = State(
            density / (self.mass / self.diameter**3),
            temperature * BOLTZMANN / self.well_depth,
            shear_rate * self.time,
        )
        given = (
            ("density", f"{density:g} kg/m^3", state.density, 1e-3, 1.0, self.mass / self.diameter**3, "kg/m^3"),
            ("temperature", f"{temperature:g} K", state.temperature, 0.5, 10.0, self.well_depth / BOLTZMANN, "K"),
            ("shear_rate", f"{shear_rate:g} 1/s", state.shear_rate, 1e-4, 4.0, 1 / self.time, "1/s"),
        )
        for name, said, reduced, low, high, unit, written in given:
            if not low <= reduced <= high:
                raise ValueError(
                    f"{name} = {said} is {reduced:.4g} in units of the particles; the model holds from {low:g} to "
                    f"{high:g}. Write {name} between '{low * unit:.4g} {written}' and '{high * unit:.4g} {written}', "
                    "or other particles (diameter, well_depth, molar_mass)."
                )
        return state


@dataclass(frozen=True)
class State:
    """Density, temperature and shear rate of a fluid in its own units."""

    density: float
    temperature: float
    shear_rate: float

    def edge(self, particles: int) -> float:
        """Edge of the box. Raises ValueError where a particle would meet two images of another."""
        edge, fewest = (particles / self.density) ** (1 / 3), math.ceil(self.density * (2 * CUTOFF) ** 3)
        if particles < fewest:
            raise ValueError(
                f"{particles} particles fill a box of {edge:.2f} diameters, whose edge has to be {2 * CUTOFF:g} or "
                f"more. Write particles={fewest} or more."
            )
        return float(edge)

    @property
    def step(self) -> float:
        """Time step."""
        return STEP / math.sqrt(max(self.temperature, 1.0))

    def check_length(self, steps: int) -> None:
        """Check that blocks are longer than stresses are remembered. Raises ValueError."""
        least = math.ceil(BLOCKS / self.step)
        if steps < least:
            raise ValueError(
                f"{steps} steps make {BLOCKS} blocks of {steps * self.step / BLOCKS:.2g} units of time, too short to "
                f"be independent. Write steps={least} or more."
            )


def summary(fluid: Fluid, state: State, particles: int, rows: Array, slabs: Array, degrees: int) -> Sheared:
    """Averages of a series of (P_xy, pressure, potential energy, kinetic energy), and of slabs of (velocity, count).

    `rows` are in the fluid's own units, energies of all particles together, which have `degrees` of freedom. Raises
    ValueError if they blew up.
    """
    if not np.isfinite(rows).all():
        raise ValueError(
            f"particles came so close after {int(np.isfinite(rows).all(axis=1).sum())} steps that forces overflow. "
            "Write a lower density, temperature or shear_rate."
        )
    stress, stress_error = mean(-rows[:, 0])
    pressure, pressure_error = mean(rows[:, 1])
    potential, kinetic = rows[:, 2].mean() / particles, rows[:, 3].mean() / particles
    reduced = Reduced(
        density=state.density,
        temperature=state.temperature,
        shear_rate=state.shear_rate,
        viscosity=stress / state.shear_rate,
        viscosity_error=stress_error / state.shear_rate,
        pressure=pressure,
        pressure_error=pressure_error,
        potential_energy=float(potential),
    )
    edge = state.edge(particles)
    molar = fluid.well_depth * AVOGADRO / 1e3
    return Sheared(
        viscosity=reduced.viscosity * fluid.pressure * fluid.time,
        viscosity_error=reduced.viscosity_error * fluid.pressure * fluid.time,
        shear_stress=stress * fluid.pressure,
        pressure=pressure * fluid.pressure,
        pressure_error=pressure_error * fluid.pressure,
        kinetic_temperature=float(2 * kinetic * particles / degrees) * fluid.well_depth / BOLTZMANN,
        kinetic_energy=float(kinetic) * molar,
        potential_energy=float(potential) * molar,
        height=((np.arange(len(slabs)) + 0.5) / len(slabs) - 0.5) * edge * fluid.diameter * 1e9,
        velocity=slabs[:, 0] / slabs[:, 1] * fluid.diameter / fluid.time,
        reduced=reduced,
    )


def mean(series: Array) -> tuple[float, float]:
    """Mean of a series and its standard error, from the means of blocks (M. P. Allen and D. J. Tildesley, Computer
    Simulation of Liquids, 2nd ed. (Oxford, 2017), section 8.4)."""
    blocks = np.array([block.mean() for block in np.array_split(series, BLOCKS)])
    return float(series.mean()), float(blocks.std(ddof=1) / math.sqrt(BLOCKS))
