"""Event tables: what is read in them, and the dialects that are translated."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_pharmacology.dosing.nonmem import read
from bridge_pharmacology.dosing.table import body_weight, table

from bridge import File
from bridge.testing import check_model


def text(*lines):
    return "\n".join(lines).encode()


def told(*lines, time="h", amount="mg", concentration="mg/L", **more):
    return read(text(*lines), time=time, amount=amount, concentration=concentration, **more)


def test_a_table_has_doses_observations_covariates_and_identifiers():
    found = told(
        "ID,TIME,AMT,RATE,ADDL,II,SS,EVID,MDV,CMT,DV,WT",
        "3,0,100,50,2,12,0,1,1,1,.,70",
        "3,1.5,.,.,.,.,.,0,0,2,4.25,70",
        "3,48,60,0,0,24,1,1,1,1,.,70",
        "8,0,0,0,0,0,0,2,1,1,.,81.5",
        "8,6,80,0,0,0,0,4,1,2,.,81.5",
        "8,7,0,0,0,0,0,3,1,1,.,81.5",
    )
    given = found.doses
    assert found.identifier.tolist() == [3, 8]
    assert given.individual.tolist() == [0, 0, 1, 1, 1]
    assert given.time == pytest.approx(np.array([0, 48, 0, 6, 7]) / 24, rel=1e-15)
    assert given.amount.tolist() == [100, 60, 0, 80, 0]
    assert given.duration == pytest.approx([2 / 24, 0, 0, 0, 0], rel=1e-15)
    assert given.event.tolist() == [1, 1, 2, 4, 3]
    assert given.compartment.tolist() == [1, 1, 1, 2, 1]
    assert given.additional.tolist() == [2, 0, 0, 0, 0]
    assert given.interval.tolist() == [0.5, 1, 0, 0, 0]
    assert given.steady.tolist() == [0, 1, 0, 0, 0]
    assert found.observations.value.tolist() == [4.25]
    assert found.observations.time.tolist() == [1.5 / 24]
    assert found.observations.compartment.tolist() == [2]
    assert found.covariate("WT").tolist() == [70, 81.5]
    assert found.notes == ""


def test_units_are_converted_exactly():
    found = told("ID TIME AMT DV", "1 2 1.5 .", "1 3 . 700", time="week", amount="g", concentration="ng/mL")
    assert found.doses.time.tolist() == [14.0]
    assert found.doses.amount.tolist() == [1500.0]
    assert found.observations.value.tolist() == [0.7]
    hours = told("ID TIME AMT", *(f"1 {24 * day} 1" for day in range(400)))
    assert hours.doses.time.tolist() == list(range(400))  # 24 h is a day to the last bit


def test_rxode_codes_are_translated_and_it_says_so():
    """The header and rows of nlmixr2's theophylline table, its numbers changed."""
    found = told(
        "ID,TIME,DV,AMT,EVID,CMT,WT",
        "1,0.0,0.0,320.0,101,1,79.6",
        "1,0.0,0.7,0.0,0,2,79.6",
        "1,0.25,2.8,0.0,0,2,79.6",
        "2,0.0,0.0,319.0,101,1,72.4",
        "2,0.5,3.1,0.0,0,2,72.4",
    )
    assert found.doses.event.tolist() == [1, 1]
    assert found.doses.compartment.tolist() == [1, 1]
    assert found.observations.value.tolist() == [0.7, 2.8, 3.1]
    assert found.notes == "RxODE's EVID 101 is a dose (EVID 1) into compartment 1: 2 rows."


@pytest.mark.parametrize(
    ("code", "compartment", "steady"),
    [(101, 1, 0), (201, 2, 0), (1110, 11, 1), (320, 3, 2), (109901, 199, 0), (200101, 201, 0)],
)
def test_a_code_of_rxode_says_compartment_and_steady_state(code, compartment, steady):
    found = told("id,time,amt,evid,ii", f"1,0,10,{code},24").doses
    assert (found.event[0], found.compartment[0], found.steady[0]) == (1, compartment, steady)


