"""A slab between two half-spaces, and the wave that a receiver behind it hears."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bridge import Scale, Within, model

Array = NDArray[np.float64]

SEISMIC = Scale("seismic", length="10 m .. 10 km", time="1 ms .. 1 min")

SLOWEST, FASTEST = 1000.0, 5000.0
"""Velocities of the slab in m/s between which the solver's time axis and step are laid out."""

SAMPLES_PER_PERIOD = 64
MARGIN = 4
"""Cells beyond source and receiver."""

Velocity = Annotated[float, "m/s", Within(SLOWEST, FASTEST)]
Frequency = Annotated[float, "Hz", Within(0.1, 100)]
Spacing = Annotated[float, "m", Within(0, strict=True)]


class Wavelet(Enum):
    """What the source sends: an oscillation of one frequency under a wide Gaussian, or Ricker's wavelet."""

    BURST = "burst"
    RICKER = "ricker"

    def width(self, frequency: float) -> float:
        """Time from the middle of the wavelet, in s, after which it is below 1e-5 of its peak."""
        return (4.8 * CYCLES if self is Wavelet.BURST else 1.4) / frequency

    def at(self, time: Array, frequency: float) -> Array:
        """Pressure of the wavelet at times in s from its middle, its peak being 1 Pa."""
        turns = frequency * time
        if self is Wavelet.RICKER:
            return (1 - 2 * (np.pi * turns) ** 2) * np.exp(-((np.pi * turns) ** 2))
        return np.cos(2 * np.pi * turns) * np.exp(-((turns / CYCLES) ** 2) / 2)


CYCLES = 5.0
"""Standard deviation of a burst's Gaussian, in periods: so wide that the burst has, nearly, one frequency."""


@dataclass(frozen=True)
class Seismogram:
    """Pressure at the receiver, for a source whose peak of 1 Pa leaves at the middle of its wavelet."""

    time: Annotated[Array, "s", ("time",)]
    pressure: Annotated[Array, "Pa", ("time",)]


@model("waves.record", scale=SEISMIC)
def record(
    velocity: Velocity,
    frequency: Frequency,
    background: Velocity = 2000.0,
    thickness: Annotated[float, "m", Within(0, strict=True)] = 1000.0,
    distance: Annotated[float, "m", Within(0, strict=True)] = 500.0,
    *,
    wavelet: Wavelet = Wavelet.BURST,
    spacing: Spacing = 5.0,
) -> Seismogram:
    """Seismogram of a wave that crosses a slab, by finite differences in one dimension.

    p_tt = c^2 p_xx, at constant density: the slab has `velocity` and `thickness`, all else `background`; source and
    receiver stand `distance` before and behind it. Waves leave at both ends. The time axis is the same for every
    velocity of the slab, so that two seismograms of one frequency can be compared. Second order in `spacing`,
    of which `thickness` and `distance` are multiples. Raises ValueError if they are not, or if `spacing`
    leaves fewer than ten nodes a wavelength in the slowest slab.
    """
    from bridge_waves import wave_kernel  # late: see the package

    cells = _cells("thickness", thickness, spacing), _cells("distance", distance, spacing)
    if frequency * spacing > SLOWEST / 10:
        raise ValueError(
            f"a spacing of {spacing:g} m leaves {SLOWEST / frequency / spacing:.1f} nodes a wavelength at "
            f"{frequency:g} Hz in a slab of {SLOWEST:g} m/s; at least 10 are needed. "
            f"Write spacing='{SLOWEST / 10 / frequency:g} m'."
        )
    source, front = MARGIN, MARGIN + cells[1]
    back, receiver = front + cells[0], front + cells[0] + cells[1]
    square = np.full(receiver + MARGIN + 1, background**2)
    square[front : back + 1] = velocity**2
    # a node on a face is half slab, half background: compressibilities average; this keeps second order
    square[[front, back]] = 2 / (velocity**-2 + background**-2)

    begin = wavelet.width(frequency)
    interval = 1 / (SAMPLES_PER_PERIOD * frequency)
    samples = math.ceil((2 * begin + thickness / SLOWEST + 2 * distance / background) / interval)
    every = math.ceil(interval * FASTEST / (0.95 * spacing))
    step = interval / every
    middle = (np.arange((samples - 1) * every) + 0.5) * step - begin
    strength = 2 * background / spacing * wavelet.at(middle, frequency)  # one half goes either way
    heard = wave_kernel.march(square, spacing, step, every, samples, source, receiver, strength)
    return Seismogram(time=np.arange(samples) * interval, pressure=heard)


def _cells(name: str, length: float, spacing: float) -> int:
    count = round(length / spacing)
    if count < 1 or abs(count * spacing - length) > 1e-9 * length:
        raise ValueError(
            f"{name} is {length:g} m, which is no multiple of the spacing of {spacing:g} m. "
            f"Write spacing='{length / max(count, 1):g} m', or a {name} of '{max(count, 1) * spacing:g} m'."
        )
    return count
