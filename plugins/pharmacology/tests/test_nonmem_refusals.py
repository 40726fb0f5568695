"""Event tables that make no sense: each refused by its line, with what to write instead."""

from __future__ import annotations

import pytest
from bridge_pharmacology.dosing.nonmem import read
from bridge_pharmacology.dosing.table import table

from bridge import BridgeError, File
from bridge.testing import check_model

UNITS = {"time": "h", "amount": "mg", "concentration": "mg/L"}


def refused(header, *rows, says, **more):
    with pytest.raises(ValueError, match=says):
        read("\n".join((header, *rows)).encode(), **UNITS | more)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (["1 -2 10 1"], r"Line 2 \(ID 1\) is at time -2, before time zero. Add 2 to all times"),
        (["1 0 10 1", "1 5 0 0", "1 4 0 0"], r"Line 4 \(ID 1\) is at time 4, after a row at 5. Sort"),
        (["1 0 10 1", "1 9 0 3", "1 0 10 1"], r"Line 4 .* after a reset \(EVID 3, 4\) too, time goes on"),
        (
            ["1 0 10 1", "2 0 10 1", "1 0 10 1"],
            r"Line 4 \(ID 1\) comes back after other individuals. Sort the rows by ID",
        ),
        (["1 0 10 1", "1 0 10 1"], r"Line 3 \(ID 1\) is line 2 once more. Leave one of them out"),
        (["1 0 10 1", "1 0 10.0 1"], r"Line 3 \(ID 1\) is there twice"),
        (["1 0 10 5"], r"Line 2 \(ID 1\) has EVID 5 \(replaces an amount in rxode2\), which is not read. Write 0"),
        (["1 0 10 7"], r"EVID 7 \(is a phantom dose in rxode2\)"),
        (["1 0 10 9"], r"EVID 9, which is not read. Write 0, 1, 2, 3 or 4"),
        (["1 0 10 -1"], r"EVID -1, which is not read"),
        (["1 0 10 100"], r"EVID 100, which is no dose that is known"),
        (["1 0 10 130"], r"EVID 130, which is no dose that is known"),
        (["1 0 10 90101"], r"EVID 90101, which begins a modelled rate, and is not read. Write RATE or DUR"),
        (["1 0 10 10101"], r"EVID 10101, an infusion that never ends. Write a row of the same EVID with the negative"),
        (["1 0 10 10101", "2 3 -10 10101"], r"Line 2 \(ID 1\) has EVID 10101, an infusion that never ends"),
        (["1 0 -10 10101"], r"EVID 10101 and AMT -10, the end of an infusion that never began"),
        (["1 0 10 10101", "1 3 -9 10101"], r"AMT -9, the end of an infusion that never began"),
        (["1 0 -10 1"], r"Line 2 \(ID 1\) has AMT -10; write 0 or more"),
        (["1 0 . 1"], r"Line 2 \(ID 1\) is a dose without an AMT"),
        (["1 0 10 0"], r"Line 2 \(ID 1\) has EVID 0 and AMT 10. Write EVID 1 for a dose"),
        (["1 0 10 3"], r"EVID 3 and AMT 10"),
        (["1 . 10 1"], r"Line 2 \(ID 1\) has no TIME"),
        ([". 0 10 1"], r"Line 2 has no ID; write a whole number"),
        (["1.5 0 10 1"], r"the ID 1.5; write a whole number"),
        (["A1 0 10 1"], r"has the ID 'A1'. Write whole numbers, or ignore='@'"),
        (["1 8:30 10 1"], r"has the TIME '8:30'. A clock says no day: write hours or days"),
        (["1 0 ten 1"], r"has the AMT 'ten'. Write a number, or . where there is none"),
        (["1 0 1_0 1"], r"has the AMT '1_0'"),
        (["1 0 inf 1"], r"has the AMT 'inf'"),
        (["1 0 1e999 1"], r"has the AMT 1e999, which is no number"),
        (["1 0 10 1.5"], r"has the EVID 1.5; write a whole number"),
        (["1 0 10"], "Line 2 has 3 cells; the header has 4. Write . for none"),
        ([], "a header and no rows"),
    ],
)
def test_rows_that_make_no_sense(rows, says):
    refused("ID TIME AMT EVID", *rows, says=says)


@pytest.mark.parametrize(
    ("columns", "cells", "says"),
    [
        ("RATE", "-1", "RATE -1: a rate that is estimated. Write the RATE or DUR that was given"),
        ("RATE", "-2", "RATE -2: a duration that is estimated"),
        ("RATE", "-5", "RATE -5; write 0 or more"),
        ("DUR", "-1", "DUR -1; write 0 or more"),
        ("II", "-24", "II -24; write 0 or more"),
        ("ADDL", "3", "has ADDL 3 without an interval; write its II"),
        ("SS", "1", "has SS 1 without an interval; write its II"),
        ("SS II", "3 24", "SS 3; write 0, 1 or 2"),
        ("ADDL II", "-3 24", "ADDL -3, doses up to a steady state. Write SS 1 and II instead"),
        ("SS II DUR", "1 12 24", "infusions of 1 d every 0.5 d. Write an II at least as long"),
        ("RATE DUR", "5 3", "RATE 5, which takes 2 for AMT 10, and DUR 3. Write one of them"),
        ("CMT", "-1", "dose into compartment -1; write 1 or above"),
        ("CMT", "depot", "A compartment's name is the model's own: write its number"),
        ("MDV", "2", "MDV 2; write 0"),
        ("DUR", "1e-9", "write 0 for a bolus"),
        ("CENS", "1", "has CENS 1: censored observations are not read. Leave such lines out"),
    ],
)
def test_doses_that_make_no_sense(columns, cells, says):
    refused(f"ID TIME AMT EVID {columns}", f"1 0 10 1 {cells}", says=rf"Line 2 \(ID 1\).*{says}")


