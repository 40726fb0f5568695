"""Records of a table of events, as fits take them: each individual's observations beside its doses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bridge_pharmacology.dosing.doses import Doses
from bridge_pharmacology.dosing.observed import Observations, Responses
from bridge_pharmacology.population.fitting import Series

Array = NDArray[np.float64]

#: How long (d) before a dose a sample is taken that stands in the table at its time.
BEFORE = 1e-9


def series_of(
    observed: Observations | Responses,
    doses: Doses,
    known: Mapping[int, Mapping[str, float]] | None = None,
    identifier: Array | None = None,
) -> list[Series]:
    """One series for each individual that has observations; with `known`, for each individual that is in it.

    `identifier` has the ID of each individual, or -1 alone; without, they are called by their numbers.

    Raises ValueError for doses that the closed forms do not know, and for an individual without a dose.
    """
    odd = (doses.duration > 0) | (doses.steady > 0) | (doses.event > 2) | (doses.compartment != 1)
    if odd.any():
        row = int(np.argmax(odd))
        raise ValueError(
            f"dose {row} (individual {doses.individual[row]} at {doses.time[row]:g} d) is an infusion, a steady state, "
            "a reset, or goes elsewhere than into compartment 1. Fits take single doses into the depot, compartment 1, "
            "and their repetitions."
        )
    individual, found = observed.individual, []
    # What was sampled before a dose that was given at that time does not know it.
    time = observed.time - BEFORE * observed.before_dose
    for number in np.unique(individual):
        if known is not None and int(number) not in known:
            continue
        mine = (doses.individual == number) & (doses.event == 1)
        if not mine.any():
            raise ValueError(f"individual {number} has observations and no dose: every individual is dosed.")
        when, amount = _expanded(doses, np.flatnonzero(mine))
        rows = np.flatnonzero(individual == number)
        rows = rows[np.argsort(time[rows], kind="stable")]
        held = {} if known is None else known[int(number)]
        found.append(Series(int(number), time[rows], observed.value[rows], when, amount, held, _id(identifier, number)))
    if not found:
        raise ValueError("there are no observations to fit: choose another observation type, or another table.")
    return found


def _id(identifier: Array | None, number: int) -> int | None:
    """The ID of an individual, None where there is none. Raises ValueError."""
    if identifier is None or identifier.tolist() == [-1]:
        return None
    if number >= identifier.size:
        raise ValueError(f"identifier is given for {identifier.size} individuals, and number {number} was observed.")
    return int(identifier[number])


def _expanded(doses: Doses, rows: NDArray[np.int64]) -> tuple[Array, Array]:
    """Times and amounts of doses with their repetitions."""
    times = [doses.time[row] + doses.interval[row] * np.arange(doses.additional[row] + 1) for row in rows]
    amounts = [np.full(len(when), doses.amount[row]) for row, when in zip(rows, times, strict=True)]
    when, amount = np.concatenate(times), np.concatenate(amounts)
    order = np.argsort(when, kind="stable")
    return when[order], amount[order]


def beginning(series: Sequence[Series]) -> dict[str, float]:
    """Where a fit of one compartment with absorption begins: medians of what the areas and tails of courses say.

    Clearance is the dose over the area, by trapezia and the tail of the last three records; the volume is clearance
    over the slope of that tail; half of a dose is absorbed in a quarter of the time to the peak.
    """
    told = []
    for one in series:
        time, value = one.time[one.value > 0], one.value[one.value > 0]
        if time.size < 3 or time[-1] <= time[-3]:
            continue
        slope = -float(np.polyfit(time[-3:], np.log(value[-3:]), 1)[0])
        slope = max(slope, 0.1 / float(time[-1]))
        area = float(np.trapezoid(one.value, one.time)) + float(value[-1]) / slope
        clearance = float(one.dose.sum()) / area
        after = time[np.argmax(value)] - one.dose_time[one.dose_time <= time[np.argmax(value)]].max(initial=0.0)
        told.append((max(4 * np.log(2) / max(float(after), 1e-3), 2 * slope), clearance, clearance / slope))
    if not told:
        raise ValueError(
            "no individual has three observations above 0, which starting values take. Write them: "
            "absorption_rate='1 1/h', clearance='3 L/h', volume='30 L'."
        )
    middle = np.median(np.array(told), axis=0)
    return dict(zip(("absorption_rate", "clearance", "volume"), middle.tolist(), strict=True))
