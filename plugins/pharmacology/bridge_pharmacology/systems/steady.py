"""Periodic steady states: what a dose repeated for ever leads to."""

from __future__ import annotations

import numpy as np

from bridge_pharmacology.systems.failing import Failure
from bridge_pharmacology.systems.solve import Array, Instants, Whole, solve
from bridge_pharmacology.systems.system import System

#: Over how long the equilibrium of an endless infusion is looked for (d): any time has the same fixed point.
HORIZON = 7.0
#: Newton's method takes a few rounds; after three that brought it no closer, ten intervals are simulated before more.
ROUNDS, PATIENCE, WAITED = 60, 3, 10
#: Difference quotients reach over this share of a state: a relative error of 1e-9 makes one of 1e-5 of it.
SHARE = 1e-4


def periodic(
    system: System,
    parameters: Array,
    start: Array,
    amount: Array,
    rate: Array,
    length: Array,
    interval: Array,
    *,
    rtol: float = 1e-7,
    atol: float | Array = 1e-9,
) -> tuple[Array, tuple[Failure, ...]]:
    """State just before a dose that is given at every `interval` (d) for ever: shape (row, state).

    Each row is one patient and regimen: ``parameters[row, parameter]``, where to look from ``start[row, state]``, at
    once ``amount[row, state]``, and ``rate[row, state]`` (1/d) for the `length` (d); infusions may be longer than the
    interval. An interval of 0 is an endless infusion. Found by Newton's method for the map of one interval, in one
    step where the system is linear (as in Aprille and Trick, Proc. IEEE 60, 108, 1972). Totals have no steady
    state and keep their start. Rows that are not found are told as failures, by the number of the row.
    Raises ValueError for systems with inputs, and intervals below 0.
    """
    if system.inputs:
        raise ValueError(f"{system.name} is driven by {', '.join(system.inputs)}: a steady state needs none.")
    if not (np.isfinite(interval) & (interval >= 0)).all():
        raise ValueError(f"A dose of {system.name} is repeated every {interval.min():g} d; write an interval above 0.")
    found, failures = start.astype(np.float64), list[Failure]()
    tight = max(min(rtol, 1e-9), 1e-13)
    floor = np.broadcast_to(np.asarray(atol, dtype=np.float64), (start.shape[1],))
    for every in np.unique(interval):
        rows = np.flatnonzero(interval == every)
        flow = _Interval(system, float(every), amount[rows], rate[rows], length[rows], tight, floor * tight / rtol)
        states, reasons = _fixed_points(flow, parameters[rows], found[rows], floor / rtol)
        found[rows] = states
        failures += [Failure(int(rows[k]), 0.0, reason) for k, reason in reasons.items()]
    return found, tuple(failures)


class _Interval:
    """The map of one interval: from the state before a dose to the state before the next."""

    def __init__(
        self, system: System, every: float, amount: Array, rate: Array, length: Array, rtol: float, atol: Array
    ) -> None:
        self.system, self.rtol, self.atol = system, rtol, atol
        self.free = np.array([name not in system.totals for name in system.states])
        self.times = np.array([0.0, every or HORIZON])
        whole = np.floor(length / every) if every else np.zeros(length.shape)
        stop = length - whole * every if every else np.full(length.shape, HORIZON)
        running = rate * (whole[:, None] + (stop > 0)[:, None])
        self.events = [
            [(0.0, s, amount[p, s], running[p, s]) for s in np.flatnonzero((amount[p] != 0) | (running[p] != 0))]
            + [(stop[p], s, 0.0, -rate[p, s]) for s in np.flatnonzero(rate[p]) if stop[p] > 0]
            for p in range(len(length))
        ]

    def after(self, parameters: Array, states: Array, row: Whole) -> tuple[Array, dict[int, str]]:
        """The states one interval later, of these rows of the doses, and what failed by place."""
        events = [self.events[k] for k in row]
        flat = [event for patient in events for event in patient]
        first = np.cumsum([0, *(len(patient) for patient in events)])
        none = np.zeros(len(flat))
        columns = np.array(flat, dtype=np.float64).reshape(len(flat), 4).T
        instants = Instants(
            first, columns[0], columns[1].astype(np.int64), columns[2], columns[3],
            np.full(len(flat), -1), none > 0, np.zeros((0, states.shape[1])),
        )  # fmt: skip
        run = solve(self.system, parameters, states, self.times, instants, rtol=self.rtol, atol=self.atol)
        return run.values[:, -1], {one.patient: one.reason for one in run.failures}


