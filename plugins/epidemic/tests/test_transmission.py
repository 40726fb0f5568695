"""From load to infectiousness to a generation time: closed forms, quadrature, published relations."""

import numpy as np
import pytest
from bridge_epidemic.host.published import published
from bridge_epidemic.host.target_cells import target_cells_rna, target_cells_tcid50
from bridge_epidemic.host.trajectories import trajectories_rna
from bridge_epidemic.transmission.density import area, moments
from bridge_epidemic.transmission.generation import (
    Reference,
    gamma_generation_time,
    generation_time,
    lognormal_generation_time,
    stages,
)
from bridge_epidemic.transmission.growth import growth
from bridge_epidemic.transmission.infectiousness import (
    infectiousness,
    infectiousness_pfu,
    infectiousness_tcid50,
)
from bridge_epidemic.transmission.strains import two_strains
from scipy.stats import gamma, lognorm

from bridge import BridgeError, Q, check, stage
from bridge.testing import check_model

DAYS = np.linspace(0.0, 20.0, 2001)
#: A load that rises by e a day to 1e9 at day 5, and falls as fast.
TENT = 1e9 * np.exp(-np.abs(DAYS - 5))


# Infectiousness


def test_the_chance_of_transmission_at_a_contact_in_a_household():
    """A. Marc et al., eLife 10, e69302 (2021), M2: logit P = logit 0.05 + 0.49 (log10 V - 6); 0 below 1e6 here."""
    load = np.array([1e5, 1e6, 1e8, 1e10])
    found = infectiousness(np.arange(4.0), load)
    odds = 0.05 / 0.95 * np.exp(0.49 * np.array([2.0, 4.0]))
    np.testing.assert_allclose(found.infectiousness, [0, 0, *(odds / (1 + odds))], rtol=1e-12)
    assert found.peak_infectiousness == pytest.approx(0.272, abs=5e-4)
    assert found.time_of_peak_infectiousness == 3.0
    np.testing.assert_allclose(found.relative_infectiousness, found.infectiousness / found.peak_infectiousness)


def test_other_contacts_have_numbers_of_their_own():
    found = infectiousness(np.zeros(1), np.array([1e10]), "logit", limit=1e6, baseline=0.05, slope=0.21)
    assert found.peak_infectiousness == pytest.approx(1 / (1 + 19 * np.exp(-0.84)), rel=1e-12)


@pytest.mark.parametrize("model", [infectiousness, infectiousness_pfu, infectiousness_tcid50])
def test_relations_are_what_they_say(model):
    load = np.array([1e3, 1e5, 1e7, 1e9])
    time = np.arange(4.0)
    logs = model(time, load, "log load above a limit", limit=1e5)
    np.testing.assert_allclose(logs.infectiousness, [0, 0, 2, 4], atol=1e-14)
    power = model(time, load, "power", limit=1e5, exponent=0.5)
    np.testing.assert_allclose(power.infectiousness, [0.1, 1, 10, 100], rtol=1e-12)
    hill = model(time, load, "saturating", half_load=1e7, hill=1.0)
    np.testing.assert_allclose(hill.infectiousness, load / (load + 1e7), rtol=1e-12)
    steep = model(time, load * 1e200, "saturating", half_load=1e7, hill=10.0)
    np.testing.assert_allclose(steep.infectiousness, 1.0)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"relation": "log load above a limit"}, r"limit was not given. Write limit='… pfu/mL'"),
        ({"relation": "power", "limit": 1e3}, "exponent was not given"),
        ({"relation": "saturating", "half_load": 1e3}, "hill was not given"),
        ({"relation": "logit"}, "needs limit and baseline and slope"),
        ({"relation": "power", "limit": 1e3, "exponent": 1.0, "hill": 2.0}, "leave hill=2 out"),
    ],
)
def test_each_relation_needs_its_numbers_and_no_other(given, words):
    with pytest.raises(ValueError, match=words):
        infectiousness_pfu(DAYS, TENT, **given)


