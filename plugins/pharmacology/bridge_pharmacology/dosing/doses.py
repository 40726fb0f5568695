"""Doses as they pass between stages: a table of events, one row each, by individual and time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bridge import Within
from bridge_pharmacology.ports import Array

Whole = NDArray[np.int64]
Fault = tuple[NDArray[np.bool_], Callable[[int], str]]

#: The shortest infusion and interval (d; 0.09 s); less is written as a bolus.
SHORTEST = 1e-6


@dataclass(frozen=True)
class Doses:
    """An event table (NONMEM's terms), sorted by individual and time.

    `individual` counts from 0; `event` is EVID (1 dose, 2 other, 3 reset, 4 reset and dose); `duration` is how long an
    infusion takes, 0 for a bolus; `additional` more doses follow at the `interval`; `steady` is SS (0, 1, 2): the dose
    is one of an endless row at that interval. `compartment` is CMT.
    """

    individual: Annotated[Whole, ("dose",), Within(0)]
    time: Annotated[Array, "d", ("dose",), Within(0)]
    amount: Annotated[Array, "mg", ("dose",), Within(0, 1e6)]
    duration: Annotated[Array, "d", ("dose",), Within(0)]
    event: Annotated[Whole, ("dose",), Within(1, 4)]
    compartment: Annotated[Whole, ("dose",), Within(1)]
    additional: Annotated[Whole, ("dose",), Within(0)]
    interval: Annotated[Array, "d", ("dose",), Within(0)]
    steady: Annotated[Whole, ("dose",), Within(0, 2)]


def given_by(doses: Doses) -> int:
    """How many individuals the doses are for."""
    return int(doses.individual.max()) + 1 if doses.individual.size else 1


def for_each(doses: Doses, people: int) -> Doses:
    """The doses of one individual, given to each of so many."""
    each = {name: np.tile(getattr(doses, name), people) for name in Doses.__dataclass_fields__}
    return Doses(**each | {"individual": np.repeat(np.arange(people), doses.time.size)})


def with_rows(doses: Doses, individual: Whole, time: Array) -> Doses:
    """The doses, and an other event (EVID 2) for each individual at each time (d), once: a row of the course there."""
    marks = np.unique(np.stack([individual.astype(np.float64), time]), axis=1)
    known = doses.event == 2
    there = set(zip(doses.individual[known].tolist(), doses.time[known].tolist(), strict=True))
    new = np.array([(who, at) not in there for who, at in zip(*marks.tolist(), strict=True)], dtype=np.bool_)
    columns = {name: np.zeros(int(new.sum()), dtype=getattr(doses, name).dtype) for name in Doses.__dataclass_fields__}
    columns |= {"individual": marks[0, new].astype(np.int64), "time": marks[1, new]}
    columns |= {"event": columns["event"] + 2, "compartment": columns["compartment"] + 1}
    both = {name: np.append(getattr(doses, name), column) for name, column in columns.items()}
    order = np.lexsort((both["time"], both["individual"]))
    return Doses(**{name: column[order] for name, column in both.items()})


def named(doses: Doses, row: int) -> str:
    """A row by its number, its individual and its time: "Dose 4 (individual 2, at 7 d)"."""
    return f"Dose {row + 1} (individual {doses.individual[row]}, at {doses.time[row]:.6g} d)"


def checked(doses: Doses, rows: Sequence[str] = ()) -> Doses:
    """The doses, if they make sense. Raises ValueError, naming the row (by `rows`, where it came from) and the remedy.

    Refused are negative times, amounts, durations and intervals, rows out of order or twice, ADDL or SS without an
    interval, endless doses of an infusion longer than it, and resets and other events (EVID 2, 3) with an amount.
    """
    sizes = {name: np.shape(getattr(doses, name)) for name in Doses.__dataclass_fields__}
    if len(set(sizes.values())) > 1 or len(sizes["time"]) != 1:
        raise ValueError(f"The columns of the doses differ in length: {sizes}. Give a value of each to every row.")
    for bad, reason in _faults(doses):
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise ValueError(f"{rows[row] if rows else named(doses, row)} {reason(row)}")
    return doses


def _faults(doses: Doses) -> Iterator[Fault]:
    """Which rows are wrong, one rule after another, and what is wrong with a row."""
    for name, unit in (("time", "d"), ("amount", "mg"), ("duration", "d"), ("interval", "d")):
        yield from _amiss(getattr(doses, name), name, unit)
    event, steady = doses.event, doses.steady
    yield (
        ~np.isin(event, (1, 2, 3, 4)),
        lambda k: f"has the EVID {event[k]}; write 1 (dose), 2 (other), 3 (reset) or 4 (reset and dose).",
    )
    yield doses.compartment < 1, lambda k: f"has the compartment {doses.compartment[k]}; write 1 or above."
    yield ~np.isin(steady, (0, 1, 2)), lambda k: f"has the SS {steady[k]}; write 0, 1 or 2."
    yield doses.additional < 0, lambda k: f"has {doses.additional[k]} additional doses; write ADDL 0 or more."
    yield doses.individual < 0, lambda k: f"has the individual {doses.individual[k]}; count from 0."
    yield from _out_of_order(doses)
    given = (event == 1) | (event == 4)
    beside = (doses.amount != 0) | (doses.duration != 0) | (doses.additional != 0) | (steady != 0)
    yield (
        ~given & beside,
        lambda k: f"has EVID {event[k]}, and AMT, RATE, ADDL or SS beside it; write EVID 1 for a dose.",
    )
    length, every = doses.duration, doses.interval
    brief = (length > 0) & (length < SHORTEST)
    yield brief, lambda k: f"takes {length[k]:g} d; write 0 for a bolus, or {SHORTEST:g} d or more."
    often = (every > 0) & (every < SHORTEST)
    yield often, lambda k: f"has an interval of {every[k]:g} d; write {SHORTEST:g} d or more."
    more = given & (every == 0) & (doses.additional > 0)
    yield more, lambda k: f"has ADDL {doses.additional[k]} without an interval; write its II."
    endless = given & (every == 0) & (steady > 0)
    yield endless, lambda k: f"has SS {steady[k]} without an interval; write its II."
    yield (
        (steady > 0) & (length > every),
        lambda k: (
            f"is an endless row of infusions of {length[k]:g} d every {every[k]:g} d. "
            "Write an II at least as long as the infusion."
        ),
    )
    none = (length > 0) & (doses.amount == 0)
    yield none, lambda k: f"is an infusion of 0 mg over {length[k]:g} d; write its AMT."


def _amiss(values: Array, name: str, unit: str) -> Iterator[Fault]:
    """Numbers that are none, or below 0."""
    yield ~np.isfinite(values), lambda k: f"has the {name} {values[k]}; write a number."
    if name == "time":
        yield values < 0, lambda k: f"is at {values[k]:g} d, before time zero. Let the clock begin with the first dose."
    yield values < 0, lambda k: f"has the {name} {values[k]:g} {unit}; write 0 or more."


def _out_of_order(doses: Doses) -> Iterator[Fault]:
    """Rows that are not sorted by individual and time, or there twice."""
    who, time = doses.individual, doses.time
    back = np.append(False, np.diff(who) < 0)
    yield back, lambda k: f"comes after one of individual {who[k - 1]}; sort the rows by individual."
    early = np.append(False, (np.diff(who) == 0) & (np.diff(time) < 0))
    yield early, lambda k: f"comes after one at {time[k - 1]:g} d; sort the rows of an individual by time."
    columns = np.stack([getattr(doses, name).astype(np.float64) for name in Doses.__dataclass_fields__])
    order = np.lexsort(columns[::-1])
    again = np.zeros(time.size, dtype=np.bool_)
    again[order[1:]] = (np.diff(columns[:, order]) == 0).all(axis=0)
    yield again, lambda k: "is there twice. Leave one out, or write the sum of the amounts."
