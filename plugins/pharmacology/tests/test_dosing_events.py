"""Event tables of every kind against a plain list of doses, kept by hand."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_pharmacology.dosing.doses import Doses, checked
from bridge_pharmacology.dosing.instants import each_dose, grid
from bridge_pharmacology.dosing.running import Into, dosed, imbalance
from bridge_pharmacology.systems.system import System
from hypothesis import assume, given, settings
from hypothesis import strategies as st

END, K = 20.0, 0.3
LOST = System("lost", ("amount", "out"), ("k",), lambda amount, out, k: (-k * amount, k * amount), totals=("out",))
eighths = st.integers(0, 160).map(lambda n: n / 8)


@st.composite
def rows(draw):
    """A row: EVID, amount, duration, ADDL, II, SS."""
    event = draw(st.sampled_from([1, 1, 1, 1, 2, 3, 4]))
    if event in (2, 3):
        return event, 0.0, 0.0, 0, 0.0, 0
    interval = draw(st.integers(1, 40)) / 8
    steady = draw(st.sampled_from([0, 0, 0, 1, 2]))
    length = draw(st.sampled_from([0.0, 0.125, 0.5, 3.0]))
    return event, draw(st.integers(1, 50)) / 4, min(length, interval), draw(st.integers(0, 6)), interval, steady


@st.composite
def tables(draw):
    """Doses of up to three individuals, sorted."""
    made = []
    for individual in range(draw(st.integers(1, 3))):
        times = sorted(draw(st.lists(eighths, min_size=1, max_size=5)))
        made += [(individual, time, *draw(rows())) for time in times]
    assume(len(set(made)) == len(made))
    return made


def doses(table):
    who, time, event, amount, length, more, every, steady = (np.array(column) for column in zip(*table, strict=True))
    return checked(Doses(who, time, amount, length, event, np.ones_like(who), more, every, steady))


def amount_left(table, individual, at):
    """What is in the body at a time: every dose since the last reset, by itself; endless rows over 400 intervals."""
    going = []
    for _, time, event, much, length, more, every, steady in (row for row in table if row[0] == individual):
        if time > at:
            break
        if event >= 3 or steady == 1:
            going = []
        if event in (1, 4):
            past = range(1, 401) if steady else ()
            going += [(time - n * every, much, length) for n in past]
            going += [(time + n * every, much, length) for n in range(more + 1)]
    return sum(response(at - time, much, length) for time, much, length in going if time <= at)


def response(since, amount, length):
    if length == 0:
        return amount * np.exp(-K * since)
    on = min(since, length)
    return amount / length / K * (1 - np.exp(-K * on)) * np.exp(-K * (since - on))


@pytest.mark.filterwarnings("ignore:.*rows dose at or after the end")
@settings(max_examples=60, deadline=None)
@given(tables())
def test_a_table_does_what_its_doses_do_one_by_one(table):
    into = {1: Into("amount")}
    found = dosed(
        LOST, doses(table), {"k": np.array([K])}, duration=END, sampling=2.0, into=into, rtol=1e-9, atol=1e-12
    )
    assert (np.diff(found.time) > 0).all()
    for individual in range(found.patient.size):
        expected = [amount_left(table, individual, time) for time in found.time[:-1]]  # none is given at the end
        assert found.values["amount"][individual, :-1] == pytest.approx(expected, rel=1e-6, abs=1e-7)
    assert imbalance(found, found.values["amount"], found.values["out"]) < 1e-7


@settings(max_examples=60, deadline=None)
@given(tables(), st.integers(1, 50).map(lambda n: n / 10))
def test_rows_ascend_and_meet_every_dose(table, sampling):
    every = each_dose(doses(table), END)
    marks = np.array([row[1] for row in table if row[2] == 2])
    time, moved = grid(every, np.ones(every.time.shape, dtype=np.bool_), marks, END, sampling)
    assert time[0] == 0
    assert time[-1] == END
    assert np.diff(time).min() > 1e-9
    assert np.isin(moved.time, time).all()
    assert np.abs(moved.time - every.time).max(initial=0.0) <= 1e-9
    inside = moved.ends <= END
    assert np.isin(moved.ends[inside], time).all()
    assert (every.time < END).all()
    for mark in marks:
        assert np.abs(time - mark).min() <= 1e-9


def test_a_reset_is_at_once_where_its_own_dose_is_late():
    """ALAG delays the dose of an EVID 4 and not its reset (NONMEM Users Guide, part VI)."""
    given = doses([(0, 0.0, 1, 8.0, 0.0, 0, 0.0, 0), (0, 5.0, 4, 6.0, 0.0, 1, 3.0, 0)])
    found = dosed(
        LOST, given, {"k": np.array([K])}, duration=END, sampling=0.5, into={1: Into("amount", lag=np.array([1.0]))}
    )
    since = [(1.0, 8.0)], [(6.0, 6.0), (9.0, 6.0)]
    for rows, parts in zip((found.time < 5, found.time >= 5), since, strict=True):
        time = found.time[rows]
        expected = sum(much * np.exp(-K * (time - at)) * (time >= at) for at, much in parts)
        assert found.values["amount"][0, rows] == pytest.approx(expected, rel=1e-6, abs=1e-8)
    assert imbalance(found, found.values["amount"], found.values["out"]) < 1e-9


@pytest.mark.parametrize("begins", [1 - 0.9e-9, 1 - 1e-6 - 0.9e-9, 1.0])
def test_of_the_shortest_infusion_beside_a_row_everything_goes_in(begins):
    """Its ends are moved to the row's time, by 1e-3 of how long it takes."""
    given = doses([(0, begins, 1, 8.0, 1e-6, 0, 0.0, 0)])
    found = dosed(LOST, given, {"k": np.array([K])}, duration=2.0, sampling=0.5, into={1: Into("amount")})
    assert found.given[0, -1] == pytest.approx(8.0, rel=1e-6)
    assert found.values["amount"][0, -1] == pytest.approx(8 * np.exp(-K), rel=2e-6)


def test_doses_written_after_the_end_are_told_and_not_given():
    table = doses(
        [(0, 0.0, 1, 8.0, 0.0, 0, 0.0, 0), (0, 2.0, 1, 8.0, 0.0, 0, 0.0, 0), (0, 3.0, 1, 8.0, 0.0, 0, 0.0, 0)]
    )
    with pytest.warns(
        UserWarning, match=r"2 of 3 rows dose at or after the end of the course \(2 d\), the first at 2 d"
    ):
        found = dosed(LOST, table, {"k": np.array([K])}, duration=2.0, sampling=0.5, into={1: Into("amount")})
    assert found.given[0, -1] == 8.0


def test_more_doses_than_anybody_is_given_are_refused_before_they_are_counted_out():
    """A dose a minute for half a year to a thousand patients: 18 GB."""
    table = [(who, 0.0, 1, 1.0, 0.0, 241_919, 1 / 1440, 0) for who in range(1000)]
    with pytest.raises(ValueError, match=r"2\.42e\+08 doses are given until 168 d, over 2e\+07\."):
        each_dose(doses(table), 168.0)
