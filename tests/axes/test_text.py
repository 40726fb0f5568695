"""Axes as people write them: exact, and refused with what to write instead."""

from __future__ import annotations

import enum
import re
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.axes.grids import Linear, Listed, Logarithmic
from bridge.axes.points import Column
from bridge.axes.text import Fixed, Range, read_text
from bridge.errors import ContractError


class Metal(enum.Enum):
    copper = "Cu"
    steel = "316"


def column(text: str, annotation: type | None = None) -> Column:
    axis = read_text(text, "x", annotation)
    assert isinstance(axis, Linear | Listed | Logarithmic), axis
    return axis.placed("x")[0]


@pytest.mark.parametrize(
    ("text", "values", "unit"),
    [
        ("600 K .. 1200 K : 7", [600, 700, 800, 900, 1000, 1100, 1200], "K"),
        ("1200 K..600 K:3", [1200, 900, 600], "K"),
        ("0.1 eV .. 0.4 eV : 4", [0.1, 0.2, 0.3, 0.4], "eV"),
        ("0 K .. 1 K : 4", [0, 1 / 3, 2 / 3, 1], "K"),
        ("50 um .. 0.1 mm : 3", [50, 75, 100], "um"),
        ("0 degC .. 300 K : 2", [0, 26.85], "degC"),
        ("600 K .. 1200 K step 200 K", [600, 800, 1000, 1200], "K"),
        ("600 K .. 1150 K step 200 K", [600, 800, 1000], "K"),
        ("30 degC .. 10 degC step -10 K", [30, 20, 10], "degC"),
        ("0 degC .. 20 degC step 10 degC", [0, 10, 20], "degC"),
        ("1 um .. 2 um step 500 nm", [1, 1.5, 2], "um"),
        ("0.1 .. 0.3 : 3", [0.1, 0.2, 0.3], ""),
        ("-1 .. 1 : 3", [-1, 0, 1], None),
        ("0..4", [0, 1, 2, 3, 4], None),
        ("-2..2 step 2", [-2, 0, 2], None),
        ("4..0 step -2", [4, 2, 0], None),
        ("1 nm .. 1 um : 4 log", [1, 10, 100, 1000], "nm"),
        ("1 nm .. 1 um : 7 log", [1, 10**0.5, 10, 10**1.5, 100, 10**2.5, 1000], "nm"),
        ("8 : 2", None, None),
        ("20 MPa, 40 MPa", [20, 40], "MPa"),
        ("20 MPa, 0.04 GPa", [20, 40], "MPa"),
        ("1, 2, 3", [1, 2, 3], None),
        ("1, 2.5", [1, 2.5], ""),
        ("[1, 2.5]", [1, 2.5], ""),
        ("[7]", [7], None),
    ],
)
def test_numbers(text: str, values: list[float] | None, unit: str | None) -> None:
    if values is None:
        assert read_text(text, "x") == Fixed(text)
        return
    found = column(text)
    np.testing.assert_allclose(found.values, values, rtol=4e-16)
    assert found.unit == unit
    assert found.values.dtype == (np.int64 if unit is None else np.float64)


@given(
    st.decimals(min_value=-1000, max_value=1000, places=3),
    st.decimals(min_value=-1000, max_value=1000, places=3),
    st.integers(2, 40),
)
def test_every_value_of_a_grid_is_its_fraction_rounded_once(low: Any, high: Any, count: int) -> None:
    if low == high:
        return
    bottom, top = Fraction(str(low)), Fraction(str(high))
    exactly = [bottom + (top - bottom) * i / (count - 1) for i in range(count)]
    assert column(f"{low} K .. {high} K : {count}").values.tolist() == [float(x) for x in exactly]


@pytest.mark.parametrize(
    ("low", "high"), [("0.1", "1e300"), ("0.1", "123456789012345678901"), ("1e-25", "7e-25"), ("-1e-300", "1")]
)
def test_numbers_beyond_whole_floats_are_rounded_once_as_well(low: str, high: str) -> None:
    bottom, top = Fraction(low), Fraction(high)
    exactly = [bottom + (top - bottom) * i / 6 for i in range(7)]
    assert column(f"{low} K .. {high} K : 7").values.tolist() == [float(x) for x in exactly]


