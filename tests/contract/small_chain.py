"""A chain of four small models over two scales, to wire in every way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from kinds_of_port import Floats

from bridge import Scale, model
from bridge.chain.chain import Chain

ATOMS = Scale("atomistic", length="1 angstrom .. 10 nm", time="1 fs .. 1 ns")
GRAINS = Scale("mesoscopic", length="10 nm .. 100 um", time="1 us .. 1 s")


@dataclass(frozen=True)
class Site:
    energy: Annotated[float, "eV"]
    spacing: Annotated[float, "angstrom"]


@dataclass(frozen=True)
class Vacancy:
    energy: Annotated[float, "eV"]
    site: Site
    profile: Annotated[Floats, "eV", ("path",)]
    jumps: int
    dose: Annotated[float, "mg/L"]


@model("vacancy", scale=ATOMS)
def vacancy(strain: float = 0.0) -> Vacancy:
    """Give a vacancy."""
    return Vacancy(1.0, Site(1.0, 2.0), np.ones(3), 3, 1.0)


@dataclass(frozen=True)
class Walk:
    diffusivity: Annotated[float, "m^2/s"]


@model("walk", scale=GRAINS)
def walk(barrier: Annotated[float, "kJ"], temperature: Annotated[float, "K"] = 900.0) -> Walk:
    """Walk."""
    return Walk(1.0)


@dataclass(frozen=True)
class Fit:
    slope: Annotated[float, "1"]


@model("fit", scale=GRAINS)
def fit(diffusivity: Annotated[Floats, "cm^2/s", ("temperature",)]) -> Fit:
    """Fit a line."""
    return Fit(1.0)


@model("strain", scale=ATOMS)
def strain(slope: float) -> Site:
    """Go back to the atoms."""
    return Site(1.0, 1.0)


def names(chain: Chain) -> list[str]:
    return list(chain.stages)


def wiring(chain: Chain) -> list[tuple[str, str]]:
    return [(edge.source, edge.target) for edge in chain.edges()]
