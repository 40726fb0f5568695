"""Antibody between a capillary and the reach of the next one: finite volumes in space, a Rosenbrock method in time.

The matrix of a step is tridiagonal once bound antibody and antigen of each cell are eliminated, which is done here in
closed form and without a difference of near numbers, so that a step of a hundred cells takes some 20 microseconds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bridge import compiled
from bridge_pharmacology.ports import Array
from bridge_pharmacology.systems import rodas
from bridge_pharmacology.systems.failing import Failure
from bridge_pharmacology.systems.interpolation import cubics

#: Rodas4P2 as arrays: a stage's point from the stages before it; the last row is the new state but for the last stage.
A, C = np.zeros((6, 6)), np.zeros((6, 6))
for _row, (_a, _c) in enumerate(zip((*rodas.A, (*rodas.A[4], 1.0)), rodas.C, strict=True)):
    A[_row, : len(_a)], C[_row, : len(_c)] = _a, _c
NODES, D, GAMMA = np.array(rodas.ABSCISSAE), np.array(rodas.D), rodas.GAMMA

#: Rows of a field: free antibody (per fluid), bound, free antigen, internalised (per tissue).
FREE, BOUND, ANTIGEN, TAKEN = range(4)
_STEPS = 2_000_000


@dataclass(frozen=True)
class Rings:
    """Tissue around a capillary in rings: middles (um), shares of the volume, and how fast each exchanges.

    `outward[i]` and `inward[i]` (1/d) are rates of the free antibody of ring i to the next and to the one before,
    `wall` (1/d) what a unit of difference across the capillary's wall brings to all tissue, per volume of it.
    """

    middles: Array
    shares: Array
    outward: Array
    inward: Array
    wall: float


def rings(
    capillary: float, krogh: float, cells: int, permeability: float, diffusivity: float, void_fraction: float
) -> Rings:
    """Cut tissue between two radii (um) into rings of one width; P in um/d, D in um²/d.

    Between middles the profile of steady diffusion (a logarithm) is taken, and nothing passes the Krogh radius.
    """
    faces = np.linspace(capillary, krogh, cells + 1)
    middles = (faces[1:] + faces[:-1]) / 2
    areas = np.diff(faces**2)
    whole = krogh**2 - capillary**2
    between = 2 * void_fraction * diffusivity / np.log(middles[1:] / middles[:-1])
    way = capillary * np.log(middles[0] / capillary) / (void_fraction * diffusivity)
    outward, inward = np.zeros(cells), np.zeros(cells)
    outward[:-1] = between / (void_fraction * areas[:-1])
    inward[1:] = between / (void_fraction * areas[1:])
    return Rings(middles, areas / whole, outward, inward, float(2 * capillary / (1 / permeability + way) / whole))


def spread(
    tissue: Rings,
    void_fraction: float,
    kinetics: tuple[float, float, float, float, float],
    time: Array,
    plasma: Array,
    *,
    rtol: float,
    atol: float,
) -> tuple[Array, Array, int, Failure | None]:
    """Fields (time, 4, ring), the inflow (time,) per volume of tissue, steps taken, and where it failed.

    `kinetics` are kon (1/nM/d), Kd (nM), the antigen at rest (nM), its turnover and internalisation (1/d); `plasma`
    (nM) at `time` (d) is joined by monotone cubics.
    """
    pieces = cubics(time, plasma[None, :, None])[0, :, 0]
    fields = np.zeros((time.size, 4, tissue.middles.size))
    inflow = np.zeros(time.size)
    reached, steps, reason = _march(
        fields,
        inflow,
        time,
        np.ascontiguousarray(pieces),
        tissue.outward,
        tissue.inward,
        tissue.wall,
        tissue.wall / (void_fraction * tissue.shares[0]),
        void_fraction,
        np.array(kinetics),
        (A, C, NODES, D, GAMMA),
        rtol,
        atol,
    )
    why = {1: "the step size fell below 1e-14 d", 2: f"{_STEPS} steps were not enough"}
    return fields, inflow, int(steps), Failure(0, float(reached), why[reason]) if reason else None


@compiled(error_model="numpy")
def _march(fields, inflow, time, pieces, outward, inward, wall, door, void, kinetics, method, rtol, atol):  # type: ignore[no-untyped-def]
    """Fill `fields` and `inflow`; give the time reached, the steps taken, and a reason to stop (0 is none).

    The method is an argument, for machine code that is kept for a file would keep what is imported from another.
    """
    a, c, nodes, d, gamma = method
    cells = outward.size
    state, trial, rhs = np.zeros((4, cells)), np.zeros((4, cells)), np.zeros((4, cells))
    parts, entered = np.zeros((6, 4, cells)), np.zeros(6)
    diagonal, captured, determinant = np.zeros(cells), np.zeros(cells), np.zeros(cells)
    for i in range(cells):
        state[ANTIGEN, i] = kinetics[2]
    _copy(fields[0], state)
    came, step, steps = 0.0, 1e-6, 0
    for segment in range(time.size - 1):
        now, end = time[segment], time[segment + 1]
        while now < end:
            left = end - now
            last = step >= left * (1 - 1e-10)
            h = left if last else min(step, 0.5 * left)
            steps += 1
            since = now - time[segment]
            _, slope = _supply(pieces[segment], since)
            _factor(1 / (h * gamma), state, outward, inward, door, void, kinetics, diagonal, captured, determinant)
            for i in range(6):
                _copy(trial, state)
                for j in range(i):
                    _add(trial, a[i, j], parts[j])
                outside, _ = _supply(pieces[segment], since + nodes[i] * h)
                flow = _rates(trial, outside, outward, inward, wall, door, void, kinetics, rhs)
                flow += h * d[i] * wall * slope
                rhs[FREE, 0] += h * d[i] * door * slope
                for j in range(i):
                    _add(rhs, c[i, j] / h, parts[j])
                    flow += (c[i, j] / h) * entered[j]
                _solve(
                    1 / (h * gamma),
                    rhs,
                    state,
                    outward,
                    inward,
                    void,
                    kinetics,
                    diagonal,
                    captured,
                    determinant,
                    parts[i],
                )
                entered[i] = h * gamma * (flow - wall * parts[i, FREE, 0])
            _add(trial, 1.0, parts[5])
            error = _apart(parts[5], state, trial, rtol, atol)
            if not np.isfinite(error):
                step = 0.1 * h
            else:
                free = 0.9 * max(error, 1e-12) ** -0.25
                factor = min(6.0, max(0.2, free))
                if error <= 1:
                    for j in range(5):
                        came += a[5, j] * entered[j]
                    came += entered[5]
                    _copy(state, trial)
                    now = end if last else now + h
                    # A step cut short by the end of its segment says little against the one that was planned.
                    step = max(h * factor, min(step, h * free)) if last else h * factor
                else:
                    step = h * factor
            if step < 1e-14:
                return now, steps, 1
            if steps > _STEPS:
                return now, steps, 2
        _copy(fields[segment + 1], state)
        inflow[segment + 1] = came
    return time[-1], steps, 0


@compiled
def _copy(target, source):  # type: ignore[no-untyped-def]
    for k in range(4):  # loops: array expressions take seconds to compile
        for i in range(target.shape[1]):
            target[k, i] = source[k, i]


@compiled
def _add(target, weight, part):  # type: ignore[no-untyped-def]
    for k in range(4):
        for i in range(target.shape[1]):
            target[k, i] += weight * part[k, i]


@compiled(error_model="numpy")
def _apart(difference, before, after, rtol, atol):  # type: ignore[no-untyped-def]
    """Root of the mean square of the estimated error in units of what is allowed: the worst of the fields."""
    worst = 0.0
    for k in range(4):
        total = 0.0
        for i in range(difference.shape[1]):
            allowed = atol + rtol * max(abs(before[k, i]), abs(after[k, i]))
            total += (difference[k, i] / allowed) ** 2
        error = np.sqrt(total / difference.shape[1])
        if not error <= worst:  # NaN as well
            worst = error
    return worst


@compiled(error_model="numpy")
def _supply(piece, since):  # type: ignore[no-untyped-def]
    """Plasma's concentration and its slope."""
    value = ((piece[3] * since + piece[2]) * since + piece[1]) * since + piece[0]
    return value, (3 * piece[3] * since + 2 * piece[2]) * since + piece[1]


