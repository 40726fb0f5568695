"""The mathematics under the surrogate, held against closed forms, brute force and finite differences."""

from __future__ import annotations

import numpy as np
import pytest

from bridge.scales.surrogate.kernels import KERNELS, squared_distances
from bridge.scales.surrogate.known import Known
from bridge.scales.surrogate.likelihood import Likelihood, fit
from bridge.scales.surrogate.linear import Linear
from bridge.scales.surrogate.nearest import Nearest
from bridge.scales.surrogate.process import Process

RNG = np.random.default_rng(7)
X = RNG.uniform(size=(14, 2))
Y = np.column_stack([np.sin(3 * X[:, 0]) + X[:, 1] ** 2, np.cos(4 * X[:, 1])])
LENGTHS = np.array([0.4, 0.7])


def told(x: np.ndarray, y: np.ndarray) -> Known:
    known = Known(x.shape[1], y.shape[1])
    for state, answer in zip(x, y, strict=True):
        known.add(state, answer, np.full(y.shape[1], np.nan))
    return known


@pytest.mark.parametrize("kernel", KERNELS)
def test_no_function_of_known_norm_is_farther_off_than_power_times_the_norm_left(kernel: str) -> None:
    """Golomb and Weinberger, for random functions Σ cᵢ k(·, zᵢ), whose norm is (c K c)^½: a theorem, so always."""
    rng = np.random.default_rng(1)
    tight = 0.0
    for _ in range(40):
        centres, weights = rng.uniform(size=(12, 2)) / LENGTHS, rng.normal(size=12)
        of = lambda x, z=centres, c=weights: KERNELS[kernel].covariance(squared_distances(x / LENGTHS, z)) @ c  # noqa: E731
        squared_norm = weights @ KERNELS[kernel].covariance(squared_distances(centres, centres)) @ weights
        process = Process(X, of(X)[:, None], kernel, LENGTHS, 1e-12, None)
        process.doubt[:] = 1.0  # the bound as it stands in the theorem
        at = rng.uniform(-0.2, 1.2, size=(50, 2))
        values, power = process.predict(at)
        left = np.sqrt(max(squared_norm - process.norm[0] ** 2, 0.0))
        errors, bounds = np.abs(values[:, 0] - of(at)), power[:, 0] * left
        assert (errors <= bounds + 1e-6).all()
        tight = max(tight, float((errors / (bounds + 1e-6)).max()))
    assert tight > 0.2  # a bound that never came near would prove nothing


def test_the_interpolant_goes_through_the_answers_and_knows_it() -> None:
    values, power = Process(X, Y, "matern-5/2", LENGTHS, 1e-12, None).predict(X)
    assert values == pytest.approx(Y, abs=1e-8)
    assert power.max() < 1e-4


def test_an_answer_left_out_is_told_as_by_a_process_that_never_knew_it() -> None:
    errors, power = Process(X, Y, "matern-5/2", LENGTHS, 1e-12, None).left_out()
    for i in range(len(X)):
        others = Process(np.delete(X, i, 0), np.delete(Y, i, 0), "matern-5/2", LENGTHS, 1e-12, None)
        others.doubt[:] = 1.0
        values, apart = others.predict(X[i : i + 1])
        assert errors[i] == pytest.approx(Y[i] - values[0], abs=1e-7)
        assert power[i] == pytest.approx(apart[0], rel=1e-5)


def test_looking_ahead_is_what_conditioning_would_give() -> None:
    process, at = Process(X, Y, "gaussian", LENGTHS, 1e-10, None), RNG.uniform(size=(6, 2))
    process.doubt[:] = 1.0
    _, supposed = process.suppose(process.ahead(at), at, 2, None)
    after = Process(np.vstack([X, at[2]]), np.vstack([Y, [0.0, 0.0]]), "gaussian", LENGTHS, 1e-10, None)
    after.doubt[:] = 1.0
    assert supposed == pytest.approx(after.predict(at)[1], abs=2e-4)


