"""Immunity from sera: the landscape's ratios, waning by steps, cross-immunity and severe disease."""

from __future__ import annotations

from math import log10

import numpy as np
import pytest
from bridge_epidemic.contacts.homogeneous import homogeneous
from bridge_epidemic.contacts.polymod import published
from bridge_epidemic.neutralisation.persons import persons
from bridge_epidemic.neutralisation.published import published as antibodies
from bridge_epidemic.population.campaigns import interventions, vaccination
from bridge_epidemic.population.chain_binomial import chain_binomial
from bridge_epidemic.population.deterministic import deterministic
from bridge_epidemic.population.sera_immunity import HALF, SEVERE, SEVERE_HALF, SeraImmunity, sera
from bridge_epidemic.population.waning import ages, rates
from bridge_epidemic.protection.logistic import mean_protection
from bridge_epidemic.protection.published import published as logistic
from bridge_epidemic.protection.sera import sera as protection
from bridge_epidemic.transmission.strains import strains, two_strains
from scipy.linalg import expm

LEVEL = -4 + 0.02 * np.arange(301)
STRAINS = two_strains(seeds=np.array([10.0])).strains
HALF_LIFE = 108.0
RATE = log10(2) / HALF_LIFE


def efficacy(level, half: float = HALF):
    return mean_protection(level, 3.0, half, 0.44)


def immunity(fold: float = 10.0, **given) -> SeraImmunity:
    """Sera that all lose the same fold against the variant; recovered people lose it, too, unless told otherwise."""
    curves = {"reference_protection": efficacy(LEVEL), "variant_protection": efficacy(LEVEL - log10(fold))[None]}
    return sera(**{"strains": STRAINS, "level": LEVEL, "half_life": HALF_LIFE, "cross_fold": fold} | curves | given)


def places(found: SeraImmunity, label: str) -> list[int]:
    return [k for k, name in enumerate(found.immunity.classes.split("\n")) if name.startswith(label)]


# What holds at the beginning


@pytest.mark.parametrize(("fold", "ratio"), [(10, 1.84), (20, 2.06), (40, 2.22)])
def test_the_ratio_at_70_percent_immune_is_the_landscapes(fold: float, ratio: float) -> None:
    """1.84, 2.06, 2.22 for one fold of 10, 20, 40 at the convalescents' mean; 1 %."""
    first, second = immunity(fold).initial_susceptibility
    assert second / first == pytest.approx(ratio, rel=0.01)


@pytest.mark.parametrize("age", [0.0, 10.0, 45.0, 90.0, 180.0, 300.0])
@pytest.mark.parametrize("earlier", [1.0, 3.9])
def test_susceptibility_at_the_beginning_is_the_closed_form_at_that_age(age: float, earlier: float) -> None:
    """(1 - f) + f (1 - VE(mu)), on the age itself and not between steps; 1e-4 for the grid of levels."""
    found = immunity(20, age=age, earlier_fold=earlier, immune_fraction=np.array([0.6]), mean_level=0.2, longest=720.0)
    mu = 0.2 - age * RATE
    expected = [1 - 0.6 * efficacy(mu - log10(fold)) for fold in (earlier, 20)]
    assert found.initial_susceptibility == pytest.approx(expected, abs=1e-4)


def test_reproduction_numbers_of_an_epidemic_have_that_ratio() -> None:
    found = immunity(10)
    course = deterministic(homogeneous(np.array([1e6])).contacts, STRAINS, found.immunity, duration=1.0)
    expected = STRAINS.reproduction_number * found.initial_susceptibility
    assert course.reproduction[0, 0] == pytest.approx(expected, rel=1e-4)


def test_measured_antibodies_give_the_ratio_of_the_landscape() -> None:
    """BA.1 over D614G at 70 % immune: 1.95, and 1.61, 1.33 over earlier variants of fold 2, 3.9; 0.05."""
    curve = logistic()
    sera_of = persons(antibodies().antibodies, "D614G", "BA.1", "WT convalescents, WT vaccinees", draws=1)
    found = protection(
        sera_of.log10_fold, sera_of.persons_share, sera_of.escaped, curve.steepness, curve.half_protective_level
    )
    curves = {name: getattr(found, name) for name in ("level", "reference_protection", "variant_protection")}
    for earlier, ratio in ((1.0, 1.95), (2.0, 1.61), (3.9, 1.33)):
        first, second = immunity(found.equivalent_fold, earlier_fold=earlier, **curves).initial_susceptibility
        assert second / first == pytest.approx(ratio, abs=0.05)