def test_rxode_infusions_of_two_rows_become_one():
    """+AMT turns an infusion of that rate on, -AMT off: two that overlap, in two compartments."""
    found = told(
        "id,time,amt,evid",
        "1,0,50,10101",
        "1,1,20,10201",
        "1,3,-50,10101",
        "1,6,-20,10201",
        "2,0,7,20101",
        "2,2,-7,20101",
    )
    assert found.doses.amount.tolist() == [150, 100, 14]
    assert found.doses.duration == pytest.approx(np.array([3, 5, 2]) / 24, rel=1e-15)
    assert found.doses.compartment.tolist() == [1, 2, 1]
    assert "EVID 10101 is an infusion (EVID 1 and RATE) into compartment 1, ended by a row of its own" in found.notes


def test_small_headers_and_texts_are_translated_and_it_says_so():
    """The header and rows of nlmixr2's warfarin table, its numbers changed."""
    found = told(
        "id,time,amt,dv,dvid,evid,wt,age,sex",
        "1,0.0,100.0,0.0,cp,1,66.7,50,male",
        "1,24.0,0.0,9.2,cp,0,66.7,50,male",
        "1,24.0,0.0,49.0,pca,0,66.7,50,male",
        "2,0.0,90.0,0.0,cp,1,60.1,31,female",
        "2,36.0,0.0,32.0,pca,0,60.1,31,female",
        dvid="cp",
    )
    assert found.observations.value.tolist() == [9.2]
    assert found.responses.value.tolist() == [49.0, 32.0]
    assert found.responses.kind.tolist() == [2, 2]
    assert found.covariate_names == "wt,age,sex"
    assert found.covariate("sex").tolist() == [1, 0]
    assert found.notes.splitlines() == [
        "Headers id, time, amt, dv, dvid, evid are read as ID, TIME, AMT, DV, DVID, EVID.",
        "DVID cp is number 1.",
        "DVID pca is number 2.",
        "Of sex, female is 0, male is 1.",
    ]
    assert found.doses.time.tolist() == [0.0, 0.0]


def test_rows_without_a_measurement_are_marks_of_the_course():
    lines = ("ID,TIME,AMT,DV,MDV,EVID", "1,0,10,.,1,1", "1,1,.,5,0,0", "1,2,.,5,1,0", "1,3,.,.,0,0", "1,4,.,NA,1,2")
    found = told(*lines)
    assert found.observations.value.tolist() == [5]
    assert found.doses.event.tolist() == [1, 2, 2, 2]
    assert found.notes == "2 rows without a measurement (MDV 1, or no DV) become EVID 2: a row of the course."


def test_two_quantities_that_were_not_measured_make_one_mark():
    found = told("ID TIME AMT DV DVID EVID", "1 0 10 . 1 1", "1 1 . . 1 0", "1 1 . . 2 0", "1 2 . 3 1 0")
    assert found.doses.event.tolist() == [1, 2]


def test_body_weights_are_taken_from_their_column_in_its_unit():
    found = told("ID TIME AMT wt_lb", "1 0 10 154", "2 0 9 200")
    given = {"covariates": found.covariates, "covariate_names": found.covariate_names, "column": "wt_lb", "unit": "lb"}
    assert check_model(body_weight, **given)["body_weight"] == pytest.approx([69.853, 90.718], rel=1e-5)
    with pytest.raises(ValueError, match="no covariate 'WT'; it has wt_lb"):
        check_model(body_weight, **given | {"column": "WT"})


def test_without_evid_rows_with_an_amount_are_doses():
    found = told("ID TIME AMT DV", "1 0 10 .", "1 1 . 3", "1 2 0 2.5")
    assert found.doses.amount.tolist() == [10]
    assert found.observations.value.tolist() == [3, 2.5]
    assert found.notes == "There is no EVID: rows with an AMT are doses (EVID 1), the others observations."


