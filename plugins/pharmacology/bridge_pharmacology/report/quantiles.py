"""What a population's numbers come to: the median, and the fifth and ninety-fifth percentile."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Shares of the population below the lower edge, the median and the upper edge.
LEVELS = (5.0, 50.0, 95.0)


class Spread(NamedTuple):
    """Fifth percentile, median and ninety-fifth percentile."""

    low: float
    median: float
    high: float


class Agreement(NamedTuple):
    """Largest difference between two courses at any time, when that was (d), and the largest at the end."""

    largest: float
    when: float
    at_end: float


def spread(values: Array) -> Spread:
    """Of one value for each patient; linear between patients. Raises ValueError where nobody is left."""
    if not values.size:
        raise ValueError(
            "no patient is left to report on: every one was left out. Run the stage of the first that was left out "
            "with on_failure='stop': its error names the patients and why."
        )
    low, median, high = np.percentile(values, LEVELS)
    return Spread(float(low), float(median), float(high))


def ribbon(course: Array) -> Array:
    """Percentiles of a course (patient, time), as (level, time)."""
    return np.asarray(np.percentile(course, LEVELS, axis=0))


def at(time: Array, course: Array, instant: float) -> Array:
    """A course (patient, time) at one instant (d), linear between rows. Raises ValueError beyond the last row."""
    if not time[0] <= instant <= time[-1]:
        raise ValueError(
            f"peak_time is {instant:g} d, and the courses reach from {time[0]:g} d to {time[-1]:g} d. "
            f"Write peak_time='{time[-1]:g} d' or a time before it."
        )
    right = int(np.clip(np.searchsorted(time, instant), 1, len(time) - 1))
    share = (instant - time[right - 1]) / (time[right] - time[right - 1])
    return np.asarray((1 - share) * course[:, right - 1] + share * course[:, right])


def agreement(
    patient: NDArray[np.int64], time: Array, course: Array, by: NDArray[np.int64], when: Array, other: Array
) -> Agreement:
    """How far two courses (patient, time) are apart, of the patients in both. Raises ValueError for other times."""
    both, here, there = np.intersect1d(patient, by, return_indices=True)
    if not np.array_equal(time, when) or not both.size:
        raise ValueError(
            f"binding has {when.size} times of {by.size} patients, the tissue {time.size} of {patient.size}, and they "
            "are not the same. Wire binding from the tissue whose occupancy it is held against."
        )
    apart = np.abs(course[here] - other[there]).max(axis=0)
    return Agreement(float(apart.max()), float(time[apart.argmax()]), float(apart[-1]))