def test_a_course_in_one_unit_is_refused_by_a_relation_in_another():
    """By the contract, before anything runs."""
    host = {"initial_load": "0.1 tcid50/mL", "duration": "5 d"}

    def fits():
        found = stage(target_cells_tcid50).submit(**host)
        return stage(infectiousness_tcid50).submit(found, relation="log load above a limit", limit="1 tcid50/mL")

    check(fits)

    def copies():
        found = stage(target_cells_tcid50).submit(**host)
        return stage(infectiousness).submit(time=found.time, load=found.load)

    def plaques():
        found = stage(target_cells_tcid50).submit(**host)
        return stage(infectiousness_pfu).submit(time=found.time, load=found.load, relation="power")

    def compared():
        flu = stage(target_cells_tcid50).submit(**host)
        return stage(trajectories_rna).submit(stage(target_cells_rna).submit(stage(published).submit()), reference=flu)

    for mixed in (copies, plaques, compared):
        with pytest.raises(BridgeError, match=r"load.*tcid50"):
            check(mixed)


def test_the_chain_from_a_person_to_strains_fits():
    """Published parameters, two courses, infectiousness beside a reference, stages, strains: wired by name."""

    def chain():
        numbers = stage(published).submit()
        person = stage(target_cells_rna, name="naive").submit(numbers)
        immune = stage(target_cells_rna, name="immune").submit(numbers, neutralisation=0.6)
        whole = stage(infectiousness, name="infectious").submit(person)
        less = stage(infectiousness, name="less infectious").submit(immune)
        stage(trajectories_rna).submit(immune, reference=person)
        stage(generation_time, name="breakthrough").submit(less, reference=whole)
        generation = stage(generation_time).submit(whole)
        periods = stage(stages).submit(generation, latent_stages=3, infectious_stages=3)
        stage(growth).submit(generation, reproduction_number=2.87)
        return stage(two_strains).submit(periods)

    check(chain)


# Generation times


def test_the_generation_time_of_a_triangle():
    """Infectious from day 2, most at day 5, to day 11: mean (2 + 5 + 11)/3, variance of a triangular distribution."""
    shape = np.interp(DAYS, [2, 5, 11], [0, 1, 0], left=0, right=0)
    found = generation_time(DAYS, shape)
    assert found.generation_time == pytest.approx(6.0, rel=1e-12)
    assert found.generation_time_spread == pytest.approx(np.sqrt((4 + 25 + 121 - 10 - 22 - 55) / 18), rel=1e-9)
    assert area(found.infection_age, found.generation_density) == pytest.approx(1.0, rel=1e-12)
    assert found.transmitted == pytest.approx(4.5, rel=1e-12)
    assert found.relative_transmissibility == 1.0


def test_relative_transmissibility_is_the_ratio_of_areas():
    """Half as infectious, on a grid of its own, for as long: 0.5. The generation time stays."""
    shape = np.interp(DAYS, [2, 5, 11], [0, 1, 0], left=0, right=0)
    coarse = np.linspace(0, 11, 12)
    own = np.interp(coarse, [2, 5, 11], [0, 0.5, 0], left=0, right=0)
    found = generation_time(coarse, own, Reference(DAYS, shape))
    assert found.relative_transmissibility == pytest.approx(0.5, rel=1e-12)
    assert found.generation_time == pytest.approx(6.0, rel=1e-12)


def test_log_load_of_a_tent_has_a_triangle_for_its_infectiousness():
    """log10 of a load that rises and falls exponentially is linear: above 1e7 a triangle of half-width 2 ln 10 days."""
    found = infectiousness(DAYS, TENT, "log load above a limit", limit=1e7)
    time = generation_time(found.time, found.infectiousness)
    assert time.generation_time == pytest.approx(5.0, abs=1e-6)
    assert time.generation_time_spread == pytest.approx(2 * np.log(10) / np.sqrt(6), rel=1e-4)


