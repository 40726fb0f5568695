"""Tables of days as people keep them: CSV with a column of ISO dates, a row for each day that was reported."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from math import isfinite
from typing import NamedTuple

import numpy as np

from bridge import File
from bridge_epidemic.dates import iso
from bridge_epidemic.ports import Array
from bridge_epidemic.tables import users


class Days(NamedTuple):
    """Dates in ascending order, and the counts of each column at them."""

    dates: tuple[date, ...]
    columns: tuple[str, ...]
    counts: Array

    def since(self, start: date) -> Array:
        """Days after the beginning of `start`, negative before it."""
        return np.array([(day - start).days for day in self.dates], np.float64)


def read(table: File, date_column: str, columns: Sequence[str] = (), without: Sequence[str] = ()) -> Days:
    """Counts of `columns`, or of all but the date and those `without`, by date.

    Lines that begin with # are remarks. Raises ValueError, naming the line: for a table without the columns, dates that
    are none, descend or come twice, and counts that are missing, negative or no numbers.
    """
    found = users.read(table.content, (date_column, *columns), "table")
    counted = list(columns) or [name for name in found.columns if name not in (date_column, *without)]
    if not counted:
        raise ValueError(f"The table has no column of counts beside {', '.join(map(repr, found.columns))}.")
    dates: list[date] = []
    values = np.zeros((len(found.rows), len(counted)))
    for k, (number, cells) in enumerate(found.rows):
        day = iso(cells[date_column], f"The date of line {number}")
        if dates and day == dates[-1]:
            raise ValueError(
                f"Line {number} is {day} once more. Add up what was reported twice: one line for each day."
            )
        if dates and day < dates[-1]:
            raise ValueError(f"Line {number} is {day}, after {dates[-1]}. Sort the table by date.")
        dates.append(day)
        values[k] = [_count(cells[name], f"{name} of line {number} ({day})") for name in counted]
    if not dates:
        raise ValueError("The table names columns, and has no days under them.")
    return Days(tuple(dates), tuple(counted), values)


def _count(text: str, where: str) -> float:
    """A count, which smoothing may have left with a fraction. Raises ValueError."""
    if not text.strip():
        raise ValueError(f"{where} is empty. Write 0 where nothing was found, and leave out days without a report.")
    try:
        found = float(text)
    except ValueError:
        raise ValueError(f"{where} is {text.strip()!r}, which is no number.") from None
    if not isfinite(found) or found < 0:
        raise ValueError(f"{where} is {text.strip()}; a count is 0 or more.")
    return found


def daily(days: Days, fill: bool) -> Days:
    """A row for every day from the first to the last; days that are missing count 0 with `fill`.

    Raises ValueError for missing days without it.
    """
    since = days.since(days.dates[0]).astype(np.int64)
    last = int(since[-1])
    if last + 1 == since.size:
        return days
    if not fill:
        k = int(np.flatnonzero(np.diff(since) > 1)[0])
        raise ValueError(
            f"{last + 1 - since.size} of {last + 1} days are missing, the first after {days.dates[k]} (the next row is "
            f"{days.dates[k + 1]}). Write gaps='zero' if nobody was found on them, or hand in a table of days."
        )
    counts = np.zeros((last + 1, days.counts.shape[1]))
    counts[since] = days.counts
    first = days.dates[0].toordinal()
    return Days(tuple(date.fromordinal(first + k) for k in range(last + 1)), days.columns, counts)
