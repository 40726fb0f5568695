"""Reproduction numbers from cases: EpiEstim's numbers, the posterior by hand, and epidemics of a known one."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_epidemic.contacts.homogeneous import homogeneous
from bridge_epidemic.observed.interval import discretised, growing, infectiousness
from bridge_epidemic.observed.reproduction import posterior, reproduction_number
from bridge_epidemic.population.deterministic import deterministic
from bridge_epidemic.population.immunity import naive
from bridge_epidemic.transmission.strains import two_strains
from scipy import integrate, stats

#: Onset of illness among the children of a school in Pennsylvania from 27 April 2009 on (S. Cauchemez et al., PNAS
#: 108, 2825, 2011), and the interval of influenza (N. M. Ferguson et al., Nature 437, 209, 2005): data set Flu2009 of
#: EpiEstim (mrc-ide/EpiEstim 4029826).
SCHOOL = [1, 1, 0, 2, 5, 3, 3, 3, 6, 2, 5, 9, 13, 12, 13, 11, 12, 6, 6, 6, 3, 1, 0, 2, 0, 0, 0, 0, 2, 0, 2, 0]
INTERVAL = [0.0, 0.233, 0.359, 0.198, 0.103, 0.053, 0.027, 0.014, 0.007, 0.003, 0.002, 0.001]
DAYS = np.arange(len(SCHOOL), dtype=float)

#: What EpiEstim keeps of its documented examples 1 (INTERVAL) and 3 (mean 2.6 d, standard deviation 1.5 d), in
#: tests/testthat/_snaps/estimate_R.md: window that ends on day, mean, standard deviation, 2.5 %, median, 97.5 %.
EXAMPLE_1 = {
    8: (1.7356089, 0.40908694, 1.02863184, 1.7035760, 2.6244959),
    14: (1.6636221, 0.23295369, 1.23867595, 1.6527615, 2.1502729),
    20: (0.9369319, 0.11446445, 0.72610935, 0.9322747, 1.1742159),
    32: (1.0040161, 0.44900963, 0.32600128, 0.9379335, 2.0565439),
}
EXAMPLE_3 = {
    8: (1.7357977, 0.40913143, 1.02874370, 1.7037612, 2.6247813),
    14: (1.6639845, 0.23300443, 1.23894574, 1.6531215, 2.1507413),
    20: (0.9371671, 0.11449319, 0.72629165, 0.9325088, 1.1745108),
    32: (0.9975352, 0.44611130, 0.32389696, 0.9318792, 2.0432690),
}


def test_a_school_of_2009_has_the_numbers_of_epiestim() -> None:
    """The interval by three digits, as its data set has it; the numbers to the digits that are printed."""
    weights = np.zeros(len(SCHOOL) + 1)
    weights[: len(INTERVAL)] = INTERVAL
    shape, scale = posterior(np.array(SCHOOL, float), weights, 7, 5.0, 5.0)
    for day, told in EXAMPLE_1.items():
        of = stats.gamma(shape[day - 8], scale=scale[day - 8])
        assert (of.mean(), of.std(), *of.ppf([0.025, 0.5, 0.975])) == pytest.approx(told, rel=1e-6)


def test_the_model_has_the_numbers_of_epiestim_for_a_mean_and_a_spread() -> None:
    found = reproduction_number(DAYS, np.array(SCHOOL, float), 2.6, 1.5, start_date="2009-04-27")
    assert found.observed_reproduction_time[0] == 7  # the eighth day
    for day, (mean, _, low, median, high) in EXAMPLE_3.items():
        k = day - 8
        got = (
            found.observed_reproduction_mean[k],
            found.observed_reproduction_low[k],
            found.observed_reproduction[k],
            found.observed_reproduction_high[k],
        )
        assert got == pytest.approx((mean, low, median, high), rel=1e-6)
    assert found.window_cases[0] == sum(SCHOOL[1:8])
    assert found.few == sum(sum(SCHOOL[k - 6 : k + 1]) < 11 for k in range(7, 32))


def test_the_interval_is_the_integral_that_it_stands_for() -> None:
    """Two days k apart hold instants u apart with the weight 1 - |u - k|; adaptive quadrature, 1e-9."""
    density = stats.gamma((1.6 / 1.5) ** 2, loc=1, scale=1.5**2 / 1.6).pdf
    shares = discretised(2.6, 1.5, 40)
    assert shares[0] == 0
    for k in range(1, 12):
        told = sum(
            integrate.quad(lambda u, k=k: (1 - abs(u - k)) * density(u), a, b, epsabs=1e-13)[0]
            for a, b in ((max(k - 1, 1), k), (k, k + 1))
            if b > a
        )
        assert shares[k] == pytest.approx(told, abs=1e-9)
    assert shares.sum() == pytest.approx(1, abs=1e-9)
    assert shares @ np.arange(41) == pytest.approx(2.6, abs=1e-7)


def test_constant_growth_gives_the_number_of_wallinga_and_lipsitch() -> None:
    """Cases exp(r t): far from the beginning, R is 1 / sum w exp(-r s) but for the prior, which 1e9 cases outweigh."""
    for rate in (-0.1, 0.0, 0.15):
        time = np.arange(120.0)
        cases = 1e9 * np.exp(rate * (time - 119) if rate > 0 else rate * time)
        cases = np.maximum(cases, 0)
        found = reproduction_number(time, cases, 4.0, 2.0)
        told = growing(rate, discretised(4.0, 2.0, 120))
        assert found.observed_reproduction[-1] == pytest.approx(told, rel=1e-4)


def renewal(rng: np.random.Generator, number: float, shares: np.ndarray, days: int, runs: int) -> np.ndarray:
    """Cases (run, day) of a renewal process with Poisson offspring, from 20 cases on day 0."""
    cases = np.zeros((runs, days))
    cases[:, 0] = 20
    for t in range(1, days):
        cases[:, t] = rng.poisson(number * cases[:, :t] @ shares[t:0:-1])
    return cases


@pytest.mark.parametrize("number", [0.9, 1.0, 1.3, 2.5])
def test_95_of_100_intervals_hold_the_number_that_was_simulated(number: float) -> None:
    """2,000 epidemics; the binomial standard error of 0.95 is 0.005, and the prior costs less than 0.01 of it."""
    shares = discretised(4.0, 2.0, 30)
    runs = renewal(np.random.default_rng(7), number, shares, 30, 2000)
    inside = 0
    for cases in runs:
        shape, scale = posterior(cases, shares, 14, 5.0, 5.0)
        low, high = stats.gamma.ppf([0.025, 0.975], shape[-1], scale=scale[-1])
        inside += low <= number <= high
    assert inside / 2000 == pytest.approx(0.95, abs=0.025)


def test_infectiousness_is_the_sum_over_earlier_cases() -> None:
    shares = np.array([0.0, 0.5, 0.3, 0.2])
    cases = np.array([4.0, 1.0, 0.0, 2.0])
    assert infectiousness(cases, shares).tolist() == pytest.approx([0, 2.0, 1.7, 0.8 + 0.3])


def test_days_before_the_first_case_change_nothing() -> None:
    early = reproduction_number(np.arange(-5.0, 32), np.array([0] * 5 + SCHOOL, float), 2.6, 1.5)
    plain = reproduction_number(DAYS, np.array(SCHOOL, float), 2.6, 1.5)
    assert early.observed_reproduction_time.tolist() == plain.observed_reproduction_time.tolist()
    assert early.observed_reproduction == pytest.approx(plain.observed_reproduction, rel=1e-6)


def test_a_report_of_a_constant_share_moves_the_width_and_not_the_number() -> None:
    cases = 1000 * np.array(SCHOOL, float)
    whole, part = (reproduction_number(DAYS, share * cases, 2.6, 1.5) for share in (1.0, 0.1))
    assert part.observed_reproduction == pytest.approx(whole.observed_reproduction, rel=0.01)
    width = [f.observed_reproduction_high - f.observed_reproduction_low for f in (whole, part)]
    assert width[1] / width[0] == pytest.approx(np.full(25, np.sqrt(10)), rel=0.02)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"window": 2.5}, "no whole number|comes? by day"),
        ({"window": 40.0}, "a window of 40 d needs that many days"),
        ({"time": 7 * DAYS}, "7 d apart"),
        ({"cases": 0 * DAYS}, "0 of them with cases"),
        ({"generation_time": 1.0}, "mean above 1 d"),
    ],
)
def test_what_has_no_reproduction_number_is_refused(given: dict, said: str) -> None:
    plain = {"time": DAYS, "cases": np.array(SCHOOL, float), "generation_time": 2.6, "generation_time_spread": 1.5}
    with pytest.raises(ValueError, match=said):
        reproduction_number(**(plain | given))


def test_the_number_of_an_epidemic_is_found_in_its_infections() -> None:
    """A gamma interval of the same mean and spread for the sum of two exponential stages: 10 % is asked of all days."""
    strains = two_strains(seeds=np.array([1000.0, 0.0]))
    contacts = homogeneous(np.array([1e7])).contacts
    courses = deterministic(contacts, strains.strains, naive(strains.strains).immunity, duration=90.0)
    of = float(strains.generation_time[0]), float(strains.generation_time_spread[0])
    found = reproduction_number(courses.time, courses.incidence[0].sum(axis=1), *of, window=1.0)
    day = found.observed_reproduction_time.astype(int)[10:80]
    assert found.observed_reproduction[10:80] == pytest.approx(courses.reproduction[0, day, 0], rel=0.1)
