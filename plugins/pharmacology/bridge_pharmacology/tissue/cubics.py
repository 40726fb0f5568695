"""Courses between the times they are told at: the monotone cubics that driven systems are given, too."""

from __future__ import annotations

import numpy as np

from bridge_pharmacology.ports import Array


def cubics(time: Array, courses: Array) -> Array:
    """Coefficients (power, interval, patient), highest power first, by the time since each interval began.

    Monotone cubics through the columns of `courses` (patient, time), anew after each jump, which is two times a
    moment apart: F. N. Fritsch and J. Butland, SIAM J. Sci. Stat. Comput. 5, 300 (1984).
    """
    from scipy.interpolate import PchipInterpolator

    from bridge_pharmacology.systems.interpolation import jumping

    found = np.zeros((4, max(time.size - 1, 0), courses.shape[0]))
    jumps = np.flatnonzero(jumping(time)).tolist()
    for k in jumps:
        found[3, k] = courses[:, k]
        found[2, k] = (courses[:, k + 1] - courses[:, k]) / (time[k + 1] - time[k])
    for first, last in zip([0, *(k + 1 for k in jumps)], [*jumps, time.size - 1], strict=True):
        if last > first:
            smooth = PchipInterpolator(time[first : last + 1], courses[:, first : last + 1], axis=1)
            found[:, first:last] = smooth.c
    return found


def between(coefficients: Array, since: Array) -> Array:
    """The courses (patient, interval) at a time since the beginning of each interval (interval,)."""
    s = since[:, None]
    third, second, slope, value = coefficients
    return np.asarray((((third * s + second) * s + slope) * s + value).T)
