"""Systems driven by the courses of another stage: kinks, jumps, names and failures."""

import pickle

import numpy as np
import pytest
from bridge_pharmacology.systems.driven import driven
from bridge_pharmacology.systems.failing import Failure, Unsolved, settle
from bridge_pharmacology.systems.solve import Instants, solve
from bridge_pharmacology.systems.system import System
from hypothesis import given, settings
from hypothesis import strategies as st

LAG = System("lag", ("x",), ("tau",), lambda x, tau, u: ((u - x) / tau,), inputs=("u",))


def test_a_lag_follows_a_step_and_a_ramp():
    time = np.linspace(0, 10, 21)
    course = np.stack([np.ones(21), time])
    found = driven(LAG, np.array([4, 7]), time, {"u": course}, {"tau": np.array([2.0])}, rtol=1e-9)
    assert found.patient.tolist() == [4, 7]
    assert found.left_out == ""
    assert found.values["x"] == pytest.approx(
        np.stack([1 - np.exp(-time / 2), time - 2 + 2 * np.exp(-time / 2)]), rel=1e-8
    )


def test_parameters_and_starts_are_those_of_the_individual():
    time = np.linspace(0, 3, 7)
    found = driven(LAG, np.array([0, 2]), time, {"u": np.zeros((2, 7))}, {"tau": np.array([1.0, 2.0, 3.0])},
                   start={"x": np.array([5.0, 6.0, 7.0])}, rtol=1e-9)  # fmt: skip
    assert found.values["x"] == pytest.approx(np.stack([5 * np.exp(-time), 7 * np.exp(-time / 3)]), rel=1e-8)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.integers(3, 12))
def test_kinks_are_interpolated_as_scipy_does(lsoda, seed, count):
    random = np.random.default_rng(seed)
    time = np.cumsum(random.uniform(0.05, 1.0, count))
    course = random.choice([0.0, 1.0, 2.5, 7.0, 7.0], (1, count, 1)) + 0.1 * random.standard_normal((1, count, 1))
    values, start = np.array([[0.7]]), np.array([[1.0]])
    found = solve(LAG, values, start, time, inputs=course, rtol=1e-10, atol=1e-12)
    assert found.values == pytest.approx(lsoda(LAG, values, start, time, inputs=course), rel=1e-8, abs=1e-9)


def test_a_jump_between_two_moments_is_not_smoothed():
    # Of bolus doses the course has a row a moment before, at which it starts anew: 1 until 2 d, then exp(2 - t) + 3.
    time = np.sort(np.append(np.linspace(0, 5, 41), 2 - 1e-6))
    course = np.where(time < 2, 1.0, 3 + np.exp(2 - np.maximum(time, 2)))
    found = driven(LAG, np.array([0]), time, {"u": course[None]}, {"tau": np.array([0.5])}, rtol=1e-9).values["x"][0]
    after = time[time >= 2] - 2
    at = 1 - np.exp(-4.0)
    exact = 3 + 2 * np.exp(-after) + (at - 5) * np.exp(-after / 0.5)  # of tau x' = u - x
    assert found[time < 2] == pytest.approx(1 - np.exp(-2 * time[time < 2]), abs=1e-8)
    # What a row every 3 h leaves of an exponential by cubics: 2e-5. Smoothed over the jump it is 2e-2.
    assert found[time >= 2] == pytest.approx(exact, abs=5e-5)


def test_a_cubic_is_followed_exactly_where_it_is_monotone_between_two_rows():
    time = np.array([0.0, 1.0])
    found = driven(LAG, np.array([0]), time, {"u": np.array([[2.0, 5.0]])}, {"tau": np.array([1.5])}, rtol=1e-11)
    exact = 2 + 3 * (1 - 1.5 * (1 - np.exp(-1 / 1.5))) - 2 * np.exp(-1 / 1.5)
    assert found.values["x"][0, 1] == pytest.approx(exact, rel=1e-10)


