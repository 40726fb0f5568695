"""Final sizes and extinction: closed forms, and the chain binomial at several steps held against them."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_epidemic.contacts.contacts import Contacts
from bridge_epidemic.population.chain_binomial import chain_binomial
from bridge_epidemic.population.deterministic import deterministic
from bridge_epidemic.population.extinction import extinction
from bridge_epidemic.population.final_size import final_size
from bridge_epidemic.population.records import Immunity, Strains

from bridge.testing import plain

ONE = Contacts("all", np.array([1e6]), np.array([[10.0]]))


def aged(people: float) -> Contacts:
    """Four age groups that prefer their own, reciprocal."""
    share = np.array([0.2, 0.3, 0.3, 0.2])
    meetings = 12 * np.outer(share, share) + np.diag([1.2, 1.0, 0.7, 0.2])
    return Contacts("0\n15\n40\n65", people * share, meetings / share[:, None])


def strain(number: float, seeds: float, latent: int = 0, infectious: int = 1, period: float = 4.0) -> Strains:
    """One strain, infectious for 4 d."""
    return Strains(
        "a", np.array([number]), np.array([2.0 * (latent > 0)]), np.array([period]), latent, infectious,
        np.array([seeds]), np.zeros(1), np.zeros(1),
    )  # fmt: skip


NAIVE = Immunity(
    "naive\nrecovered", np.array([[1.0], [0.0]]), np.zeros(1), np.array([[[1.0], [0.0]]]), np.ones((2, 1)),
    np.zeros((2, 1)), np.zeros(2), np.array([-1, -1]), np.array([[1], [1]]), np.array([-1, -1]),
)  # fmt: skip


@pytest.mark.parametrize(("number", "expected"), [(1.5, 0.582812), (2, 0.796812), (3, 0.940480), (5, 0.993023)])
def test_final_size_of_one_group_solves_its_equation(number, expected):
    """z = 1 - exp(-R0 z), six digits from Lambert's W: 1 + W(-R0 exp(-R0)) / R0."""
    from scipy.special import lambertw

    found = plain(final_size)(contacts=ONE, reproduction_number=number).final_size
    assert found == pytest.approx(expected, abs=1e-6)
    assert found == pytest.approx(1 + lambertw(-number * np.exp(-number)).real / number, abs=1e-13)


@pytest.mark.parametrize("number", [0.0, 0.7, 1.0])
def test_no_epidemic_without_supercritical_reproduction(number):
    assert plain(final_size)(contacts=aged(1e6), reproduction_number=number).final_size == 0


def test_groups_that_mix_at_random_have_the_final_size_of_one():
    share = np.array([0.2, 0.5, 0.3])
    mixed = Contacts("a\nb\nc", 1e6 * share, 10 * np.tile(share, (3, 1)))
    found = plain(final_size)(contacts=mixed, reproduction_number=2.0)
    np.testing.assert_allclose(found.attack, 0.7968121300200199, rtol=1e-12)


def test_immune_people_lower_the_final_size_as_a_lower_reproduction_number_would():
    """With a share v immune, z/(1 - v) is the final size for R0 (1 - v)."""
    found = plain(final_size)(contacts=ONE, reproduction_number=4.0, immune=np.array([0.5])).final_size
    assert found == pytest.approx(0.5 * 0.7968121300200199, rel=1e-12)


@pytest.mark.parametrize("step", [0.5, 0.25, 0.125])
@pytest.mark.parametrize(("latent", "infectious"), [(0, 1), (1, 1), (2, 3)])
def test_the_expected_course_ends_at_the_final_size_at_any_step(step, latent, infectious):
    """To rounding; 400 d leave 1e-12 of the people infected. Stages of 4/3 d allow a step of 0.5 d."""
    contacts = aged(1e6)
    found = plain(deterministic)(
        contacts=contacts, strains=strain(2.5, 1000, latent, infectious), immunity=NAIVE, duration=400.0, step=step
    )
    seeded = found.attack[0] * 0 + 1000 / 1e6
    exact = plain(final_size)(contacts=contacts, reproduction_number=2.5, seeded=seeded).attack
    np.testing.assert_allclose(found.attack[0], exact, rtol=1e-9)


def deviation(step: float, replicates: int, people: float) -> tuple[float, float, float]:
    """Mean attack of drawn large epidemics, its standard error, and what the equation says."""
    contacts = aged(people)
    seeds = people / 100
    found = plain(chain_binomial)(
        contacts=contacts, strains=strain(2.0, seeds), immunity=NAIVE, duration=300.0, step=step, replicates=replicates
    )
    assert found.extinct.all()
    reached = found.attack @ contacts.population / people
    exact = plain(final_size)(contacts=contacts, reproduction_number=2.0, seeded=np.full(4, 0.01)).final_size
    return reached.mean(), reached.std(ddof=1) / np.sqrt(replicates), exact