def test_drawn_epidemics_of_waning_vaccinated_and_recovered_people_lose_nobody() -> None:
    contacts = published("Finland", "0, 20, 60").contacts
    found = immunity(10, age=90.0, immune_fraction=np.array([0.5, 0.7, 0.9]))
    course = chain_binomial(
        contacts,
        STRAINS,
        found.immunity,
        vaccination(contacts, "day 10 .. 40: 30%").vaccination,
        interventions("day 20 .. 30: 0.7").interventions,
        60.0,
        replicates=2,
    )
    assert course.error_in_people == 0
    assert course.incidence.sum(axis=1).min() > 0


def test_shares_are_those_of_each_group() -> None:
    found = immunity(immune_fraction=np.array([0.0, 0.25, 1.0])).immunity
    assert found.initial.sum(axis=0) == pytest.approx(1)
    assert found.initial[0] == pytest.approx([1, 0.75, 0])


def test_a_resample_of_the_antibodies_may_be_asked_for() -> None:
    rows = np.stack([efficacy(LEVEL - 1), efficacy(LEVEL - 2)])
    found = immunity(variant_protection=rows, draw=1)
    assert found.ladder_protection[0, 1] == pytest.approx(float(efficacy(-2.0)), abs=1e-4)
    with pytest.raises(ValueError, match="draw is 2, and variant_protection has 2 rows"):
        immunity(variant_protection=rows, draw=2)


# Waning


@pytest.mark.parametrize("age", [0.0, 10.0, 45.0, 90.0])
def test_immunity_ages_by_a_day_a_day(age: float) -> None:
    """Mean age after t days is age + t, whatever the steps; the end is too far away to be reached."""
    at = ages(age, 60.0, 6000.0)
    rate, to = rates(at)
    matrix = np.zeros((at.size, at.size))
    for k in range(at.size - 1):
        matrix[k, k] -= rate[k]
        matrix[k, to[k]] += rate[k]
    for start in {0, int(np.argmin(np.abs(at - age)))}:
        for days in (1.0, 30.0, 365.0):
            assert expm(matrix * days)[start] @ at == pytest.approx(at[start] + days, rel=1e-9)


def test_steps_of_age_are_even_and_hold_the_age_asked_for() -> None:
    assert ages(0.0, 60.0, 180.0).tolist() == [0, 60, 120, 180]
    assert ages(90.0, 60.0, 270.0).tolist() == [0, 30, 90, 150, 210, 270]
    assert ages(80.0, 60.0, 200.0).tolist() == [0, 80, 140, 200]
    assert ages(10.0, 60.0, 150.0).tolist() == [0, 10, 70, 130]
    assert rates(ages(10.0, 60.0, 150.0))[1].tolist() == [2, 2, 3, -1]


def test_protection_falls_with_the_half_life() -> None:
    found = immunity(10, age=30.0)
    mu = -found.ladder_age * RATE
    assert found.ladder_protection[:, 0] == pytest.approx(efficacy(mu), abs=1e-4)
    assert found.ladder_protection[:, 1] == pytest.approx(efficacy(mu - 1), abs=1e-4)


def test_protection_of_a_population_wanes_as_the_curve_does() -> None:
    """Nobody infected: the mean susceptibility after 180 days is that at 180 days, to 0.01 for the spread of the steps.

    Steps of 30 d have people whose immunity is 180 ± 73 d old.
    """
    none = two_strains(seeds=np.array([0.0])).strains
    found = immunity(10, ladder_step=30.0, longest=720.0, immune_fraction=np.ones(1))
    course = deterministic(homogeneous(np.array([1e6])).contacts, none, found.immunity, duration=180.0)
    susceptible = course.susceptible[0, -1] @ found.immunity.susceptibility[0] / 1e6
    assert susceptible == pytest.approx(1 - efficacy(np.array([0, -1]) - 180 * RATE), abs=0.01)


