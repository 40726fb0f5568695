"""Ticks of axes: few, round, inside, and no two alike, whatever the numbers are."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.inspect.pictures.frames import Frame, frames_of
from bridge.inspect.pictures.plot import LARGEST, Axis, Line, Panel, Plot
from bridge.inspect.pictures.ticks import linear, logarithmic, number

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
POSITIVE = st.floats(min_value=5e-324, allow_infinity=False)
MANY = st.lists(NUMBERS, max_size=5)


def across(values: list[float], log: bool = False) -> Frame:
    line = Line(values, np.zeros(len(values)))
    return frames_of(Plot((Panel(Axis("x", log), Axis("y"), (line,)),)))[0][0]


@given(MANY)
def test_an_axis_has_three_to_nine_distinct_ticks_inside_of_it(values: list[float]) -> None:
    frame = across(values)
    places, labels = frame.ticks.places, frame.ticks.labels
    assert 3 <= len(places) <= 9
    assert len(set(places)) == len(set(labels)) == len(places)
    assert frame.low <= places[0] < places[-1] <= frame.high
    assert all(frame.low <= value <= frame.high for value in values if abs(value) < LARGEST)


@given(st.lists(POSITIVE, max_size=5))
def test_so_has_a_logarithmic_one(values: list[float]) -> None:
    frame = across(values, log=True)
    places, labels = frame.ticks.places, frame.ticks.labels
    assert 3 <= len(places) <= 9
    assert len(set(places)) == len(set(labels)) == len(places)
    assert 0 < frame.low <= places[0] * (1 + 1e-8)
    assert places[-1] <= frame.high * (1 + 1e-8)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(-200, 200))
def test_ticks_are_multiples_of_one_round_step(low: float, wide: float, power: int) -> None:
    ends = low * 10.0**power, (low + wide) * 10.0**power
    places = [Decimal(repr(place)) for place in linear(*ends).places]
    steps = {round(float((after - before).scaleb(-power)), 9) for before, after in pairwise(places)}
    assert len({f"{step:.6g}" for step in steps}) == 1
    figures = Decimal(f"{(places[1] - places[0]):.10e}").normalize().as_tuple().digits
    assert figures in {(1,), (2,), (2, 5), (5,)}


@given(MANY)
def test_numbers_stand_between_the_ends_of_their_axis_in_their_order(values: list[float]) -> None:
    frame = across(values)
    parts = frame.at(sorted(value for value in values if abs(value) < LARGEST))
    assert np.all((parts > -1e-9) & (parts < 1 + 1e-9))
    assert np.all(np.diff(parts) >= 0)


def test_ticks_of_common_axes_are_those_that_people_expect() -> None:
    assert linear(600, 1200).labels == ("600", "700", "800", "900", "1000", "1100", "1200")
    assert linear(-1, 1).labels == ("−1.0", "−0.5", "0.0", "0.5", "1.0")
    assert linear(0, 1.1e-9).labels[:3] == ("0.0", "0.2", "0.4")
    assert linear(0, 1.1e-9).corner == "× 10⁻⁹"
    assert logarithmic(1e-15, 1e15).labels == ("10⁻¹²", "10⁻⁸", "10⁻⁴", "10⁰", "10⁴", "10⁸", "10¹²")
    assert logarithmic(0.5, 2000).labels == ("1", "10", "100", "1000")
    assert logarithmic(1, 10).labels == ("1", "2", "5", "10")
    assert logarithmic(3, 4).labels[:2] == ("3.0", "3.2")
    assert logarithmic(2, 128, base=2).labels == ("2", "4", "8", "16", "32", "64", "128")
    assert logarithmic(2.0**-30, 2.0**-20, base=2).labels[0] == "2⁻³⁰"


def test_what_all_numbers_have_in_common_is_said_once() -> None:
    found = linear(1_000_000.001, 1_000_000.002)
    assert found.labels == ("0.0000", "0.0002", "0.0004", "0.0006", "0.0008", "0.0010")
    assert found.corner == "+ 1000000.001"


def test_one_number_has_a_neighbourhood_and_its_own_tick() -> None:
    frame = across([5.0, 5.0])
    assert (frame.low, frame.high) == (4.5, 5.5)
    assert 5.0 in frame.ticks.places
    assert across([0.0]).ticks.labels == ("−1.0", "−0.5", "0.0", "0.5", "1.0")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"),
        (-0.0, "0"),
        (1200, "1200"),
        (-0.25, "−0.25"),
        (3.21e-9, "3.21 × 10⁻⁹"),
        (1e-9, "1 × 10⁻⁹"),
        (1e6, "1 × 10⁶"),
    ],
)
def test_a_number_is_written_as_people_read_it(value: float, said: str) -> None:
    assert number(value) == said
