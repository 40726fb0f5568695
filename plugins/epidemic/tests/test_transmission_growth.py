"""Growth rates and reproduction numbers, and stages of compartments: closed forms, published numbers, simulation."""

import numpy as np
import pytest
from bridge_epidemic.transmission.density import discounted, gamma_density, grid, lognormal_density
from bridge_epidemic.transmission.generation import stages, stepped_moments
from bridge_epidemic.transmission.growth import (
    Distribution,
    advantage,
    by_gamma,
    by_stages,
    doubling,
    growth,
    rate_by_gamma,
    rate_of,
    reproduction,
    reproduction_of,
)
from bridge_epidemic.transmission.staged import matching_periods, possible_spreads, staged_density, staged_moments
from scipy.integrate import quad
from scipy.linalg import expm
from scipy.optimize import brentq
from scipy.stats import lognorm


def test_influenza_of_wallinga_and_lipsitch():
    """r = 0.2/d, mean 2.85 d: SIR 1.57; SEIR 1.65, which is that of equal latent and infectious periods; 0.01."""
    assert by_stages(0.2, 0.0, 2.85, 0, 1) == pytest.approx(1.57, abs=0.01)
    assert by_stages(0.2, 1.425, 1.425) == pytest.approx(1.65, abs=0.01)
    assert by_stages(0.2, 1.425, 1.425) == pytest.approx((1 + 0.2 * 1.425) ** 2, rel=1e-12)
    for latent in (0.3, 0.7, 2.0):
        assert by_stages(0.2, latent, 2.85 - latent) < by_stages(0.2, 1.425, 1.425)


@pytest.mark.parametrize("rate", [-0.2, -0.01, 0.0, 1e-6, 0.05, 0.2, 0.8])
@pytest.mark.parametrize(("mean", "spread"), [(5.2, 1.72), (2.85, 0.93), (3.0, 2.9)])
def test_any_density_gives_what_the_gamma_has_in_closed_form(rate, mean, spread):
    """(1 + r T/k)^k. Tolerance: a density linear between 2,001 ages."""
    age, density = gamma_density(mean, spread)
    exact = by_gamma(rate, mean, spread)
    assert reproduction_of(rate, age, density) == pytest.approx(exact, rel=1e-4)
    assert rate_by_gamma(exact, mean, spread) == pytest.approx(rate, abs=1e-12)
    assert rate_of(exact, age, density) == pytest.approx(rate, abs=1e-4)


def test_a_lognormal_density_by_quadrature():
    age, density = lognormal_density(2.97, 1.48)
    sigma = np.sqrt(np.log1p((1.48 / 2.97) ** 2))
    law = lognorm(sigma, scale=2.97 * np.exp(-(sigma**2) / 2))
    exact = 1 / quad(lambda a: np.exp(-0.15 * a) * law.pdf(a), 0, 80, epsabs=1e-12, points=[1, 3, 6])[0]
    assert reproduction_of(0.15, age, density) == pytest.approx(exact, rel=1e-5)


@pytest.mark.parametrize("rate", [-3.0, -1e-5, 1e-5, 2.0, 40.0])
def test_a_line_is_weighed_exactly(rate):
    """Integral of exp(-r a) (1 - a/2) over 0..2 d on an uneven grid, in closed form."""
    age = np.array([0.0, 0.3, 0.4, 1.1, 1.9, 2.0])
    exact = quad(lambda a: np.exp(-rate * a) * (1 - a / 2), 0, 2, epsrel=1e-13)[0]
    assert discounted(age, 1 - age / 2, rate) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize(("m", "n"), [(0, 1), (1, 1), (3, 2), (0, 4), (5, 1)])
def test_the_density_of_compartments_is_that_of_their_matrix(m, n):
    """Chance to be infectious, exp of the generator, over the mean period; its moments; R of both growth rates."""
    latent, infectious = (2.2 if m else 0.0), 3.1
    rates = np.array(([m / latent] * m if m else []) + [n / infectious] * n)
    generator = np.diag(-rates) + np.diag(rates[:-1], 1)
    ages = np.array([0.0, 0.4, 2.0, 7.0])
    exact = [expm(generator * a)[0, m:].sum() / infectious for a in ages]
    np.testing.assert_allclose(staged_density(ages, latent, infectious, m, n), exact, rtol=1e-9, atol=1e-14)
    fine = grid(90.0)
    density = staged_density(fine, latent, infectious, m, n)
    mean, spread = staged_moments(latent, infectious, m, n)
    assert float(np.trapezoid(fine * density, fine)) == pytest.approx(float(mean), rel=1e-4)
    assert float(np.trapezoid((fine - mean) ** 2 * density, fine)) == pytest.approx(float(spread) ** 2, rel=1e-4)
    for rate in (-0.08, 0.15):
        assert reproduction_of(rate, fine, density) == pytest.approx(
            by_stages(rate, latent, infectious, m, n), rel=1e-4
        )


