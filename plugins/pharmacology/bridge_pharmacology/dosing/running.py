"""A system that doses go into: its courses, and how much went in."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from bridge_pharmacology.dosing.doses import Doses, checked, for_each, given_by, named
from bridge_pharmacology.dosing.instants import Given, Whole, cumulative, each_dose, grid
from bridge_pharmacology.ports import Array
from bridge_pharmacology.systems.failing import Failure, OnFailure, settle
from bridge_pharmacology.systems.solve import Instants, solve
from bridge_pharmacology.systems.system import System

#: More values than this in one course of a state are no longer looked at, and do not fit into memory.
MOST = 100_000_000


@dataclass(frozen=True)
class Into:
    """Where the doses of a compartment go: the state, how much of it 1 mg makes, and after which lag (d).

    `scale` and `lag` have one value for each individual or one for all; an availability belongs into the scale. There
    are rows of the course at doses after a common lag, and none where each individual has a lag of its own.
    """

    state: str
    scale: Array | float = 1.0
    lag: Array | float = 0.0


@dataclass(frozen=True)
class Dosed:
    """Courses ``values[state][patient, time]``, time in d, of the patients that were solved; `left_out` names the rest.

    `given` is what went in until each time, in the unit of the state that it went into (the sum, where doses go into
    several; `given_to` tells them apart). `since` is the column from which on a mass balance counts: the last one at
    which the state was set by a reset or a steady state.
    """

    patient: Whole
    time: Array
    values: Mapping[str, Array]
    given: Array
    given_to: Mapping[str, Array]
    since: Whole
    left_out: str


def dosed(
    system: System,
    doses: Doses,
    parameters: Mapping[str, Array],
    *,
    duration: float,
    sampling: float,
    into: Mapping[int, Into],
    start: Mapping[str, Array | float] | None = None,
    on_failure: OnFailure = "stop",
    rtol: float = 1e-7,
    atol: float | Mapping[str, float] = 1e-9,
) -> Dosed:
    """Courses of a system from 0 to `duration` (d) under the doses before it.

    `into` says for each compartment number (CMT) where its doses go. Each parameter, and each start that is not 0, has
    one value for each individual or one for all; doses of one individual are given to everybody. The rows of the
    courses are those of `bridge_pharmacology.dosing.instants.grid`: `sampling` (d) apart and at every dose, holding
    what is after it, and a moment before. A reset (EVID 3 and 4) sets the state to the start; a steady state (SS 1)
    to what endless dosing has led to just before the dose; SS 2 adds what endless dosing adds to the start. States
    that are totals go on through both.

    Raises ValueError where doses, names, sizes or compartments do not fit, all before anything is solved, and Unsolved
    for patients that could not be solved, unless `on_failure` is "leave out".
    """
    if not 0 < duration < np.inf or not 0 < sampling < np.inf:
        raise ValueError(f"A course lasts {duration:g} d with a row every {sampling:g} d; write both above 0.")
    checked(doses)
    _say_late(doses, duration)
    _compartments(doses, into, system)
    begins = {} if start is None else start
    people = _people(system, doses, parameters, begins, into)
    values = _columns(system.parameters, parameters, people)
    begin = _columns(system.states, begins, people)
    lags = {number: np.atleast_1d(one.lag) for number, one in into.items() if np.any(one.lag)}
    if given_by(doses) < people and any(lag.size > 1 for lag in lags.values()):
        doses = for_each(doses, people)
    given = each_dose(doses, duration, lags)
    shown = ~np.isin(given.compartment, [number for number, lag in lags.items() if lag.size > 1])
    time, given = grid(given, shown, doses.time[doses.event == 2], duration, sampling)
    if people * time.size > MOST:
        raise ValueError(
            f"{people} patients at {time.size} times make {people * time.size:.2g} values of each state, over "
            f"{MOST:.0g}: all have rows at each other's doses. Write a longer sampling, or solve fewer at once."
        )
    went = _given_to(given, given_by(doses), into, people, time)
    if given_by(doses) < people:
        given = given.for_each(people)
    tolerance = atol if not isinstance(atol, Mapping) else np.array([atol[name] for name in system.states])
    at, scale = _where(system, given, into, people)
    steady, failed = _steady(system, given, values, begin, at, scale, rtol, tolerance)
    patient = np.arange(people)
    rows = np.setdiff1d(patient, [failure.patient for failure in failed])
    instants = _instants(system, given, begin, steady, at, scale, rows, duration)
    courses = solve(system, values[rows], begin[rows], time, instants, rtol=rtol, atol=tolerance)
    failed += [replace(failure, patient=int(rows[failure.patient])) for failure in courses.failures]
    kept, left_out = settle(sorted(failed, key=lambda one: one.patient), patient, on_failure)
    who: Whole | slice = slice(None) if kept.all() else np.flatnonzero(kept)
    found = courses.values[slice(None) if kept.all() else kept[rows]]
    return Dosed(
        patient[who],
        time,
        {name: found[:, :, k] for k, name in enumerate(system.states)},
        reduce(np.add, [amount[who] for amount in went.values()]),
        {name: amount[who] for name, amount in went.items()},
        _since(given, people, time)[who],
        left_out,
    )


def _say_late(doses: Doses, duration: float) -> None:
    """Warn of doses that are written at the end of the course or after it: they are not given."""
    late = doses.time[(doses.time >= duration) & np.isin(doses.event, (1, 4))]
    if late.size:
        warnings.warn(
            f"{late.size} of {doses.time.size} rows dose at or after the end of the course ({duration:g} d), the first "
            f"at {late.min():g} d, and are not given. Write a longer duration to give them.",
            stacklevel=3,
        )


def imbalance(run: Dosed, inside: Array, out: Array) -> float:
    """What is missing of the dose: the largest abs(in - out - in body) over patients and times, over the dose.

    `inside` is what the body holds and `out` what has left it, both of shape (patient, time) in the unit of
    ``run.given``. Sums begin anew where a state was set. The dose is all that the patient was given, or where that is
    nothing, the most that anybody was given or holds.
    """
    columns = np.arange(run.time.size)
    rows = np.arange(run.patient.size)[:, None]
    total = run.given - out - inside
    missing = np.abs(total - total[rows, run.since]).max(axis=1)
    dose = run.given[:, columns[-1]]
    most = max(float(dose.max(initial=0.0)), float(np.abs(inside).max(initial=0.0)), np.finfo(float).tiny)
    return float((missing / np.where(dose > 0, dose, most)).max(initial=0.0))


def _compartments(doses: Doses, into: Mapping[int, Into], system: System) -> None:
    """Check that every dose has a state to go to. Raises ValueError."""
    if not into:
        raise ValueError(f"{system.name} takes no doses. Name a state for compartment 1.")
    if odd := [one.state for one in into.values() if one.state not in system.states]:
        raise ValueError(f"{system.name} has no state {odd[0]!r}; it has {', '.join(system.states)}.")
    given = (doses.event == 1) | (doses.event == 4)
    unknown = np.flatnonzero(given & ~np.isin(doses.compartment, list(into)))
    if unknown.size:
        known = ", ".join(f"{number} ({one.state})" for number, one in sorted(into.items()))
        raise ValueError(
            f"{named(doses, int(unknown[0]))} goes into compartment {doses.compartment[unknown[0]]}, which "
            f"{system.name} has not. Write CMT {known}."
        )
    late = [number for number, one in into.items() if np.any(np.asarray(one.lag) != 0)]
    odd_lag = np.flatnonzero((doses.steady > 0) & np.isin(doses.compartment, late))
    if odd_lag.size:
        raise ValueError(
            f"{named(doses, int(odd_lag[0]))} is a steady state of a compartment with a lag time, which is not solved "
            "for. Write ADDL doses that lead to it."
        )


def _people(
    system: System,
    doses: Doses,
    parameters: Mapping[str, Array],
    start: Mapping[str, Array | float],
    into: Mapping[int, Into],
) -> int:
    """How many individuals there are. Raises ValueError where sizes or names do not fit."""
    if missing := [name for name in system.parameters if name not in parameters]:
        raise ValueError(f"{system.name} needs the parameters {', '.join(missing)} as well; give them by name.")
    if unknown := [name for name in parameters if name not in system.parameters]:
        raise ValueError(f"{system.name} has no parameter {', '.join(unknown)}; it has {', '.join(system.parameters)}.")
    if unknown := [name for name in start if name not in system.states]:
        raise ValueError(f"{system.name} has no state {', '.join(unknown)}; it has {', '.join(system.states)}.")
    sizes = {name: np.size(value) for name, value in parameters.items()}
    sizes |= {f"the start of {name}": np.size(value) for name, value in start.items()}
    sizes |= {f"the scale of compartment {number}": np.size(one.scale) for number, one in into.items()}
    sizes |= {f"the lag of compartment {number}": np.size(one.lag) for number, one in into.items()}
    sizes["the doses"] = given_by(doses)
    if nobody := [name for name, size in sizes.items() if size == 0]:
        raise ValueError(f"{nobody[0]} is given for nobody. Give it for each individual, or one for all.")
    several = {name: size for name, size in sizes.items() if size != 1}
    if len(set(several.values())) > 1:
        said = ", ".join(f"{name} for {size}" for name, size in several.items())
        raise ValueError(f"Individuals differ in number: {said}. Give each for all of them, or one for all.")
    return next(iter(several.values()), 1)


def _columns(names: tuple[str, ...], values: Mapping[str, Array | float], people: int) -> Array:
    """A column for each name, a row for each individual; 0 where nothing is given."""
    table = np.zeros((people, len(names)))
    for k, name in enumerate(names):
        table[:, k] = values.get(name, 0.0)
    return table


def _given_to(given: Given, by: int, into: Mapping[int, Into], people: int, time: Array) -> dict[str, Array]:
    """How much went into each state until each time, in the state's unit: (individual, time)."""
    went: dict[str, Array] = {}
    for number, one in into.items():
        scale = np.broadcast_to(np.asarray(one.scale, dtype=np.float64), (people,))[:, None]
        went[one.state] = went.get(one.state, 0.0) + cumulative(given, number, by, time) * scale
    return went


