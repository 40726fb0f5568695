"""An epidemic among treated people, in limits that have a closed form; and what the report says of it."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_epidemic.contacts.homogeneous import homogeneous
from bridge_epidemic.population.chain_binomial import chain_binomial
from bridge_epidemic.population.deterministic import deterministic
from bridge_epidemic.population.immunity import naive, treated
from bridge_epidemic.population.records import Courses, Immunity, Strains
from bridge_epidemic.prophylaxis.protection import protection
from bridge_epidemic.prophylaxis.records import Plasma, Protected, Wave
from bridge_epidemic.prophylaxis.report import report

PEOPLE, DAYS = 1e6, 100.0
CONTACTS = homogeneous(np.array([PEOPLE])).contacts
TIME = np.arange(DAYS + 1)
LEVELS = 38.0 * 2.0 ** (-TIME / 90)[None]


def strains(seeds: float = 1000.0, basic: float = 2.0) -> Strains:
    one, none = np.ones(2), np.zeros(2)
    return Strains("D614G\nBA.1", basic * one, 2.0 * one, 4.0 * one, 1, 1, seeds * one, none, none)


def people(coverage: float, ic50: float) -> Immunity:
    """A share of the people with 38 mg/L at first and a half-life of 90 d."""
    curve = protection(np.arange(1), TIME, LEVELS, ic50).mean_protection
    return treated(strains(), np.array([coverage]), TIME, curve).immunity


def run(immunity: Immunity, replicates: int = 10) -> Courses:
    return chain_binomial(CONTACTS, strains(), immunity, duration=DAYS, replicates=replicates)


def mean(immunity: Immunity) -> Courses:
    return deterministic(CONTACTS, strains(), immunity, duration=DAYS)


def test_nobody_treated_is_the_untreated_epidemic_bit_for_bit() -> None:
    bare = run(people(0.0, 1e30))
    assert np.array_equal(run(people(0.0, 10.0)).incidence, bare.incidence)
    assert np.array_equal(run(naive(strains()).immunity).incidence, bare.incidence)


def test_an_antibody_that_does_not_neutralise_changes_nothing() -> None:
    """On average to rounding; of draws among two classes that differ in nothing only the distribution is the same."""
    bare, useless = mean(people(0.0, 10.0)), mean(people(0.6, 1e40))
    assert useless.incidence == pytest.approx(bare.incidence, rel=1e-9)
    drawn = [run(people(*of), 200).incidence.sum(axis=(1, 2)) for of in ((0.0, 10.0), (0.6, 1e40))]
    error = np.hypot(*(part.std() / np.sqrt(200) for part in drawn))
    assert drawn[0].mean() == pytest.approx(drawn[1].mean(), abs=4 * error)


@pytest.mark.parametrize("coverage", [0.3, 0.6])
def test_a_boundless_antibody_takes_the_treated_out(coverage: float) -> None:
    """R_eff = R0 (1 - c), less the seeds, which are taken from who can be infected."""
    found = mean(people(coverage, 1e-60))
    told = 2.0 * (1 - coverage - 2000 / PEOPLE)
    assert found.reproduction[0, 0] == pytest.approx([told, told], rel=1e-9)
    assert found.susceptible[0, :, 1] == pytest.approx(np.full(TIME.size, coverage * PEOPLE), rel=1e-9)


def test_protection_lowers_the_reproduction_number_by_coverage_times_itself() -> None:
    """R_eff = R0 (1 - c P(t)) where hardly anybody has been infected; the curve is linear between days."""
    curve = protection(np.arange(1), TIME, LEVELS, 50.0).mean_protection
    immune = treated(strains(), np.array([0.5]), TIME, curve).immunity
    found = deterministic(CONTACTS, strains(1.0, 0.5), immune, duration=DAYS)
    assert found.reproduction[0, :, 0] == pytest.approx(0.5 * (1 - 0.5 * curve), rel=2e-5)


def told(coverage: float) -> dict:
    one, other = (protection(np.arange(1), TIME, LEVELS, ic50) for ic50 in (10.0, 1000.0))
    names = ("time", "protection", "mean_protection", "mean_protection_low", "mean_protection_high", "protected")
    first, second = (Protected(**{name: getattr(of, name) for name in names}) for of in (one, other))
    immune = people(coverage, 10.0)
    waves = {}
    for name, of in (("treated", immune), ("untreated", people(0.0, 10.0))):
        for kind, courses in (("", run(of)), ("_expected", mean(of))):
            waves[name + kind] = Wave(courses.time, courses.incidence)
    plasma = Plasma(np.arange(1), TIME, LEVELS)
    return {
        "contacts": CONTACTS,
        "plasma": plasma,
        "first": first,
        "second": second,
        "strains": strains(),
        "immunity": immune,
        **waves,
    }


def test_the_report_counts_what_the_runs_differ_by() -> None:
    given = told(0.4)
    found = report(**given, drug="the antibody", start_date="2021-12-01", assumptions="A remark of the flow.")
    with_it, without = (given[name].incidence.sum(axis=(1, 2)) for name in ("treated", "untreated"))
    assert (found.infections, found.infections_untreated) == (np.median(with_it), np.median(without))
    assert found.averted == np.median(without - with_it)
    expected = given["untreated_expected"].incidence.sum() - given["treated_expected"].incidence.sum()
    assert found.averted_expected == pytest.approx(expected)
    assert found.averted_by_strain.sum() == pytest.approx(expected)
    assert found.averted_low <= found.averted <= found.averted_high
    page = found.page.content.decode()
    assert "40% of 1,000,000 people are given the antibody" in page
    assert "(95 % of replicates: " in page
    assert "Intervals of infections hold chance, and nothing else" in page
    assert "A remark of the flow." in page
    assert "BA.1" in page
    assert "<script" not in page


def test_the_report_says_where_protection_is_carried_on() -> None:
    given = told(0.4)
    known = "Protection is known up to day 50; from then to day 100 it is taken to stay as it is."
    assert "is known up to" not in report(**given).page.content.decode()
    curve = protection(np.arange(1), TIME[:51], LEVELS[:, :51], 10.0).mean_protection
    short = treated(strains(), np.array([0.4]), TIME[:51], curve).immunity
    assert known in report(**(given | {"immunity": short})).page.content.decode()


def test_without_treatment_nothing_is_averted() -> None:
    found = report(**told(0.0))
    assert (found.averted, found.averted_low, found.averted_high, found.averted_share) == (0, 0, 0, 0)
    assert "Nobody of 1,000,000 people is treated" in found.page.content.decode()


def test_runs_that_do_not_match_are_refused() -> None:
    given = told(0.4)
    short = Wave(TIME, given["treated"].incidence[:3])
    with pytest.raises(ValueError, match="treated has 3 replicates of 101 days, untreated 10 of 101"):
        report(**(given | {"treated": short}))
    with pytest.raises(ValueError, match="No class is 'treated' among naive"):
        report(**(given | {"immunity": naive(strains()).immunity}))
    one = {name: Wave(TIME, given[name].incidence[:, :, :1]) for name in ("treated", "untreated")}
    with pytest.raises(ValueError, match="treated has 1 strains, and 2 are named"):
        report(**(given | one))
