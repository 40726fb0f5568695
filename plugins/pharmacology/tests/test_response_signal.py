"""Transits and indirect responses: the gamma distribution, closed forms at a constant stimulus."""

import numpy as np
import pytest
from bridge_pharmacology.response.signal import indirect_response, indirect_response_to_drug, transit
from scipy.special import gammainc

ONE = np.array([0])
DAYS = np.linspace(0, 30, 121)
STEP = np.ones((1, 121))


def one(value):
    return np.array([float(value)])


# Transits


@pytest.mark.parametrize(("transits", "tau"), [(1, 1.0), (3, 1.0), (20, 0.4)])
def test_a_step_leaves_as_the_gamma_distribution(transits, tau):
    found = transit(ONE, DAYS, STEP, one(tau), transits=transits)
    np.testing.assert_allclose(found.signal[0], gammainc(transits, DAYS / tau), rtol=1e-5, atol=1e-7)
    assert found.delay == pytest.approx(transits * tau)


def test_a_time_for_each_individual_delays_the_patients_that_are_there():
    """Patients 2 and 0 of three individuals."""
    found = transit(np.array([2, 0]), DAYS, np.repeat(STEP, 2, axis=0), np.array([1.0, 2.0, 3.0]))
    assert found.delay.tolist() == [9.0, 3.0]
    for signal, tau in zip(found.signal, (3.0, 1.0), strict=True):
        np.testing.assert_allclose(signal, gammainc(3, DAYS / tau), rtol=1e-5, atol=1e-7)


def test_the_gain_is_one_and_the_delay_the_sum_of_transits():
    """Of a pulse that cubics keep: area and mean time, by the trapezoid on a fine grid."""
    time = np.linspace(0, 40, 1601)
    pulse = np.clip(1 - np.abs(time - 2) / 2, 0, None)
    found = transit(ONE, time, pulse[None], one(1.5), transits=3).signal[0]
    area, mean = np.trapezoid(found, time), np.trapezoid(found * time, time)
    assert area == pytest.approx(2, rel=1e-4)
    assert mean / area - 2 == pytest.approx(4.5, rel=1e-4)


def test_every_patient_has_its_own_time():
    found = transit(np.array([2, 0]), DAYS, np.repeat(STEP, 2, axis=0), np.array([0.5, 1.0, 2.0]))
    np.testing.assert_allclose(found.signal[0], gammainc(3, DAYS / 2), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(found.signal[1], gammainc(3, DAYS / 0.5), rtol=1e-5, atol=1e-7)


# Indirect response

CHANGE = 0.8 * 0.6 / (0.3 + 0.6)
#: At a constant stimulus each type is of first order: where it ends and at which rate.
ENDS = {
    "I": (1 - CHANGE, 1.0),
    "II": (1 / (1 - CHANGE), 1 - CHANGE),
    "III": (1 + CHANGE, 1.0),
    "IV": (1 / (1 + CHANGE), 1 + CHANGE),
}


@pytest.mark.parametrize("kind", ENDS)
def test_a_constant_stimulus_is_answered_in_first_order(kind):
    """Dayneka, Garg and Jusko 1993: R = Rss + (R0 - Rss) exp(-k t), k = kout, or as removal is changed."""
    end, faster = ENDS[kind]
    kout, rest = 0.3, 5.0
    found = indirect_response(
        ONE, DAYS, 0.6 * STEP, one(kout), one(rest), largest_change=one(0.8), half_occupancy=one(0.3), type=kind
    )
    expected = rest * (end + (1 - end) * np.exp(-kout * faster * DAYS))
    np.testing.assert_allclose(found.signal[0], expected, rtol=1e-6)
    np.testing.assert_allclose(found.change[0], expected / rest - 1, atol=1e-6)


@pytest.mark.parametrize("kind", ENDS)
def test_without_stimulus_nothing_changes(kind):
    found = indirect_response(ONE, DAYS, 0 * STEP, baseline=one(7), type=kind)
    np.testing.assert_allclose(found.signal, 7, rtol=1e-9)


@pytest.mark.parametrize("kind", ENDS)
def test_a_drug_acts_by_its_concentration(kind):
    """60 nM at a half concentration of 30 is what 0.6 is at 0.3."""
    parameters = {"removal_rate": one(0.3), "largest_change": one(0.8), "type": kind}
    of_drug = indirect_response_to_drug(ONE, DAYS, 60 * STEP, one(30), **parameters)
    of_receptor = indirect_response(ONE, DAYS, 0.6 * STEP, half_occupancy=one(0.3), **parameters)
    np.testing.assert_allclose(of_drug.signal, of_receptor.signal, rtol=1e-6)


def test_everything_may_be_inhibited_but_not_more():
    found = indirect_response_to_drug(ONE, DAYS, 1e5 * STEP, one(1e-3), type="II")
    # removal stops but for 1e-8 of it: the mediator grows as kin t
    np.testing.assert_allclose(found.signal[0], 1 + DAYS, rtol=1e-6)
    with pytest.raises(ValueError, match=r"type II inhibits.*type='III' or 'IV'"):
        indirect_response(ONE, DAYS, STEP, largest_change=one(1.2), type="II")