def test_every_class_leads_into_its_own_ladder() -> None:
    found = immunity(age=90.0)
    classes = found.immunity
    for label in ("immune", "recovered from D614G", "recovered from BA.1", "recovered from both"):
        of = places(found, label)
        assert [classes.wanes_to[k] for k in of] == [*of[1:], -1]
        assert classes.waning_rate[of[-1]] == 0
    fresh = places(found, "immune, 0 d")[0]
    assert {classes.vaccinated_to[k] for k in [0, *places(found, "immune")]} == {fresh}


def test_histories_add_up() -> None:
    """Who had one strain and gets the other had both, and keeps that; so does who was immune and gets the variant."""
    found = immunity(age=90.0)
    first, second, both = (places(found, f"recovered from {name}")[0] for name in ("D614G", "BA.1", "both"))
    expected = {"naive": (first, second), "immune": (first, both), "recovered from D614G": (first, both)}
    expected |= {"recovered from BA.1": (both, second), "recovered from both": (both, both)}
    for label, (by_first, by_second) in expected.items():
        assert (found.immunity.after[places(found, label)] == [by_first, by_second]).all()
    assert {found.immunity.vaccinated_to[k] for k in places(found, "recovered from BA.1")} == {second}


# Recovered, and severe


def test_cross_immunity_is_the_same_both_ways() -> None:
    found = immunity(10, cross_fold=5.0, infection_level=0.3)
    own, other = float(efficacy(0.3)), float(efficacy(0.3 - log10(5)))
    first, second = (places(found, f"recovered from {name}")[0] for name in ("D614G", "BA.1"))
    assert found.immunity.susceptibility[0, first] == pytest.approx([1 - own, 1 - other], abs=1e-4)
    assert found.immunity.susceptibility[0, second] == pytest.approx([1 - other, 1 - own], abs=1e-4)
    both = places(found, "recovered from both")[0]
    assert found.immunity.susceptibility[0, both] == pytest.approx([1 - own, 1 - own], abs=1e-4)


def test_severe_disease_is_prevented_at_lower_titres() -> None:
    """P(severe | infected) = 2.9 % (1 - VE severe) / (1 - VE infection), VE severe a half at 3 % of the mean titre."""
    found = immunity(10, age=60.0)
    mu = -found.ladder_age * RATE
    severity = found.immunity.severity
    assert (severity[0] == SEVERE).all()
    for strain, shift in enumerate((0, 1)):
        ratio = (1 - efficacy(mu - shift, SEVERE_HALF)) / (1 - efficacy(mu - shift))
        assert severity[places(found, "immune"), strain] == pytest.approx(SEVERE * ratio, rel=2e-3)
    assert efficacy(SEVERE_HALF, SEVERE_HALF) == pytest.approx(0.5)


def test_who_is_protected_from_nothing_falls_as_ill_as_the_naive() -> None:
    """Against a variant of which no serum is left."""
    found = immunity(variant_protection=np.zeros((1, LEVEL.size)), severe_fraction=0.1)
    assert found.immunity.severity[places(found, "immune"), 1] == pytest.approx(0.1)
    assert found.ladder_protection[:, 1].max() == 0


# Refused


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"ladder_step": 200.0, "longest": 600.0},
            r"Steps of 200 d are too coarse: protection falls by .* ladder_step='",
        ),
        ({"age": 400.0}, "longest is 360 d, and immunity of 400 d wanes on"),
        ({"mean_level": 2.5}, r"highest level of the immune is 2\.5, .* up to a level of 2"),
        ({"earlier_fold": 1e-3}, "highest level of the immune is 3"),
        ({"strains": strains("a, b, c", np.array([2.0])).strains}, "there are 3 strains: a, b, c"),
        ({"reference_protection": efficacy(LEVEL + 3)}, r"Protection is 0\..* at the lowest level there is, -4"),
    ],
)
def test_what_cannot_be_told_is_refused(given, said) -> None:
    with pytest.raises(ValueError, match=said):
        immunity(**given)


def test_the_step_that_an_error_names_is_fine_enough() -> None:
    with pytest.raises(ValueError, match="too coarse") as said:
        immunity(ladder_step=150.0, longest=600.0)
    better = float(str(said.value).partition("ladder_step='")[2].partition(" d")[0])
    immunity(ladder_step=better, longest=600.0)
