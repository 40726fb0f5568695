"""Coarse and fine models for the tests of closures. What the fine ones do is noted in the file NOTES."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Annotated, Protocol

import numpy as np
from numpy.typing import NDArray

from bridge import Q, Scale, StandardErrorOf, Within, model, separated

FINE = Scale("microscopic", length="1 um .. 10 um", time="1 us .. 1 ms")
COARSE = Scale("continuum", length="1 mm .. 1 m", time="1 s .. 1 h")


def note(what: str) -> None:
    with open(os.environ["NOTES"], "a") as file:
        file.write(f"{what} {os.getpid()}\n")


class Flux(Protocol):
    def __call__(
        self, gradient: Annotated[float, "K/m"], temperature: Annotated[float, "K"]
    ) -> Annotated[float, "W/m^2"]: ...


class FluxHere(Protocol):
    """The same, of a microstructure that may change while the coarse model runs."""

    def __call__(
        self, gradient: Annotated[float, "K/m"], phase: Annotated[NDArray[np.int64], "1", ("x", "y")]
    ) -> Annotated[float, "W/m^2"]: ...


@dataclass(frozen=True)
class Conduction:
    flux: Annotated[float, "kW/m^2"]
    conductivity: Annotated[float, "W/(m*K)"]


@dataclass(frozen=True)
class Field:
    answers: Annotated[NDArray[np.float64], "W/m^2", ("state",)]


@model("asked.cell", scale=FINE)
def cell(
    gradient: Annotated[float, "K/mm", Within(-1e3, 1e3)],
    temperature: Annotated[float, "K"],
    conductivity: Annotated[float, "W/(m*K)"],
    *,
    sleep: float = 0.0,
    stumble: float = 1e9,
) -> Conduction:
    """Fourier's law with a conductivity that grows with temperature; it fails above the temperature ``stumble``."""
    note(f"cell {gradient!r} {temperature!r} begins")
    time.sleep(sleep)
    if temperature > stumble:
        raise ArithmeticError("no convergence")
    k = conductivity * (1 + temperature / 1000)
    note(f"cell {gradient!r} {temperature!r} ends")
    return Conduction(-k * gradient, k)


@model("asked.worn", scale=FINE)
def worn(gradient: Annotated[float, "K/m"], phase: Annotated[NDArray[np.int64], "1", ("x", "y")]) -> Conduction:
    """Conduction through what is left of a microstructure."""
    note("worn")
    k = float(phase.mean())
    return Conduction(-k * np.tanh(gradient / 50) / 20, k)


@dataclass(frozen=True)
class Noisy:
    flux: Annotated[float, "W/m^2"]
    error: Annotated[float, "W/m^2", StandardErrorOf("flux")]


@model("asked.noisy", scale=FINE)
def noisy(gradient: Annotated[float, "K/m"], temperature: Annotated[float, "K"], *, seed: int = 0) -> Noisy:
    """Conduction sampled with an error of 0.05."""
    note("noisy")
    rng = np.random.default_rng([seed, int(gradient * 1e6) % 2**32, int(temperature * 1e6) % 2**32])
    return Noisy(10 + np.sin(gradient) + 0.05 * rng.normal(), 0.05)


@model("asked.macro", scale=COARSE)
def macro(
    flux: Flux,
    length: Annotated[float, "m"],
    *,
    states: int = 20,
    rounds: int = 1,
    low: Annotated[float, "K"] = 300.0,
    high: Annotated[float, "K"] = 400.0,
    single: bool = False,
) -> Field:
    """Ask for the flux at many states, all at once or, in any order, one by one."""
    gradients, temperatures = np.linspace(0.1, 1, states) / length, np.linspace(low, high, states)
    for _ in range(rounds):
        if single:
            answers = np.zeros(states)
            for i in np.random.default_rng(0).permutation(states):
                answers[i] = flux(gradient=gradients[i], temperature=temperatures[i])
        else:
            answers = flux.map({"gradient": gradients, "temperature": temperatures})
    return Field(answers)


@model("asked.wearing", scale=COARSE)
def wearing(flux: FluxHere, *, steps: int = 3, states: int = 30) -> Field:
    """Ask the same of a microstructure that loses a row at every step."""
    phase, found = np.ones((4, 4), np.int64), []
    for step in range(steps):
        phase[step] = 0
        found.append(flux.map({"gradient": np.linspace(0.0, 100.0, states), "phase": [phase.copy()] * states}))
    return Field(np.concatenate(found))


@dataclass(frozen=True)
class Ends:
    left: Annotated[float, "K"]
    right: Annotated[float, "K"]


@model("asked.lift", scale=FINE)
def lift(
    gradient: Annotated[float, "K/m"], temperature: Annotated[float, "K"], *, width: Annotated[float, "um"] = 5.0
) -> Ends:
    """The temperatures at both ends of a cell."""
    half = gradient * width * 1e-6 / 2
    return Ends(temperature - half, temperature + half)


@dataclass(frozen=True)
class Heat:
    power: Annotated[NDArray[np.float64], "W", ("face",)]


@model("asked.faces", scale=FINE)
def faces(
    left: Annotated[float, "K"], right: Annotated[float, "K"], *, conductivity: Annotated[float, "W/(m*K)"] = 3.0
) -> Heat:
    """What flows through both faces of a cell of 5 um."""
    note("faces")
    power = -conductivity * (right - left) / 5e-6 * 25e-12
    return Heat(np.array([power, power]))


@dataclass(frozen=True)
class Mean:
    mean: Annotated[float, "mW/mm^2"]


@model("asked.restrict", scale=FINE)
def restrict(power: Annotated[NDArray[np.float64], "W", ("face",)]) -> Mean:
    """The mean flux through faces of 25 square micrometres."""
    return Mean(float(power.mean() / 25e-12 * 1e-3))


@model("asked.judging", scale=FINE)
def judging(gradient: Annotated[float, "K/m"], temperature: Annotated[float, "K"]) -> Conduction:
    """A fine model whose relaxation is no longer fast at high temperature."""
    note("judging")
    separated("relaxation/heating", fine=Q(temperature / 1000, "s"), coarse="4 s", limit=0.1)
    return Conduction(-gradient, 1.0)


@model("asked.later", scale=COARSE)
def later(flux: Flux) -> Field:
    """Ask at one temperature, then at two."""
    gradients = np.linspace(1.0, 50.0, 50)
    cold = flux.map({"gradient": gradients, "temperature": np.full(50, 300.0)})
    warm = flux.map({"gradient": gradients, "temperature": np.full(50, 600.0)})
    return Field(np.concatenate([cold, warm]))
