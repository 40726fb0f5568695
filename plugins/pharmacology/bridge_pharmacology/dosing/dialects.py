"""Event codes of RxODE, translated into NONMEM's.

Classic RxODE codes say four things in one number: the compartment's hundreds, a flag of infusions, the compartment
below 100, a suffix; 101 is a bolus into compartment 1, 10101 an infusion into it, whose AMT is a rate and which a
second row with the negative rate ends (rxode2 documentation, "Classic rxode2 Events").
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge_pharmacology.dosing.sheet import Sheet
from bridge_pharmacology.ports import Array

Whole = NDArray[np.int64]

_KINDS = {4: "replaces an amount", 5: "multiplies an amount", 6: "ends a modelled duration", 7: "ends a modelled rate"}
_KINDS |= {8: "begins a modelled duration", 9: "begins a modelled rate"}
_SUFFIXES = {1: 0, 10: 1, 20: 2}
_OTHERS = {5: "replaces an amount", 6: "multiplies an amount", 7: "is a phantom dose"}


@dataclass(frozen=True)
class Events:
    """The columns of events in NONMEM's codes: EVID, CMT, AMT, RATE, SS; `kept` says which rows are events."""

    event: Whole
    compartment: Whole
    amount: Array
    rate: Array
    steady: Whole
    kept: NDArray[np.bool_]
    notes: tuple[str, ...]


def translated(
    table: Sheet,
    individual: Whole,
    time: Array,
    event: Whole,
    compartment: Whole,
    amount: Array,
    rate: Array,
    steady: Whole,
) -> Events:
    """The same events in EVID 0 to 4. Raises ValueError, naming the line, for codes that have no translation.

    Times in the table's own unit. An infusion of two rows becomes one, with RATE and the amount that went in.
    """
    event, compartment, steady = event.copy(), compartment.copy(), steady.copy()
    amount, rate = amount.copy(), rate.copy()
    kept = np.ones(event.shape, dtype=np.bool_)
    found: Counter[str] = Counter()
    running: list[tuple[int, int]] = []
    for row, code in enumerate(event.tolist()):
        if row and individual[row] != individual[row - 1]:
            _all_ended(table, running)
        if 0 <= code <= 4:
            continue
        if code < 100:
            what = f" ({_OTHERS[code]} in rxode2)" if code in _OTHERS else ""
            raise ValueError(f"{table.at(row)} has EVID {code}{what}, which is not read. Write 0, 1, 2, 3 or 4.")
        flag, number, endless = _parts(table, row, code)
        if compartment[row] not in (0, number):
            raise ValueError(f"{table.at(row)} has EVID {code}, compartment {number}, and CMT {compartment[row]}.")
        if steady[row] not in (0, endless):
            raise ValueError(f"{table.at(row)} has EVID {code}, whose SS is {endless}, and SS {steady[row]}.")
        if rate[row] != 0:
            raise ValueError(f"{table.at(row)} has EVID {code}, which says all of a dose, and RATE {rate[row]:g}.")
        event[row], compartment[row], steady[row] = 1, number, endless
        into = f"into compartment {number}" + (f" with SS {endless}" if endless else "")
        if flag == 0:
            found[f"EVID {code} is a dose (EVID 1) {into}"] += 1
        elif amount[row] > 0:
            running.append((row, code))
            found[f"EVID {code} is an infusion (EVID 1 and RATE) {into}, ended by a row of its own"] += 1
        else:
            begun = _begun(table, row, code, running, amount)
            rate[begun] = amount[begun]
            amount[begun] *= time[row] - time[begun]
            kept[row] = False
    _all_ended(table, running)
    notes = tuple(f"RxODE's {what}: {count} row{'s' * (count > 1)}." for what, count in found.items())
    return Events(event, compartment, amount, rate, steady, kept, notes)


def _parts(table: Sheet, row: int, code: int) -> tuple[int, int, int]:
    """Infusion flag, compartment and SS of a classic code."""
    front, rest = divmod(code, 100_000)
    flag, rest = divmod(rest, 10_000)
    below, suffix = divmod(rest, 100)
    number = 100 * front + below
    if flag in _KINDS:
        raise ValueError(f"{table.at(row)} has EVID {code}, which {_KINDS[flag]}, and is not read. Write RATE or DUR.")
    if flag > 2 or suffix not in _SUFFIXES or number < 1:
        raise ValueError(
            f"{table.at(row)} has EVID {code}, which is no dose that is known: of RxODE's codes those that end in 01 "
            "(dose), 10 (SS 1) and 20 (SS 2) are read. Write EVID 0 to 4."
        )
    return flag, number, _SUFFIXES[suffix]


def _begun(table: Sheet, row: int, code: int, running: list[tuple[int, int]], amount: Array) -> int:
    """The row at which the infusion began that this row ends."""
    for k, (begun, begun_by) in enumerate(running):
        if begun_by == code and np.isclose(amount[begun], -amount[row], rtol=1e-9, atol=0):
            del running[k]
            return begun
    raise ValueError(
        f"{table.at(row)} has EVID {code} and AMT {amount[row]:g}, the end of an infusion that never began. Write a "
        "row of the same EVID with the positive rate above it."
    )


def _all_ended(table: Sheet, running: list[tuple[int, int]]) -> None:
    if running:
        row, code = running[0]
        raise ValueError(
            f"{table.at(row)} has EVID {code}, an infusion that never ends. Write a row of the same EVID with the "
            "negative rate where it does."
        )