def test_one_state_is_told_as_in_a_batch() -> None:
    process = Process(X, Y, "matern-3/2", LENGTHS, 1e-10, RNG.uniform(0.01, 0.1, Y.shape))
    values, power = process.predict(np.array([[0.3, 0.4]]))
    value, own = process.one(np.array([0.3, 0.4]))
    assert values[0] == pytest.approx(value, rel=1e-12)
    assert power[0] == pytest.approx(own, rel=1e-9)


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_slope_of_a_kernel_is_its_derivative(kernel: str) -> None:
    squared, step = np.linspace(0.1, 4, 9), 1e-6
    covariance = KERNELS[kernel].covariance
    slope = (covariance(squared + step) - covariance(squared - step)) / (2 * step)
    assert KERNELS[kernel].slope(squared) == pytest.approx(slope, rel=1e-7)


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_gradient_of_the_likelihood_is_that_of_finite_differences(kernel: str) -> None:
    y = (Y - Y.mean(axis=0)) / Y.std(axis=0)
    likelihood = Likelihood(X, y, kernel, np.array([np.nan, np.nan]), np.ones(Y.shape))
    theta, step = np.array([-0.7, 0.1, -3.0, -2.0]), 1e-6
    _, gradient = likelihood.loss(theta)
    for i in range(4):
        aside = np.eye(4)[i] * step
        differences = (likelihood.loss(theta + aside)[0] - likelihood.loss(theta - aside)[0]) / (2 * step)
        assert gradient[i] == pytest.approx(differences, rel=1e-5, abs=1e-5)


def test_an_input_that_does_not_matter_gets_a_long_length_scale() -> None:
    x = np.random.default_rng(3).uniform(size=(30, 2))
    found = fit(x, np.sin(5 * x[:, :1]), "gaussian", np.array([1e-8]), np.ones((30, 1)))
    assert found.lengths[1] > 5 * found.lengths[0]


def test_repeated_answers_tell_the_noise() -> None:
    known, rng = Known(1, 1), np.random.default_rng(4)
    answers = rng.normal(3.0, 0.5, 200)
    for answer in answers:
        known.add(np.array([1.0]), np.array([answer]), np.array([np.nan]))
    assert len(known) == 1
    assert known.y[0, 0] == pytest.approx(answers.mean(), rel=1e-12)
    assert known.noise() == pytest.approx(np.array([[answers.var(ddof=1) / 200]]), rel=1e-12)


def test_linear_interpolation_is_exact_for_a_plane_and_within_its_bound_for_a_paraboloid() -> None:
    at = RNG.uniform(0.3, 0.7, size=(50, 2))
    x = np.vstack([RNG.uniform(size=(40, 2)), [[0, 0], [0, 1], [1, 0], [1, 1]]])
    linear = Linear(2, False, 0)
    linear.learn(told(x, x @ np.array([[2.0], [-3.0]]) + 1), np.zeros(1))
    assert linear.predict(at)[0][:, 0] == pytest.approx(at @ np.array([2.0, -3.0]) + 1, abs=1e-12)
    linear.learn(told(x, (x**2).sum(axis=1, keepdims=True)), np.zeros(1))
    values, bounds = linear.predict(at)
    assert (np.abs(values[:, 0] - (at**2).sum(axis=1)) <= bounds[:, 0]).all()


def test_linear_interpolation_says_nothing_outside_the_hull() -> None:
    linear = Linear(2, False, 0)
    linear.learn(told(X, Y), np.zeros(2))
    values, bounds = linear.predict(np.array([[2.0, 2.0]]))
    assert np.isnan(values).all()
    assert np.isinf(bounds).all()


def test_the_bound_of_the_nearest_holds_for_a_function_of_even_slope() -> None:
    nearest = Nearest(1, False, 0)
    x = np.sort(RNG.uniform(size=(20, 1)), axis=0)
    nearest.learn(told(x, 3 * x), np.zeros(1))
    at = RNG.uniform(size=(100, 1))
    values, bounds = nearest.predict(at)
    assert (np.abs(values - 3 * at) <= bounds).all()
    assert nearest.steepest[0] == pytest.approx(2 * 3 * float(np.ptp(x)), rel=1e-9)  # twice the slope, in widths