def test_doses_into_a_driven_system_may_fall_between_its_rows():
    # tau x' = u - x + tau r with a ramp u = t; 2 at once at 0.3 d, and 1 a day from 0.7 d to 1.6 d.
    tau, time = 0.8, np.linspace(0, 3, 7)
    none = np.zeros(3, dtype=np.int64)
    doses = Instants(np.array([0, 3]), np.array([0.3, 0.7, 1.6]), none, np.array([2.0, 0, 0]), np.array([0.0, 1, -1]),
                     none - 1, none > 0, np.zeros((0, 1)))  # fmt: skip
    found = solve(LAG, np.array([[tau]]), np.zeros((1, 1)), time, doses, time[None, :, None], rtol=1e-10, atol=1e-12)
    ramp = time - tau + tau * np.exp(-time / tau)
    bolus = np.where(time >= 0.3, 2 * np.exp(-(time - 0.3) / tau), 0)
    running = np.clip(time - 0.7, 0, 0.9)
    infusion = tau * (1 - np.exp(-running / tau)) * np.exp(-np.maximum(time - 1.6, 0) / tau)
    assert found.values[0, :, 0] == pytest.approx(ramp + bolus + infusion, rel=1e-8, abs=1e-10)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"time": np.array([0.0, 2.0, 1.0])}, "must ascend"),
        ({"inputs": {"v": np.zeros((1, 3))}}, "needs the inputs u"),
        ({"inputs": {"u": np.zeros((1, 3)), "v": np.zeros((1, 3))}}, "has no inputs v; it has u"),
        ({"parameters": {}}, "needs the parameters tau"),
        ({"inputs": {"u": np.zeros((2, 3))}}, r"u has shape \(2, 3\); 1 patients at 3 times need \(1, 3\)"),
        ({"inputs": {"u": np.array([[0.0, np.nan, 0.0]])}}, "u of patient 6 is not finite"),
        ({"start": {"y": 1.0}}, "no state y; it has x"),
        ({"parameters": {"tau": np.array([1.0, 2.0])}}, "tau is given for 2 individuals, and a patient is number 6"),
    ],
)
def test_what_does_not_fit_is_refused(change, said):
    taken = {"time": np.array([0.0, 1.0, 2.0]), "inputs": {"u": np.zeros((1, 3))}, "parameters": {"tau": np.ones(1)}}
    taken |= {"start": None} | change
    with pytest.raises(ValueError, match=said):
        driven(LAG, np.array([6]), taken["time"], taken["inputs"], taken["parameters"], start=taken["start"])


EXPLOSION = System("explosion", ("x",), ("k",), lambda x, k, u: (k * x * x + u,), inputs=("u",))


def explode(on_failure):
    time, rates = np.array([0.0, 1.5]), np.array([1.0, -1.0, 0.8])
    return driven(EXPLOSION, np.array([11, 12, 13]) - 11, time, {"u": np.zeros((3, 2))}, {"k": rates}, start={"x": 1.0},
                  on_failure=on_failure)  # fmt: skip


def test_all_patients_that_fail_are_named_in_one_error_that_pickles():
    with pytest.raises(Unsolved) as caught:
        explode("stop")
    said = str(pickle.loads(pickle.dumps(caught.value)))
    assert said.startswith("patient 0 at 1 d: the step size fell below 1e-14 d; patient 2 at 1.25 d: ")
    assert 'on_failure="leave out"' in said


def test_the_others_are_given_where_failures_are_left_out():
    found = explode("leave out")
    assert found.patient.tolist() == [1]
    assert found.values["x"] == pytest.approx(np.array([[1.0, 0.4]]), rel=1e-6)
    assert found.left_out.startswith("patient 0 at 1 d")
    assert "patient 2 at 1.25 d" in found.left_out


def test_nobody_left_is_an_error_and_nobody_failed_is_none():
    everybody = [Failure(0, 0.5, "no reason")]
    with pytest.raises(Unsolved, match=r"patient 5 at 0\.5 d: no reason\. No patient is left"):
        settle(everybody, np.array([5]), "leave out")
    kept, text = settle([], np.array([5, 6]), "stop")
    assert kept.all()
    assert text == ""
