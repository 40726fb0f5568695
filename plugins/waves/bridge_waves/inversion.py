"""The slab's velocity from a seismogram, at one frequency."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bridge import Within, model
from bridge_waves import descent
from bridge_waves.slab import FASTEST, SEISMIC, SLOWEST, Frequency, Spacing, Velocity, Wavelet, record

Array = NDArray[np.float64]

DIFFERENCE = 1e-3
"""Half of the change of travel time, in periods, over which the seismogram's derivative is taken: its truncation is
1e-5 of the derivative, its rounding 1e-13."""


@dataclass(frozen=True)
class Inversion:
    """The velocity found, and the way there.

    `travel_time` is the time through the slab and `tried` what it was at each step, the start first, with the
    `misfit` there: half the squared difference of the two seismograms, over the squared observed one.
    """

    velocity: Velocity
    travel_time: Annotated[float, "s", Within(0, strict=True)]
    tried: Annotated[Array, "s", ("step",)]
    misfit: Annotated[Array, "1", ("step",), Within(0)]
    final_misfit: Annotated[float, "1", Within(0)]


@model("waves.invert", scale=SEISMIC)
def invert(
    observed: Annotated[Array, "Pa", ("time",)],
    velocity: Velocity,
    frequency: Frequency,
    background: Velocity = 2000.0,
    thickness: Annotated[float, "m", Within(0, strict=True)] = 1000.0,
    distance: Annotated[float, "m", Within(0, strict=True)] = 500.0,
    *,
    largest_step: Annotated[float, "s", Within(0, strict=True)],
    resolution: Annotated[float, "1", Within(0, strict=True)] = 1e-6,
    steps: Annotated[int, Within(1)] = 50,
    wavelet: Wavelet = Wavelet.BURST,
    spacing: Spacing = 5.0,
) -> Inversion:
    """Velocity of a slab for which the computed seismogram is nearest to the observed one, by least squares.

    Descends by BFGS in the travel time through the slab, from `velocity`. The misfit oscillates in the error of
    the travel time with the period of the wave, so that only a start within half a period arrives at the truth, and
    only steps well below half a period stay in the basin: `largest_step` is a quarter of a period or less. The observed
    seismogram is one of `waves.record` with the same frequency, geometry, wavelet and spacing. Ends when a step is
    below `resolution`, in periods. Raises ValueError if the seismogram has another length or a step leaves
    the velocities that `waves.record` covers, ArithmeticError if `steps` do not suffice.

    Cycle skipping: J. Virieux and S. Operto, Geophysics 74, WCC1 (2009). From low to high frequency: C. Bunks,
    F. M. Saleck, S. Zaleski and G. Chavent, Geophysics 60, 1457 (1995).
    """
    geometry = {"background": background, "thickness": thickness, "distance": distance}
    period = 1 / frequency
    size = float(observed @ observed)

    def heard(time: float) -> Array:
        return record(thickness / time, frequency, **geometry, wavelet=wavelet, spacing=spacing).pressure

    def misfit(times: Array) -> tuple[float, Array]:
        (time,) = times
        nudge = DIFFERENCE * period
        if not thickness / FASTEST + nudge <= time <= thickness / SLOWEST - nudge:
            raise ValueError(
                f"a step of the inversion led to a travel time of {time:.4g} s through the slab; velocities of "
                f"{SLOWEST:g} to {FASTEST:g} m/s are covered, {thickness / FASTEST:g} to {thickness / SLOWEST:g} s. "
                f"Write largest_step='{period / 4:g} s', a quarter of the period at {frequency:g} Hz, or start nearer."
            )
        short = heard(time) - observed
        change = (heard(time + nudge) - heard(time - nudge)) / (2 * nudge)
        return float(short @ short) / (2 * size), np.array([change @ short / size])

    start = thickness / velocity
    _fits(observed, heard(start), size, frequency)
    went = descent.descend(
        misfit, np.array([start]), largest_step=largest_step, resolution=resolution * period, steps=steps
    )
    time = float(went.path[-1, 0])
    return Inversion(
        velocity=thickness / time,
        travel_time=time,
        tried=went.path[:, 0],
        misfit=went.misfit,
        final_misfit=float(went.misfit[-1]),
    )


def _fits(observed: Array, computed: Array, size: float, frequency: float) -> None:
    """Refuse a seismogram that is not one of these. Raises ValueError."""
    if observed.shape != computed.shape:
        raise ValueError(
            f"the observed seismogram has {observed.size} samples, one at {frequency:g} Hz in this geometry has "
            f"{computed.size}. Give one of waves.record with the same frequency, geometry and wavelet."
        )
    if not math.isfinite(size) or size == 0:
        raise ValueError("the observed seismogram is zero at all times: nothing was heard that could be inverted.")
