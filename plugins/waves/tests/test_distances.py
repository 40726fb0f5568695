"""Distances of seismograms and widths of basins against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_waves.distances import half_width, wasserstein_squared
from bridge_waves.slab import Wavelet
from scipy.optimize import minimize
from scipy.stats import wasserstein_distance

TIME = np.arange(-10.0, 10.0, 1 / 320)


def shifted(wavelet, frequency, shift, time=TIME):
    return wavelet.at(time - shift, frequency)


def misfit(wavelet, frequency, shift):
    return 0.5 * np.sum((shifted(wavelet, frequency, shift) - shifted(wavelet, frequency, 0.0)) ** 2)


@pytest.mark.parametrize(
    ("wavelet", "frequency", "expected", "tolerance"),
    [
        # half a period for one frequency; a burst of five periods' width is 0.0005 periods short of it
        (Wavelet.BURST, 2.0, 0.250, 0.001),
        (Wavelet.BURST, 5.0, 0.100, 0.0005),
        # first zero of H5, 0.9586, times sqrt(2)/pi
        (Wavelet.RICKER, 2.0, 0.4315 / 2, 1e-4),
        (Wavelet.RICKER, 5.0, 0.4315 / 5, 1e-4),
    ],
)
def test_the_basin_of_least_squares_is_half_a_period_wide_on_either_side(wavelet, frequency, expected, tolerance):
    shift = np.linspace(-0.4, 0.4, 161)
    found = half_width(shift, np.array([misfit(wavelet, frequency, s) for s in shift]))
    assert found == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("shift", [0.003, 0.05, 0.4, 2.0])
def test_transport_of_squared_traces_shifted_by_tau_costs_tau_squared(shift):
    one, other = (shifted(Wavelet.RICKER, 5.0, s) ** 2 for s in (0.0, shift))
    # to 1e-6: a wavelet sampled at another phase is not exactly the shifted one
    assert wasserstein_squared(TIME, one, other) == pytest.approx(shift**2, rel=1e-4, abs=1e-8)


def test_transport_of_a_whole_number_of_cells_is_exact_even_across_empty_cells():
    one, other = np.zeros((2, 100))
    one[[10, 11, 40]], other[[13, 14, 43]] = (1.0, 2.0, 0.5), (1.0, 2.0, 0.5)
    assert wasserstein_squared(np.arange(100.0), one, other) == pytest.approx(9.0, rel=1e-12)


def test_transport_is_never_below_the_square_of_the_first_distance_computed_by_scipy():
    """Jensen: W1 <= W2; for a pure shift they are equal."""
    rng = np.random.default_rng(1)
    time = np.arange(50.0)
    for _ in range(20):
        one, other = rng.random((2, 50))
        first = wasserstein_distance(time, time, one, other)
        assert wasserstein_squared(time, one, other) >= first**2 * (1 - 1e-2)


def test_a_constant_added_instead_of_a_square_gains_almost_nothing():
    """The basin grows from 0.4315/f to 0.5513/f; that of the squared traces has no end.

    Under a constant much larger than the trace, W2^2 is the squared norm of the difference's antiderivative: the
    autocorrelation is a second derivative of a Gaussian, and its first extremum the first zero of H3, sqrt(3/2).
    """
    shift = np.linspace(-0.5, 0.5, 101)
    lift = 30.0
    plain = shifted(Wavelet.RICKER, 5.0, 0.0)
    added = [wasserstein_squared(TIME, shifted(Wavelet.RICKER, 5.0, s) + lift, plain + lift) for s in shift]
    squared = [wasserstein_squared(TIME, shifted(Wavelet.RICKER, 5.0, s) ** 2, plain**2) for s in shift]
    assert half_width(shift, np.array(added)) == pytest.approx(np.sqrt(3 / 2) * np.sqrt(2) / np.pi / 5, rel=0.01)
    with pytest.raises(ValueError, match=r"has no maximum between -0\.5 and 0\.5: its basin is wider"):
        half_width(shift, np.array(squared))


def test_bfgs_without_a_cap_leaps_from_0_1_to_minus_5_s_at_2_hz_though_it_starts_the_right_way():
    """The start, 0.105 s, is in the basin and the gradient points home; the first step is 40 times too long."""
    where = minimize(
        lambda x: misfit(Wavelet.BURST, 2.0, x[0]) / misfit(Wavelet.BURST, 2.0, 0.25),
        [0.105],
        method="BFGS",
        options={"return_all": True, "maxiter": 20},
    )
    assert where.allvecs[1][0] == pytest.approx(-5.0, abs=0.1)
    assert where.x[0] == pytest.approx(-5.0, abs=0.01)


def test_a_negative_density_is_refused():
    with pytest.raises(ValueError, match=r"'one' has a smallest value of -1 .* Square the seismogram"):
        wasserstein_squared(np.arange(3.0), np.array([1.0, -1.0, 2.0]), np.ones(3))
