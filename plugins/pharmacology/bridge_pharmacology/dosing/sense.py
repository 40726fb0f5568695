"""Whether the rows of an event table make sense, told in the table's own terms before anything is made of them."""

from __future__ import annotations

import numpy as np

from bridge_pharmacology.dosing.dialects import Events
from bridge_pharmacology.dosing.doses import Whole
from bridge_pharmacology.dosing.sheet import Sheet
from bridge_pharmacology.ports import Array


def individuals(table: Sheet) -> tuple[Whole, Whole]:
    """The number of each row's individual, from 0, and the ID of each individual."""
    if empty := [row for row, cell in enumerate(table.columns["ID"]) if not cell]:
        raise ValueError(f"Line {table.lines[empty[0]]} has no ID; write a whole number.")
    identifier = table.whole("ID")
    new = np.append(True, np.diff(identifier) != 0)
    first = np.flatnonzero(new)
    back = np.unique(identifier[first], return_index=True)[1]
    if again := sorted(set(range(first.size)) - set(back.tolist())):
        raise ValueError(
            f"{table.at(int(first[again[0]]))} comes back after other individuals. Sort the rows by ID, or give the "
            "second occasion an ID of its own."
        )
    return np.cumsum(new) - 1, identifier[first]


def in_order(table: Sheet, individual: Whole, clock: Array) -> None:
    """Check that rows have a time from 0 on, ascend within an individual, and are there once. Raises ValueError."""
    texts = table.columns["TIME"]
    for row in np.flatnonzero(np.isnan(clock)).tolist():
        raise ValueError(f"{table.at(row)} has no TIME; write when it was.")
    for row in np.flatnonzero(clock < 0).tolist():
        raise ValueError(
            f"{table.at(row)} is at time {texts[row]}, before time zero. Add {-clock.min():g} to all times."
        )
    back = (np.diff(individual) == 0) & (np.diff(clock) < 0)
    for row in (np.flatnonzero(back) + 1).tolist():
        raise ValueError(
            f"{table.at(row)} is at time {texts[row]}, after a row at {texts[row - 1]}. Sort the rows of an ID by "
            "time; after a reset (EVID 3, 4) too, time goes on."
        )
    seen: dict[tuple[str, ...], int] = {}
    for row, cells in enumerate(zip(*table.columns.values(), strict=True)):
        if cells in seen:
            raise ValueError(f"{table.at(row)} is line {table.lines[seen[cells]]} once more. Leave one of them out.")
        seen[cells] = row


def makes_sense(table: Sheet, events: Events) -> None:
    """Check what only the table's own columns show. Raises ValueError, naming the line."""
    given = (events.event == 1) | (events.event == 4)
    length, every, more = table.numbers("DUR"), table.numbers("II"), table.whole("ADDL")
    columns = {"AMT": events.amount, "RATE": events.rate, "DUR": length, "ADDL": more, "SS": events.steady}
    for row in np.flatnonzero(events.kept).tolist():
        at = table.at(row)
        if not given[row]:
            if beside := [f"{name} {column[row]:g}" for name, column in columns.items() if column[row]]:
                raise ValueError(f"{at} has EVID {events.event[row]} and {', '.join(beside)}. Write EVID 1 for a dose.")
            if events.compartment[row] < 0:
                raise ValueError(f"{at} turns compartment {-events.compartment[row]} off, which is not read.")
            continue
        if "AMT" not in table or table.columns["AMT"][row] == "":
            raise ValueError(f"{at} is a dose without an AMT; write how much.")
        rate, amount = events.rate[row], events.amount[row]
        if rate in (-1, -2):
            what = "rate" if rate == -1 else "duration"
            raise ValueError(
                f"{at} has RATE {rate:g}: a {what} that is estimated. Write the RATE or DUR that was given."
            )
        for name, value in (("AMT", amount), ("RATE", rate), ("DUR", length[row]), ("II", every[row])):
            if value < 0:
                raise ValueError(f"{at} has {name} {value:g}; write 0 or more.")
        if more[row] < 0:
            raise ValueError(f"{at} has ADDL {more[row]}, doses up to a steady state. Write SS 1 and II instead.")
        if events.steady[row] not in (0, 1, 2):
            raise ValueError(f"{at} has SS {events.steady[row]}; write 0, 1 or 2.")
        if rate > 0 and amount == 0:
            raise ValueError(f"{at} has RATE {rate:g} and AMT 0, an endless infusion. Write how much was given.")
        if rate > 0 and length[row] > 0 and not np.isclose(amount / rate, length[row], rtol=1e-6, atol=0):
            raise ValueError(
                f"{at} has RATE {rate:g}, which takes {amount / rate:g} for AMT {amount:g}, and DUR {length[row]:g}. "
                "Write one of them."
            )
        if events.compartment[row] < 0:
            raise ValueError(f"{at} is a dose into compartment {events.compartment[row]}; write 1 or above.")
