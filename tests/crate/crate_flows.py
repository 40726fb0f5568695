"""Flows whose runs are exported and imported; every call of a model leaves a line in the file NOTES."""

import os
from dataclasses import dataclass
from typing import Annotated, Protocol

import numpy as np
from ase import Atoms
from numpy.typing import NDArray
from prefect import flow

from bridge import File, Picture, Scale, closure, model, runner, stage


def note(what):
    with open(os.environ["NOTES"], "a") as file:
        file.write(f"{what}\n")


@dataclass(frozen=True)
class Shape:
    length: Annotated[float, "um"]
    field: Annotated[NDArray[np.float64], "K", ("x",)]
    picture: Picture
    report: Annotated[File, "text/html"]
    atoms: Atoms
    name: str


@model("crate.shape", scale=Scale("atomistic", length="1 nm .. 1 um"))
def shape(size: Annotated[float, "um"], *, count: int = 3) -> Shape:
    """A shape of a size."""
    note("shape")
    drawn = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><rect width="1" height="1"/></svg>'
    field = np.random.default_rng(1).random(300)
    atoms = Atoms("Cu2", [[0, 0, 0], [0, 0, 2]])
    return Shape(2 * size, field, Picture(drawn, "image/svg+xml"), File(b"<p>a page", "text/html"), atoms, "a → b")


@dataclass(frozen=True)
class Rate:
    rate: Annotated[float, "m/s"]


@model("crate.rate", scale=Scale("continuum", length="1 mm .. 1 m"))
def rate(
    length: Annotated[float, "m"], time: Annotated[float, "s"] = 2.0, *, seed: int = 7, broken: bool = False
) -> Rate:
    """A rate."""
    note("rate")
    if broken:
        raise ZeroDivisionError("nothing to divide by")
    return Rate(length / time)


@flow(task_runner=runner())
def moving(size: str = "50 um", element: str = "Cu", broken: bool = False):
    first = stage(shape).submit(size=size)
    return stage(rate).submit(length=first.length, broken=broken)


class Flux(Protocol):
    def __call__(self, gradient: Annotated[float, "K/m"]) -> Annotated[float, "W/m^2"]: ...


@dataclass(frozen=True)
class Conduction:
    flux: Annotated[float, "W/m^2"]


@dataclass(frozen=True)
class Field:
    answers: Annotated[NDArray[np.float64], "W/m^2", ("state",)]


@model("crate.cell", scale=Scale("microscopic", length="1 um .. 10 um"))
def cell(gradient: Annotated[float, "K/m"], conductivity: Annotated[float, "W/(m*K)"]) -> Conduction:
    """Fourier's law."""
    note("cell")
    return Conduction(-conductivity * gradient)


@model("crate.macro", scale=Scale("continuum", length="1 mm .. 1 m"))
def macro(flux: Flux, length: Annotated[float, "m"], *, states: int = 5) -> Field:
    """Ask for the flux at some gradients."""
    note("macro")
    return Field(flux.map({"gradient": np.linspace(1.0, 10.0, states) / length}))


@flow(task_runner=runner())
def asking(length: str = "2 cm", conductivity: str = "3 W/(m*K)"):
    return stage(macro).submit(flux=closure(cell, conductivity=conductivity), length=length)