def _where(system: System, given: Given, into: Mapping[int, Into], people: int) -> tuple[Whole, Array]:
    """The number of the state that each dose goes to, and how much of it 1 mg makes."""
    at, scale = np.zeros(given.time.size, dtype=np.int64), np.zeros(given.time.size)
    for number, one in into.items():
        here = given.compartment == number
        at[here] = system.states.index(one.state)
        scale[here] = np.broadcast_to(np.asarray(one.scale, dtype=np.float64), (people,))[given.individual[here]]
    return at, scale


def _steady(
    system: System,
    given: Given,
    values: Array,
    begin: Array,
    at: Whole,
    scale: Array,
    rtol: float,
    atol: float | Array,
) -> tuple[Array, list[Failure]]:
    """The state just before each dose that is one of an endless row (SS), in the order of these doses."""
    rows = np.flatnonzero(given.steady > 0)
    if rows.size == 0:
        return np.zeros((0, begin.shape[1])), []
    from bridge_pharmacology.systems.steady import periodic

    amount, rate = np.zeros((2, rows.size, begin.shape[1]))
    each = np.arange(rows.size)
    amount[each, at[rows]] = np.where(given.rate[rows] > 0, 0.0, given.amount[rows]) * scale[rows]
    rate[each, at[rows]] = given.rate[rows] * scale[rows]
    who = given.individual[rows]
    length = np.where(given.rate[rows] > 0, given.amount[rows] / np.where(given.rate[rows] > 0, given.rate[rows], 1), 0)
    vectors, failures = periodic(
        system, values[who], begin[who], amount, rate, length, given.interval[rows], rtol=rtol, atol=atol
    )
    failed = {
        int(who[one.patient]): Failure(int(who[one.patient]), float(given.time[rows[one.patient]]), one.reason)
        for one in failures
    }
    return vectors, list(failed.values())