def test_logarithmic_grids_share_the_values_they_have_in_common() -> None:
    coarse, fine = column("3 nm .. 3 um : 4 log"), column("3 nm .. 3 um : 10 log")
    assert coarse.values.tolist() == [3.0, 30.0, 300.0, 3000.0]
    assert set(coarse.values) < set(fine.values)
    assert set(column("2 nm .. 9 nm : 5 log").values) < set(column("2 nm .. 9 nm : 9 log").values)
    assert fine.origin["spacing"] == "log"


def test_values_of_a_grid_are_written_as_decimals() -> None:
    found = column("600 K .. 1200 K : 7")
    assert [found.text(i) for i in range(3)] == ["600 K", "700 K", "800 K"]
    assert found.parameter(1) == "700.0 K"


def test_a_list_keeps_what_was_written() -> None:
    assert column("20 MPa, 0.04 GPa").texts == ("20 MPa", "0.04 GPa")
    assert column("1 min, 1 s").texts is None  # a second is no decimal of minutes


@pytest.mark.parametrize(
    ("text", "annotation", "given"),
    [
        ("Cu, Al", str, ["Cu", "Al"]),
        ('["Cu, annealed", "Cu, drawn"]', str, ["Cu, annealed", "Cu, drawn"]),
        ('["316", "304"]', None, ["316", "304"]),
        ("4H-SiC, 6H-SiC", None, ["4H-SiC", "6H-SiC"]),
        ("true, false", None, ["true", "false"]),
        ("true, False", bool, [True, False]),
        ("[true, false]", None, [True, False]),
        ("Cu, 316", Metal, ["Cu", "316"]),
        ("0..2", str, ["0", "1", "2"]),
        ("0..2", int, [0, 1, 2]),
        ("0.5, 1", str, ["0.5", "1.0"]),
        ("0.5, 1", float, [0.5, 1.0]),
        ("1, 2", float, [1.0, 2.0]),
        ("20 MPa, 40 MPa", str, ["20.0 MPa", "40.0 MPa"]),
    ],
)
def test_a_flow_receives_what_its_parameter_is_annotated(text: str, annotation: Any, given: list[Any]) -> None:
    found = column(text, annotation)
    assert [found.parameter(i) for i in range(len(found))] == given
    assert [type(found.parameter(i)) for i in range(len(found))] == [type(g) for g in given]


@pytest.mark.parametrize(
    "text", ["900 K", "Cu", "0.5", "../points.csv", "[Na+].[Cl-]", "K .. L", "kmc.random_walk", "Fe(bcc)", "a ± b"]
)
def test_a_single_value_is_no_axis(text: str) -> None:
    assert read_text(text, "x") == Fixed(text)


