"""The lumped tumour and the tissue at partition: closed forms, scipy's solvers, conservation."""

import numpy as np
import pytest
from bridge_pharmacology.systems.failing import Unsolved
from bridge_pharmacology.tissue.partition import partition
from bridge_pharmacology.tissue.tumour import tumour, uptake_rate
from scipy.integrate import solve_ivp

ONE = np.array([0])
DAYS = np.linspace(0, 21, 85)
UPTAKE = 2 * 259.2 * 8 / 75**2


def one(value):
    return np.array([float(value)])


def constant_plasma(level, time=DAYS):
    return np.full((1, time.size), float(level))


# Uptake


def test_uptake_is_that_of_the_default_tumour():
    """2 P Rcap/Rk² with P 3e-9 m/s, 8 and 75 um: 0.737 /d."""
    assert uptake_rate(one(3e-9 * 1e6 * 86400), one(8), one(75)) == pytest.approx(0.7373, rel=1e-4)


@pytest.mark.parametrize("radius", [8.0, 5.0])
def test_a_krogh_radius_inside_the_capillary_is_refused(radius):
    with pytest.raises(ValueError, match="krogh_radius='75 um'"):
        tumour(ONE, DAYS, constant_plasma(100), krogh_radius=one(radius))


# The lumped tumour


def test_without_antigen_the_tumour_fills_exponentially():
    """F/ε = Cp (1 - exp(-u t/ε)), which has no other process in it."""
    found = tumour(ONE, DAYS, constant_plasma(100), antigen=one(0))
    expected = 100 * (1 - np.exp(-UPTAKE * DAYS / 0.24))
    np.testing.assert_allclose(found.concentration[0], expected, rtol=1e-6, atol=1e-6)
    assert (found.occupancy == 0).all()


def test_it_ends_where_the_balance_of_uptake_and_internalisation_has_it():
    """At rest u (Cp - c) = kint B and B = A0 c/(c + Kd + kint/kon), for kdeg = kint: a quadratic in c."""
    time = np.linspace(0, 60, 121)
    found = tumour(ONE, time, constant_plasma(300, time))
    kss = 0.1 + 1 / 8.64
    linear = UPTAKE * (kss - 300) + 500
    c = (-linear + np.sqrt(linear**2 + 4 * UPTAKE**2 * 300 * kss)) / (2 * UPTAKE)
    assert found.concentration[0, -1] == pytest.approx(c, rel=1e-6)
    assert found.occupancy[0, -1] == pytest.approx(c / (c + kss), rel=1e-6)
    assert found.bound[0, -1] + found.antigen_free[0, -1] == pytest.approx(500, rel=1e-6)


def test_courses_are_those_of_scipy():
    """Radau at 1e-10, with turnover and internalisation that differ; plasma a straight line, which cubics keep."""
    uptake, kdeg, kint, kon, kd = UPTAKE, 0.3, 2.0, 8.64, 0.5

    def rates(t, y):
        free, bound, antigen = y
        binding = kon * (free / 0.24 * antigen - kd * bound)
        net = uptake * (600 * (1 - t / 30) - free / 0.24)
        return [net - binding, binding - kint * bound, kdeg * (500 - antigen) - binding]

    solved = solve_ivp(rates, (0, 21), [0, 0, 500], method="Radau", t_eval=DAYS, rtol=1e-10, atol=1e-10)
    found = tumour(
        ONE,
        DAYS,
        600 * (1 - DAYS / 30)[None],
        turnover_rate=one(kdeg),
        internalisation_rate=one(kint),
        dissociation_constant=one(kd),
    )
    for course, expected in zip((found.concentration * 0.24, found.bound, found.antigen_free), solved.y, strict=True):
        np.testing.assert_allclose(course[0], expected, rtol=1e-5, atol=1e-6)


