"""Relaxation times, correlation lengths and the times and lengths of coarse states, against closed forms."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import lfilter

from bridge.errors import ContractError
from bridge.scales.markov import relaxation_times, spectral_gap, transition_matrix
from bridge.scales.relaxation import correlation_length, relaxation_time
from bridge.scales.variation import gradient_length, slow_time
from bridge.units import Q

Floats = NDArray[np.float64]


def remembering(seed: int, count: int, tau: float, copies: int | None = None) -> Floats:
    """An Ornstein–Uhlenbeck process sampled exactly, in steps of one: an AR(1) with coefficient exp(-1/τ)."""
    rng, keeps = np.random.default_rng(seed), math.exp(-1 / tau)
    noise = rng.normal(size=count if copies is None else (copies, count)) * math.sqrt(1 - keeps**2)
    noise[..., 0] /= math.sqrt(1 - keeps**2)
    return np.asarray(lfilter([1], [1, -keeps], noise, axis=-1))


def exponential_field(seed: int, shape: tuple[int, ...], length: float) -> Floats:
    """A periodic Gaussian field with correlations exp(-r / length), its spectrum taken from them."""
    from functools import reduce

    near = [np.minimum(np.arange(n), n - np.arange(n)) ** 2 for n in shape]
    spectrum = np.fft.fftn(np.exp(-np.sqrt(reduce(np.add.outer, near)) / length)).real.clip(0)
    noise = np.fft.fftn(np.random.default_rng(seed).normal(size=shape))
    return np.asarray(np.fft.ifftn(np.sqrt(spectrum) * noise).real)


@pytest.mark.parametrize("method", ["integrated", "exponential"])
def test_the_relaxation_time_of_an_ornstein_uhlenbeck_process_is_found_within_its_standard_error(method: str) -> None:
    """40 processes with τ = 0.8 ns: their mean within 3 of its standard errors, and errors that mean what they say."""
    found = [relaxation_time(remembering(s, 20_000, 8.0), "0.1 ns", method=method) for s in range(40)]
    values = np.array([one.value for one in found])
    off = (values - 0.8) / [one.standard_error for one in found]
    assert abs(values.mean() - 0.8) < 3 * values.std() / math.sqrt(40) + 0.003  # 0.3 %: the window's tail
    assert 0.7 < off.std() < 1.4
    assert (np.abs(off) < 2).sum() >= 34  # 95 % of 40 is 38
    assert found[0].unit == "ns"


def test_an_ar1_series_of_copies_is_as_good_as_one_long_one() -> None:
    """φ = 0.9: τ = -1/ln φ = 9.49 steps; 400 walkers of 400 steps."""
    tau = -1 / math.log(0.9)
    one = relaxation_time(remembering(3, 400, tau, copies=400), 1.0, "fs")
    assert one.value == pytest.approx(tau, rel=0.05)
    assert one.standard_error is not None
    assert abs(one.value - tau) < 3 * one.standard_error < 0.15 * tau


def test_a_series_may_be_longer_than_its_lags_are_many() -> None:
    one = relaxation_time(remembering(5, 400_000, 1500.0), "1 fs")
    assert one.standard_error is not None
    assert abs(one.value - 1500) < 3 * one.standard_error < 1500


@pytest.mark.parametrize(
    ("shape", "length", "periodic"), [((6000,), 8.0, True), ((256, 256), 5.0, False), ((56, 56, 56), 3.0, True)]
)
def test_the_correlation_length_of_an_exponential_field_is_found(
    shape: tuple[int, ...], length: float, periodic: bool
) -> None:
    found = [correlation_length(exponential_field(s, shape, length), "2 um", periodic=periodic) for s in range(6)]
    values = np.array([one.value for one in found])
    assert abs(values.mean() - 2 * length) < 4 * values.std() / math.sqrt(6) + 0.02 * length
    assert found[0].unit == "um"
    assert all(abs(one.value - 2 * length) < 5 * float(one.standard_error or 0) for one in found)


def test_a_field_has_a_length_along_each_axis() -> None:
    stretched = exponential_field(3, (512, 512), 12.0)[:, ::4]
    along, across = (correlation_length(Q(stretched, "K"), 1.0, "mm", axis=axis) for axis in (0, 1))
    assert abs(along.value - 12) < 2 * float(along.standard_error or 0) < 4
    assert abs(across.value - 3) < 2 * float(across.standard_error or 0) < 1


@pytest.mark.parametrize(
    ("find", "said"),
    [
        (lambda: relaxation_time(remembering(0, 300, 20.0), "1 s"), r"too short: it is 300 s long .* at least \d+ s"),
        (lambda: relaxation_time(np.cumsum(remembering(0, 300, 2.0)), "1 s"), "too short"),
        (lambda: relaxation_time(np.ones(1000), "1 s"), "does not change"),
        (lambda: relaxation_time(np.random.default_rng(1).normal(size=4000), "1 s"), "forgets within one step of 1 s"),
        (lambda: relaxation_time([1.0, math.nan], "1 s"), "finite numbers"),
        (lambda: relaxation_time(np.arange(9.0), 0.1), "dt=0.1 has no unit. Write dt='0.1 s', or unit='s' with it"),
        (lambda: relaxation_time(np.arange(9.0), "1 m"), "dt=1 m is no time"),
        (lambda: relaxation_time(np.arange(9.0), "1 s", method="fit"), "Write 'integrated' or 'exponential'"),
        (lambda: correlation_length(exponential_field(1, (40, 40), 9.0), "1 m"), "at least .* along each axis"),
        (lambda: correlation_length(np.eye(9), "1 m", axis=2), "axis=2 is none of a field with 2. Write 0 to 1"),
    ],
)
def test_what_has_no_such_time_or_length_is_refused(find: Callable[[], Any], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        find()


def test_the_length_that_a_short_series_is_told_to_have_is_enough() -> None:
    with pytest.raises(ContractError, match="needs at least") as caught:
        relaxation_time(remembering(2, 300, 20.0), "1 s")
    needed = float(str(caught.value).rpartition("at least ")[2].split()[0])
    assert needed < 4000
    assert relaxation_time(remembering(2, int(2 * needed), 20.0), "1 s").value == pytest.approx(20, rel=0.5)


# Coarse states


@pytest.mark.parametrize("periodic", [True, False])
def test_the_gradient_length_of_a_sine_is_its_wavelength_over_2_pi(periodic: bool) -> None:
    """Central differences of 500 points a wave: 1 - (kh)²/6, 3e-5."""
    x = (np.arange(1000) + 0.5) * 0.002
    wave = 3.0 * np.sin(2 * np.pi * x)
    found = gradient_length(np.broadcast_to(wave, (4, 1000)).T, "2 mm", periodic=periodic)
    assert found.quantity.to("m").magnitude == pytest.approx(1 / (2 * np.pi), rel=1e-4)
    oblique = np.sin(2 * np.pi * np.add.outer(3 * x, 4 * x)[::5, ::5])
    assert gradient_length(oblique, 0.01, "m").value == pytest.approx(1 / (10 * np.pi), rel=0.05)


def test_the_slow_time_of_a_decay_is_its_time_constant() -> None:
    t = np.linspace(0, 10, 20_001)
    assert slow_time(Q(5 * np.exp(-t / 2), "K"), "0.5 ms").value == pytest.approx(2000 * 1.0, rel=1e-3)


def test_what_does_not_change_has_an_infinite_slow_time() -> None:
    assert slow_time(np.ones(5), "1 s").value == math.inf
    assert gradient_length(np.zeros((5, 5)), "1 m").value == math.inf
    with pytest.raises(ContractError, match="a slope needs 3 times, and the trajectory has 2"):
        slow_time([1.0, 2.0], "1 s")


# Markov models


def test_a_two_state_chain_relaxes_at_the_sum_of_its_rates() -> None:
    a, b = 3.0, 5.0
    rates = relaxation_times([[-a, a], [b, -b]], "1 ms")
    assert rates[0].value == pytest.approx(1 / (a + b), rel=1e-14)
    keeps = math.exp(-(a + b) * 0.1)
    p, q = a / (a + b) * (1 - keeps), b / (a + b) * (1 - keeps)
    found = relaxation_times([[1 - p, p], [q, 1 - q]], "0.1 ms")
    assert (found[0].value, found[0].unit) == (pytest.approx(1 / (a + b), rel=1e-12), "ms")
    assert spectral_gap(found) == math.inf


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        (np.eye(3), "falls into parts"),
        ([[0.5, 0.4], [0.5, 0.6]], "Is it transposed"),
        ([[1.5, -0.5], [0.5, 0.5]], "no probability is negative"),
        (np.ones((2, 3)), "square"),
    ],
)
def test_a_matrix_that_is_no_markov_model_is_refused(matrix: Any, said: str) -> None:
    with pytest.raises(ContractError, match=said):
        relaxation_times(matrix, "1 s")


def prinz(x: Floats) -> Floats:
    """Potential of J.-H. Prinz et al., J. Chem. Phys. 134, 174105 (2011), eq. (47), in units of kT."""
    return np.asarray(
        4 * (x**8 + 0.8 * np.exp(-80 * x**2) + 0.2 * np.exp(-80 * (x - 0.5) ** 2) + 0.5 * np.exp(-40 * (x + 0.5) ** 2))
    )


def prinz_rates(cells: int) -> Floats:
    """The generator of overdamped motion in it (diffusivity 1), by finite volumes in detailed balance."""
    x, width = np.linspace(-1.3, 1.3, cells, retstep=True)
    drop = np.diff(prinz(x)) / 2
    rates = np.diag(np.exp(-drop) / width**2, 1) + np.diag(np.exp(drop) / width**2, -1)
    return rates - np.diag(rates.sum(axis=1))


def test_the_slowest_time_in_the_prinz_potential_is_that_of_its_generator() -> None:
    """0.8335 by an independent discretization, to 1e-3; 0.83403 with 6,401 of these cells, whose error is quadratic."""
    coarse, fine = (relaxation_times(prinz_rates(n), 1.0, "s") for n in (151, 301))
    limit = fine[0].value + (fine[0].value - coarse[0].value) / 3
    assert limit == pytest.approx(0.8335, abs=1e-3)
    assert limit == pytest.approx(0.83403, abs=1e-4)
    assert spectral_gap(fine) == pytest.approx(6.57, abs=0.05)


@pytest.mark.science
def test_a_markov_state_model_of_trajectories_has_the_slowest_time_of_the_generator(
    record_property: Callable[[str, object], None],
) -> None:
    """0.838 against 0.8335 is what another estimate of this kind gave."""
    record_property("asked", "slowest time 0.838 against 0.8335 of the generator, within 3 %")
    rng, dt, every = np.random.default_rng(11), 2e-4, 50
    x, kept = rng.uniform(-1, 1, 2000), []
    for step in range(100_000):
        slope = 4 * (
            8 * x**7
            - 128 * x * np.exp(-80 * x**2)
            - 32 * (x - 0.5) * np.exp(-80 * (x - 0.5) ** 2)
            - 40 * (x + 0.5) * np.exp(-40 * (x + 0.5) ** 2)
        )
        x = x - slope * dt + math.sqrt(2 * dt) * rng.normal(size=x.size)
        if step >= 25_000 and step % every == 0:
            kept.append(x)
    _, states = np.unique(np.digitize(np.array(kept).T, np.linspace(-1.2, 1.2, 61)), return_inverse=True)
    matrix = transition_matrix(states.reshape(2000, -1), 10)
    slowest = relaxation_times(matrix, 10 * every * dt, "s")[0].value
    record_property("reached", f"{slowest:.4f}")
    assert slowest == pytest.approx(0.8335, rel=0.03)