def test_the_growth_rate_of_compartments_is_their_eigenvalue():
    """SEIR with 3 latent and 2 infectious stages at R = 2.5: dominant eigenvalue of its linear equations."""
    latent, infectious, reach = 3.0, 4.0, 2.5
    a = np.zeros((5, 5))
    out = [1.0] * 3 + [0.5] * 2
    for k in range(5):
        a[k, k] -= out[k]
        if k:
            a[k, k - 1] += out[k - 1]
    a[0, 3:] += reach / infectious
    rate = float(np.linalg.eigvals(a).real.max())
    assert by_stages(rate, latent, infectious, 3, 2) == pytest.approx(reach, rel=1e-9)


def test_both_directions_and_the_time_of_doubling():
    age, density = gamma_density(5.2, 1.72)
    up = growth(2.5, age, density)
    assert up.doubling_time == pytest.approx(np.log(2) / up.growth_rate)
    back = reproduction(up.growth_rate, age, density)
    assert back.reproduction_number == pytest.approx(2.5, rel=1e-9)
    down = growth(0.7, age, density)
    assert down.growth_rate < 0
    assert down.doubling_time < 0
    assert doubling(0.0) == np.inf
    assert rate_of(1.0, age, density) == 0.0
    for refused in (lambda: growth(1.0, age, density), lambda: reproduction(0.0, age, density)):
        with pytest.raises(ValueError, match="no doubling time"):
            refused()


def test_a_decline_that_the_density_cannot_tell_is_refused():
    """A lognormal tail weighed by exp(+3 a), and a gamma beyond its pole."""
    age, density = lognormal_density(3.0, 1.5)
    with pytest.raises(ValueError, match="decides its integral"):
        reproduction_of(-3.0, age, density)
    with pytest.raises(ValueError, match="no R belongs to -2"):
        by_gamma(-2.0, 5.2, 1.72)
    with pytest.raises(ValueError, match="no R belongs to -2"):
        by_stages(-2.0, 2.0, 2.0)
    with pytest.raises(ValueError, match="Is the unit of the ages right"):
        rate_of(1e80, *gamma_density(5.2, 1.72))


# Two strains


def test_a_shorter_generation_time_asks_for_a_smaller_reproduction_number():
    """The same gain in share: 3.19 (K. Ito et al., J. Med. Virol. 94, 2265, 2022) is with equal times. With times 0.45
    as long it is 1.88-2.19 (the same, Math. Biosci. Eng. 19, 9005, 2022). In closed form, the earlier strain steady
    (r = 0): exponential times give 1 + 0.45 (3.19 - 1) = 1.99, fixed ones 3.19^0.45 = 1.69, gamma ones between."""
    mean, spread = 4.7, 3.3
    age, density = gamma_density(mean, spread)
    selection = rate_of(3.19, age, density)
    own = gamma_density(0.45 * mean, 0.45 * spread)
    found = advantage(selection, 0.0, age, density, Distribution(*own))
    assert found.reproduction_ratio_same_times == pytest.approx(3.19, rel=1e-6)
    assert found.reproduction_ratio == pytest.approx(by_gamma(selection, 0.45 * mean, 0.45 * spread), rel=1e-4)
    assert 3.19**0.45 < found.reproduction_ratio < 1 + 0.45 * 2.19
    assert 1.8 < found.reproduction_ratio < 2.19


def test_equal_times_make_both_ratios_one_number():
    age, density = gamma_density(5.2, 1.72)
    found = advantage(0.1, 0.05, age, density, Distribution(age, density))
    assert found.reproduction_ratio == found.reproduction_ratio_same_times
    assert found.reproduction_ratio == pytest.approx(found.variant_reproduction_number / found.reproduction_number)
    assert found.reproduction_number == pytest.approx(by_gamma(0.05, 5.2, 1.72), rel=1e-5)


# Stages


@pytest.mark.parametrize("wanted", ["infectious", "latent"])
@pytest.mark.parametrize(
    ("mean", "spread", "m", "n"), [(5.9, 4.8, 1, 1), (5.2, 1.72, 8, 8), (4.0, 2.0, 3, 4), (2.85, 2.85, 0, 1)]
)
def test_stages_have_the_generation_time_asked_for(mean, spread, m, n, wanted):
    found = stages(mean, spread, m, n, wanted)
    moments = staged_moments(found.latent_period, found.infectious_period, m, n)
    assert moments == pytest.approx((mean, spread), rel=1e-9)
    pairs = matching_periods(mean, spread, m, n)
    if len(pairs) == 2:
        assert (found.infectious_period == max(i for _, i in pairs)) == (wanted == "infectious")


