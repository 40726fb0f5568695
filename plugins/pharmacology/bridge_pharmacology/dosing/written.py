"""Event tables written in NONMEM's columns, to be read again as the same records."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bridge_pharmacology.dosing.doses import Doses, checked, given_by
from bridge_pharmacology.dosing.observed import Observations, Responses, Table
from bridge_pharmacology.dosing.unit import Convert, conversions

_HEADER = ("ID", "TIME", "AMT", "RATE", "ADDL", "II", "SS", "EVID", "MDV", "CMT", "DV", "DVID")


def write(table: Table | Doses, *, time: str = "d", amount: str = "mg", concentration: str = "mg/L") -> str:
    """An event table as text with commas: doses alone, or a whole table with observations and covariates.

    Times, amounts and concentrations are in the units that are given, and responses as they were. Infusions are written
    by their RATE. Read again (`bridge_pharmacology.dosing.nonmem.read`, with the same units), records are the same and
    their values equal to 15 digits. Raises ValueError for other units, and for doses that make no sense.
    """
    doses = table if isinstance(table, Doses) else table.doses
    checked(doses)
    clock, mass = conversions(time, "d", "time")[1], conversions(amount, "mg", "amount")[1]
    plasma = conversions(concentration, "mg/L", "concentration")[1]
    rows = [(*key, cells) for key, cells in _given(doses, clock, mass)]
    names: list[str] = []
    identifier, known = np.arange(1, given_by(doses) + 1), np.zeros((given_by(doses), 0))
    if isinstance(table, Table):
        rows += [(*key, cells) for key, cells in _measured(table.observations, clock, plasma)]
        rows += [(*key, cells) for key, cells in _measured(table.responses, clock, lambda x: x)]
        identifier, known = table.identifier, table.covariates
        names = table.covariate_names.split(",") if table.covariate_names else []
    lines = [",".join((*_HEADER, *names))]
    for individual, _, _, _, cells in sorted(rows, key=lambda row: row[:4]):
        lines.append(",".join((str(identifier[individual]), *cells, *map(_text, known[individual]))))
    return "\n".join(lines) + "\n"


Key = tuple[int, float, int, int]
Cells = tuple[str, ...]


def _given(doses: Doses, clock: Convert, mass: Convert) -> Iterator[tuple[Key, Cells]]:
    """The cells of each dose behind ID, and where its row stands: (individual, time, turn, number)."""
    length, amount = clock(doses.duration), mass(doses.amount)
    rate = np.where(length > 0, amount / np.where(length > 0, length, 1.0), 0.0)
    time, every = clock(doses.time), clock(doses.interval)
    for k in range(doses.time.size):
        yield (
            (int(doses.individual[k]), float(doses.time[k]), 1, k),
            (
                _text(time[k]),
                _text(amount[k]),
                _text(rate[k]),
                str(doses.additional[k]),
                _text(every[k]),
                str(doses.steady[k]),
                str(doses.event[k]),
                "1",
                str(doses.compartment[k]),
                ".",
                ".",
            ),
        )


def _measured(of: Observations | Responses, clock: Convert, scale: Convert) -> Iterator[tuple[Key, Cells]]:
    """As `_given`, for observations: above the doses of the same time, or below them."""
    time, value = clock(of.time), scale(of.value)
    for k in range(of.time.size):
        turn = 0 if of.before_dose[k] else 2
        cells = ("0",) * 7 + (str(of.compartment[k]), _text(value[k]), str(of.kind[k]))
        yield (int(of.individual[k]), float(of.time[k]), turn, k), (_text(time[k]), *cells)


def _text(value: float) -> str:
    """The shortest text that is read as the same number."""
    return repr(float(value)).removesuffix(".0")
