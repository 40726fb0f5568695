"""Event tables written and read again; public ones as they are."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from bridge_pharmacology.dosing.doses import Doses
from bridge_pharmacology.dosing.nonmem import read
from bridge_pharmacology.dosing.regimen import regimens_by_weight
from bridge_pharmacology.dosing.table import written
from bridge_pharmacology.dosing.written import write
from hypothesis import assume, given, settings
from hypothesis import strategies as st

DAYS = {"time": "d", "amount": "mg", "concentration": "mg/L"}
numbers = st.floats(1e-3, 1e5, allow_subnormal=False)


@st.composite
def rows(draw, individual):
    """Rows of one individual, in the order of their times: doses of every kind, resets, marks, observations."""
    times = sorted(draw(st.lists(st.one_of(st.just(0.0), numbers), min_size=1, max_size=4)))
    made = []
    for time in times:
        event = draw(st.sampled_from([0, 1, 1, 1, 2, 3, 4]))
        row = {"individual": individual, "time": time, "event": event, "compartment": draw(st.integers(1, 300))}
        row |= {"amount": 0.0, "duration": 0.0, "additional": 0, "interval": 0.0, "steady": 0}
        if event in (1, 4):
            row["amount"] = draw(numbers)
            row["duration"] = draw(st.one_of(st.just(0.0), st.floats(1e-5, 10)))
            row["additional"], row["steady"] = draw(st.integers(0, 100)), draw(st.integers(0, 2))
            row["interval"] = draw(st.floats(10, 100))
        row["value"] = draw(st.floats(-1e6, 1e6))
        made.append(row)
    return made


@st.composite
def tables(draw):
    people = draw(st.integers(1, 4))
    found = [draw(rows(individual)) for individual in range(people)]
    every = [row for individual in found for row in individual]
    keys = [tuple(row.values()) for row in every]
    assume(len(set(keys)) == len(keys))
    return every


def text(every):
    """A table in NONMEM's columns, its infusions by duration."""
    lines = ["ID,TIME,AMT,DUR,ADDL,II,SS,EVID,CMT,DV"]
    for row in every:
        names = ("time", "amount", "duration", "additional", "interval", "steady", "event", "compartment", "value")
        lines.append(",".join([str(10 + row["individual"]), *(repr(row[name]) for name in names)]))
    return "\n".join(lines).encode()


def fields(record):
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


@settings(max_examples=60, deadline=None)
@given(tables(), st.sampled_from(["d", "h", "min", "week"]), st.sampled_from(["mg", "g", "ug"]))
def test_a_table_written_and_read_again_has_the_same_records(every, time, amount):
    first = read(text(every), **DAYS)
    units = {"time": time, "amount": amount, "concentration": "ng/mL"}
    again = read(write(first, **units).encode(), **units)
    for part in ("doses", "observations", "responses"):
        one, other = fields(getattr(first, part)), fields(getattr(again, part))
        for name, column in one.items():
            assert other[name].dtype == column.dtype
            if column.dtype.kind == "f":
                assert other[name] == pytest.approx(column, rel=1e-15, abs=0), name
            else:
                assert other[name].tolist() == column.tolist(), name
    assert again.identifier.tolist() == first.identifier.tolist()
    assert write(again, **units).count("\n") == write(first, **units).count("\n")


def test_covariates_and_kinds_are_written_as_their_numbers():
    header = "id,time,amt,dv,dvid,wt,sex"
    rows = ("4,0,9,.,.,70.5,male", "4,2,0,3,cp,70.5,male", "4,2,0,40,pca,70.5,male", "6,0,8,.,.,50,female")
    lines = "\n".join((header, *rows)).encode()
    first = read(lines, **DAYS, dvid="cp")
    again = read(write(first).encode(), **DAYS, dvid="1")
    assert again.covariate_names == first.covariate_names == "wt,sex"
    assert again.covariates.tolist() == first.covariates.tolist() == [[70.5, 1], [50, 0]]
    assert again.responses.value.tolist() == [40]
    assert again.notes == ""


def test_a_regimen_is_written_as_a_table():
    regimens = regimens_by_weight(
        np.array([1.0, 2.0]), 70.0, np.array([7.0]), np.array([2.0, 4.0]), np.array([30 / 1440]), np.array([1.5 / 24])
    )
    file = written(regimens.doses, time="h").table
    assert file.content.decode().splitlines()[1:3] == [
        "1,0,140,93.33333333333333,0,0,0,1,1,1,.,.",
        "1,168,70,140,22,168,0,1,1,1,.,.",
    ]
    again = read(file.content, time="h", amount="mg").doses
    for name, column in fields(regimens.doses).items():
        assert getattr(again, name) == pytest.approx(column, rel=1e-15), name


def test_doses_that_make_no_sense_are_not_written():
    whole, zero = np.ones(1, dtype=np.int64), np.zeros(1)
    with pytest.raises(ValueError, match="amount -1 mg; write 0 or more"):
        write(Doses(0 * whole, zero, zero - 1, zero, whole, whole, 0 * whole, zero, 0 * whole))


@pytest.mark.science
@pytest.mark.parametrize(
    ("file", "told", "people", "measured", "others"),
    [
        ("theo_sd.csv", {}, 12, 132, 0),
        ("warfarin.csv", {"dvid": "cp"}, 32, 251, 232),
    ],
)
def test_public_tables_are_read_and_written(file, told, people, measured, others, record_property):
    """Theophylline and warfarin, as the package nlmixr2data has them: 12 and 32 individuals, one dose each."""
    units = {"time": "h", "amount": "mg", "concentration": "mg/L"}
    found = read(Path(os.environ["SCALEBRIDGE_DATA"]) / file, **units, **told)
    reached = (found.identifier.size, found.observations.value.size, found.responses.value.size)
    record_property("asked", f"{people} individuals, {measured} concentrations, {others} responses, written and read")
    record_property("reached", str(reached))
    assert reached == (people, measured, others)
    assert found.doses.time.size == people
    assert found.notes
    again = read(write(found, **units).encode(), **units, **({"dvid": "1"} if told else {}))
    for part in ("doses", "observations", "responses"):
        for name, column in fields(getattr(found, part)).items():
            assert getattr(getattr(again, part), name) == pytest.approx(column, rel=1e-15), name
    assert again.covariates.tolist() == found.covariates.tolist()
