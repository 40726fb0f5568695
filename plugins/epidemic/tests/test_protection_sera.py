"""Sera of persons against a variant: closed forms, persons one by one, and what cannot be told."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_epidemic.protection.deviate import deviate
from bridge_epidemic.protection.fit import fit
from bridge_epidemic.protection.logistic import mean_protection
from bridge_epidemic.protection.published import published
from bridge_epidemic.protection.sera import LEAST, sera

HALF = float(np.log10(0.202))
CURVE = (3.0, HALF, 0.44)
GRID = 0.01 * np.arange(-800.0, 801.0)


def one(fold: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Everybody's titre falls by the same fold, off any grid."""
    return np.array([np.log10(fold)]), np.ones((1, 1)), np.zeros(1)


def spread(*folds: float, escaped: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Persons in equal parts of the grid's folds, but for those who have escaped."""
    share = np.zeros((1, GRID.size))
    for fold in folds:
        share[0, np.argmin(np.abs(GRID - np.log10(fold)))] += (1 - escaped) / len(folds)
    return GRID, share, np.array([escaped])


@pytest.mark.parametrize("fold", [0.5, 1.0, 10.0, 40.0, 3000.0])
@pytest.mark.parametrize("mean_level", [-0.5, 0.0, 0.7])
def test_one_fold_for_all_is_its_own_equivalent(fold: float, mean_level: float) -> None:
    """Whatever the level; to 1e-4, the error of protection between tabulated levels over its slope."""
    found = sera(*one(fold), *CURVE, mean_level=mean_level)
    assert found.equivalent_fold == pytest.approx(fold, rel=1e-4)
    assert found.variant_protection_now == pytest.approx(
        float(mean_protection(mean_level - np.log10(fold), *CURVE)), abs=1e-6
    )
    assert found.equivalent_fold_low == found.equivalent_fold_high == found.equivalent_fold


def test_protection_at_the_mean_of_convalescents() -> None:
    """0.832 within 0.01, against the virus that the titre is measured with."""
    found = sera(*one(1.0), *CURVE)
    assert found.reference_protection_now == pytest.approx(0.832, abs=0.01)
    assert found.variant_protection[0] == pytest.approx(found.reference_protection, abs=1e-9)


def test_persons_are_averaged_one_by_one() -> None:
    """Those of 2-, 30- and 500-fold and a fifth without any: the mean over them, at every level; 1e-9."""
    folds = [10 ** GRID[np.argmin(np.abs(GRID - np.log10(fold)))] for fold in (2.0, 30.0, 500.0)]
    found = sera(*spread(2.0, 30.0, 500.0, escaped=0.2), *CURVE)
    asked = 0.8 * np.mean([mean_protection(found.level - np.log10(fold), *CURVE) for fold in folds], axis=0)
    assert found.variant_protection[0] == pytest.approx(asked, abs=1e-9)
    # not the fold of the mean titre, nor the mean of folds
    assert found.equivalent_fold > 2.0
    assert found.equivalent_fold < np.mean(folds)


def test_even_and_uneven_grids_agree() -> None:
    """The same persons on a grid that is even, one that is not, and one with other steps; 1e-9."""
    grid, share, escaped = spread(2.0, 30.0, 500.0, escaped=0.1)
    held = share[0] > 0
    even = sera(grid, share, escaped, *CURVE)
    uneven = sera(grid[held], share[:, held], escaped, *CURVE)
    assert even.variant_protection == pytest.approx(uneven.variant_protection, abs=1e-9)
    shifted = sera(grid - 0.003, share, escaped, *CURVE)
    assert shifted.equivalent_fold == pytest.approx(even.equivalent_fold * 10**-0.003, rel=1e-2)
    coarse = sera(np.array([0.0, 0.7, 1.4]), np.array([[0.2, 0.3, 0.5]]), np.zeros(1), *CURVE)
    alone = [mean_protection(coarse.level - x, *CURVE) for x in (0.0, 0.7, 1.4)]
    assert coarse.variant_protection[0] == pytest.approx(np.array([0.2, 0.3, 0.5]) @ alone, abs=1e-9)


def test_the_first_row_is_the_estimate_and_the_others_its_interval() -> None:
    """Resamples of 1 to 1000 persons' folds; quantiles of what each alone would give."""
    chosen = [10.0, *np.geomspace(5, 20, 41)]
    rows = [spread(fold) for fold in chosen]
    share, escaped = np.vstack([row[1] for row in rows]), np.zeros(len(rows))
    found = sera(GRID, share, escaped, *CURVE)
    alone = np.array([sera(GRID, share[i : i + 1], escaped[:1], *CURVE).equivalent_fold for i in range(len(rows))])
    assert found.equivalent_folds == pytest.approx(alone, rel=1e-9)
    assert found.equivalent_fold == pytest.approx(alone[0], rel=1e-9)
    low, high = np.quantile(alone[1:], [0.025, 0.975])
    assert [found.equivalent_fold_low, found.equivalent_fold_high] == pytest.approx([low, high], rel=1e-9)
    assert found.variant_protection_now_low < found.variant_protection_now < found.variant_protection_now_high


def test_a_fold_that_cannot_be_told_is_refused_with_the_cell() -> None:
    with pytest.raises(
        ValueError, match=r"XBB, made up: the mean protection is 0 \(1 of the persons have nothing left"
    ):
        sera(*spread(1.0, escaped=1.0), *CURVE, cell="XBB, made up")


def test_a_resample_with_nothing_left_is_the_largest_fold_that_can_be_told() -> None:
    grid, some, _ = spread(10.0)
    share = np.vstack([some, np.zeros_like(some)])
    found = sera(grid, share, np.array([0.0, 1.0]), *CURVE)
    assert mean_protection(-np.log10(found.equivalent_folds[1]), *CURVE) == pytest.approx(LEAST, rel=1e-6)


def test_shares_that_are_not_of_all_persons_are_refused() -> None:
    grid, share, escaped = spread(10.0)
    with pytest.raises(ValueError, match=r"this variant: persons_share and escaped of draw 0 add up to 1\.25"):
        sera(grid, share, escaped + 0.25, *CURVE)


# The logistic within its errors


def test_deviates_draw_what_the_trials_allow() -> None:
    """Mean and covariance of (ln k, n50) from 1,000 pairs of normal numbers are the fit's own; 4 standard errors."""
    found = fit()
    z = np.random.default_rng(4).standard_normal((1000, 2))
    drawn = [
        deviate(found.steepness, found.half_protective_level, log_steepness_error=found.log_steepness_error,
                half_protective_error=found.half_protective_error, error_correlation=found.error_correlation,
                steepness_deviate=a, half_protective_deviate=b)
        for a, b in z
    ]  # fmt: skip
    pairs = np.array([[np.log(one.steepness), one.half_protective_level] for one in drawn])
    error = np.array([found.log_steepness_error, found.half_protective_error])
    away = (pairs - [np.log(found.steepness), found.half_protective_level]) / error
    assert np.abs(away.mean(axis=0)).max() < 4 / 1000**0.5
    assert np.cov(away.T) == pytest.approx(
        np.array([[1, found.error_correlation], [found.error_correlation, 1]]), abs=4 * (2 / 1000) ** 0.5
    )


def test_without_deviates_it_is_the_published_one() -> None:
    assert deviate() == published("infection")


@pytest.mark.parametrize("correlation", [0.0, 0.8])
def test_errors_that_go_together_partly_cancel(correlation: float) -> None:
    """Above the half-protective level k lifts protection and n50 lowers it: V = a² + b² + 2 rho a b with a b < 0.

    Linear propagation at the convalescent mean, against 400 draws: the spread of a standard deviation is 3.5 %, and
    curvature adds; 15 % is asked. It falls to less than 0.6 of that of independent errors.
    """

    def protection(a: float, b: float) -> float:
        one = deviate(error_correlation=0.0, steepness_deviate=a, half_protective_deviate=b)
        return float(mean_protection(0.0, one.steepness, one.half_protective_level, 0.44))

    a = (protection(0.1, 0) - protection(-0.1, 0)) / 0.2
    b = (protection(0, 0.1) - protection(0, -0.1)) / 0.2
    asked = np.sqrt(a**2 + b**2 + 2 * correlation * a * b)
    z = np.random.default_rng(5).standard_normal((400, 2))
    drawn = [deviate(error_correlation=correlation, steepness_deviate=x, half_protective_deviate=y) for x, y in z]
    found = np.std([mean_protection(0.0, one.steepness, one.half_protective_level, 0.44) for one in drawn])
    assert found == pytest.approx(asked, rel=0.15)
    assert a * b < 0
    assert asked < np.hypot(a, b) * (0.6 if correlation else 1.0001)
