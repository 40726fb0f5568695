"""Hydrogen isotopes through a wall of tungsten, in scalebridge: `scalebridge run wall_scalebridge.py:wall`."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import tungsten
from numpy.typing import NDArray
from prefect import flow

from bridge import Q, Scale, Within, model, runner, stage

Floats = NDArray[np.float64]
Temperature = Annotated[float, "K", Within(300, 2500)]


@dataclass(frozen=True)
class Hops:
    rate: Annotated[Floats, "1/ps", ("cell", "isotope")]
    diffusivity: Annotated[Floats, "angstrom^2/ps", ("cell", "isotope"), Within(0, 1e3)]


@model("tungsten.hop", scale=Scale("atomistic", length="1 angstrom .. 1 nm", time="1 fs .. 1 ns"))
def hop(
    front_temperature: Temperature,
    back_temperature: Temperature,
    mass: Annotated[Floats, "u", ("isotope",)],
    barrier: Annotated[float, "eV", Within(0, 5)],
    attempt_frequency: Annotated[float, "THz", Within(0)],
    jump_length: Annotated[float, "angstrom", Within(0)],
    blocked: Annotated[float, "1", Within(0, 1)] = 0.0,
    *,
    cells: int = 40,
) -> Hops:
    """Diffusivity of hydrogen isotopes that hop between tetrahedral sites, along a linear temperature."""
    rate = tungsten.hop_rate(front_temperature, back_temperature, mass, barrier, attempt_frequency, blocked, cells)
    return Hops(rate=rate, diffusivity=tungsten.hop_diffusivity(rate, jump_length))


@dataclass(frozen=True)
class Permeated:
    concentration: Annotated[Floats, "mol/m^3", ("cell", "isotope")]
    permeated: Annotated[Floats, "mol/m^2", ("isotope",)]
    occupied: Annotated[float, "1", Within(0, 1)]


@model("tungsten.permeation", scale=Scale("continuum", length="10 um .. 10 cm", time="1 s .. 1 year"))
def permeation(
    diffusivity: Annotated[Floats, "m^2/s", ("cell", "isotope"), Within(0, 1e-4)],
    loading: Annotated[Floats, "mol/m^3", ("isotope",)],
    thickness: Annotated[float, "m", Within(0)],
    duration: Annotated[float, "s", Within(0)],
    *,
    steps: int = 200,
) -> Permeated:
    """What diffuses through a wall that is loaded at its front."""
    concentration, permeated = tungsten.permeation(diffusivity, loading, thickness, duration, steps)
    return Permeated(concentration, permeated, tungsten.occupied(concentration))


@flow(task_runner=runner())
def wall(front: str = "1200 K"):
    hops = stage(hop).submit(
        front_temperature=front,
        back_temperature="600 K",
        mass=Q([1.008, 2.014, 3.016], "u"),
        barrier="0.39 eV",
        attempt_frequency="10 THz",
        jump_length="1.12 angstrom",
        cells=40,
    )
    return stage(permeation).submit(
        diffusivity=hops.diffusivity,
        loading=Q([1.0, 1.0, 1.0], "mol/m^3"),
        thickness="2 mm",
        duration="12 h",
        steps=200,
    )