def _fixed_points(flow: _Interval, parameters: Array, start: Array, least: Array) -> tuple[Array, dict[int, str]]:
    """Newton's method for all rows at once, each until its step is below 1e-8 of the state."""
    states, reasons = start.copy(), dict[int, str]()
    open_rows, best, vain = np.arange(len(start)), np.full(len(start), np.inf), np.zeros(len(start), dtype=np.int64)
    held = start.copy()
    free = np.flatnonzero(flow.free)
    for _ in range(ROUNDS):
        here, ahead, jacobian, failed = _linearized(flow, parameters, states, open_rows, free, least)
        still = []
        for k, row in enumerate(open_rows):
            if k in failed:
                reasons[int(row)] = failed[k]
                continue
            gap = (ahead[k] - here[k])[free]
            size = np.abs(here[k, free]) + least[free]
            step = _step(jacobian[k], gap)
            if step is None:
                reasons[int(row)] = "there is no steady state under this dose: something accumulates"
            elif (np.abs(step) <= 1e-8 * size).all():
                states[row, free] += step
            else:
                still.append(row)
                worth = float((np.abs(gap) / size).max())
                vain[row] += 1
                if worth < best[row]:
                    best[row], held[row], vain[row] = worth, here[k], 0
                if vain[row] <= PATIENCE:
                    moved = here[k, free] + step
                    kept = (here[k, free] > 0) & (ahead[k, free] > 0)
                    states[row, free] = np.where(kept, np.maximum(moved, 0.01 * here[k, free]), moved)
                else:
                    states[row] = _waited(flow, parameters[row], held[row], int(row), free)
                    best[row], vain[row] = np.inf, 0
        open_rows = np.array(still, dtype=np.int64)
        if open_rows.size == 0:
            break
    reasons.update({int(row): f"no steady state was found in {ROUNDS} rounds" for row in open_rows})
    return states, reasons


def _linearized(
    flow: _Interval, parameters: Array, states: Array, rows: Whole, free: Whole, least: Array
) -> tuple[Array, Array, Array, dict[int, str]]:
    """States, states one interval later, its derivatives by difference quotients, and failures by place in `rows`."""
    here = states[rows]
    widths = SHARE * np.maximum(np.abs(here[:, free]), 1e-3 * np.abs(here[:, free]).max(axis=1, keepdims=True))
    widths = np.where(widths > 0, widths, SHARE * np.maximum(least[free], 1.0))
    moved = np.repeat(here[:, None, :], 1 + free.size, axis=1)
    for j, state in enumerate(free):
        moved[:, 1 + j, state] += widths[:, j]
    each = np.repeat(rows, 1 + free.size)
    later, failed = flow.after(parameters[each], moved.reshape(-1, here.shape[1]), each)
    later = later.reshape(moved.shape)
    jacobian = (later[:, 1:, free] - later[:, :1, free]).swapaxes(1, 2) / widths[:, None, :]
    return here, later[:, 0], jacobian, {place // (1 + free.size): reason for place, reason in failed.items()}


def _step(jacobian: Array, gap: Array) -> Array | None:
    """Newton's step, or None where the map moves something on for ever."""
    matrix = np.eye(gap.size) - jacobian
    try:
        step: Array = np.linalg.solve(matrix, gap).astype(np.float64)
    except np.linalg.LinAlgError:
        return None
    growth = np.abs(step) > 1e7 * np.maximum(np.abs(gap), np.finfo(float).tiny)
    return None if not np.isfinite(step).all() or growth.all() else step


def _waited(flow: _Interval, parameters: Array, state: Array, row: int, free: Whole) -> Array:
    """The state some intervals later."""
    for _ in range(WAITED):
        later, failed = flow.after(parameters[None], state[None], np.array([row]))
        if failed:
            return state
        state = state.copy()
        state[free] = later[0, free]
    return state