@compiled(error_model="numpy")
def _rates(y, outside, outward, inward, wall, door, void, kinetics, rates):  # type: ignore[no-untyped-def]
    """Rates of change of all fields; the flow through the wall per volume of tissue comes back."""
    on, kd, rest, turnover, taking = kinetics
    cells = outward.size
    for i in range(cells):
        binding = on * (y[FREE, i] * y[ANTIGEN, i] - kd * y[BOUND, i])
        taken = taking * y[BOUND, i]
        change = -binding / void
        if i + 1 < cells:
            change += outward[i] * (y[FREE, i + 1] - y[FREE, i])
        if i > 0:
            change += inward[i] * (y[FREE, i - 1] - y[FREE, i])
        rates[FREE, i] = change
        rates[BOUND, i] = binding - taken
        rates[ANTIGEN, i] = turnover * (rest - y[ANTIGEN, i]) - binding
        rates[TAKEN, i] = taken
    across = outside - y[FREE, 0]
    rates[FREE, 0] += door * across
    return wall * across


@compiled(error_model="numpy")
def _factor(g, y, outward, inward, door, void, kinetics, diagonal, captured, determinant):  # type: ignore[no-untyped-def]
    """Eliminate bound antibody and antigen of each ring, then forward along the rings; g is 1/(h γ)."""
    on, kd, _, turnover, taking = kinetics
    for i in range(outward.size):
        by_free, by_antigen, off = on * y[ANTIGEN, i], on * y[FREE, i], on * kd
        determinant[i] = (g + taking) * (g + turnover + by_antigen) + off * (g + turnover)
        captured[i] = by_free * (g + taking) * (g + turnover) / determinant[i]
        diagonal[i] = g + outward[i] + inward[i] + captured[i] / void
    diagonal[0] += door
    for i in range(1, outward.size):
        diagonal[i] -= inward[i] * outward[i - 1] / diagonal[i - 1]