def test_drawn_epidemics_end_at_the_matched_final_size():
    """1 % seeded, so that none dies out; 1e6 people put the bias of 1/N far below the standard error."""
    mean, error, exact = deviation(0.5, 60, 1e6)
    assert error < 3e-4
    assert abs(mean - exact) < 3 * error


@pytest.mark.science
@pytest.mark.parametrize("step", [0.5, 0.25, 0.125])
def test_final_size_at_three_steps(step, record_property):
    mean, error, exact = deviation(step, 1000, 1e6)
    record_property("asked", f"{exact:.6f} within 3 standard errors ({error:.1e}), step {step} d, 4 age groups")
    record_property("reached", f"{mean:.6f}")
    assert abs(mean - exact) < 3 * error


@pytest.mark.parametrize(("number", "expected"), [(1.5, 0.646), (2, 0.4695), (3, 0.294)])
def test_extinction_solves_its_equation(number, expected):
    """q = exp(l (q - 1)) (1 - s + s q), s = exp(-1/8), l = R0 (1 - s)."""
    q = plain(extinction)(reproduction_number=number, infectious_period=4.0, step=0.5).from_one
    s = np.exp(-0.125)
    assert q == pytest.approx(expected, abs=5e-4)
    assert q == pytest.approx(np.exp(number * (1 - s) * (q - 1)) * (1 - s + s * q), abs=1e-14)


@pytest.mark.parametrize("stages", [1, 2, 5])
@pytest.mark.parametrize("number", [1.001, 2.0, 20.0])
def test_extinction_goes_to_continuous_time_as_steps_become_short(stages, number):
    """Linear in the step: halving it halves the difference. 1/R0 for one stage."""
    one, half = (
        plain(extinction)(reproduction_number=number, infectious_period=5.0, infectious_stages=stages, step=step)
        for step in (0.002, 0.001)
    )
    if stages == 1:
        assert one.in_continuous_time == pytest.approx(1 / number, rel=1e-9)
    apart = np.array([one.from_one, half.from_one]) - one.in_continuous_time
    assert apart[0] / apart[1] == pytest.approx(2, abs=0.02)


def extinct(number: float, step: float, replicates: int) -> float:
    """The share of outbreaks from one case that infect fewer than 500 of 1e6 people."""
    days = 100 if number > 1.6 else 200
    found = plain(chain_binomial)(
        contacts=ONE, strains=strain(number, 1), immunity=NAIVE, duration=float(days), step=step, replicates=replicates
    )
    small = (found.extinct[:, 0] == 1) & (found.attack[:, 0] < 500 / 1e6)
    assert (small | (found.attack[:, 0] > 500 / 1e6)).all()
    return float(small.mean())


def test_outbreaks_die_out_as_often_as_the_branching_process():
    """3 standard errors; an outbreak that has reached 500 goes on."""
    q = plain(extinction)(reproduction_number=2.0, infectious_period=4.0, step=0.5).from_one
    assert abs(extinct(2.0, 0.5, 2000) - q) < 3 * np.sqrt(q * (1 - q) / 2000)


@pytest.mark.science
@pytest.mark.parametrize(("number", "step"), [(1.5, 0.5), (2.0, 0.5), (3.0, 0.5), (2.0, 0.125), (3.0, 0.03125)])
def test_extinction_of_ten_thousand_outbreaks(number, step, record_property):
    found = plain(extinction)(reproduction_number=number, infectious_period=4.0, step=step)
    q, reached = found.from_one, extinct(number, step, 10_000)
    error = np.sqrt(q * (1 - q) / 10_000)
    record_property("asked", f"{q:.4f} within {3 * error:.4f} (gamma dt {step / 4:g}; 1/R0 {1 / number:.4f})")
    record_property("reached", f"{reached:.4f}")
    assert abs(reached - q) < 3 * error


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"seeded": np.array([0.6]), "immune": np.array([0.5])}, "1.1 of a group"),
        ({"immune": np.array([0.1, 0.2])}, "2 shares for 1 groups"),
    ],
)
def test_final_size_refuses_impossible_shares(given, said):
    with pytest.raises(ValueError, match=said):
        plain(final_size)(contacts=ONE, reproduction_number=2.0, **given)


def test_extinction_refuses_long_steps():
    with pytest.raises(ValueError, match=r"Write step='0\.25 d'"):
        plain(extinction)(reproduction_number=2.0, infectious_period=0.5, step=0.5)
