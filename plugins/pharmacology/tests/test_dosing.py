"""Doses that go into a system, against superposition of closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_pharmacology.dosing.doses import Doses
from bridge_pharmacology.dosing.regimen import regimen
from bridge_pharmacology.dosing.running import Into, dosed, imbalance
from bridge_pharmacology.systems.failing import Unsolved
from bridge_pharmacology.systems.system import System

#: A depot and a compartment: made at a rate, lost in proportion and saturably; what has left it is a total.
BODY = System(
    "body",
    ("depot", "amount", "out"),
    ("ka", "k", "made", "most", "half"),
    lambda depot, amount, out, ka, k, made, most, half: (
        -ka * depot,
        ka * depot + made - k * amount - most * amount / (half + amount),
        k * amount + most * amount / (half + amount),
    ),
    totals=("out",),
)
PLAIN = {"ka": 1.0, "k": 0.3, "made": 0.0, "most": 0.0, "half": 1.0}

INTO = {1: Into("depot"), 2: Into("amount")}
K = 0.3
EACH = {"individual": 0, "time": 0.0, "amount": 0.0, "duration": 0.0, "event": 1, "compartment": 2}
EACH |= {"additional": 0, "interval": 0.0, "steady": 0}


def doses(**columns):
    size = max(np.size(column) for column in columns.values())
    full = {name: np.broadcast_to(np.asarray(columns.get(name, value)), (size,)) for name, value in EACH.items()}
    return Doses(**{name: column.astype(type(EACH[name])) for name, column in full.items()})


def run(given, duration=20.0, sampling=0.5, into=INTO, start=None, on_failure="stop", **changed):
    parameters = {name: np.atleast_1d(value) for name, value in (PLAIN | changed).items()}
    settings = {"duration": duration, "sampling": sampling, "into": into, "start": start, "rtol": 1e-9, "atol": 1e-11}
    return dosed(BODY, given, parameters, on_failure=on_failure, **settings)


def bolus(time, at, amount, k=K):
    return np.where(time >= at, amount * np.exp(-k * np.clip(time - at, 0, None)), 0.0)


def infusion(time, at, amount, length, k=K):
    """Amount after an infusion at a constant rate: Gibaldi and Perrier, Pharmacokinetics (1982), chapter 1."""
    on = np.clip(time - at, 0, length)
    return amount / length / k * (1 - np.exp(-k * on)) * np.exp(-k * np.clip(time - at - length, 0, None))


def test_doses_add_up_at_every_row():
    given = doses(time=[0.0, 1.25, 3.0], amount=[10.0, 4.0, 6.0], additional=[2, 0, 0], interval=[2.5, 0.0, 0.0])
    found = run(given)
    expected = sum(bolus(found.time, at, much) for at, much in ((0, 10), (2.5, 10), (5, 10), (1.25, 4), (3, 6)))
    assert found.values["amount"][0] == pytest.approx(expected, rel=1e-7, abs=1e-9)
    assert found.given[0, -1] == pytest.approx(40.0, rel=1e-14)


def test_infusions_run_side_by_side():
    given = doses(time=[0.0, 1.0, 7.3], amount=[10.0, 3.0, 5.0], duration=[4.0, 1.5, 100.0])
    found = run(given)
    parts = ((0, 10, 4), (1, 3, 1.5), (7.3, 5, 100))
    assert found.values["amount"][0] == pytest.approx(
        sum(infusion(found.time, *part) for part in parts), rel=1e-7, abs=1e-9
    )
    share = np.clip((20 - 7.3) / 100, 0, 1)
    assert found.given[0, -1] == pytest.approx(13 + 5 * share, rel=1e-12)  # only what went in so far


def test_a_depot_gives_bateman_s_curve_after_its_lag():
    """H. Bateman, Proc. Cambridge Phil. Soc. 15, 423 (1910)."""
    lags = np.array([0.0, 0.7, 1.3])
    found = run(doses(amount=8.0, compartment=1), into={1: Into("depot", 0.5, lags)}, k=[0.3, 0.3, 0.5])
    for row, (lag, k) in enumerate(zip(lags, (0.3, 0.3, 0.5), strict=True)):
        since = np.clip(found.time - lag, 0, None)
        expected = 4 * 1.0 / (1.0 - k) * (np.exp(-k * since) - np.exp(-since))
        assert found.values["amount"][row] == pytest.approx(expected, rel=1e-6, abs=1e-8)
    assert imbalance(found, found.values["depot"] + found.values["amount"], found.values["out"]) < 1e-9
    assert found.time.tolist() == np.arange(0, 20.1, 0.5).tolist()  # no rows of everybody at everybody's own time
    common = run(doses(amount=8.0, compartment=1), into={1: Into("depot", 0.5, 0.7)})
    assert np.isin(0.7, common.time)
    at = np.isin(common.time, found.time)
    alone = run(doses(amount=8.0, compartment=1), into={1: Into("depot", 0.5, np.array([0.7, 0.7]))})
    assert alone.values["amount"][1] == pytest.approx(common.values["amount"][0, at], rel=1e-6, abs=1e-9)
    assert alone.given[1] == pytest.approx(common.given[0, at], rel=1e-12)


def test_rows_are_at_doses_at_ends_of_infusions_and_a_moment_before_each():
    given = doses(time=[0.0, 3.3, 4.1, 6.2], amount=[1.0, 2.0, 3.0, 0.0], duration=[0, 0, 0.4, 0], event=[1, 1, 1, 2])
    found = run(given, duration=7.0, sampling=1.0)
    before = 3.3 - 1e-6
    assert found.time == pytest.approx(
        [0, 1, 2, 3, before, 3.3, 4, 4.1 - 1e-6, 4.1, 4.5 - 1e-6, 4.5, 5, 6, 6.2, 7], abs=1e-12
    )
    assert (np.diff(found.time) > 0).all()
    row = np.flatnonzero(found.time == 3.3)[0]
    jump = found.values["amount"][0, row] - found.values["amount"][0, row - 1]
    assert jump == pytest.approx(2.0, abs=1e-5)  # less what was lost in 0.1 s
    assert found.given[0, [row - 1, row]] == pytest.approx([1.0, 3.0], rel=1e-15)


def test_times_that_differ_by_rounding_are_one():
    """0.1 + 0.2 is not 0.3: a row for each would leave the solver steps of 6e-17 d."""
    found = run(doses(time=[0.0, 0.3], amount=1.0, additional=[2, 0], interval=[0.1 + 0.2 - 0.15, 0.0]), sampling=0.1)
    assert np.diff(found.time).min() > 1e-7
    assert found.given[0, -1] == pytest.approx(4.0)


def test_other_events_change_nothing():
    plain = run(doses(amount=[5.0, 7.0], time=[0.0, 2.0]))
    marked = run(doses(amount=[5.0, 0.0, 7.0, 0.0], time=[0.0, 0.9, 2.0, 2.0], event=[1, 2, 1, 2]))
    same = np.isin(marked.time, plain.time)
    assert marked.time[~same] == pytest.approx([0.9])
    assert marked.values["amount"][:, same] == pytest.approx(plain.values["amount"], rel=1e-7)


@pytest.mark.parametrize("event", [3, 4])
def test_a_reset_ends_infusions_and_the_doses_that_were_to_come(event):
    """PREDPP: "infusions in progress or pending additional doses are cancelled" (NONMEM Users Guide, part VI)."""
    again = 6.0 if event == 4 else 0.0
    given = doses(
        time=[0.0, 0.0, 5.0], amount=[10.0, 20.0, again], duration=[0.0, 10.0, 0.0], event=[1, 1, event],
        additional=[5, 0, 0], interval=[2.0, 0.0, 0.0],
    )  # fmt: skip
    found = run(given)
    after = found.time >= 5
    assert found.values["amount"][0, after] == pytest.approx(bolus(found.time[after], 5, again), rel=1e-7, abs=1e-9)
    assert found.given[0, -1] == pytest.approx(30 + 10 + again, rel=1e-12)  # three boluses, half of the infusion
    until = ~after
    expected = sum(bolus(found.time, at, 10) for at in (0, 2, 4)) + infusion(found.time, 0, 20, 10)
    assert found.values["amount"][0, until] == pytest.approx(expected[until], rel=1e-7, abs=1e-9)


def test_a_reset_goes_back_to_the_start():
    given = doses(time=[0.0, 4.0], amount=[5.0, 0.0], event=[1, 3])
    found = run(given, duration=8.0, k=[0.3, 0.4], made=[3.0, 4.0], start={"amount": np.array([10.0, 10.0])})
    assert found.values["amount"][:, found.time >= 4] == pytest.approx(10.0, rel=1e-9)
    assert found.values["amount"][:, 0] == pytest.approx(15.0)


def test_a_steady_bolus_has_the_peak_and_trough_of_the_closed_form():
    """D/(1 - exp(-k tau)), and that times exp(-k tau): Gibaldi and Perrier (1982), chapter 3."""
    found = run(doses(amount=10.0, steady=1, interval=2.0, additional=3))
    peak = 10 / (1 - np.exp(-2 * K))
    rows = np.searchsorted(found.time, [0.0, 2.0, 4.0, 6.0])
    assert found.values["amount"][0, rows] == pytest.approx(peak, rel=1e-7)
    assert found.values["amount"][0, rows[1:] - 1] == pytest.approx(peak * np.exp(-2 * K), rel=1e-5)  # 0.1 s before
    assert found.given[0, -1] == pytest.approx(40.0)  # of the endless row, what the table gives


def test_a_steady_infusion_is_what_endless_infusions_lead_to():
    length, every = 0.5, 2.0
    found = run(doses(amount=10.0, duration=length, steady=1, interval=every, additional=4))
    past = sum(infusion(found.time, -n * every, 10.0, length) for n in range(1, 200))
    now = sum(infusion(found.time, n * every, 10.0, length) for n in range(5))
    assert found.values["amount"][0] == pytest.approx(past + now, rel=1e-7)


def test_a_steady_state_replaces_or_adds():
    """SS 1 sets the compartments, SS 2 adds to them (NONMEM Users Guide, part VI, chapter V)."""
    trough = 10 * np.exp(-2 * K) / (1 - np.exp(-2 * K))
    for steady in (1, 2):
        given = doses(
            time=[0.0, 0.0, 5.0], amount=[7.0, 30.0, 10.0], duration=[0.0, 10.0, 0.0], steady=[0, 0, steady],
            interval=[0, 0, 2.0],
        )  # fmt: skip
        found = run(given)
        after = found.time >= 5
        earlier = bolus(found.time, 0, 7.0) + infusion(found.time, 0, 30.0, 10.0) if steady == 2 else 0 * found.time
        expected = earlier + bolus(found.time, 5, 10 + trough)
        assert found.values["amount"][0, after] == pytest.approx(expected[after], rel=1e-7)


def test_what_is_made_by_the_body_itself_is_not_added_twice():
    """In a linear system with a baseline, SS 2 superposes the response to the doses alone."""
    given = doses(time=[0.0, 3.0], amount=[4.0, 6.0], steady=[0, 2], interval=[0.0, 2.0])
    found = run(given, made=10 * K, start={"amount": 10.0})
    after = found.time >= 3
    added = 6 / (1 - np.exp(-2 * K))
    expected = 10 + bolus(found.time, 0, 4.0) + bolus(found.time, 3, added)
    assert found.values["amount"][0, after] == pytest.approx(expected[after], rel=1e-7)


def test_a_saturable_steady_state_is_where_two_hundred_doses_lead():
    saturable = {"k": 0.0, "most": np.array([9.0, 12.0]), "half": 5.0}
    steady = run(doses(amount=6.0, steady=1, interval=1.0), duration=1.0, sampling=0.25, **saturable)
    long = run(doses(amount=6.0, additional=200, interval=1.0), duration=201.0, sampling=201.0, **saturable)
    last = np.searchsorted(long.time, 200.0)
    assert steady.values["amount"][:, 0] == pytest.approx(long.values["amount"][:, last], rel=1e-6)
    assert steady.values["amount"][:, -1] == pytest.approx(long.values["amount"][:, -1], rel=1e-6)


def test_a_steady_state_that_does_not_exist_is_a_patient_who_is_named():
    """Who can lose 3 mg/d at most and is given 6 has none."""
    given = doses(time=2.0, amount=6.0, steady=1, interval=1.0)
    changed = {"k": 0.0, "most": np.array([9.0, 3.0, 12.0]), "half": 5.0, "duration": 4.0}
    with pytest.raises(Unsolved, match=r"patient 1 at 2 d: .*leave out"):
        run(given, **changed)
    found = run(given, on_failure="leave out", **changed)
    assert found.patient.tolist() == [0, 2]
    assert found.left_out.startswith("patient 1 at 2 d: ")
    alone = run(given, **changed | {"most": 12.0})
    assert found.values["amount"][1] == pytest.approx(alone.values["amount"][0], rel=1e-9)
    assert found.given.shape == found.since.shape == (2, found.time.size)


def test_the_balance_closes_through_resets_and_steady_states_and_shows_what_is_lost():
    given = doses(
        time=[0.0, 0.0, 4.0, 6.0, 9.0], amount=[10.0, 5.0, 0.0, 8.0, 3.0], duration=[0, 2.0, 0, 0.5, 0],
        event=[1, 1, 3, 1, 4], compartment=[1, 2, 1, 2, 2], steady=[0, 0, 0, 1, 0], interval=[0, 0, 0, 2.0, 0],
    )  # fmt: skip
    found = run(given, k=[0.3, 0.5])
    inside = found.values["depot"] + found.values["amount"]
    assert imbalance(found, inside, found.values["out"]) < 1e-8
    assert imbalance(found, inside, 0.99 * found.values["out"]) > 1e-3
    assert set(found.given_to) == {"depot", "amount"}
    assert found.given_to["depot"][:, -1] == pytest.approx(10.0)


def test_doses_of_one_are_for_everybody_and_scales_are_each_one_s_own():
    volumes = np.array([2.0, 3.0, 5.0])
    found = run(doses(amount=6.0), k=[0.1, 0.2, 0.3], into={2: Into("amount", 1 / volumes)})
    assert found.patient.tolist() == [0, 1, 2]
    assert found.values["amount"][:, 0] == pytest.approx(6 / volumes)
    assert found.given[:, -1] == pytest.approx(6 / volumes)


def test_everybody_has_doses_of_their_own():
    given = doses(individual=[0, 1, 1, 2], time=[1.0, 0.0, 2.0, 0.0], amount=[3.0, 4.0, 5.0, 0.0], event=[1, 1, 1, 2])
    found = run(given)
    time = found.time
    assert found.values["amount"][0] == pytest.approx(bolus(time, 1, 3), rel=1e-7, abs=1e-10)
    assert found.values["amount"][1] == pytest.approx(bolus(time, 0, 4) + bolus(time, 2, 5), rel=1e-7, abs=1e-10)
    assert not found.values["amount"][2].any()
    assert imbalance(found, found.values["amount"], found.values["out"]) < 1e-8


def test_no_doses_at_all_are_nothing():
    none, whole = np.zeros(0), np.zeros(0, dtype=np.int64)
    found = run(Doses(whole, none, none, none, whole, whole, whole, none, whole), duration=2.0, sampling=1.0, k=[1, 2])
    assert found.time.tolist() == [0, 1, 2]
    assert not found.values["amount"].any()
    assert found.given.shape == (2, 3)
    assert imbalance(found, found.values["amount"], found.values["out"]) == 0


def test_the_last_dose_is_before_the_end():
    found = run(regimen(10.0, 2.0, until=20.0, compartment=2).doses, duration=6.0)
    assert found.given[0, -1] == pytest.approx(30.0)  # at 0, 2 and 4 d; not at 6 d, when the course ends


@pytest.mark.parametrize(
    ("given", "more", "says"),
    [
        ({"compartment": 3}, {}, r"Dose 1 \(individual 0, at 0 d\) goes into compartment 3, which body has not"),
        ({"compartment": 3}, {}, r"1 \(depot\), 2 \(amount\)"),
        ({"individual": [0, 1]}, {"k": [0.1, 0.2, 0.3]}, "k for 3, the doses for 2"),
        ({}, {"into": {2: Into("amount", np.ones(2))}, "k": [0.1, 0.2, 0.3]}, "the scale of compartment 2 for 2"),
        ({"steady": 1, "interval": 1.0}, {"into": {2: Into("amount", 1.0, 0.5)}}, "steady state of a compartment with"),
        ({}, {"k": np.ones(0)}, "k is given for nobody. Give it for each"),
        ({}, {"duration": 0.0}, "lasts 0 d"),
        ({}, {"sampling": -1.0}, "every -1 d"),
        ({}, {"sampling": 1e-6}, "2e[+]07 rows. Write a sampling of 0.002 d or more"),
        ({}, {"k": np.ones(60_000), "sampling": 0.01}, "Write a longer sampling, or solve fewer"),
        ({}, {"start": {"blood": 1.0}}, "no state blood; it has depot, amount, out"),
        ({}, {"into": {2: Into("blood")}}, "no state 'blood'"),
        ({}, {"into": {}}, "body takes no doses"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_solved(given, more, says, monkeypatch):
    monkeypatch.setattr("bridge_pharmacology.dosing.running.solve", lambda *_, **__: pytest.fail("solved"))
    with pytest.raises(ValueError, match=says):
        run(doses(**{"amount": 1.0} | given), **more)


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"time": -1.0}, r"Dose 1 \(individual 0, at -1 d\) is at -1 d, before time zero"),
        ({"amount": -2.0}, "amount -2 mg; write 0 or more"),
        ({"duration": -2.0}, "duration -2 d; write 0 or more"),
        ({"interval": -2.0}, "interval -2 d; write 0 or more"),
        ({"amount": np.nan}, "amount nan; write a number"),
        ({"event": 5}, "EVID 5; write 1"),
        ({"compartment": 0}, "compartment 0; write 1 or above"),
        ({"steady": 3}, "SS 3; write 0, 1 or 2"),
        ({"additional": -1}, "ADDL 0 or more"),
        ({"additional": 2}, "ADDL 2 without an interval; write its II"),
        ({"steady": 1}, "SS 1 without an interval; write its II"),
        ({"steady": 1, "interval": 1.0, "duration": 2.0}, "infusions of 2 d every 1 d"),
        ({"duration": 1.0, "amount": 0.0}, "infusion of 0 mg"),
        ({"duration": 1e-9}, "takes 1e-09 d; write 0 for a bolus"),
        ({"event": 3}, "EVID 3, and AMT"),
        ({"time": [1.0, 0.5]}, r"Dose 2 .* comes after one at 1 d; sort the rows of an individual by time"),
        ({"individual": [1, 0]}, "comes after one of individual 1; sort the rows by individual"),
        ({"time": [0.0, 0.0]}, r"Dose 2 .* is there twice"),
        ({"time": np.array([]), "amount": np.array([1.0])}, "differ in length"),
    ],
)
def test_doses_that_make_no_sense_are_refused_by_row(columns, says):
    given = {"amount": 1.0} | columns
    table = Doses(**(vars(doses(amount=1.0)) | columns)) if says == "differ in length" else doses(**given)
    with pytest.raises(ValueError, match=says):
        run(table)
