"""Event tables as NONMEM, mrgsolve and nlmixr2 read them: doses, observations, covariates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bridge_pharmacology.dosing.covariates import covariates_of
from bridge_pharmacology.dosing.dialects import Events, translated
from bridge_pharmacology.dosing.doses import Doses, Whole, checked, with_rows
from bridge_pharmacology.dosing.observed import Observations, Responses, Table
from bridge_pharmacology.dosing.sense import in_order, individuals, makes_sense
from bridge_pharmacology.dosing.sheet import Sheet, is_number, sheet
from bridge_pharmacology.dosing.unit import Convert, conversions
from bridge_pharmacology.ports import Array

Flags = NDArray[np.bool_]


def read(
    source: str | Path | bytes,
    *,
    time: str,
    amount: str,
    concentration: str = "",
    dvid: str = "",
    ignore: str = "#",
    drop: Sequence[str] = (),
    covariates: Literal["constant", "first"] = "constant",
) -> Table:
    """Read an event table: a path, or the bytes themselves.

    A table does not say its units: `time` ("h"), `amount` ("mg") and, where it has observations, `concentration`
    ("mg/L") do; DUR and II are in the unit of time, RATE in amount over time. `dvid` says which DVID is the
    concentration, by its text or number, where there are several. Columns are separated by commas, tabs or white space;
    see `bridge_pharmacology.dosing.sheet.sheet` for `ignore` and `drop`. A covariate that changes in time is refused,
    unless `covariates` is "first". Raises ValueError, naming the line, for what is no such table or makes no sense.
    """
    days, mg = conversions(time, "d", "time")[0], conversions(amount, "mg", "amount")[0]
    table = sheet(source, ignore=ignore, drop=drop)
    individual, identifier = individuals(table)
    clock = table.numbers("TIME", missing=np.nan)
    in_order(table, individual, clock)
    event, inferred = _event(table)
    events = translated(
        table,
        individual,
        clock,
        event,
        table.whole("CMT"),
        table.numbers("AMT"),
        table.numbers("RATE"),
        table.whole("SS"),
    )
    makes_sense(table, events)
    event, unmeasured = _unmeasured(table, events)
    doses, undosed = _doses(table, events, event, individual, identifier, clock, days, mg)
    here = np.flatnonzero((event == 0) & events.kept)
    given = (event == 1) | (event >= 3)
    before = np.array([_followed(individual, clock, given, row) for row in here.tolist()], dtype=np.bool_)
    kinds, labelled = _kinds(table)
    plasma = _is_concentration(kinds[here], labelled, dvid)
    value = table.numbers("DV")[here]
    shared: dict[str, Any] = {
        "individual": individual[here],
        "time": days(clock)[here],
        "kind": kinds[here],
        "compartment": events.compartment[here],
        "before_dose": before,
    }
    if plasma.any():
        value[plasma] = conversions(concentration, "mg/L", "concentration")[0](value[plasma])
    names, known, coded = covariates_of(table, individual, identifier, covariates)
    said = [f"DVID {text} is number {number}." for text, number in labelled.items() if not is_number(text)]
    lines = [*table.notes, *inferred, *events.notes, *unmeasured, *said, *undosed, *coded]
    return Table(
        doses=doses,
        observations=Observations(value=value[plasma], **{name: column[plasma] for name, column in shared.items()}),
        responses=Responses(value=value[~plasma], **{name: column[~plasma] for name, column in shared.items()}),
        identifier=identifier,
        covariates=known,
        covariate_names=",".join(names),
        notes="\n".join(lines),
    )


def _event(table: Sheet) -> tuple[Whole, list[str]]:
    """EVID of each row: 1 where an amount is, as NONMEM has it, if the table has no such column."""
    if "EVID" in table:
        return table.whole("EVID"), []
    given = (table.numbers("AMT") != 0) | (table.numbers("RATE") != 0)
    return given.astype(np.int64), ["There is no EVID: rows with an AMT are doses (EVID 1), the others observations."]


def _unmeasured(table: Sheet, events: Events) -> tuple[Whole, list[str]]:
    """EVID once more, 2 for rows where an observation could be and is none (MDV 1, or no DV)."""
    mdv = table.whole("MDV")
    if (odd := np.flatnonzero((mdv < 0) | (mdv > 1))).size:
        raise ValueError(f"{table.at(int(odd[0]))} has MDV {mdv[odd[0]]}; write 0 (measured) or 1 (not).")
    empty = (
        np.array([cell == "" for cell in table.columns["DV"]]) if "DV" in table else np.ones(mdv.size, dtype=np.bool_)
    )
    none = (events.event == 0) & events.kept & (empty | (mdv == 1))
    count = int(none.sum())
    why = f"{count} row{'s' * (count > 1)} without a measurement (MDV 1, or no DV) become EVID 2: a row of the course."
    return np.where(none, 2, events.event), [why] if count else []


def _doses(
    table: Sheet,
    events: Events,
    event: Whole,
    individual: Whole,
    identifier: Whole,
    clock: Array,
    days: Convert,
    mg: Convert,
) -> tuple[Doses, list[str]]:
    """The rows that are no observations, those of EVID 2 once for each time and compartment.

    Individuals without one get a row of EVID 2 at time 0, for they exist.
    """
    rows = np.flatnonzero((event > 0) & events.kept)
    marks = np.stack([individual[rows], clock[rows], events.compartment[rows]], axis=1)
    marks[event[rows] != 2, 2] = -1 - np.flatnonzero(event[rows] != 2)
    rows = rows[np.sort(np.unique(marks, axis=0, return_index=True)[1])]
    given = np.isin(event[rows], (1, 4))
    rate, amount = events.rate[rows], events.amount[rows]
    length = np.where(rate > 0, amount / np.where(rate > 0, rate, 1.0), table.numbers("DUR")[rows])
    columns = {
        "individual": individual[rows],
        "time": days(clock[rows]),
        "amount": np.where(given, mg(amount), 0.0),
        "duration": np.where(given, days(length), 0.0),
        "event": event[rows],
        "compartment": np.maximum(events.compartment[rows], 1),
        "additional": table.whole("ADDL")[rows],
        "interval": days(table.numbers("II"))[rows],
        "steady": events.steady[rows],
    }
    doses = checked(Doses(**columns), [table.at(int(row)) for row in rows])
    undosed = np.setdiff1d(np.arange(identifier.size), doses.individual)
    if undosed.size == 0:
        return doses, []
    who = ", ".join(map(str, identifier[undosed]))
    note = f"No dose for ID {who}: a row of EVID 2 at time 0 stands for each."
    return with_rows(doses, undosed, np.zeros(undosed.size)), [note]


def _followed(individual: Whole, clock: Array, given: Flags, row: int) -> bool:
    """Whether a dose or reset at the same time has its row below."""
    later = row + 1
    while later < clock.size and individual[later] == individual[row] and clock[later] == clock[row]:
        if given[later]:
            return True
        later += 1
    return False


def _kinds(table: Sheet) -> tuple[Whole, dict[str, int]]:
    """DVID of each row as a number, and the numbers of its texts; texts count from 1 in alphabetical order."""
    if "DVID" not in table:
        return np.zeros(len(table.lines), dtype=np.int64), {}
    cells = table.columns["DVID"]
    texts = sorted({cell for cell in cells if cell})
    if all(map(is_number, texts)):
        numbers = table.whole("DVID")
        return numbers, {str(number): int(number) for number in np.unique(numbers)}
    numbered = {text: k for k, text in enumerate(texts, 1)}
    return np.array([numbered.get(cell, 0) for cell in cells], dtype=np.int64), numbered


def _is_concentration(kinds: Whole, labelled: dict[str, int], dvid: str) -> Flags:
    """Which observations are concentrations. Raises ValueError where that is not said."""
    there = sorted(set(kinds.tolist()))
    known = {text: number for text, number in labelled.items() if number in there}
    if not dvid:
        if len(there) > 1:
            raise ValueError(
                f"There are observations of the DVIDs {', '.join(known)}. Write which of them is the concentration: "
                f"dvid='{next(iter(known), '')}'."
            )
        return np.ones(kinds.shape, dtype=np.bool_)
    if dvid not in known:
        raise ValueError(f"dvid is {dvid!r}, which was not observed; there are {', '.join(known) or 'none'}.")
    wanted: Flags = kinds == known[dvid]
    return wanted
