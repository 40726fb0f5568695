"""The misfit over all velocities: how many basins there are, and how wide the one around the truth is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bridge import Within, model
from bridge_waves import distances
from bridge_waves.slab import FASTEST, SEISMIC, SLOWEST, Frequency, Spacing, Velocity, Wavelet, record

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Misfits:
    """Two misfits over the travel time through the slab, and the half-width of the basin of the first.

    `misfit` is half the squared difference of the seismograms over the squared observed one; `transport` is the squared
    Wasserstein distance of the squared seismograms. A slab of another velocity also lets less of the wave through,
    which moves the maxima: the half-width is near that of the shifted wave, not equal to it.
    """

    travel_time: Annotated[Array, "s", ("travel_time",)]
    velocity: Annotated[Array, "m/s", ("travel_time",)]
    misfit: Annotated[Array, "1", ("travel_time",), Within(0)]
    transport: Annotated[Array, "s^2", ("travel_time",), Within(0)]
    half_width: Annotated[float, "s", Within(0, strict=True)]


@model("waves.misfits", scale=SEISMIC)
def misfits(
    observed: Annotated[Array, "Pa", ("time",)],
    frequency: Frequency,
    background: Velocity = 2000.0,
    thickness: Annotated[float, "m", Within(0, strict=True)] = 1000.0,
    distance: Annotated[float, "m", Within(0, strict=True)] = 500.0,
    *,
    slowest: Velocity = 1250.0,
    fastest: Velocity = 4000.0,
    points: Annotated[int, Within(5)] = 181,
    wavelet: Wavelet = Wavelet.BURST,
    spacing: Spacing = 5.0,
) -> Misfits:
    """Misfit between an observed seismogram and those of all velocities of the slab, at one frequency.

    For a wave of one frequency the squared difference of two seismograms is periodic in the difference of their travel
    times, and its basin half a period wide on either side; Ricker's wavelet has 0.4315 periods. The squared Wasserstein
    distance of squared seismograms grows as the square of the difference and has one basin (B. Engquist
    and B. D. Froese, Commun. Math. Sci. 12, 979 (2014)). Raises ValueError if slowest is not below fastest, the
    seismogram has another length, or no maximum is met.
    """
    if not slowest < fastest:
        raise ValueError(f"slowest is {slowest:g} m/s, fastest {fastest:g} m/s. Write slowest below fastest.")
    times = np.linspace(thickness / fastest, thickness / slowest, points)
    least, carried = np.empty(points), np.empty(points)
    for i, time in enumerate(times):
        speed = min(max(thickness / time, SLOWEST), FASTEST)
        heard = record(speed, frequency, background, thickness, distance, wavelet=wavelet, spacing=spacing)
        if heard.pressure.shape != observed.shape:
            raise ValueError(
                f"the observed seismogram has {observed.size} samples, one at {frequency:g} Hz in this geometry has "
                f"{heard.pressure.size}. Give one of waves.record with the same frequency, geometry and wavelet."
            )
        short = heard.pressure - observed
        least[i] = short @ short / (2 * observed @ observed)
        carried[i] = distances.wasserstein_squared(heard.time, heard.pressure**2, observed**2)
    return Misfits(
        travel_time=times,
        velocity=thickness / times,
        misfit=least,
        transport=carried,
        half_width=distances.half_width(times, least),
    )
