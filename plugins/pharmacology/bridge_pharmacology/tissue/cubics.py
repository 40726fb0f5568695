"""Courses between the times they are told at: the monotone cubics that driven systems are given, too."""

from __future__ import annotations

import numpy as np

from bridge_pharmacology.ports import Array
from bridge_pharmacology.systems.interpolation import jumping, slopes


def cubics(time: Array, courses: Array) -> Array:
    """Coefficients (power, interval, patient), highest power first, by the time since each interval began.

    Monotone cubics through the columns of `courses` (patient, time), anew after each jump, which is two times a
    moment apart: F. N. Fritsch and J. Butland, SIAM J. Sci. Stat. Comput. 5, 300 (1984).
    """
    gap, jumps = np.diff(time), jumping(time)[:-1]
    rise = np.diff(courses, axis=1) / gap
    slope = slopes(time, courses[:, :, None])[:, :, 0]
    left, right = np.where(jumps, rise, slope[:, :-1]), np.where(jumps, rise, slope[:, 1:])
    bent = left + right - 2 * rise
    return np.stack([bent / gap**2, (rise - left - bent) / gap, left, courses[:, :-1]]).swapaxes(1, 2)


def between(coefficients: Array, since: Array) -> Array:
    """The courses (patient, interval) at a time since the beginning of each interval (interval,)."""
    s = since[:, None]
    third, second, slope, value = coefficients
    return np.asarray((((third * s + second) * s + slope) * s + value).T)
