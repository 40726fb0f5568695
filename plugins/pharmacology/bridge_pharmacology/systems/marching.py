"""Marching a system through time, patient by patient, in steps of the method that was written for it.

The loops here are compiled once for all systems; what a system brings along are three functions by address:
``constants(parameters, fixed)``, ``rates(state, fixed, rate, cubic, since, now)`` and
``step(state, fixed, rate, cubic, since, h, rtol, atol, new)``, which gives the square of the error over its tolerance,
not a finite number where it failed (see `writing`). Loops are written out: arrays in one expression would double the
time that numba takes to compile.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bridge import compiled

#: Why a patient could not be solved, by the number that `march` gives.
REASONS = ("", "the step size fell below {0:.3g} d", "the rates are not finite", "more than {1:.0f} steps")


@compiled(error_model="numpy", nogil=True)
def march(
    constants: Any,
    rates: Any,
    step: Any,
    kept: int,
    parameters: Any,
    start: Any,
    times: Any,
    jumps: Any,
    pieces: Any,
    first: Any,
    at: Any,
    to: Any,
    amount: Any,
    more: Any,
    becomes: Any,
    ends: Any,
    vectors: Any,
    total: Any,
    rtol: float,
    atol: Any,
    most: int,
    values: Any,
    told: Any,
    reason: Any,
) -> None:
    """All patients one after another; what each argument is, `solve` says.

    Fills `values` (patient, time, state); `told` with the time reached and the number of steps of each patient, and
    `reason` with a number of `REASONS`, 0 where it was solved.
    """
    size, driving, last_row = start.shape[1], pieces.shape[2], times.size - 1
    given, fixed, cubic = np.zeros(parameters.shape[1] + 1), np.zeros(kept + 1), np.zeros(4 * driving + 1)
    state, rate, new = np.zeros(size), np.zeros(size), np.zeros(size)
    for p in range(start.shape[0]):
        for j in range(parameters.shape[1]):
            given[j] = parameters[p, j]
        constants(given.ctypes, fixed.ctypes)
        for j in range(size):
            state[j], rate[j] = start[p, j], 0.0
        t, h, row, event, steps, anew, why = times[0], times[last_row] - times[0], 0, first[p], 0, True, 0
        while why == 0:
            while event < first[p + 1] and at[event] <= t:
                if becomes[event] >= 0:
                    for j in range(size):
                        if not total[j]:
                            state[j] = vectors[becomes[event], j]
                if ends[event]:
                    for j in range(size):
                        rate[j] = 0.0
                state[to[event]] += amount[event]
                rate[to[event]] += more[event]
                event += 1
                anew = True
            if times[row] <= t:
                for j in range(size):
                    values[p, row, j] = state[j]
                if row == last_row:
                    break
                if driving > 0:
                    anew = anew or jumps[row] or (row > 0 and jumps[row - 1])
                    for j in range(driving):
                        for power in range(4):
                            cubic[4 * j + power] = pieces[p, row, j, power]
                row += 1
            origin, stop = times[max(row - 1, 0)], times[row]
            if event < first[p + 1] and at[event] < stop:
                stop = at[event]
            if anew:
                # A step in which no state changes by more than a twentieth.
                rates(state.ctypes, fixed.ctypes, rate.ctypes, cubic.ctypes, t - origin, new.ctypes)
                for j in range(size):
                    if abs(new[j]) * h > 0.05 * (abs(state[j]) + atol[j] / rtol):
                        h = 0.05 * (abs(state[j]) + atol[j] / rtol) / abs(new[j])
                anew = False
            while t < stop and why == 0:
                parts = np.ceil((stop - t) / h * 0.999)
                use = (stop - t) / parts
                error = step(
                    state.ctypes, fixed.ctypes, rate.ctypes, cubic.ctypes, t - origin, use, rtol, atol.ctypes,
                    new.ctypes,
                )  # fmt: skip
                steps += 1
                if error <= 1.0:
                    t = stop if parts == 1.0 else t + use
                    for j in range(size):
                        state[j] = new[j]
                    growth = 0.95 / max(error, 1e-9) ** 0.125
                    h = use * growth if growth < 6.0 else max(h, 6.0 * use)
                else:
                    h = use * (max(0.1, 0.9 / error**0.125) if error < np.inf else 0.25)
                    if h < 1e-14 * max(abs(t), 1.0):
                        rates(state.ctypes, fixed.ctypes, rate.ctypes, cubic.ctypes, t - origin, new.ctypes)
                        why = 1
                        for j in range(size):
                            if not (abs(new[j]) < np.inf and abs(state[j]) < np.inf):
                                why = 2
                if steps >= most:
                    why = 3
        told[p, 0], told[p, 1], reason[p] = t, steps, why
