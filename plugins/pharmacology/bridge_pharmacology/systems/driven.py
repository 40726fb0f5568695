"""Systems driven by the courses of the stage before: a tissue by its plasma, a signal by its receptor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge_pharmacology.ports import Array, of_patients
from bridge_pharmacology.systems.failing import OnFailure, settle
from bridge_pharmacology.systems.system import System

Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Driven:
    """Courses ``values[state][patient, time]`` of the patients that were solved; `left_out` names the others."""

    patient: Whole
    values: Mapping[str, Array]
    left_out: str


def driven(
    system: System,
    patient: Whole,
    time: Array,
    inputs: Mapping[str, Array],
    parameters: Mapping[str, Array],
    *,
    start: Mapping[str, Array | float] | None = None,
    on_failure: OnFailure = "stop",
    rtol: float = 1e-7,
    atol: float | Mapping[str, float] = 1e-9,
) -> Driven:
    """Courses of a system whose inputs are given at the times of their columns, smooth (monotone cubics) in between.

    `inputs` and the result have shape (patient, time), time in d; each parameter, and each start that is not 0 at
    ``time[0]``, is one value for each individual or one for all. Raises ValueError where names, sizes or times do not
    fit, and Unsolved for patients that could not be solved, unless `on_failure` is "leave out".
    """
    from bridge_pharmacology.systems.solve import solve

    begin = {} if start is None else start
    _same("inputs", inputs, system.inputs, system)
    _same("parameters", parameters, system.parameters, system)
    if unknown := set(begin) - set(system.states):
        raise ValueError(f"{system.name} has no state {', '.join(sorted(unknown))}; it has {', '.join(system.states)}.")
    if time.ndim != 1 or time.size == 0 or not np.isfinite(time).all() or (np.diff(time) <= 0).any():
        raise ValueError(f"The times of {system.name} must ascend from one to the next; sort them, and give each once.")
    shape = (patient.size, time.size)
    for name, course in inputs.items():
        if course.shape != shape:
            raise ValueError(
                f"{name} has shape {course.shape}; {patient.size} patients at {time.size} times need {shape}."
            )
        if not np.isfinite(course).all():
            row = int(np.argwhere(~np.isfinite(course))[0, 0])
            raise ValueError(f"{name} of patient {patient[row]} is not finite.")
    values = np.zeros((patient.size, len(system.parameters)))
    for k, name in enumerate(system.parameters):
        values[:, k] = of_patients(np.asarray(parameters[name], dtype=np.float64), patient, name)
    first = np.zeros((patient.size, len(system.states)))
    for name, value in begin.items():
        column = np.atleast_1d(np.asarray(value, dtype=np.float64))
        first[:, system.states.index(name)] = of_patients(column, patient, name)
    given = np.stack([inputs[name] for name in system.inputs], axis=-1) if system.inputs else None
    tolerance = atol if not isinstance(atol, Mapping) else np.array([atol[name] for name in system.states])
    courses = solve(system, values, first, time, inputs=given, rtol=rtol, atol=tolerance)
    kept, left_out = settle(courses.failures, patient, on_failure)
    solved = {name: courses.values[kept, :, k] for k, name in enumerate(system.states)}
    return Driven(patient[kept], solved, left_out)


def _same(what: str, given: Mapping[str, Array], asked: tuple[str, ...], system: System) -> None:
    if missing := [name for name in asked if name not in given]:
        raise ValueError(f"{system.name} needs the {what} {', '.join(missing)} as well; give them by name.")
    if unknown := sorted(set(given) - set(asked)):
        raise ValueError(f"{system.name} has no {what} {', '.join(unknown)}; it has {', '.join(asked) or 'none'}.")
