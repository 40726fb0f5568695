"""Transient conduction in a slab whose flux law is asked for: finite volumes, and Alexander's implicit method in time.

Both stages of R. Alexander, SIAM J. Numer. Anal. 14, 1006 (1977), equation (12), are implicit Euler steps; the method
is of second order, L-stable, and ends on its second stage. A stage is solved by Newton-like steps whose conductivities
are secants of the flux law, so that nothing but fluxes is ever asked for; the fluxes kept for the balance of energy
are the linearised ones of the last step, with which that balance is exact.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

Array = NDArray[np.float64]
Law = Callable[[Array, Array], Array]
"""Fluxes (W/m^2) at n faces, from their gradients (K/m) and temperatures (K)."""

GAMMA = 1.0 - np.sqrt(0.5)
MOST_STEPS = 60
SLOW = 0.3
"""Where a step changes more than this share of the step before, secants of the law are replaced by its tangents."""
STEEP = 0.05
"""A secant is trusted where the gradient is this share of the steepest; elsewhere its neighbours' stand in."""


@dataclass
class Slab:
    """A slab of equal cells: what it holds, how its flux is asked for, and what happens at its ends.

    `front` gives the temperature of the front face at a time; the back face is at `back` where `held`, else the flux
    `back` leaves through it.
    """

    law: Law
    spacing: float
    capacity: float
    front: Callable[[float], float]
    back: float
    held: bool
    accuracy: float
    range: float
    conductivity: Array | None = None
    asked: int = 0
    steps: int = 0

    def gradients(self, temperature: Array, time: float) -> tuple[Array, Array]:
        """Gradients and temperatures at the faces whose flux is asked for, the front one first."""
        ends = [self.front(time)], [self.back] if self.held else []
        line = np.concatenate([ends[0], temperature, ends[1]])
        apart = np.full(len(line) - 1, self.spacing)
        apart[0] = 0.5 * self.spacing
        if self.held:
            apart[-1] = 0.5 * self.spacing
        return np.diff(line) / apart, 0.5 * (line[1:] + line[:-1])

    def stage(self, start: Array, guess: Array, time: float, step: float) -> tuple[Array, Array]:
        """Solve T - start = step · rate(T) for T at a time; return it and the fluxes at all faces.

        Raises ArithmeticError when the steps do not end.
        """
        temperature, changes = guess.copy(), [np.inf, np.inf]
        storing = self.capacity * self.spacing / step
        before: tuple[Array, Array] | None = None
        for _ in range(MOST_STEPS):
            gradient, at = self.gradients(temperature, time)
            flux = self.ask(gradient, at)
            slope = self.secants(gradient, flux)
            if before and changes[-1] > SLOW * changes[-2]:
                slope = tangents(gradient - before[0], flux - before[1], slope)
            before = gradient, flux
            residual = storing * (temperature - start) + np.diff(self.all_faces(flux))
            band, links = self.matrix(slope, storing, len(temperature))
            update = scipy.linalg.solveh_banded(band, -residual)
            temperature = temperature + update
            changes.append(float(np.abs(update).max()))
            if changes[-1] <= self.accuracy * self.range:
                ends = np.concatenate([[0.0], update, [0.0] if self.held else []])
                return temperature, self.all_faces(flux - links * np.diff(ends))
        raise ArithmeticError(
            f"temperatures at {time:g} s still change by {changes[-1]:.2g} K after {MOST_STEPS} iterations, expected "
            f"at most {self.accuracy * self.range:.2g} K. Write more steps in time, or an accuracy that is larger than "
            "what the flux law scatters by."
        )

    def ask(self, gradient: Array, temperature: Array) -> Array:
        """Ask the flux law for all faces at once. Raises ArithmeticError if heat flows up the gradient."""
        flux = np.asarray(self.law(gradient, temperature), dtype=np.float64)
        self.asked += len(gradient)
        self.steps += 1
        steep = np.abs(gradient) >= STEEP * np.abs(gradient).max()
        wrong = steep & (flux * gradient > 0)
        if wrong.any():
            i = int(np.flatnonzero(wrong)[0])
            raise ArithmeticError(
                f"the flux law answered {flux[i]:g} W/m^2 to a gradient of {gradient[i]:g} K/m at "
                f"{temperature[i]:g} K: heat flows up the gradient. Expected the opposite "
                "sign: let the fine model return -k·gradient."
            )
        return flux

    def secants(self, gradient: Array, flux: Array) -> Array:
        """Conductivities -flux/gradient of the faces; where that is ill defined, those of the nearest others."""
        size = np.abs(gradient)
        good = (size >= STEEP * size.max()) & (size > 0) & (flux != 0)
        if not good.any():
            if self.conductivity is not None and len(self.conductivity) == len(gradient):
                return self.conductivity
            return np.full(len(gradient), self.probed(len(gradient)))
        places = np.arange(len(gradient))
        self.conductivity = np.interp(places, places[good], -flux[good] / gradient[good])
        return self.conductivity

    def probed(self, faces: int) -> float:
        """A conductivity for a slab that has no gradient yet. Raises ArithmeticError for a law without flux."""
        gradient = np.full(1, self.range / (self.spacing * faces))
        at = np.full(1, self.front(0.0))
        flux = self.ask(gradient, at)
        if flux[0] == 0:
            raise ArithmeticError(
                f"the flux law answered 0 W/m^2 to a gradient of {gradient[0]:g} K/m at {at[0]:g} K, expected a flux: "
                "what does not conduct at all is no slab that heat.macro can march."
            )
        return float(-flux[0] / gradient[0])

    def all_faces(self, flux: Array) -> Array:
        """Fluxes with that through the back face, where it is given."""
        return flux if self.held else np.append(flux, self.back)

    def matrix(self, slope: Array, storing: float, cells: int) -> tuple[Array, Array]:
        """The linearised equations, in the upper form of `solveh_banded`, and conductances of the asked faces."""
        links = slope / self.spacing
        links[0] *= 2.0
        if self.held:
            links[-1] *= 2.0
        band = np.zeros((2, cells))
        band[1] = storing + links[:cells]
        band[1, : len(links) - 1] += links[1:]
        band[0, 1:] = -links[1:cells]
        return band, links


def tangents(gradient: Array, flux: Array, otherwise: Array) -> Array:
    """Conductivities by which fluxes followed gradients in the last step, where these changed and heat flows down.

    A law that is not proportional to the gradient, or a surrogate with an error that is not, has tangents far from its
    secants where the gradient is small.
    """
    size = np.abs(gradient)
    moved = size > 1e-3 * size.max()
    slope = -flux / np.where(moved, gradient, 1.0)
    return np.where(moved & (slope > 0.1 * otherwise), slope, otherwise)


def march(slab: Slab, start: Array, times: Array) -> tuple[Array, Array, Array]:
    """Temperatures at all times (time, cell), and the heat that has come in at the front and left at the back."""
    history, entered, left = [start], [0.0], [0.0]
    temperature = start
    for before, after in itertools.pairwise(times):
        step = after - before
        first, early = slab.stage(temperature, temperature, before + GAMMA * step, GAMMA * step)
        rate = (first - temperature) / (GAMMA * step)
        second = temperature + (1 - GAMMA) * step * rate
        temperature, late = slab.stage(second, first + (1 - GAMMA) * step * rate, after, GAMMA * step)
        mean = (1 - GAMMA) * early + GAMMA * late
        history.append(temperature)
        entered.append(entered[-1] + step * float(mean[0]))
        left.append(left[-1] + step * float(mean[-1]))
    return np.array(history), np.array(entered), np.array(left)