def test_what_came_in_is_there_or_was_taken_in():
    time = np.linspace(0, 28, 113)
    plasma = np.stack([600 * np.exp(-time / 13), 50 * np.exp(-time / 5)])
    found = tumour(np.array([0, 1]), time, plasma, antigen=np.array([500.0, 50.0]), tumour_volume=one(30))
    held = 0.24 * found.concentration + found.bound + found.internalised
    assert found.balance <= 1e-6
    # nM times 30 mL is 0.03 nmol/L · L
    np.testing.assert_allclose(found.inflow, 0.03 * held[:, -1], rtol=1e-6)
    assert (found.inflow > 0.1).all()


def test_individuals_do_not_know_of_each_other():
    """Patients 4 and 1 of six, in that order, have their own parameters and are as if alone."""
    antigen = np.array([100.0, 200, 300, 400, 500, 600])
    plasma = np.stack([300 * np.exp(-DAYS / 9), 200 * np.exp(-DAYS / 9)])
    both = tumour(np.array([4, 1]), DAYS, plasma, antigen=antigen)
    for row, number in enumerate((4, 1)):
        alone = tumour(ONE, DAYS, plasma[row : row + 1], antigen=one(antigen[number]))
        np.testing.assert_allclose(both.bound[row], alone.bound[0], rtol=1e-9)
    assert both.patient.tolist() == [4, 1]


def test_a_population_that_is_too_small_is_refused():
    with pytest.raises(ValueError, match="antigen is given for 2 individuals, and a patient is number 5"):
        tumour(np.array([5]), DAYS, constant_plasma(100), antigen=np.array([1.0, 2.0]))


def test_a_patient_that_fails_is_named_and_can_be_left_out():
    """A rate of 1e306 /(nM d) is beyond floating-point numbers where it meets antigen; its neighbour is not."""
    plasma = np.repeat(constant_plasma(100), 2, axis=0)
    bad = {"on_rate": np.array([8.64, 1e306])}
    with pytest.raises(Unsolved, match=r'patient 1 at .* d: .*on_failure="leave out"'):
        tumour(np.array([0, 1]), DAYS, plasma, **bad)
    found = tumour(np.array([0, 1]), DAYS, plasma, **bad, on_failure="leave out")
    assert found.patient.tolist() == [0]
    assert "patient 1" in found.left_out
    assert np.isfinite(found.bound).all()


# Partition


def test_partition_at_once_is_a_share():
    plasma = 300 * np.exp(-DAYS / 9)[None]
    found = partition(ONE, DAYS, plasma, partition_coefficient=one(0.15))
    np.testing.assert_array_equal(found.concentration, 0.15 * plasma)


def test_delayed_partition_is_the_closed_form():
    """With plasma exp(-t/a), C = Kp (exp(-t/a) - exp(-t/τ)) a/(a - τ); cubics of an exponential cost 1e-5."""
    time = np.linspace(0, 21, 337)
    found = partition(ONE, time, 300 * np.exp(-time / 9)[None], one(0.5), one(2.0), one(1000.0))
    expected = 150 * (np.exp(-time / 9) - np.exp(-time / 2)) * 9 / 7
    np.testing.assert_allclose(found.concentration[0], expected, rtol=2e-5, atol=1e-3)
    assert found.inflow[0] == pytest.approx(expected[-1], rel=2e-5)  # nM times 1 L
    assert found.balance <= 1e-6


def test_those_without_delay_stay_beside_those_with_one():
    plasma = np.repeat(300 * np.exp(-DAYS / 9)[None], 3, axis=0)
    found = partition(np.arange(3), DAYS, plasma, one(0.5), np.array([0.0, 2.0, 1e-3]))
    assert found.patient.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(found.concentration[0], 150 * np.exp(-DAYS / 9))
    assert found.concentration[1, 4] < 0.5 * found.concentration[0, 4]
    # a delay of 1e-3 d behind a decay of 9 d is off by 1e-3/9
    np.testing.assert_allclose(found.concentration[2, 4:], found.concentration[0, 4:], rtol=3e-4)
