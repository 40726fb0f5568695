"""Courses between their rows: monotone cubics that begin anew where a course jumps."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Two rows this close (d; 0.2 s) hold what is before and after a jump.
MOMENT = 2e-6


def jumping(times: Array) -> NDArray[np.bool_]:
    """Whether the course jumps after each time."""
    found: NDArray[np.bool_] = np.append(np.diff(times) <= MOMENT, False)
    return found


def cubics(times: Array, values: Array) -> Array:
    """Coefficients (patient, interval, input, power) of the courses by the time since each interval began.

    Monotone cubics through ``values[patient, time, input]``, lowest power first, anew after each jump: over the jump
    itself they are a line.
    """
    gap, jumps = np.diff(times)[:, None], jumping(times)[:-1, None]
    rise = np.diff(values, axis=1) / gap
    slope = slopes(times, values)
    left, right = np.where(jumps, rise, slope[:, :-1]), np.where(jumps, rise, slope[:, 1:])
    bent = left + right - 2 * rise
    return np.stack([values[:, :-1], left, (rise - left - bent) / gap, bent / gap**2], axis=-1)


def between(coefficients: Array, since: Array) -> Array:
    """The courses (patient, interval) of coefficients (patient, interval, power) at a time since each began."""
    value, slope, second, third = np.moveaxis(coefficients, -1, 0)
    return np.asarray(((third * since + second) * since + slope) * since + value)


def slopes(times: Array, values: Array) -> Array:
    """Slopes at each time of monotone cubics through ``values[patient, time, input]``, each piece between jumps alone.

    Inside of a piece they are harmonic means (Fritsch and Butland, SIAM J. Sci. Stat. Comput. 5, 300, 1984), at its
    ends of three points, limited so that nothing overshoots; what scipy's PchipInterpolator has.
    """
    found = np.zeros(values.shape)
    borders = [0, *(np.flatnonzero(jumping(times)) + 1), times.size]
    for begin, end in pairwise(borders):
        found[:, begin:end] = _piece(times[begin:end], values[:, begin:end])
    return found


def _piece(times: Array, values: Array) -> Array:
    if times.size == 1:
        return np.zeros(values.shape)
    gap = np.diff(times)[:, None]
    rise = np.diff(values, axis=1) / gap
    if times.size == 2:
        return np.concatenate([rise, rise], axis=1)
    before, after = rise[:, :-1], rise[:, 1:]
    one, other = gap[:-1] + 2 * gap[1:], 2 * gap[:-1] + gap[1:]
    alike = before * after > 0
    mean = (one + other) / (one / np.where(alike, before, 1.0) + other / np.where(alike, after, 1.0))
    first = _edge(gap[0], gap[1], rise[:, 0], rise[:, 1])
    last = _edge(gap[-1], gap[-2], rise[:, -1], rise[:, -2])
    return np.concatenate([first[:, None], np.where(alike, mean, 0.0), last[:, None]], axis=1)


def _edge(near: Array, far: Array, first: Array, second: Array) -> Array:
    slope = ((2 * near + far) * first - near * second) / (near + far)
    limited = np.where((first * second <= 0) & (np.abs(slope) > 3 * np.abs(first)), 3 * first, slope)
    return np.where(slope * first <= 0, 0.0, limited)
