"""Protection averaged over levels: quadrature by scipy, symmetry, limits, and the inverse."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_epidemic.protection.levels import at_age, interval, tabulated
from bridge_epidemic.protection.logistic import level_of, logistic, mean_protection
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import norm

PUBLISHED = (3.0, float(np.log10(0.202)), 0.44)


@pytest.mark.parametrize(("steepness", "spread"), [(3.0, 0.44), (0.5, 3.0), (3.0, 2.0), (40.0, 0.44), (1.3, 0.1)])
@pytest.mark.parametrize("level", [-4.0, -0.695, 0.0, 1.5])
def test_mean_is_that_of_adaptive_quadrature(steepness: float, spread: float, level: float) -> None:
    """To 1e-10; scipy's quad with breaks at the mean and at the half-protective level."""

    def inside(x: float) -> float:
        return float(expit(steepness * (x + 0.695)) * norm.pdf(x, level, spread))

    low, high = level - 9 * spread, level + 9 * spread
    asked = quad(inside, low, high, points=[x for x in (level, -0.695) if low < x < high], epsabs=1e-13, limit=400)[0]
    assert mean_protection(level, steepness, -0.695, spread) == pytest.approx(asked, abs=1e-10)


def test_protection_at_the_convalescent_mean_is_published() -> None:
    """0.832 to 0.001: the science of the chain asks for 0.01."""
    assert mean_protection(0.0, *PUBLISHED) == pytest.approx(0.832, abs=1e-3)


def test_levels_mirrored_at_the_half_protective_one_add_up_to_one() -> None:
    away = np.linspace(0, 5, 51)
    both = mean_protection(-0.7 + away, 3.0, -0.7, 0.44) + mean_protection(-0.7 - away, 3.0, -0.7, 0.44)
    assert both == pytest.approx(np.ones(51), abs=1e-13)


def test_without_a_spread_it_is_the_logistic_and_when_steep_the_normal_distribution() -> None:
    level = np.linspace(-3, 2, 11)
    assert mean_protection(level, 3.0, -0.7, 0.0) == pytest.approx(expit(3.0 * (level + 0.7)), abs=1e-15)
    assert logistic(level, 3.0, -0.7) == pytest.approx(expit(3.0 * (level + 0.7)), abs=1e-15)
    # a step smoothed by pi / (sqrt(3) k): its variance adds; to 2e-4 of what is left
    steep = mean_protection(level, 500.0, -0.7, 0.44)
    assert steep == pytest.approx(norm.cdf((level + 0.7) / np.hypot(0.44, np.pi / 3**0.5 / 500)), abs=1e-6)


def test_no_level_protects_from_nothing_and_shapes_are_kept() -> None:
    levels = np.array([[-np.inf, 0.0, 3.0], [-2.0, 1.0, -np.inf]])
    found = mean_protection(levels, *PUBLISHED)
    assert found.shape == (2, 3)
    assert found[0, 0] == found[1, 2] == 0
    assert mean_protection(np.array(0.0), *PUBLISHED).shape == ()


@pytest.mark.parametrize("curve", [PUBLISHED, (0.5, 0.3, 3.0), (40.0, -1.0, 0.1), (3.0, 0.0, 0.0)])
def test_the_inverse_gives_levels_back(curve: tuple[float, float, float]) -> None:
    asked = np.linspace(1e-6, 1 - 1e-6, 301)
    assert mean_protection(level_of(asked, *curve), *curve) == pytest.approx(asked, abs=1e-10)


def test_the_inverse_reaches_far_into_the_tail() -> None:
    level = np.linspace(-4.5, 3.0, 76)
    assert level_of(mean_protection(level, *PUBLISHED), *PUBLISHED) == pytest.approx(level, abs=1e-8)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((0.0, -0.7, 0.44), "steepness is 0 "),
        ((float("nan"), -0.7, 0.44), "steepness is nan"),
        ((3.0, float("inf"), 0.44), "half_level is inf"),
        ((3.0, -0.7, -0.1), "spread is -0.1"),
    ],
)
def test_a_logistic_that_is_none_is_refused(given: tuple[float, float, float], said: str) -> None:
    for function in (mean_protection, level_of):
        with pytest.raises(ValueError, match=said):
            function(np.array([0.5]), *given)


@pytest.mark.parametrize("protection", [0.0, 1.0, -0.1, 1.2])
def test_a_protection_that_no_level_has_is_refused(protection: float) -> None:
    with pytest.raises(ValueError, match=f"No level protects a share of {protection:g}"):
        level_of(np.array([0.5, protection]), *PUBLISHED)


def test_levels_fall_by_half_in_each_half_life() -> None:
    """10**(-age log10(2) / half-life): a quarter after two."""
    assert 10 ** at_age(0.0, np.array([0.0, 108.0, 216.0]), 108.0) == pytest.approx([1, 0.5, 0.25], rel=1e-14)


def test_between_tabulated_levels_protection_is_right_to_a_millionth() -> None:
    """Cubics on steps of 0.02: the error is 3/128 h^4 f'''' < 1e-7; at the ends it is held."""
    level = -4 + 0.02 * np.arange(301)
    table = np.stack([mean_protection(level, *PUBLISHED), mean_protection(level - 1, *PUBLISHED)])
    at = np.random.default_rng(1).uniform(-4, 2, (7, 11))
    found = tabulated(at, level, table)
    assert found.shape == (2, 7, 11)
    assert found[0] == pytest.approx(mean_protection(at, *PUBLISHED), abs=1e-7)
    assert found[1] == pytest.approx(mean_protection(at - 1, *PUBLISHED), abs=1e-7)
    assert tabulated(level, level, table) == pytest.approx(table, abs=1e-13)
    assert tabulated([-9.0, 7.0], level, table) == pytest.approx(table[:, [0, -1]], abs=1e-13)


@pytest.mark.parametrize("level", [np.array([0.0, 0.1, 0.3, 0.4]), np.array([0.0, 0.1, 0.2]), np.zeros(5)])
def test_a_table_over_levels_that_are_not_even_is_refused(level: np.ndarray) -> None:
    with pytest.raises(ValueError, match="even steps"):
        tabulated(0.1, level, np.zeros(level.size))


def test_an_interval_is_of_the_bootstrap_only() -> None:
    draws = np.concatenate([[500.0], np.arange(1001.0)])
    assert [float(value) for value in interval(draws)] == [500.0, 25.0, 975.0]
    assert [float(value) for value in interval(draws[:1])] == [500.0, 500.0, 500.0]