def test_endless_infusions_are_refused():
    refused("ID TIME AMT RATE SS EVID", "1 0 0 5 1 1", says="RATE 5 and AMT 0, an endless infusion")


def test_a_compartment_is_not_turned_off():
    refused("ID TIME AMT EVID CMT", "1 0 10 1 1", "1 2 0 2 -1", says="Line 3 .* turns compartment 1 off")


@pytest.mark.parametrize(
    ("header", "cells", "says"),
    [
        ("ID TIME AMT EVID CMT", "1 0 10 201 1", "EVID 201, compartment 2, and CMT 1"),
        ("ID TIME AMT EVID SS", "1 0 10 101 1", "EVID 101, whose SS is 0, and SS 1"),
        ("ID TIME AMT EVID RATE", "1 0 10 101 1", "EVID 101, which says all of a dose, and RATE 1"),
    ],
)
def test_a_code_and_a_column_do_not_contradict_one_another(header, cells, says):
    refused(header, cells, says=says)


@pytest.mark.parametrize("column", ["DATE", "dat1", "PCMT", "CALL", "CONT"])
def test_columns_that_change_what_others_mean(column):
    refused(f"ID TIME AMT {column}", "1 0 10 1", says=f"The column {column} is not read: .*drop='{column}'")


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["TIME AMT", "0 10"], "Line 1 is no header with ID and TIME"),
        (["", "1 0 10"], "Line 2 is no header with ID and TIME"),
        (["ID;TIME;AMT", "1;0;10"], "no header with ID and TIME.*Put commas between the cells"),
        (["C,ID,TIME,AMT", ".,1,0,10", "C,1,5,10"], "Line 3 has C in the column C.*ignore='C'"),
        (["ID TIME AMT amt", "1 0 10 10"], "The header has AMT more than once"),
        (["ID TIME WT wt", "1 0 10 10"], "more than once"),
        (["ID,TIME,,AMT", "1,0,,10"], "more than once"),
        (["# nothing"], "The table has no lines"),
        (
            ["ID TIME AMT WT", "1 0 10 70", "1 1 0 71"],
            r"Line 3 \(ID 1\) has WT 71 after 70: it changes.*covariates='first'",
        ),
        (["ID TIME AMT WT", "1 0 10 70", "2 0 10 ."], r"ID 2 has no WT. Write it, or drop='WT'"),
        (["ID TIME AMT SEX", "1 0 10 male", "2 0 10 1"], r"Line 3 \(ID 2\) has the SEX 1, a number among texts"),
        (['ID,TIME,AMT,"A,B"', "1,0,10,3"], "has a comma in its name"),
        (["ID TIME AMT DV DVID", "1 0 10 . .", "1 1 0 3 cp", "1 1 0 4 pca"], "DVIDs cp, pca. Write which.*dvid='cp'"),
    ],
)
def test_what_is_no_such_table(lines, says):
    refused(*lines, says=says)


def test_units_are_told():
    lines = b"ID TIME AMT DV\n1 0 10 .\n1 1 . 3\n"
    for missing in UNITS:
        with pytest.raises(ValueError, match=f"does not say its units, and {missing} is needed: write {missing}='"):
            read(lines, **UNITS | {missing: ""})
    for name, unit in (
        ("time", "mg"),
        ("amount", "mol"),
        ("amount", "mol/L"),
        ("concentration", "nM"),
        ("time", "hors"),
    ):
        with pytest.raises(ValueError, match=f"{name} is '{unit}', expected a unit such as '"):
            read(lines, **UNITS | {name: unit})
    read(b"ID TIME AMT\n1 0 10\n", time="h", amount="mg")  # nothing measured, no unit of it


def test_a_dvid_that_was_not_observed():
    refused(
        "ID TIME AMT DV DVID",
        "1 0 10 . .",
        "1 1 0 3 cp",
        says="dvid is 'pk', which was not observed; there are cp",
        dvid="pk",
    )


def test_ignore_is_one_character():
    refused("ID TIME AMT", "1 0 10", says="ignore is '##'; write one character", ignore="##")


def test_bytes_that_are_no_text():
    with pytest.raises(ValueError, match=r"no text in UTF-8 .* Save it so"):
        read("ID TIME µ".encode("latin-1"), **UNITS)


def test_the_model_asks_for_units():
    with pytest.raises(BridgeError, match=r"dosing\.table\.time is str and was not given"):
        check_model(table, table=File(b"ID TIME AMT\n1 0 10\n", "text/csv"), amount="mg")
