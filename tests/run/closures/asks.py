"""Flows whose coarse stages ask finer models, for the tests on a cluster; calls are noted in the file NOTES."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Protocol

import numpy as np
from numpy.typing import NDArray
from prefect import flow

from bridge import Scale, closure, model, runner, stage


class Flux(Protocol):
    def __call__(self, gradient: Annotated[float, "K/m"]) -> Annotated[float, "W/m^2"]: ...


@dataclass(frozen=True)
class Conduction:
    flux: Annotated[float, "W/m^2"]


@dataclass(frozen=True)
class Field:
    answers: Annotated[NDArray[np.float64], "W/m^2", ("state",)]


def note(tag: str, what: str) -> None:
    with open(os.environ["NOTES"], "a") as file:
        file.write(f"{tag} {what} {os.getpid()}\n")


def held(tag: str) -> bool:
    """Whether its gate, if it has one, is closed: until so many processes have come, or after so many lines."""
    try:
        what, count = Path(f"{os.environ['NOTES']}.{tag}").read_text().split()
    except FileNotFoundError:
        return False
    noted = [line.split() for line in Path(os.environ["NOTES"]).read_text().splitlines() if line.startswith(f"{tag} ")]
    return len({words[-1] for words in noted}) < int(count) if what == "until" else len(noted) >= int(count)


@model("asks.cell", scale=Scale("microscopic", length="1 um .. 10 um"))
def cell(
    gradient: Annotated[float, "K/m"], conductivity: Annotated[float, "W/(m*K)"], *, tag: str, sleep: float
) -> Conduction:
    """Fourier's law, after a while; it waits while its gate is closed."""
    note(tag, f"begin {gradient!r}")
    while held(tag):
        time.sleep(0.01)
    time.sleep(sleep)
    note(tag, f"end {gradient!r}")
    return Conduction(-conductivity * gradient * (1 + np.tanh(gradient / 300)))


@model("asks.macro", scale=Scale("continuum", length="1 mm .. 1 m"))
def macro(flux: Flux, length: Annotated[float, "m"], *, states: int, batches: int = 1) -> Field:
    """Ask for the flux at many gradients, in batches."""
    gradients = np.linspace(1.0, 10.0, states) / length
    return Field(np.concatenate([flux.map({"gradient": part}) for part in np.array_split(gradients, batches)]))


@flow(task_runner=runner())
def asks(
    tag: str,
    states: int = 40,
    length: str = "2 cm",
    sleep: float = 0.0,
    where: str = "auto",
    tolerance: str = "",
    stages: int = 1,
    batches: int = 1,
    timeout: str = "",
    conductivity: str = "3 W/(m*K)",
    alike: bool = False,
):
    """Coarse stages, each of which asks for the flux at its states."""
    more = ({"tolerance": tolerance} if tolerance else {}) | ({"timeout": timeout} if timeout else {})
    flux = closure(cell, conductivity=conductivity, tag=tag, sleep=sleep, where=where, **more)
    for number in range(stages):
        last = stage(macro, name=f"macro {number}").submit(
            flux=flux, length=f"{number + 2} cm" if number and not alike else length, states=states, batches=batches
        )
    return last