def test_what_stages_cannot_have_is_refused_with_what_they_can():
    """One latent and one infectious stage: spreads of 0.707 to 1 of the mean, no other."""
    assert possible_spreads(1.0, 1, 1) == pytest.approx((np.sqrt(0.5), 1.0), rel=1e-12)
    with pytest.raises(
        ValueError, match=r"spread of 3.677 to 5.2 d, and 1.72 d is asked for. Give more stages: latent_stages=8 and"
    ):
        stages(5.2, 1.72)
    stages(5.2, 1.72, 8, 8)
    with pytest.raises(ValueError, match="Give fewer stages"):
        stages(4.2, 4.9)
    with pytest.raises(ValueError, match="would not be narrow enough"):
        stages(5.0, 0.5)
    with pytest.raises(ValueError, match="cannot be left in steps of 1 d"):
        stages(5.2, 1.72, 8, 8, step=1.0)


def test_the_least_spread_of_stages_is_where_both_periods_meet():
    least, _ = possible_spreads(3.0, 2, 3)
    assert len(matching_periods(3.0, least, 2, 3)) == 1
    assert matching_periods(3.0, 0.999 * least, 2, 3) == []
    assert len(matching_periods(3.0, 1.001 * least, 2, 3)) == 2


@pytest.mark.parametrize(("m", "n", "step"), [(1, 1, 0.25), (2, 3, 0.25), (0, 1, 0.5)])
def test_the_generation_time_in_steps_is_that_of_a_simulation(m, n, step):
    """100,000 cases followed step by step, an infection from each infectious step alike: 4 standard errors."""
    latent, infectious = (2.0 if m else 0.0), 4.0
    rng = np.random.default_rng(8)
    cases = 100_000
    waited = sum(
        (rng.geometric(-np.expm1(-step * m / latent), cases) for _ in range(m)), np.zeros(cases, dtype=np.int64)
    )
    lasted = sum(rng.geometric(-np.expm1(-step * n / infectious), cases) for _ in range(n))
    who = np.repeat(np.arange(cases), lasted)
    nth = np.arange(lasted.sum()) - np.repeat(np.cumsum(lasted) - lasted, lasted) + 1
    times = step * (waited[who] + nth)
    mean, spread = stepped_moments(latent, infectious, m, n, step)
    # Infections of one case are not independent: the error is that of a ratio of sums over cases.
    sums = np.bincount(who, weights=times - times.mean(), minlength=cases)
    error = np.sqrt(cases) * sums.std() / lasted.sum()
    assert times.mean() == pytest.approx(mean, abs=4 * error)
    assert times.std() == pytest.approx(spread, rel=0.02)


def test_steps_lengthen_a_generation_time_and_periods_can_make_up_for_it():
    """By about (m + (n+1)/2) dt/2; with `step`, none."""
    latent, infectious, step = 1.27, 4.63, 0.25
    mean, _ = stepped_moments(latent, infectious, 1, 1, step)
    assert mean - 5.9 == pytest.approx(step, rel=0.03)
    found = stages(5.9, 4.8, step=step)
    assert found.stepped_generation_time == pytest.approx(5.9, rel=1e-12)
    again = stepped_moments(found.latent_period, found.infectious_period, 1, 1, step)
    assert again == pytest.approx((5.9, found.stepped_generation_time_spread), rel=1e-12)
    assert found.latent_period < stages(5.9, 4.8).latent_period


def test_growth_in_steps_is_nearer_to_the_asked_one_with_periods_made_for_them():
    """R = 2 in steps of 0.25 d: r from sum exp(-r t) over the stepped generation time, against continuous time."""
    asked = brentq(lambda r: by_stages(r, *_seir(0.0)) - 2, 0.01, 2)
    plain, made = (_stepped_rate(*_seir(step), 0.25) for step in (0.0, 0.25))
    assert abs(made - asked) < 0.35 * abs(plain - asked)


def _seir(step):
    found = stages(5.9, 4.8, step=step)
    return found.latent_period, found.infectious_period


def _stepped_rate(latent, infectious, step):
    """Growth rate of E' and I' followed in steps, by the dominant eigenvalue of one step at R = 2."""
    leave, out = -np.expm1(-step / latent), -np.expm1(-step / infectious)
    one = np.array([[1 - leave, 2 * out], [leave, 1 - out]])
    return float(np.log(np.linalg.eigvals(one).real.max()) / step)
