"""Effects: published numbers, closed forms, quadrature."""

import numpy as np
import pytest
from bridge_pharmacology.response.binding import equilibrium
from bridge_pharmacology.response.effect import emax, operational, sigmoid_emax, tumour_growth
from scipy.integrate import quad

ONE = np.array([0])
DAYS = np.linspace(0, 120, 481)


def one(value):
    return np.array([float(value)])


def course(*values):
    return np.array([values], dtype=float)


# Direct effects


def test_half_of_the_largest_effect_at_the_half_signal():
    signal, time = course(0, 0.2, 1e9), np.arange(3.0)
    for model, steep in ((emax, {}), (sigmoid_emax, {"hill": one(3)})):
        found = model(ONE, time, signal, one(4), one(0.2), baseline=one(1), **steep)
        np.testing.assert_allclose(found.effect[0], [1, 3, 5], rtol=1e-8)


def test_a_sigmoid_is_that_of_hill():
    """At three times the half signal, n = 2: 9/10; steep ones neither overflow nor vanish."""
    found = sigmoid_emax(ONE, np.arange(1.0), course(0.6), half_signal=one(0.2))
    assert found.effect[0, 0] == pytest.approx(0.9, rel=1e-12)
    steep = sigmoid_emax(ONE, np.arange(2.0), course(1e-30, 1e30), hill=one(20))
    assert steep.effect[0].tolist() == [0.0, 1.0]


def test_each_patient_has_its_own_half_signal():
    found = emax(np.array([2, 0]), np.arange(1.0), np.array([[1.0], [1.0]]), half_signal=np.array([1.0, 5.0, 3.0]))
    np.testing.assert_allclose(found.effect[:, 0], [0.25, 0.5])


# Operational


def test_black_and_leff():
    """τ = 10, KA = 1 uM: 0.9091 Em, EC50 90.91 nM. Over binding at equilibrium, in the chain and as reported."""
    receptor = {"antigen": one(1), "dissociation_constant": one(1000)}
    agonist = course(1000 / 11, 1e14)
    held = equilibrium(ONE, np.arange(2.0), agonist, **receptor)
    found = operational(ONE, held.time, held.occupancy, one(7), one(10), dissociation_constant=one(1000))
    assert found.ceiling == pytest.approx(7 * 10 / 11, rel=1e-12)
    assert found.ceiling / 7 == pytest.approx(0.9091, abs=5e-5)
    assert found.half_concentration == pytest.approx(1000 / 11, rel=1e-12)
    assert found.half_concentration == pytest.approx(90.91, abs=5e-3)
    np.testing.assert_allclose(found.effect[0], found.ceiling * [0.5, 1], rtol=1e-6)


@pytest.mark.parametrize(("tau", "n"), [(0.3, 1.0), (10, 2.5), (100, 0.7)])
def test_it_is_the_published_function_of_the_agonist(tau, n):
    """E = Em (τA)ⁿ/((KA + A)ⁿ + (τA)ⁿ), with the receptors in between or not."""
    agonist = np.geomspace(1e-2, 1e5, 30)[None]
    held = equilibrium(ONE, np.arange(30.0), agonist, dissociation_constant=one(50))
    found = operational(ONE, held.time, held.occupancy, one(1), one(tau), one(n), dissociation_constant=one(50))
    expected = (tau * agonist) ** n / ((50 + agonist) ** n + (tau * agonist) ** n)
    np.testing.assert_allclose(found.effect, expected, rtol=1e-12)
    at = np.array([[found.half_concentration[0]]])
    middle = equilibrium(ONE, np.arange(1.0), at, dissociation_constant=one(50))
    assert middle.occupancy[0, 0] == pytest.approx(found.half_occupancy[0], rel=1e-12)
    half = operational(ONE, middle.time, middle.occupancy, one(1), one(tau), one(n))
    assert half.effect[0, 0] == pytest.approx(found.ceiling[0] / 2, rel=1e-12)


def test_what_is_told_of_patients_has_one_row_for_each():
    """Affinities of three individuals beside one transducer ratio; patients 2 and 0 are in the course."""
    found = operational(
        np.array([2, 0]), np.arange(1.0), np.ones((2, 1)), dissociation_constant=np.array([1.0, 10.0, 100.0])
    )
    np.testing.assert_allclose(found.half_concentration, np.array([100.0, 1.0]) / 11)
    assert found.ceiling.shape == found.half_occupancy.shape == (2,)


# Growth


def test_without_signal_a_tumour_doubles_in_sixty_days():
    found = tumour_growth(ONE, DAYS, np.zeros((1, 481)))
    np.testing.assert_allclose(found.effect[0, [0, 240, 480]], [1, 2, 4], rtol=1e-6)


def test_a_constant_signal_kills_at_a_constant_rate():
    """At S = 0.5 the defaults stand still; at 1, the net rate is λ - 2λ/1.25."""
    still = tumour_growth(ONE, DAYS, np.full((1, 481), 0.5))
    np.testing.assert_allclose(still.effect, 1, rtol=1e-6)
    full = tumour_growth(ONE, DAYS, np.ones((1, 481)))
    np.testing.assert_allclose(full.effect[0], 2 ** (-0.6 * DAYS / 60), rtol=1e-6)


def test_a_changing_signal_is_integrated():
    """Against scipy's quad of the same law; what is left is the cubics' error on rows every 6 h."""
    signal = 0.5 * (1 + np.sin(DAYS / 5)) * np.exp(-DAYS / 80)
    found = tumour_growth(ONE, DAYS, signal[None], one(0.01), one(0.05), one(0.4), one(3))

    def killed(t):
        s = 0.5 * (1 + np.sin(t / 5)) * np.exp(-t / 80)
        return s**3 / (0.4**3 + s**3)

    expected = np.exp(0.01 * 120 - 0.05 * quad(killed, 0, 120, limit=500, epsabs=1e-10)[0])
    assert found.effect[0, -1] == pytest.approx(expected, rel=1e-5)


def test_a_signal_that_jumps_is_not_smoothed():
    """Rows a moment apart hold a jump: 0 before day 60, 1 after it; the kill is exact on both sides."""
    time = np.union1d(np.arange(0, 121, 4.0), [60 - 1e-6])
    found = tumour_growth(ONE, time, np.where(time >= 60, 1.0, 0.0)[None])
    assert found.effect[0, -1] == pytest.approx(2**0.4, rel=1e-6)


def test_more_tumour_than_any_number_is_refused():
    with pytest.raises(ValueError, match="patient 0 grows by more than any number"):
        tumour_growth(ONE, DAYS, np.zeros((1, 481)), growth_rate=one(9))