def test_who_is_never_dosed_is_there_nevertheless():
    found = told("ID TIME AMT DV EVID", "1 0 10 . 1", "1 1 . 3 0", "2 1 . 0.1 0", "5 0 10 . 1")
    assert found.doses.individual.tolist() == [0, 1, 2]
    assert found.doses.event.tolist() == [1, 2, 1]
    assert found.notes == "No dose for ID 2: a row of EVID 2 at time 0 stands for each."


def test_a_sample_above_the_dose_of_the_same_time_was_taken_before_it():
    found = told("ID TIME AMT DV EVID", "1 0 10 . 1", "1 24 . 3 0", "1 24 10 . 1", "1 24 . 5 0", "1 48 . 2 0")
    assert found.observations.before_dose.tolist() == [True, False, False]


@pytest.mark.parametrize(
    "lines",
    [
        ("ID,TIME,AMT,DV,EVID", "1,0,10,.,1", "1,1,0,3,0"),
        ('"ID","TIME","AMT","DV","EVID"', '"1","0","10","NA","1"', "1,1,0,3,0"),
        ("ID\tTIME\tAMT\tDV\tEVID", "1\t0\t10\t\t1", "1\t1\t0\t3\t0"),
        ("  ID  TIME AMT DV EVID ", " 1  0 10 . 1", "   1 1 0 3 0"),
        ("# a comment", "#ID,TIME,AMT,DV,EVID", "1,0,10,.,1", "#1,0,99,.,1", "", "1,1,0,3,0"),
        ("\ufeffID,TIME,AMT,DV,EVID\r", "1,0,10,.,1\r", "1,1,0,3,0\r"),
        ("ID,TIME,AMT,DV,EVID", "1.0,0.0E0,1.0D+01,.,1", "1,1,0,3E+00,0"),
        ("EVID,DV,AMT,TIME,ID", "1,.,10,0,1", "0,3,0,1,1"),
    ],
)
def test_separators_comments_quotes_and_exponents(lines):
    found = told(*lines)
    assert found.doses.amount.tolist() == [10]
    assert found.observations.value.tolist() == [3]
    assert found.observations.time.tolist() == [1 / 24]


def test_lines_that_begin_with_a_letter_are_comments_where_that_is_said():
    lines = ("ID TIME AMT", "C 1 0 10", "@ 1 0 10", "1 0 10")
    assert told(*lines, ignore="@").doses.amount.tolist() == [10]
    with pytest.raises(ValueError, match="Line 2 has 4 cells; the header has 3"):
        told(*lines)


def test_columns_are_dropped_and_the_first_covariate_is_kept_where_that_is_said():
    lines = ("ID TIME AMT DATE WT CRCL", "1 0 10 2020-01-01 70 90", "1 24 10 2020-01-02 71 90")
    found = told(*lines, drop=["date"], covariates="first")
    assert found.covariate("WT").tolist() == [70]
    assert found.notes.endswith("WT changes in time in 1 individuals; the first value is kept.")


def test_rate_and_duration_say_the_same():
    rate = told("ID TIME AMT RATE", "1 0 90 60").doses
    length = told("ID TIME AMT DUR", "1 0 90 1.5").doses
    both = told("ID TIME AMT RATE DUR", "1 0 90 60 1.5").doses
    assert rate.duration[0] == length.duration[0] == both.duration[0] == 1.5 / 24


def test_the_model_gives_what_reading_gives():
    lines = ("id,time,amt,dv,evid,wt,note", "4,0,10,.,1,70,a", "4,2,0,3,0,70,b")
    given = {"table": File(text(*lines), "text/csv"), "time": "h", "amount": "mg", "concentration": "ug/mL"}
    found = check_model(table, **given, drop="note")
    assert found["doses"]["amount"].tolist() == [10]
    assert found["observations"]["value"].tolist() == [3]
    assert found["covariates"].tolist() == [[70]]
    assert found["responses"]["value"].size == 0
