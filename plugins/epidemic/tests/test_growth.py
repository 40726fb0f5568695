"""Growth of strains in courses of an epidemic, against the roots of their Euler-Lotka equations."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_epidemic.contacts.homogeneous import homogeneous
from bridge_epidemic.population.chain_binomial import chain_binomial
from bridge_epidemic.population.deterministic import deterministic
from bridge_epidemic.population.growth import growth
from bridge_epidemic.population.records import Immunity, Strains

STEP = 0.25
LATENT, INFECTIOUS = (1.0, 2.0), (3.0, 4.0)
BASIC = (3.0, 2.2)


def strains(stages: tuple[int, int], seeds: float) -> Strains:
    none = np.zeros(2)
    return Strains("A\nB", np.array(BASIC), np.array(LATENT), np.array(INFECTIOUS), *stages, none + seeds, none, none)


def naive() -> Immunity:
    """People without immunity, and those who have been infected."""
    return Immunity(
        classes="naive\nrecovered",
        initial=np.array([[1.0], [0.0]]),
        susceptibility_time=np.zeros(1),
        susceptibility=np.array([[[1.0, 1.0], [0.0, 0.0]]]),
        infectiousness=np.ones((2, 2)),
        severity=np.zeros((2, 2)),
        waning_rate=np.zeros(2),
        wanes_to=np.array([-1, -1]),
        after=np.array([[1, 1], [1, 1]]),
        vaccinated_to=np.array([-1, -1]),
    )


def euler_lotka(basic: float, latent: float, infectious: float, stages: tuple[int, int]) -> float:
    """Growth rate of steps: 1 = sum over steps of the new infections at an age, times exp(-r age); by its eigenvalue.

    A stage of mean stay tau/n is left in a step with probability 1 - exp(-n dt/tau), and one infectious person infects
    R0 p/n in a step.
    """
    latent_stages, infectious_stages = stages
    leave = [1 - np.exp(-latent_stages * STEP / latent)] * latent_stages
    leave += [1 - np.exp(-infectious_stages * STEP / infectious)] * infectious_stages
    matrix = np.diag([1 - p for p in leave]) + np.diag(leave[:-1], -1)
    matrix[0, latent_stages:] += basic * leave[-1] / infectious_stages
    return float(np.log(np.abs(np.linalg.eigvals(matrix)).max()) / STEP)


@pytest.mark.parametrize("stages", [(1, 1), (2, 3)])
def test_early_growth_is_the_root_of_euler_and_lotka(stages: tuple[int, int]) -> None:
    """1e10 people, of whom fewer than 1e-4 are infected in 40 d: rates to 1e-4."""
    contacts = homogeneous(np.array([1e10])).contacts
    courses = deterministic(contacts, strains(stages, 1.0), naive(), duration=40.0, step=STEP)
    found = growth(courses.time, courses.incidence, 25.0, 32.0)
    told = [euler_lotka(*given, stages) for given in zip(BASIC, LATENT, INFECTIOUS, strict=True)]
    assert found.growth_rate == pytest.approx(told, rel=5e-4)
    assert found.growth_rate_low == pytest.approx(found.growth_rate_high, rel=1e-12)
    assert found.doubling_time == pytest.approx(np.log(2) / found.growth_rate, rel=1e-12)
    assert found.selection == pytest.approx([0, told[1] - told[0]], abs=5e-4 * told[0])


def test_replicates_spread_about_the_deterministic_rate() -> None:
    """The median of 200 replicates from 200 seeds has a standard error of about 1 % of the rate."""
    contacts = homogeneous(np.array([1e7])).contacts
    courses = chain_binomial(contacts, strains((1, 1), 200.0), naive(), duration=20.0, step=STEP, replicates=200)
    found = growth(courses.time, courses.incidence, 8.0, 15.0)
    told = [euler_lotka(*given, (1, 1)) for given in zip(BASIC, LATENT, INFECTIOUS, strict=True)]
    assert found.growth_rate == pytest.approx(told, rel=0.03)
    assert (found.growth_rate_low < found.growth_rate).all()
    assert (found.growth_rate < found.growth_rate_high).all()
    assert (found.grown == 200).all()


DAYS = np.arange(31.0)


def test_shares_are_medians_over_replicates_with_infections() -> None:
    rng = np.random.default_rng(1)
    incidence = rng.poisson(30, (40, 31, 2)).astype(float)
    incidence[:, 3] = 0  # a day without any infection
    incidence[:20, 5] = 0  # one on which half of the replicates have some
    found = growth(DAYS, incidence)
    assert found.shared_time.tolist() == [t for t in range(31) if t != 3]
    at = found.shared_time.tolist().index(5)
    shares = incidence[20:, 5, 1] / incidence[20:, 5].sum(axis=1)
    told = np.quantile(shares, [0.5, 0.025, 0.975])
    assert (found.share[at, 1], found.share_low[at, 1], found.share_high[at, 1]) == pytest.approx(tuple(told))
    assert found.share_high[:, 0] == pytest.approx(1 - found.share_low[:, 1])


def test_replicates_with_too_few_infections_are_left_out_and_counted() -> None:
    incidence = np.repeat(np.exp(0.1 * DAYS)[None, :, None], 5, axis=0)
    incidence[1] = 0  # extinct
    incidence[2] *= 1e-3
    found = growth(DAYS, incidence)
    assert found.grown.tolist() == [3]
    assert found.growth_rate == pytest.approx([0.1], abs=1e-12)


def test_a_strain_that_falls_halves_and_one_that_stays_takes_for_ever() -> None:
    falling = np.exp(-0.2 * DAYS)[None, :, None] * 1e6
    assert growth(DAYS, falling).doubling_time == pytest.approx([-np.log(2) / 0.2])
    assert abs(growth(DAYS, np.full((1, 31, 1), 7.0)).doubling_time[0]) > 1e5


def test_windows_without_growth_are_refused() -> None:
    with pytest.raises(ValueError, match=r"2 rows lie between 29 and 60 d, of courses from 0 to 30 d"):
        growth(DAYS, np.ones((1, 31, 1)), 29.0, 60.0)
    late = np.ones((2, 31, 2))
    late[:, :25, 1] = 0
    with pytest.raises(ValueError, match="Strain 2 has fewer than 10 infections between 0 and 20 d"):
        growth(DAYS, late, 0.0, 20.0)
    apart = np.ones((2, 31, 2))
    apart[0, :, 0] = apart[1, :, 1] = 0
    with pytest.raises(ValueError, match="never grow in the same replicate"):
        growth(DAYS, apart)
