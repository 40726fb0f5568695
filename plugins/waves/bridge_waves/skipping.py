"""Which way an inversion went at each frequency, and whether it arrived."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bridge import Picture, Within, model
from bridge_waves.slab import SEISMIC, Velocity

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Skipping:
    """Errors of the travel time where each inversion ended, and a picture of the ways.

    `error` has one entry a rung of the ladder, from low to high frequency; `alone_error` is that of the highest
    frequency without the rungs before it, and `cycles` the same in its periods: one, where a cycle was skipped.
    """

    error: Annotated[Array, "s", ("rung",)]
    alone_error: Annotated[float, "s"]
    cycles: Annotated[float, "1"]
    picture: Picture


@model("waves.cycle_skipping", scale=SEISMIC, depends=["matplotlib"])
def cycle_skipping(
    frequency: Annotated[Array, "Hz", ("rung",), Within(0, strict=True)],
    travel_time: Annotated[Array, "s", ("travel_time",), Within(0, strict=True)],
    misfit: Annotated[Array, "1", ("rung", "travel_time"), Within(0)],
    found: Annotated[Array, "m/s", ("rung",), Within(0, strict=True)],
    start: Velocity,
    alone: Velocity,
    truth: Velocity,
    thickness: Annotated[float, "m", Within(0, strict=True)] = 1000.0,
) -> Skipping:
    """Errors of an inversion that goes down a ladder, from low to high frequency, against one at the highest alone.

    `misfit` is that of `waves.misfits` at the frequency of each rung, over one axis of travel times; `found` is the
    velocity each rung ended at, having begun where the one before it ended, the first at `start`. `alone` is where
    the highest frequency ended that began at `start` itself.
    """
    from bridge_waves import skipping_picture  # late: see the package

    error = thickness / found - thickness / truth
    alone_error = thickness / alone - thickness / truth
    picture = skipping_picture.draw(frequency, thickness / travel_time, misfit, (start, *found), alone, truth)
    return Skipping(
        error=error,
        alone_error=alone_error,
        cycles=alone_error * float(frequency[-1]),
        picture=picture,
    )
