"""Cases and sequences that were counted, and courses of an epidemic as a table: CSV in and out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from bridge import File, Within, model
from bridge_epidemic.dates import iso
from bridge_epidemic.observed.reading import Days, daily, read
from bridge_epidemic.population.records import Strains
from bridge_epidemic.ports import Array, People, Time, chosen, listed
from bridge_epidemic.scales import POPULATION

Incidence = Annotated[Array, "1", ("replicate", "time", "strain"), People]


@dataclass(frozen=True)
class Cases:
    """Cases on each day; `time` is days after `start_date`, negative before it."""

    time: Time
    cases: Annotated[Array, "1", ("time",), People]
    start_date: str


@dataclass(frozen=True)
class Sequences:
    """Sequences of each variant on the days that have any; `variants` names them, one to a line."""

    time: Time
    sequences: Annotated[Array, "1", ("time", "variant"), People]
    variants: str
    start_date: str


@dataclass(frozen=True)
class Written:
    """Courses as tables: of one replicate, and of the quantiles of all."""

    table: Annotated[File, "text/csv"]
    ribbon: Annotated[File, "text/csv"]


@model("observed.cases", scale=POPULATION)
def cases(
    table: File,
    start_date: str = "",
    date_column: str = "date",
    cases_column: str = "cases",
    gaps: Literal["refuse", "zero"] = "refuse",
) -> Cases:
    """Cases by day from a CSV table with a column of ISO dates, in ascending order, and one of counts.

    Time counts from `start_date`, or from the first day of the table. Days that are missing are refused, or count 0
    with ``gaps="zero"``. Raises ValueError, naming the line.
    """
    days = daily(read(table, date_column, [cases_column]), gaps == "zero")
    time, start = _since(days, start_date)
    return Cases(time, days.counts[:, 0], start)


@model("observed.sequences", scale=POPULATION)
def sequences(
    table: File, variants: str = "", start_date: str = "", date_column: str = "date", without: str = "cases"
) -> Sequences:
    """Sequences by day and variant from a CSV table with a column of ISO dates, and one of counts for each variant.

    `variants` chooses columns, with commas between; all but the date and those `without` by default. Rows may be days
    or weeks. Time counts from `start_date`, or from the first day of the table. Raises ValueError, naming the line.
    """
    apart = [name.strip() for name in without.split(",") if name.strip()]
    days = read(table, date_column, (), apart)
    rows = chosen(variants, days.columns, "variant") if variants else list(range(len(days.columns)))
    time, start = _since(days, start_date)
    return Sequences(time, days.counts[:, rows], listed(days.columns[k] for k in rows), start)


@model("observed.written", scale=POPULATION)
def written(
    time: Time,
    incidence: Incidence,
    strains: Strains,
    start_date: str,
    row: Annotated[int, Within(0)] = 0,
) -> Written:
    """Infections by day as CSV: `table` of one replicate (the `row` of the courses, from 0), `ribbon` of all.

    `table` has the columns date, cases and one for each strain: `observed.cases` and `observed.sequences` read it.
    `ribbon` has a row for each date and strain, with the 2.5, 50 and 97.5 % quantiles over replicates, linear between
    them. Raises ValueError for times that are no whole days, for a replicate that there is not, and for other strains.
    """
    start = iso(start_date, "start_date")
    named = strains.strains.split("\n")
    if incidence.shape[2] != len(named):
        raise ValueError(
            f"The courses have {incidence.shape[2]} strains, and {len(named)} are named. Wire both from one epidemic."
        )
    if row >= incidence.shape[0]:
        raise ValueError(f"row is {row}, of {incidence.shape[0]} replicates that count from 0. Write row=0.")
    if not np.array_equal(time, np.round(time)):
        raise ValueError(f"Times are no whole days, the first is {time[time != np.round(time)][0]:g} d.")
    days = [str(np.datetime64(start, "D") + np.timedelta64(int(t), "D")) for t in time]
    rows = [",".join(("date", "cases", *named))]
    for day, counts in zip(days, incidence[row], strict=True):
        rows.append(",".join((day, *map(_text, (counts.sum(), *counts)))))
    low, middle, high = np.quantile(incidence, (0.025, 0.5, 0.975), axis=0)
    spread = ["date,strain,low,median,high"]
    for k, day in enumerate(days):
        for s, name in enumerate(named):
            spread.append(",".join((day, name, _text(low[k, s]), _text(middle[k, s]), _text(high[k, s]))))
    return Written(_file(rows), _file(spread))


def _since(days: Days, start_date: str) -> tuple[Array, str]:
    """Days after the start, and the start as an ISO date."""
    start = iso(start_date, "start_date") if start_date else days.dates[0]
    return days.since(start), start.isoformat()


def _text(value: float) -> str:
    """The shortest text that is read as the same number."""
    return repr(float(value)).removesuffix(".0")


def _file(rows: list[str]) -> File:
    return File(("\n".join(rows) + "\n").encode(), "text/csv")