@compiled(error_model="numpy")
def _solve(g, rhs, y, outward, inward, void, kinetics, diagonal, captured, determinant, found):  # type: ignore[no-untyped-def]
    """Solve (g - J) found = rhs with what `_factor` left."""
    on, kd, _, turnover, taking = kinetics
    cells, off = outward.size, on * kd
    for i in range(cells):
        by_antigen = on * y[FREE, i]
        bound = (by_antigen * (g + taking) * rhs[ANTIGEN, i] - off * (g + turnover) * rhs[BOUND, i]) / determinant[i]
        found[FREE, i] = rhs[FREE, i] - bound / void
        if i > 0:
            found[FREE, i] += inward[i] * found[FREE, i - 1] / diagonal[i - 1]
    for i in range(cells - 1, -1, -1):
        if i + 1 < cells:
            found[FREE, i] += outward[i] * found[FREE, i + 1]
        found[FREE, i] /= diagonal[i]
        by_free, by_antigen = on * y[ANTIGEN, i], on * y[FREE, i]
        r_bound, r_antigen = rhs[BOUND, i], rhs[ANTIGEN, i]
        found[BOUND, i] = (
            (g + turnover + by_antigen) * r_bound + by_antigen * r_antigen + by_free * (g + turnover) * found[FREE, i]
        ) / determinant[i]
        found[ANTIGEN, i] = (
            (g + off + taking) * r_antigen + off * r_bound - by_free * (g + taking) * found[FREE, i]
        ) / determinant[i]
        found[TAKEN, i] = (rhs[TAKEN, i] + taking * found[BOUND, i]) / g
