"""Cases and sequences from CSV, and courses written as CSV: what is read again is what was written."""

from __future__ import annotations

import csv
import io
from dataclasses import fields
from inspect import signature

import numpy as np
import pytest
from bridge_epidemic.observed.tables import cases, sequences, written
from bridge_epidemic.population.records import Courses, Strains

from bridge import File

TABLE = "# remarks stand above\ndate,cases,D614G,BA.1\n2021-12-01,10,9,0\n2021-12-02,12,7,1\n2021-12-03,0,5.5,3\n"


def table(text: str) -> File:
    return File(text.encode(), "text/csv")


def test_cases_are_read_by_day() -> None:
    found = cases(table(TABLE))
    assert found.time.tolist() == [0, 1, 2]
    assert found.cases.tolist() == [10, 12, 0]
    assert found.start_date == "2021-12-01"


def test_days_count_from_another_date_and_are_negative_before_it() -> None:
    found = cases(table("\ufeff" + TABLE), start_date="2021-12-02")
    assert found.time.tolist() == [-1, 0, 1]
    assert found.start_date == "2021-12-02"


def test_sequences_are_all_other_columns() -> None:
    found = sequences(table(TABLE))
    assert found.variants == "D614G\nBA.1"
    assert found.sequences.tolist() == [[9, 0], [7, 1], [5.5, 3]]
    assert sequences(table(TABLE), variants="BA.1").sequences.tolist() == [[0], [1], [3]]


def test_missing_days_are_refused_or_count_nothing() -> None:
    gap = table("date,cases\n2024-02-27,3\n2024-03-01,4\n")  # a leap year: two days are missing
    with pytest.raises(ValueError, match=r"2 of 4 days are missing, the first after 2024-02-27.*gaps='zero'"):
        cases(gap)
    found = cases(gap, gaps="zero")
    assert (found.time.tolist(), found.cases.tolist()) == ([0, 1, 2, 3], [3, 0, 0, 4])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("date,cases\n2021-12-01,1\n2021-12-01,2\n", "Line 3 is 2021-12-01 once more"),
        ("date,cases\n2021-12-02,1\n2021-12-01,2\n", "Line 3 is 2021-12-01, after 2021-12-02. Sort"),
        ("date,cases\n2021-12-01,-1\n", r"cases of line 2 \(2021-12-01\) is -1; a count is 0 or more"),
        ("date,cases\n2021-12-01,\n", "is empty. Write 0"),
        ("date,cases\n2021-12-01,few\n", "'few', which is no number"),
        ("date,cases\n2021-12-01,nan\n", "a count is 0 or more"),
        ("date,cases\n01/12/2021,1\n", "no ISO date. Write year-month-day"),
        ("date,cases\n2021-02-29,1\n", "day is out of range"),
        ("date,cases\n20211201,1\n", "no ISO date"),
        ("day,cases\n2021-12-01,1\n", "no column date; it has day, cases"),
        ("date;cases\n2021-12-01;1\n", "kept apart by commas"),
        ("date,cases,cases\n2021-12-01,1,1\n", "two columns 'cases'"),
        ("date,cases\n2021-12-01,1,1\n", "Line 2 of the table has 3 cells under 2 columns"),
        ("date,cases\n", "no days under them"),
        ("", "The table is empty"),
    ],
)
def test_tables_that_say_nothing_clear_are_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        cases(table(text))


def test_bytes_of_another_encoding_and_unknown_variants_are_refused() -> None:
    with pytest.raises(ValueError, match="no text in UTF-8"):
        cases(File("date,cases,Zürich\n".encode("latin-1"), "text/csv"))
    with pytest.raises(ValueError, match=r"Did you mean 'BA\.1'"):
        sequences(table(TABLE), variants="BA1")
    with pytest.raises(ValueError, match="no column of counts"):
        sequences(table("date,cases\n2021-12-01,1\n"))


def strains() -> Strains:
    one, none = np.ones(2), np.zeros(2)
    return Strains("D614G\nBA.1", one, one, one, 1, 1, one, none, none)


COURSES = np.random.default_rng(5).poisson(40.0, (50, 30, 2)).astype(float)


def test_courses_that_were_written_are_read_again() -> None:
    file = written(np.arange(30.0), COURSES, strains(), "2020-02-20", 3).table
    found, counted = cases(file), sequences(file)
    assert np.array_equal(found.cases, COURSES[3].sum(axis=1))
    assert np.array_equal(counted.sequences, COURSES[3])
    assert counted.variants == "D614G\nBA.1"
    assert found.time.tolist() == list(range(30))
    assert found.start_date == "2020-02-20"


def test_courses_are_handed_in_as_a_whole_stage() -> None:
    """Every output of a stage whose name is an input is wired: a name of another kind would refuse all of them."""
    shared = {field.name for field in fields(Courses)} & set(signature(written).parameters)
    assert shared == {"time", "incidence"}


def test_the_ribbon_holds_quantiles_of_all_replicates() -> None:
    rows = list(
        csv.DictReader(io.StringIO(written(np.arange(30.0), COURSES, strains(), "2020-02-20").ribbon.content.decode()))
    )
    assert len(rows) == 60
    (row,) = [row for row in rows if row["date"] == "2020-03-01" and row["strain"] == "BA.1"]  # day 10 of a leap year
    told = np.percentile(COURSES[:, 10, 1], [2.5, 50, 97.5])
    assert [float(row[name]) for name in ("low", "median", "high")] == pytest.approx(told.tolist(), rel=1e-12)


def test_courses_that_have_no_dates_are_refused() -> None:
    with pytest.raises(ValueError, match="no whole days"):
        written(np.arange(30) / 4, COURSES, strains(), "2020-02-20")
    with pytest.raises(ValueError, match="row is 50, of 50 replicates"):
        written(np.arange(30.0), COURSES, strains(), "2020-02-20", 50)
    with pytest.raises(ValueError, match="have 1 strains, and 2 are named"):
        written(np.arange(30.0), COURSES[:, :, :1], strains(), "2020-02-20")
    with pytest.raises(ValueError, match="start_date is '20 Feb'"):
        written(np.arange(30.0), COURSES, strains(), "20 Feb")