def test_neutralisation_that_halves_a_load_takes_less_than_half_of_what_is_transmitted():
    """Sublinear: log10 of a hundredth of the load, 4 decades above the limit at most, leaves a triangle (2/4)²."""
    whole = infectiousness(DAYS, TENT, "log load above a limit", limit=1e5)
    less = infectiousness(DAYS, TENT / 100, "log load above a limit", limit=1e5)
    wide = np.interp(DAYS, [5 - 4 * np.log(10), 5, 5 + 4 * np.log(10)], [0, 4, 0], left=0, right=0)
    np.testing.assert_allclose(whole.infectiousness, wide, atol=1e-9)
    found = generation_time(DAYS, less.infectiousness, Reference(DAYS, whole.infectiousness))
    cut = np.trapezoid(np.clip(wide - 2, 0, None), DAYS) / np.trapezoid(wide, DAYS)
    assert found.relative_transmissibility == pytest.approx(cut, rel=1e-9)


def test_the_chain_from_a_typical_case_has_the_generation_time_of_the_study():
    """A. Marc et al.: median generation interval 7.7 d in households, contacts at a constant rate for 20 d, 5 % below
    the limit; over persons that differ. The typical person's median: 10 % asked."""
    numbers = {name: value for name, value in vars(published()).items() if name != "source"}
    course = target_cells_rna(**numbers)
    profile = infectiousness(course.time, course.load)
    early = profile.time <= 20
    below = np.where(profile.infectiousness > 0, profile.infectiousness, 0.05)
    found = generation_time(np.append(profile.time[early], 20.01), np.append(below[early], 0.0))
    ages, density = found.infection_age, found.generation_density
    grown = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) * np.diff(ages) / 2)])
    assert float(np.interp(0.5, grown, ages)) == pytest.approx(7.7, rel=0.1)


def test_published_distributions_have_their_moments():
    """5.20 and 1.72 d (Ganyani); 2.97 and 1.48 d from a log-mean of 0.979 and log-deviation of 0.471 (Park)."""
    found = gamma_generation_time()
    assert (found.generation_time, found.generation_time_spread) == (5.20, 1.72)
    assert moments(found.infection_age, found.generation_density) == pytest.approx((5.20, 1.72), rel=1e-4)
    exact = gamma((5.2 / 1.72) ** 2, scale=1.72**2 / 5.2).pdf(found.infection_age)
    np.testing.assert_allclose(found.generation_density, exact, rtol=1e-4, atol=1e-9)
    park = lognormal_generation_time()
    assert moments(park.infection_age, park.generation_density) == pytest.approx((2.97, 1.48), rel=1e-4)
    law = lognorm(0.4705, scale=np.exp(0.9794))
    assert (law.mean(), law.std()) == pytest.approx((park.generation_time, park.generation_time_spread), rel=5e-3)
    delta = lognorm(0.5238, scale=np.exp(1.2108))
    assert (delta.mean(), delta.std()) == pytest.approx((3.85, 2.16), rel=5e-3)


def test_a_wide_distribution_keeps_its_moments_on_the_grid():
    """4.2 and 4.9 d of W. S. Hart et al., eLife 11, e70767 (2022)."""
    found = lognormal_generation_time(4.2, 4.9)
    assert moments(found.infection_age, found.generation_density) == pytest.approx((4.2, 4.9), rel=1e-4)
    with pytest.raises(ValueError, match=r"infinite at age 0. Take transmission.lognormal_generation_time"):
        gamma_generation_time(4.2, 4.9)


@pytest.mark.parametrize(
    ("time", "values", "words"),
    [
        (DAYS, np.zeros(2001), "0 throughout"),
        (DAYS, DAYS, "still 1 of its peak at the end, 20 d"),
        (DAYS - 1, TENT, "begins at -1 d"),
        (np.array([0.0, 2.0, 1.0]), np.array([0.0, 1.0, 0.0]), "must rise, got 1 d after 2 d"),
        (DAYS[:2], TENT[:2], "at least 3"),
    ],
)
def test_what_is_no_infectious_course_is_refused(time, values, words):
    with pytest.raises(ValueError, match=words):
        generation_time(time, values)
    with pytest.raises(ValueError, match="reference"):
        generation_time(DAYS, np.interp(DAYS, [1, 2, 3], [0, 1, 0]), Reference(time, values))


def test_infectiousness_cannot_be_negative():
    with pytest.raises(BridgeError, match="infectiousness"):
        check_model(generation_time, time=Q(DAYS, "d"), infectiousness=-TENT)
