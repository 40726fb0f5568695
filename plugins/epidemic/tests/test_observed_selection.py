"""Selection coefficients from shares: exact lines, scipy's optimum, and what repeated sampling does."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_epidemic.observed.regression import exponential, logistic
from bridge_epidemic.observed.selection import selection, wilson
from scipy import optimize, stats

DAYS = np.arange(40.0)
NAMES = "Delta\nBA.1"


def share(time: np.ndarray, rate: float = 0.2, equal: float = 20.0) -> np.ndarray:
    return 1 / (1 + np.exp(-rate * (time - equal)))


def counted(p: np.ndarray, of: float) -> np.ndarray:
    return np.stack([of * (1 - p), of * p], axis=1)


def test_shares_on_a_line_give_the_line() -> None:
    found = selection(DAYS, counted(share(DAYS), 500.0), NAMES, start_date="2021-11-20")
    assert found.selection == pytest.approx(0.2, rel=1e-9)
    assert found.equal_day == pytest.approx(20.0, abs=1e-7)
    assert found.equal_date in ("2021-12-09", "2021-12-10")  # day 20 to rounding
    assert found.dispersion == pytest.approx(0, abs=1e-12)
    assert found.fitted_share == pytest.approx(share(found.fitted_time), rel=1e-8)
    assert found.counted == pytest.approx(40 * 500)


def test_two_strains_that_grow_exponentially_differ_by_their_rates() -> None:
    """The logit of a share is ln of a ratio: any other strain does not matter when one is the reference."""
    counts = np.stack([900 * np.exp(0.03 * DAYS), 5 * np.exp(0.17 * DAYS), 50 * np.exp(-0.1 * DAYS)], axis=1)
    found = selection(DAYS, counts, "Delta\nBA.1\nB.1", variant="BA.1", reference="Delta")
    assert found.selection == pytest.approx(0.14, rel=1e-9)


def test_the_fit_is_the_maximum_of_the_likelihood() -> None:
    """scipy's optimiser of the binomial likelihood, and its information by differences; 1e-5."""
    rng = np.random.default_rng(3)
    of = rng.integers(1, 30, 40).astype(float)
    seen = rng.binomial(of.astype(int), share(DAYS)).astype(float)
    line = logistic(DAYS, seen, of)

    def lost(beta: np.ndarray) -> float:
        x = beta[0] + beta[1] * (DAYS - line.centre)
        return float((of * np.logaddexp(0, x) - seen * x).sum())

    best = optimize.minimize(lost, [0.0, 0.1], method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12})
    assert (line.value, line.slope) == pytest.approx(tuple(best.x), rel=1e-5)
    step = np.diag([1e-3, 1e-4])
    curve = [
        [(lost(best.x + a + b) - lost(best.x + a - b) - lost(best.x - a + b) + lost(best.x - a - b)) / 4 for b in step]
        for a in step
    ]
    information = np.array(curve) / np.outer([1e-3, 1e-4], [1e-3, 1e-4])
    assert line.covariance == pytest.approx(np.linalg.inv(information), rel=1e-4)


def test_intervals_hold_the_rate_and_the_day_in_95_of_100_samples() -> None:
    """1,000 samples of 20 sequences a day; the binomial standard error of 0.95 is 0.007."""
    rng = np.random.default_rng(11)
    rate = day = 0
    for _ in range(1000):
        seen = rng.binomial(20, share(DAYS)).astype(float)
        line = logistic(DAYS, seen, np.full(40, 20.0))
        rate += abs(line.slope - 0.2) <= 1.96 * np.sqrt(line.covariance[1, 1])
        equal = line.centre - line.value / line.slope
        day += abs(equal - 20) <= 1.96 * line.at(np.array([equal]))[1][0] / line.slope
    assert (rate / 1000, day / 1000) == pytest.approx((0.95, 0.95), abs=0.025)


def test_sequences_in_clusters_widen_the_interval_by_the_root_of_the_dispersion() -> None:
    """Every sequence counted k times: the rate stays, Pearson's chi-square and its error's square grow k-fold."""
    seen = np.random.default_rng(2).binomial(30, share(DAYS)).astype(float)
    pair = np.stack([30 - seen, seen], axis=1)
    once, often = selection(DAYS, pair, NAMES), selection(DAYS, 25 * pair, NAMES)
    assert often.selection == pytest.approx(once.selection, rel=1e-9)
    assert often.dispersion == pytest.approx(25 * once.dispersion, rel=1e-9)
    assert often.selection_error == pytest.approx(
        once.selection_error * np.sqrt(once.dispersion / max(once.dispersion, 1)), rel=1e-6
    )


def test_the_interval_of_a_share_is_scipys() -> None:
    for k, n in ((0, 7), (3, 7), (7, 7), (50, 200)):
        told = stats.binomtest(k, n).proportion_ci(method="wilson")
        low, high = wilson(np.array([float(k)]), np.array([float(n)]), 1.959963984540054)
        assert (low[0], high[0]) == pytest.approx((told.low, told.high), abs=1e-12)


def test_growth_rates_are_the_maximum_of_a_poisson_likelihood() -> None:
    """Against scipy's root of the score with the mean profiled out; exact series give their rate."""
    time = np.arange(5.0, 26.0)
    rng = np.random.default_rng(4)
    counts = np.vstack([rng.poisson(3 * np.exp(0.12 * time)) for _ in range(20)]).astype(float)
    found = exponential(time, counts)
    for row, rate in zip(counts, found, strict=True):

        def score(r: float, row: np.ndarray = row) -> float:
            weight = np.exp(r * (time - 15))
            return float(row @ time / row.sum() - weight @ time / weight.sum())

        assert rate == pytest.approx(optimize.brentq(score, -2, 2, xtol=1e-14), abs=1e-10)
    exact = np.exp(np.outer([-0.7, 0.0, 0.3, 3.0], time))
    assert exponential(time, exact) == pytest.approx([-0.7, 0.0, 0.3, 3.0], abs=1e-9)
    edges = np.zeros((3, time.size))
    edges[0, 0] = edges[1, -1] = 5
    assert np.isnan(exponential(time, edges)).all()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"variant": "BA1"}, "Did you mean 'BA.1'"),
        ({"reference": "BA.1"}, "nothing to be held against"),
        ({"variants": "Delta"}, "names 1 for 2 columns"),
        ({"sequences": counted(np.where(DAYS < 20, 0.0, 1.0), 10.0)}, "All of one kind come before"),
        ({"sequences": counted(0 * DAYS, 10.0)}, "None of 400 are counted"),
        ({"sequences": counted(share(DAYS), 0.0)}, "0 days have sequences"),
    ],
)
def test_shares_that_tell_no_advantage_are_refused(given: dict, said: str) -> None:
    plain = {"time": DAYS, "sequences": counted(share(DAYS), 100.0), "variants": NAMES}
    with pytest.raises(ValueError, match=said):
        selection(**(plain | given))
