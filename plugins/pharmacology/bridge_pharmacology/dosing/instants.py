"""What doses do to a system, instant by instant: every dose of a row, infusions on and off, resets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from bridge_pharmacology.dosing.doses import Doses
from bridge_pharmacology.ports import Array

Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: Instants closer than this (d; 0.09 ms) are one.
CLOSE = 1e-9
#: How long before a jump or a kink its row of the grid is (d; 0.09 s).
BEFORE = 1e-6
#: More doses than this do not fit into memory.
MOST_DOSES = 20_000_000


@dataclass(frozen=True)
class Given:
    """Doses one by one, sorted by individual and time: what goes in, when it stops, what is set before.

    `amount` in mg, `ends` is when the infusion stops (`time` itself for a bolus; a reset may stop it early), `rate` in
    mg/d, `reset` says that the state is set to its start before, `steady` is SS and `interval` its II; `compartment` is
    0 where nothing is given.
    """

    individual: Whole
    time: Array
    compartment: Whole
    amount: Array
    rate: Array
    ends: Array
    reset: Flags
    steady: Whole
    interval: Array

    @property
    def sets(self) -> Flags:
        """Which rows set the state."""
        return self.reset | (self.steady > 0)

    def where(self, rows: Flags | Whole) -> Self:
        """Some of the doses, or all of them in another order."""
        return replace(self, **{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})

    def for_each(self, people: int) -> Self:
        """The doses of one individual, given to each of so many."""
        each = {name: np.tile(getattr(self, name), people) for name in self.__dataclass_fields__}
        return replace(self, **each | {"individual": np.repeat(np.arange(people), self.time.size)})

    def at(self, time: Array, ends: Array) -> Self:
        """The same doses at other times: as much goes in as before."""
        length = ends - time
        longer = np.divide(self.ends - self.time, length, out=np.ones_like(length), where=length > 0)
        return replace(self, time=time, ends=ends, rate=self.rate * longer)


def each_dose(doses: Doses, end: float, lag: Mapping[int, Array] | None = None) -> Given:
    """Every dose before `end` (d), additional ones too, each as late as the lag time (d) of its compartment.

    A reset (EVID 3 and 4), which no lag time delays, and a steady state that replaces the state (SS 1), stop infusions
    that run, and the additional and delayed doses of earlier rows do not come any more, as in PREDPP. `lag` has one
    value for each individual, or one for all. Raises ValueError for more doses than anybody is given.
    """
    doses = _apart(doses)
    given = doses.event == 1
    resets = given & (doses.steady == 1) | (doses.event == 3)
    until = _next_reset(doses.individual, doses.time, resets)
    room = np.minimum(until, end) - doses.time
    with np.errstate(divide="ignore", invalid="ignore"):
        fit = np.where(doses.additional > 0, np.clip(np.ceil((room - CLOSE) / doses.interval), 1, None), 1)
    count = np.minimum(doses.additional + 1, fit).astype(np.int64)
    count[~given & ~resets] = 0
    if count.sum() > MOST_DOSES:
        raise ValueError(
            f"{count.sum():.3g} doses are given until {end:g} d, over {MOST_DOSES:.0g}. Write a longer interval, or an "
            "infusion in the place of them all."
        )
    row = np.repeat(np.arange(count.size), count)
    which = np.arange(row.size) - np.repeat(np.cumsum(count) - count, count)
    late = np.zeros(row.size)
    for compartment, delay in (lag or {}).items():
        here = given[row] & (doses.compartment[row] == compartment)
        late[here] = delay[doses.individual[row[here]]] if delay.size > 1 else delay[0]
    start = doses.time[row] + which * doses.interval[row] + late
    first, infused = which == 0, given[row] & (doses.duration[row] > 0)
    stop = np.where(infused, np.minimum(start + doses.duration[row], until[row]), start)
    rate = np.where(infused, doses.amount[row] / np.where(infused, doses.duration[row], 1.0), 0.0)
    every = Given(
        individual=doses.individual[row],
        time=start,
        compartment=np.where(given[row], doses.compartment[row], 0),
        amount=np.where(given[row], doses.amount[row], 0.0),
        rate=rate,
        ends=stop,
        reset=first & (doses.event[row] == 3),
        steady=np.where(first, doses.steady[row], 0),
        interval=doses.interval[row],
    )
    kept = (start < end - CLOSE) & ((start < until[row] - CLOSE) | (first & (late == 0)))
    order = np.lexsort((row[kept], every.time[kept], every.individual[kept]))
    return every.where(np.flatnonzero(kept)[order])


def _apart(doses: Doses) -> Doses:
    """The same doses, with a reset and a dose (EVID 3 and 1) in the place of each that is both (EVID 4)."""
    row = np.repeat(np.arange(doses.event.size), 1 + (doses.event == 4))
    reset = (doses.event[row] == 4) & np.append(True, np.diff(row) > 0)[: row.size]
    columns = {name: getattr(doses, name)[row] for name in Doses.__dataclass_fields__}
    nothing = {name: np.where(reset, 0, columns[name]) for name in ("amount", "duration", "additional", "steady")}
    event = np.where(reset, 3, np.where(columns["event"] == 4, 1, columns["event"]))
    return Doses(**columns | nothing | {"event": event})


def _next_reset(individual: Whole, time: Array, resets: Flags) -> Array:
    """When, after each row, the next reset of the same individual comes; infinity where none does."""
    until = np.full(time.shape, np.inf)
    if resets.any():
        for k in range(time.size - 2, -1, -1):
            if individual[k] == individual[k + 1]:
                until[k] = time[k + 1] if resets[k + 1] else until[k + 1]
    return until


def grid(given: Given, shown: Flags, marks: Array, end: float, sampling: float) -> tuple[Array, Given]:
    """Times (d) of the rows of a course, and the doses at exactly these times where they are close to one.

    Rows are `sampling` apart from 0 to `end`, at doses that are `shown` and the ends of their infusions and a moment
    before each, where courses jump or bend, and at `marks`. Raises ValueError for more rows than anybody looks at.
    """
    if end / sampling > 1e6:
        raise ValueError(
            f"A row every {sampling:g} d up to {end:g} d makes {end / sampling:.3g} rows. "
            f"Write a sampling of {end / 1e4:.3g} d or more."
        )
    regular = np.append(np.arange(int(np.ceil(end / sampling - CLOSE))) * sampling, end)
    size = given.time.size
    merged = _merged(np.concatenate([given.time, given.ends, marks]), regular)
    moved = given.at(merged[:size], merged[size : 2 * size])
    kinks = np.union1d(moved.time[shown], moved.ends[shown])
    kinks, marks = kinks[kinks <= end], merged[2 * size :]
    rows = np.unique(np.concatenate([regular, kinks, marks[marks <= end]]))
    kinks = kinks[kinks > 0]
    before = kinks - np.maximum(BEFORE, 8 * np.spacing(kinks))
    last = rows[np.searchsorted(rows, kinks) - 1]
    return np.union1d(rows, before[last < before - CLOSE]), moved


def _merged(times: Array, regular: Array) -> Array:
    """The same times, those that are CLOSE to one of `regular`, or else to one another, made equal."""
    near = regular[np.clip(np.searchsorted(regular, times - CLOSE), 0, regular.size - 1)]
    found = np.where(np.abs(near - times) <= CLOSE, near, times)
    each, back = np.unique(found, return_inverse=True)
    if each.size == 0:
        return found
    new = np.append(True, (np.diff(each) > CLOSE) | np.isin(each[1:], regular))
    merged: Array = each[np.flatnonzero(new)[np.cumsum(new) - 1]][back]
    return merged


def cumulative(given: Given, compartment: int, people: int, time: Array) -> Array:
    """How many mg went into a compartment until each time (d), for each individual: (individual, time)."""
    here = given.where(given.compartment == compartment)
    infused = here.rate > 0
    step, slope = np.zeros((2, people, time.size + 1))
    begins = np.searchsorted(time, here.time)
    np.add.at(step, (here.individual, begins), np.where(infused, -here.rate * here.time, here.amount))
    np.add.at(slope, (here.individual, begins), here.rate)
    stops = np.searchsorted(time, here.ends[infused])
    np.add.at(step, (here.individual[infused], stops), (here.rate * here.ends)[infused])
    np.add.at(slope, (here.individual[infused], stops), -here.rate[infused])
    total: Array = np.cumsum(step, axis=1)[:, :-1] + np.cumsum(slope, axis=1)[:, :-1] * time
    return total
