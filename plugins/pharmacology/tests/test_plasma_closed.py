"""Closed forms of one and two compartments against matrix exponentials, quadrature and the identities of exposure."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_pharmacology.plasma import closed
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

TIME = np.array([0.0, 0.02, 0.3, 1.0, 4.0, 20.0, 90.0])
TWO = {
    "clearance": 0.252,
    "central_volume": 3.2417,
    "intercompartmental_clearance": 0.4536,
    "peripheral_volume": 2.2029,
}
ONE = {"clearance": 2.81, "volume": 32.2}


def body(given, absorption_rate, source):
    """Rates of change of depot, central, peripheral and a constant source that feeds one of them, as a matrix."""
    cl, v1, q, v2 = given
    rates = np.zeros((4, 4))
    rates[0, 0], rates[1, 0] = -absorption_rate, absorption_rate
    rates[1, 1], rates[1, 2] = -(cl + q) / v1, q / v2
    rates[2, 1], rates[2, 2] = q / v1, -q / v2
    rates[source, 3] = 1.0
    return rates


def exact(given, absorption_rate, time, dose, duration, into):
    """Central amounts, from the matrix exponential of the piecewise constant system."""
    rates = body(given, absorption_rate, into)
    state = np.zeros(4)
    if duration == 0:
        state[into] = dose
        return np.array([(expm(rates * t) @ state)[1] for t in time])
    state[3] = dose / duration
    found = []
    for t in time:
        reached = expm(rates * min(t, duration)) @ state
        reached[3] = 0.0
        found.append((expm(rates * max(t - duration, 0.0)) @ reached)[1])
    return np.array(found)


@pytest.mark.parametrize("duration", [0.0, 0.02, 1.0, 30.0])
def test_two_compartments_are_the_matrix_exponential(duration):
    found = closed.two_compartment_iv(TIME, 210.0, **TWO, duration=duration)
    truth = exact(tuple(TWO.values()), 1.0, TIME, 210.0, duration, into=1) / TWO["central_volume"]
    assert found == pytest.approx(truth, rel=1e-11, abs=1e-13)


@pytest.mark.parametrize("duration", [0.0, 0.02, 30.0])
def test_one_compartment_is_the_matrix_exponential(duration):
    found = closed.one_compartment_iv(TIME, 320.0, **ONE, duration=duration)
    truth = exact((2.81, 32.2, 0.0, 1.0), 1.0, TIME, 320.0, duration, into=1) / 32.2
    assert found == pytest.approx(truth, rel=1e-11, abs=1e-13)


@pytest.mark.parametrize("absorption_rate", [0.01, 2.81 / 32.2, 1.5, 40.0])
def test_absorption_is_the_matrix_exponential_even_where_both_rates_are_equal(absorption_rate):
    found = closed.one_compartment_oral(TIME + 0.25, 320.0, absorption_rate, **ONE, bioavailability=0.7, lag=0.25)
    truth = 0.7 * exact((2.81, 32.2, 0.0, 1.0), absorption_rate, TIME, 320.0, 0.0, into=0) / 32.2
    assert found == pytest.approx(truth, rel=1e-11, abs=1e-13)
    both = closed.two_compartment_oral(TIME + 0.25, 320.0, absorption_rate, **TWO, bioavailability=0.7, lag=0.25)
    truth = 0.7 * exact(tuple(TWO.values()), absorption_rate, TIME, 320.0, 0.0, into=0) / TWO["central_volume"]
    assert both == pytest.approx(truth, rel=1e-10, abs=1e-12)


def test_nothing_is_there_before_the_dose_or_within_the_lag():
    assert closed.one_compartment_iv(np.array([-1.0, -1e-9]), 100.0, **ONE).tolist() == [0.0, 0.0]
    assert closed.two_compartment_iv(np.array([-1.0, -1e-9]), 100.0, **TWO, duration=1.0).tolist() == [0.0, 0.0]
    assert closed.one_compartment_oral(np.array([0.0, 0.24]), 100.0, 1.5, **ONE, lag=0.25).tolist() == [0.0, 0.0]


def test_doses_add_up_each_with_its_own_duration():
    doses, durations = np.array([280.0, 140.0, 140.0]), np.array([0.0625, 0.02, 0.0])
    found = closed.superposed(closed.two_compartment_iv, TIME, [0.0, 7.0, 14.0], doses, **TWO, duration=durations)
    alone = [closed.two_compartment_iv(TIME - 7 * k, doses[k], **TWO, duration=durations[k]) for k in range(3)]
    assert found == pytest.approx(sum(alone), rel=1e-14)


def test_individuals_and_times_broadcast():
    clearance = np.array([[1.0], [2.81], [5.0]])
    found = closed.one_compartment_oral(TIME, 320.0, 1.5, clearance, 32.2)
    assert found.shape == (3, TIME.size)
    assert found[1] == pytest.approx(closed.one_compartment_oral(TIME, 320.0, 1.5, 2.81, 32.2), rel=1e-15)


rates = st.floats(1e-3, 1e3)


@settings(max_examples=60, deadline=None)
@given(st.tuples(rates, rates, rates, rates), st.floats(0.0, 10.0))
def test_whatever_the_parameters_shares_add_up_and_the_area_is_dose_over_clearance(given, duration):
    """The area of a sum of exponentials is the sum of share over rate constant, whatever the infusion's length."""
    cl, v1, q, v2 = given
    fast, slow = closed.rate_constants(cl, v1, q, v2)
    assert fast * slow == pytest.approx(cl / v1 * q / v2, rel=1e-10)
    assert fast + slow == pytest.approx(cl / v1 + q / v1 + q / v2, rel=1e-10)
    assert closed.two_compartment_iv(0.0, 1.0, *given) == pytest.approx(1 / v1, rel=1e-10)
    since = np.append(0.0, np.geomspace(1e-6 / fast, 45 / slow + duration, 3000))
    edges = np.unique(np.concatenate([since, since + duration]))
    points, weights = np.polynomial.legendre.leggauss(5)
    width = np.diff(edges)
    inner = edges[:-1, None] + width[:, None] * (points + 1) / 2
    area = (closed.two_compartment_iv(inner, 1.0, *given, duration=duration) * weights).sum(axis=1) @ width / 2
    assert area == pytest.approx(1 / cl, rel=1e-8)