def _instants(
    system: System, given: Given, begin: Array, steady: Array, at: Whole, scale: Array, rows: Whole, end: float
) -> Instants:
    """What happens to the individuals of `rows` until the end (d), in the solver's terms."""
    size = given.time.size
    number = np.full(size, -1)
    number[given.steady > 0] = np.arange(steady.shape[0])
    added = np.flatnonzero((given.steady == 2) & ~given.reset)
    becomes = np.where(number >= 0, begin.shape[0] + number, np.where(given.reset, given.individual, -1))
    becomes[added] = -1
    free = np.array([k for k, name in enumerate(system.states) if name not in system.totals], dtype=np.int64)
    extra = np.repeat(added, free.size)
    stops = np.flatnonzero(given.rate > 0)
    source = np.concatenate([stops, extra, np.arange(size)])
    turn = np.repeat([0, 1, 2], [stops.size, extra.size, size])
    which = np.tile(free, added.size)
    once = np.where(given.rate > 0, 0.0, given.amount) * scale
    more = steady[number[extra], which] - begin[given.individual[extra], which]
    per_day = given.rate * scale
    none = np.full(stops.size + extra.size, -1)
    events = {
        "time": np.concatenate([given.ends[stops], given.time[extra], given.time]),
        "state": np.concatenate([at[stops], which, at]),
        "amount": np.concatenate([np.zeros(stops.size), more, once]),
        "rate": np.concatenate([-per_day[stops], np.zeros(extra.size), per_day]),
        "becomes": np.concatenate([none, becomes]),
        "ends": np.concatenate([none > 0, becomes >= 0]),
    }
    who = given.individual[source]
    order = np.lexsort((turn, source, turn > 0, events["time"], who))
    order = order[np.isin(who[order], rows) & (events["time"][order] <= end)]
    first = np.searchsorted(who[order], np.append(rows, begin.shape[0]))
    vectors = np.concatenate([begin, steady]) if (becomes >= 0).any() else np.zeros((0, begin.shape[1]))
    return Instants(first=first, vectors=vectors, **{name: column[order] for name, column in events.items()})


def _since(given: Given, people: int, time: Array) -> Whole:
    """The column of the last setting of the state at or before each column."""
    since = np.zeros((people, time.size), dtype=np.int64)
    sets = given.where(given.sets)
    if sets.time.size == 0:
        return since
    column = np.searchsorted(time, sets.time)
    since[sets.individual, column] = column
    last: Whole = np.maximum.accumulate(since, axis=1)
    return last
