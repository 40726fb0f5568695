"""Courses of many patients of one system, by code that is generated for it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bridge_pharmacology.systems.failing import Failure
from bridge_pharmacology.systems.system import System

Array = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Instants:
    """What happens to each patient and when, sorted by time: patient p has the rows ``first[p]:first[p + 1]``.

    At ``time`` the state number ``state`` grows by ``amount`` at once, and its rate by ``rate`` from then on (an
    infusion ends by a negative rate). ``becomes`` is a row of ``vectors`` that the whole state is set to before that
    (totals keep their value), or -1; ``ends`` says that running infusions end too (a reset).
    """

    first: Whole
    time: Array
    state: Whole
    amount: Array
    rate: Array
    becomes: Whole
    ends: NDArray[np.bool_]
    vectors: Array


@dataclass(frozen=True)
class Courses:
    """``values[patient, time, state]``; the rows of failed patients hold no meaning.

    ``steps`` is the number of steps that were tried for each patient.
    """

    values: Array
    failures: tuple[Failure, ...] = field(default=())
    steps: Whole | None = None


def solve(
    system: System,
    parameters: Array,
    start: Array,
    times: Array,
    instants: Instants | None = None,
    inputs: Array | None = None,
    *,
    rtol: float = 1e-7,
    atol: float | Array = 1e-9,
    most: int = 1_000_000,
) -> Courses:
    """Solve for every patient; rows at the instants hold what is *after* them.

    ``parameters[patient, parameter]``, ``start[patient, state]`` at ``times[0]``, ``times`` ascending (d),
    ``inputs[patient, time, input]`` at the same times, monotone cubics in between; times that are a moment apart
    (2e-6 d) hold a jump, and the cubics begin anew. ``rtol`` and ``atol`` (one for all, or one for each state, in its
    unit) bound what is estimated that a step adds to the error; ``most`` is how many steps a patient may take.
    Raises ValueError where shapes or values do not fit; what fails in a patient is told in ``failures``.
    """
    from bridge_pharmacology.systems.compiled import prepared
    from bridge_pharmacology.systems.interpolation import cubics, jumping
    from bridge_pharmacology.systems.marching import REASONS, march

    patients, size = start.shape[0], len(system.states)
    driven = np.zeros((1, times.size, 0)) if inputs is None else inputs
    _fits(system, "parameters", parameters, (patients, len(system.parameters)))
    _fits(system, "start", start, (patients, size))
    shape = (driven.shape[0] if inputs is None else patients, times.size, len(system.inputs))
    _fits(system, "inputs", driven, shape)
    if times.size == 0 or not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        raise ValueError(f"The times of {system.name} must ascend from one to the next, each of them once.")
    each = np.ascontiguousarray(np.broadcast_to(np.asarray(atol, dtype=np.float64), (size,)))
    if not 1e-14 <= rtol < 1 or not (each > 0).all():
        raise ValueError(f"{system.name} needs tolerances above 0 (rtol from 1e-14), got rtol={rtol:g}, atol={atol}.")
    happening = instants or _nothing(patients, size)
    _sorted(system, happening, patients)
    total = np.array([name in system.totals for name in system.states])
    values = np.zeros((patients, times.size, size))
    told, reason = np.zeros((patients, 2)), np.zeros(patients, dtype=np.int64)
    code = prepared(system)
    march(
        code.constants, code.rates, code.step, code.kept,
        _packed(parameters), _packed(start), _packed(times), jumping(times),
        _packed(cubics(times, driven)),
        _whole(happening.first), _packed(happening.time), _whole(happening.state), _packed(happening.amount),
        _packed(happening.rate), _whole(happening.becomes), np.ascontiguousarray(happening.ends, dtype=np.bool_),
        _packed(happening.vectors), total, float(rtol), each, most, values, told, reason,
    )  # fmt: skip
    failures = tuple(
        Failure(int(p), float(told[p, 0]), REASONS[reason[p]].format(1e-14 * max(abs(told[p, 0]), 1.0), most))
        for p in np.flatnonzero(reason)
    )
    return Courses(values, failures, told[:, 1].astype(np.int64))


def _packed(values: Array) -> Array:
    return np.ascontiguousarray(values, dtype=np.float64)


def _whole(values: Whole) -> Whole:
    return np.ascontiguousarray(values, dtype=np.int64)


def _fits(system: System, what: str, given: Array, shape: tuple[int, ...]) -> None:
    if given.shape != shape:
        raise ValueError(f"{what} of {system.name} have the shape {given.shape}; they need {shape}.")


def _sorted(system: System, instants: Instants, patients: int) -> None:
    """Check the instants. Raises ValueError."""
    size = len(system.states)
    if instants.first.shape != (patients + 1,) or instants.first[-1] > instants.time.size:
        raise ValueError(f"The instants of {system.name} need a first row for each of {patients} patients, and an end.")
    inside = np.ones(max(instants.time.size - 1, 0), dtype=np.bool_)
    borders = instants.first[(instants.first > 0) & (instants.first < instants.time.size)]
    inside[borders - 1] = False
    if (np.diff(instants.time)[inside] < 0).any():
        raise ValueError(f"The instants of each patient of {system.name} must be sorted by time.")
    if ((instants.state < 0) | (instants.state >= size)).any() or (instants.becomes >= len(instants.vectors)).any():
        raise ValueError(f"The instants of {system.name} name a state or a vector that is not there.")


def _nothing(patients: int, size: int) -> Instants:
    none, whole = np.zeros(0), np.zeros(0, dtype=np.int64)
    first = np.zeros(patients + 1, dtype=np.int64)
    return Instants(first, none, whole, none, none, whole, np.zeros(0, dtype=np.bool_), np.zeros((0, size)))