def test_a_range_without_a_count_waits_for_a_sampler() -> None:
    found = read_text("600 K .. 1200 K", "x")
    assert isinstance(found, Range)
    assert not found.log
    logarithmic = read_text("1 nm .. 1 um log", "x")
    assert isinstance(logarithmic, Range)
    assert logarithmic.log
    assert isinstance(read_text("0..9", "x", float), Range)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (" ", "x='' is empty. Write a value"),
        ("600 K ..", "x='600 K ..' is half a range. Write x='600 K .. 1200 K : 7'."),
        (".. 600 eV", "x='.. 600 eV' is half a range. Write x='600 eV .. 1200 eV : 7'."),
        ("0..", "half a range. Write x='0..99'."),
        ("600 K .. 1200 K : 1", "asks for 1 value: a range has two at least, its ends. For one value write it alone"),
        ("600 K .. 1200 K : 0", "asks for 0 values"),
        ("600 K .. 1200 K : 7.5", "'7.5' is no number of values"),
        ("600 K .. 1200 K : 7 lin", "'7 lin' is no number of values"),
        ("600 K .. 1200 K : -7", "'-7' is no number of values"),
        ("600 .. 1200 K : 7", "'600' has no unit. Write '600 K'."),
        ("600 K .. 1200 : 7", "'1200' has no unit. Write '1200 K'."),
        ("600 K .. 1200 m : 7", "'1200 m' is not in K: [length] is not [temperature]."),
        ("600 K .. 1200 kelvins : 7 K", "'7 K' is no number of values"),
        ("600 K .. 12OO K : 7", "'OO K' is not a unit"),
        ("600 K .. nan : 7", "'nan' is not a quantity"),
        ("600 K .. 600 K : 3", "begins and ends at 600 K: for one value write it alone, '600 K'."),
        ("600 K .. 1200 K step", "has no step. Write '600 K .. 1200 K step 100 K'."),
        ("600 K .. 1200 K step 0 K", "has a step of nought"),
        ("600 K .. 1200 K step 100", "'100' has no unit. Write '100 K'."),
        ("600 K .. 1200 K step 1 m", "'1 m' is not in K"),
        ("600 K .. 1200 K step -100 K", "goes up, and its step the other way. Write step 100 K."),
        ("1200 K .. 600 K step 100 K", "goes down, and its step the other way. Write step -100 K."),
        ("600 K .. 650 K step 100 K", "has one value only: its step is longer than the range."),
        ("9..0", "goes down. Write x='0..9', or '9..0 step -1'."),
        ("0 K .. 3 K : 5 log", "is logarithmic: its ends are above nought"),
        ("-3 K .. 3 K : 5 log", "is logarithmic: its ends are above nought"),
        ("20 degC .. 30 degC : 3 log", "in a unit that counts from nought (K, not degC)"),
        ("1e999 K .. 2 K : 3", "out of the range"),
        ("1e308 K .. 1e309 K : 3", "a value is out of the range"),
        ("0..99999999999999999999 step 99999999999999999999", "stay below 2^63"),
        ("1 K .. 1.00000000000000001 K : 5", "x has 1 K twice: its values are nearer than floating-point numbers"),
        ("20 MPa, 40", "'40' has no unit. Write '40 MPa'."),
        ("20, 40 MPa", "'20' has no unit. Write '20 MPa'."),
        ("20 MPa, 40 K", "'40 K' is not in MPa: [temperature] is not [pressure]."),
        ("20 MPa, 40 MPs", "'MPs' is not a unit"),
        ("4H, 3C", 'If these are texts, write a JSON list: x=\'["4H", "3C"]\'.'),
        ("20 MPa, , 40 MPa", "has an empty place between its commas"),
        ("20 MPa,", "has an empty place between its commas"),
        ("nan, 1 K", "has 'nan' among its values: every value is a finite number"),
        ("1, n/a", "has 'n/a' among its values"),
        ("[]", "x='[]' is an empty axis"),
        ('["a", 1]', "a JSON list of an axis has only texts, only numbers or only true/false"),
        ('["a"', "is no JSON list"),
        ("[1, NaN]", "nan is no finite number"),
        ("[true, 1]", "has values of several kinds: bool, int"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_to_write(text: str, said: str) -> None:
    with pytest.raises(ContractError, match=re.escape(said)):
        column(text)


def test_truth_values_are_asked_for_by_name() -> None:
    with pytest.raises(ContractError, match=r"x is true or false, got 'yes'\. Write x='true, false'\."):
        column("yes, no", bool)


def test_logarithmic_values_are_rounded_once() -> None:
    """Against 60 digits of decimal arithmetic, with powers in place of exponentials."""
    context = Context(prec=60)
    ratio = context.divide(Decimal("1234.5"), Decimal("0.37"))
    exactly = [context.multiply(Decimal("0.37"), context.power(ratio, context.divide(i, 500))) for i in range(501)]
    assert column("0.37 nm .. 1.2345 um : 501 log").values.tolist() == [float(x) for x in exactly]
