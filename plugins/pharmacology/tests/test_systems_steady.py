"""Steady states of endless dosing against closed forms, and against dosing for long."""

import numpy as np
import pytest
from bridge_pharmacology.systems.solve import Instants, solve
from bridge_pharmacology.systems.steady import periodic
from bridge_pharmacology.systems.system import System
from scipy.linalg import expm

ELIMINATION = System("elimination", ("a", "out"), ("k",), lambda a, out, k: (-k * a, k * a), totals=("out",))
RATE = np.array([[0.1], [0.5], [6.0]])
NONE = np.zeros((3, 2))


def only(value):
    return np.tile([value, 0.0], (3, 1))


def test_a_repeated_bolus_leaves_the_geometric_series():
    interval = np.array([7.0, 1.0, 1.0])
    found, failures = periodic(ELIMINATION, RATE, NONE, only(100.0), NONE, np.zeros(3), interval)
    left = np.exp(-RATE[:, 0] * interval)
    assert not failures
    assert found[:, 0] == pytest.approx(100 * left / (1 - left), rel=1e-8)
    assert found[:, 1].tolist() == [0, 0, 0]  # a total has none, and keeps its start


@pytest.mark.parametrize("length", [0.25, 1.0, 2.5])
def test_repeated_infusions_may_outlast_their_interval(length):
    found, failures = periodic(ELIMINATION, RATE, NONE, NONE, only(10.0), np.full(3, length), np.ones(3))
    since, k = np.arange(1, 2000)[:, None], RATE[:, 0]
    running = 10 / k * (1 - np.exp(-k * np.minimum(since, length)))
    exact = (running * np.exp(-k * np.maximum(since - length, 0))).sum(axis=0)
    assert not failures
    assert found[:, 0] == pytest.approx(exact, rel=1e-8)


def test_an_endless_infusion_ends_at_rate_over_clearance():
    found, failures = periodic(ELIMINATION, RATE, NONE, NONE, only(10.0), np.zeros(3), np.zeros(3))
    assert not failures
    assert found[:, 0] == pytest.approx(10 / RATE[:, 0], rel=1e-9)


def test_weekly_trastuzumab_has_the_published_trough():
    # 2 mg/kg, 70 kg: trough 71.3 mg/L, peak 118.8 mg/L (parameters: Bruno et al., Cancer Chemother. Pharmacol. 56,
    # 361, 2005; here by the matrix exponential).
    k, k12, k21, volume = 0.225 / 2.95, 0.164, 0.101, 2.95
    system = System("two", ("a", "b"), ("k", "k12", "k21"),
                    lambda a, b, k, k12, k21: (-(k + k12) * a + k21 * b, k12 * a - k21 * b))  # fmt: skip
    found, failures = periodic(system, np.array([[k, k12, k21]]), np.zeros((1, 2)), np.array([[140.0, 0.0]]),
                               np.zeros((1, 2)), np.zeros(1), np.array([7.0]))  # fmt: skip
    flow = expm(7 * np.array([[-k - k12, k21], [k12, -k21]]))
    exact = np.linalg.solve(np.eye(2) - flow, flow @ [140.0, 0.0])
    assert not failures
    assert found[0] == pytest.approx(exact, rel=1e-8)
    assert [found[0, 0] / volume, found[0, 0] / volume + 140 / volume] == pytest.approx([71.3, 118.8], rel=1e-3)


def test_saturable_elimination_has_the_steady_state_of_its_integral():
    # a' = -v a / (m + a): m ln((a + D) / a) + D = v T.
    system = System("saturable", ("a",), ("v", "m"), lambda a, v, m: (-v * a / (m + a),))
    doses = np.array([9.0, 11.0])
    found, failures = periodic(system, np.tile([10.0, 1.0], (2, 1)), np.zeros((2, 1)), doses[:, None],
                               np.zeros((2, 1)), np.zeros(2), np.ones(2))  # fmt: skip
    assert found[0, 0] == pytest.approx(9 / (np.e - 1), rel=1e-8)
    (failure,) = failures  # eleven a day are more than ten
    assert failure.patient == 1
    assert "steady state" in failure.reason


def test_target_mediated_disposition_comes_to_the_steady_state_that_was_found(stress):
    people, doses = 4, 30
    problem = stress(people)
    amount = np.zeros((people, 4))
    amount[:, 0] = problem.instants.amount.reshape(people, 4)[:, 0]
    found, failures = periodic(problem.system, problem.parameters, problem.start, amount, 0 * amount, np.zeros(people),
                               np.full(people, 21.0))  # fmt: skip
    size = people * doses
    times, none = np.arange(doses + 1) * 21.0, np.zeros(size, dtype=np.int64)
    instants = Instants(
        np.arange(people + 1) * doses, np.tile(times[:-1], people), none, np.repeat(amount[:, 0], doses),
        np.zeros(size), none - 1, none > 0, np.zeros((0, 4)),
    )  # fmt: skip
    long = solve(problem.system, problem.parameters, problem.start, times, instants, rtol=1e-9, atol=1e-12)
    assert not failures
    assert found == pytest.approx(long.values[:, -1], rel=1e-7)


def test_what_accumulates_for_ever_is_a_failure():
    system = System("pool", ("a",), ("k",), lambda a, k: (0.0 * k * a,))
    _, failures = periodic(system, np.ones((1, 1)), np.zeros((1, 1)), np.ones((1, 1)), np.zeros((1, 1)), np.zeros(1),
                           np.ones(1))  # fmt: skip
    assert [failure.reason for failure in failures] == [
        "there is no steady state under this dose: something accumulates"
    ]


def test_a_driven_system_and_a_negative_interval_are_refused():
    driven = System("driven", ("a",), (), lambda a, u: (u - a,), inputs=("u",))
    with pytest.raises(ValueError, match="driven by u"):
        periodic(driven, np.zeros((1, 0)), *[np.zeros((1, 1))] * 3, np.zeros(1), np.ones(1))
    with pytest.raises(ValueError, match="interval above 0"):
        periodic(ELIMINATION, RATE, NONE, NONE, NONE, np.zeros(3), np.array([1.0, -1.0, 1.0]))
