"""Random numbers against the generators' published first outputs, binomial draws against scipy's distribution."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_epidemic.population import binomial as drawn
from numba import njit
from scipy import stats

#: Inversion, rejection, both sides of where they meet (n p = 10), p over and under 1/2, and 1e8 people.
CASES = [
    (1, 0.3), (2, 0.5), (5, 0.9), (20, 0.499), (20, 0.5), (40, 0.26), (99, 0.1), (101, 0.1), (1000, 0.0099),
    (1000, 0.0101), (1000, 0.93), (30_000, 0.02), (100_000, 1e-4), (10**6, 0.3), (10**8, 1e-9), (10**8, 0.07),
    (10**8, 0.5),
]  # fmt: skip


@njit
def many(stream, n, p, count):
    found = np.empty(count)
    for i in range(count):
        found[i] = drawn.binomial(stream, n, p)
    return found


@njit
def many_exponential(stream, n, hazard, count):
    found = np.empty(count)
    for i in range(count):
        found[i] = drawn.exponential(stream, n, hazard)
    return found


@njit
def many_known(stream, n, p, count):
    found = np.empty(count)
    for i in range(count):
        found[i] = drawn.known_rest(stream, n, p, np.log1p(-p))
    return found


def stream_of(seed: int, replicate: int = 0):
    stream = np.zeros(4, dtype=np.uint64)
    drawn.begin(stream, np.uint64(seed), np.uint64(replicate))
    return stream


def test_splitmix_gives_its_published_numbers():
    """State 1234567: first three outputs of S. Vigna's splitmix64.c."""
    states = [(1234567 + k * 0x9E3779B97F4A7C15) % 2**64 for k in (1, 2, 3)]
    found = [int(drawn.mixed(np.uint64(state))) for state in states]
    assert found == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_xoshiro_gives_its_published_numbers():
    """State 1, 2, 3, 4: first outputs of D. Blackman and S. Vigna's xoshiro256plusplus.c."""
    stream = np.array([1, 2, 3, 4], dtype=np.uint64)
    found = [int(drawn.following(stream)) for _ in range(6)]
    assert found == [
        41943041, 58720359, 3588806011781223, 3591011842654386, 9228616714210784205, 9973669472204895162,
    ]  # fmt: skip


def test_streams_of_replicates_and_seeds_differ():
    begun = {tuple(stream_of(seed, replicate)) for seed in range(50) for replicate in range(200)}
    assert len(begun) == 10_000


def agrees(found, n, p):
    """Mean and variance to 5 standard errors, and the distribution by chi-square."""
    exact = stats.binom(n, p)
    assert found.min() >= 0
    assert found.max() <= n
    assert (found == np.floor(found)).all()
    assert abs(found.mean() - exact.mean()) < 5 * exact.std() / np.sqrt(found.size)
    kurtosis = float(exact.stats("k"))
    assert abs(found.var() / exact.var() - 1) < 5 * np.sqrt((kurtosis + 2) / found.size)
    edges = np.unique(exact.ppf(np.linspace(0, 1, 62)[1:-1]))
    expected = np.diff(exact.cdf(np.concatenate([[-1], edges, [n]])))
    seen = np.histogram(found, np.concatenate([[-0.5], edges + 0.5, [n + 0.5]]))[0]
    filled = expected > 1e-4
    assert seen[expected == 0].sum() == 0
    share = expected[filled] / expected[filled].sum()
    assert stats.chisquare(seen[filled], share * seen[filled].sum()).pvalue > 1e-6


@pytest.mark.parametrize(("n", "p"), CASES)
def test_draws_follow_the_binomial_distribution(n, p):
    agrees(many(stream_of(1), float(n), p, 100_000), n, p)
    agrees(many_exponential(stream_of(2), float(n), -np.log1p(-p), 100_000), n, p)
    if p <= 0.5:
        agrees(many_known(stream_of(3), float(n), p, 100_000), n, p)


def test_draws_among_1e11_people_are_never_far_off():
    """A proposal 5e9 people away, of this stream, is refused: its square is beyond integers of 64 bits."""
    found = many(stream_of(101, 3), 1e11, 0.4, 40_000)
    assert np.abs(found - 4e10).max() < 6 * np.sqrt(1e11 * 0.4 * 0.6)


def test_a_single_person_under_a_high_hazard_leaves_as_often_as_it_says():
    """One person, hazard 0.6: the bound by which draws are skipped is near."""
    agrees(many_exponential(stream_of(4), 1.0, 0.6, 400_000), 1, -np.expm1(-0.6))


@pytest.mark.science
@pytest.mark.parametrize(
    ("n", "p"), [(n, p) for n in (3, 30, 300, 10**4, 10**6, 10**8) for p in (1e-3, 0.03, 0.2, 0.45)]
)
def test_ten_million_draws_follow_the_binomial_distribution(n, p, record_property):
    found = many(stream_of(5), float(n), p, 10_000_000)
    record_property("asked", "mean and variance to 5 standard errors, chi-square of 60 bins, 1e7 draws")
    agrees(found, n, p)
    record_property("reached", f"mean {found.mean():.8g} against {n * p:.8g}")


@pytest.mark.parametrize(("n", "p", "expected"), [(0, 0.5, 0), (7, 0.0, 0), (7, 1.0, 7)])
def test_certain_draws_take_no_random_numbers(n, p, expected):
    stream = stream_of(6)
    before = stream.copy()
    assert drawn.binomial(stream, float(n), p) == expected
    assert (stream == before).all()
