"""Courses of epidemics: closed forms, conservation, and the same written with numpy alone."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bridge_epidemic.contacts.contacts import Contacts
from bridge_epidemic.population.chain_binomial import chain_binomial
from bridge_epidemic.population.deterministic import deterministic
from bridge_epidemic.population.records import Immunity, Interventions, Strains, Vaccination

from bridge.testing import plain

FIELDS = ("incidence", "prevalence", "susceptible", "severe", "reproduction", "attack", "extinct")
PEOPLE = np.array([3e5, 4e5, 3e5])
CONTACTS = Contacts("young\nmiddle\nold", PEOPLE, np.array([[8, 4, 1], [3, 5, 1.5], [1, 2, 2.0]]))

#: Two strains with stages, a course of immunity that wanes in two steps and is renewed by vaccination and infection.
STRAINS = Strains(
    "a\nb", np.array([2.0, 2.6]), np.array([2.0, 1.5]), np.array([4.0, 3.0]), 2, 2, np.array([200.0, 60.0]),
    np.array([0.0, 20.0]), np.array([0.0, 3.0]),
)  # fmt: skip
IMMUNITY = Immunity(
    "naive\nfresh\nolder\nrecovered",
    np.array([[0.5, 0.4, 0.2], [0.2, 0.3, 0.3], [0.3, 0.3, 0.5], [0, 0, 0]]),
    np.array([0.0, 40.0]),
    np.array([[[1, 1], [0.1, 0.5], [0.4, 0.8], [0, 0.2]], [[1, 1], [0.3, 0.7], [0.5, 0.9], [0.1, 0.4]]]),
    np.array([[1, 1], [0.5, 0.9], [0.8, 0.9], [0.7, 0.7]]),
    np.array([[0.02, 0.02], [0.005, 0.01], [0.01, 0.01], [0.001, 0.002]]),
    np.array([0, 1 / 60, 0, 1 / 90]),
    np.array([-1, 2, -1, 2]),
    np.array([[3, 3], [1, 3], [3, 3], [3, 3]]),
    np.array([1, -1, 1, -1]),
)
VACCINATION = Vaccination(np.array([10.0, 30.0]), np.array([25.0, 50.0]), np.array([[0, 0, 5000.0], [2000, 2000, 0]]))
INTERVENTIONS = Interventions(np.array([15.0, 20]), np.array([35.0, 60]), np.array([[0.5, 0.7, 0.9], [0.8, 0.8, 0.8]]))


def simple(strains: int = 1, susceptible: float = 1.0, **changed) -> Immunity:
    """People without immunity, and those who had an infection and are immune for good."""
    return replace(
        Immunity(
            "naive\nrecovered", np.array([[1.0], [0.0]]), np.zeros(1),
            np.array([[[susceptible] * strains, [0.0] * strains]]), np.ones((2, strains)), np.zeros((2, strains)),
            np.zeros(2), np.array([-1, -1]), np.ones((2, strains), dtype=np.int64), np.array([-1, -1]),
        ),
        **changed,
    )  # fmt: skip


def sir(number: float = 2.0, seeds: float = 100.0, strains: int = 1, **changed) -> Strains:
    """Equal strains, infectious for 4 d at once."""
    full = np.full(strains, 1.0)
    return replace(
        Strains(
            "\n".join("abcdef"[:strains]), number * full, 0 * full, 4 * full, 0, 1, seeds * full, 0 * full, 0 * full
        ),
        **changed,
    )


def expected(**given):
    return plain(deterministic)(**given)


def drawn(**given):
    return plain(chain_binomial)(**given)


WHOLE = {
    "contacts": CONTACTS, "strains": STRAINS, "immunity": IMMUNITY, "vaccination": VACCINATION,
    "interventions": INTERVENTIONS, "duration": 80.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def by_numpy():
    """The reference that was written from the equations alone."""
    path = Path(__file__).parents[3] / "tests" / "bench" / "epidemic_numpy.py"
    spec = importlib.util.spec_from_file_location("epidemic_numpy", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.courses


def test_expected_courses_are_those_of_numpy(by_numpy):
    found = expected(**WHOLE)
    other = by_numpy(CONTACTS, STRAINS, IMMUNITY, 80, vaccination=VACCINATION, interventions=INTERVENTIONS)
    for field in ("incidence", "prevalence", "susceptible", "attack"):
        np.testing.assert_allclose(getattr(found, field), getattr(other, field), rtol=1e-12, atol=1e-9, err_msg=field)


def test_drawn_courses_are_distributed_as_those_of_numpy(by_numpy):
    """Means to 4 standard errors, spreads to 5, by day and strain; 300 replicates each."""
    given = {"contacts": CONTACTS, "strains": STRAINS, "immunity": IMMUNITY, "interventions": INTERVENTIONS}
    found = drawn(**given, duration=40.0, replicates=300, seed=3)
    other = by_numpy(
        CONTACTS, STRAINS, IMMUNITY, 40, replicates=300, rng=np.random.default_rng(7), interventions=INTERVENTIONS
    )
    for field, at in (("prevalence", (slice(None), slice(25, None, 5))), ("susceptible", (slice(None), [40]))):
        ours, theirs = getattr(found, field)[at], getattr(other, field)[at]
        error = np.sqrt((ours.var(axis=0) + theirs.var(axis=0)) / 300)
        assert (np.abs(ours.mean(axis=0) - theirs.mean(axis=0)) < 4 * error).all()
        assert (np.abs(np.log(ours.std(axis=0) / theirs.std(axis=0))) < 5 / np.sqrt(300)).all()


def test_nobody_is_lost_in_any_step():
    """Whole numbers, counted by group after every step; expected courses lose rounding."""
    assert drawn(**WHOLE, replicates=20).error_in_people == 0
    assert expected(**WHOLE).error_in_people < 1e-7
    found = drawn(**WHOLE, replicates=20)
    total = found.susceptible.sum(axis=2) + found.prevalence.sum(axis=2)
    assert (total == PEOPLE.sum()).all()
    assert (found.susceptible == np.floor(found.susceptible)).all()


def test_incidence_of_every_day_adds_up_to_the_attack():
    for found in (drawn(**WHOLE, replicates=5), expected(**WHOLE)):
        np.testing.assert_allclose(found.incidence.sum(axis=(1, 2)), found.attack @ PEOPLE, rtol=1e-12)


def test_a_replicate_is_the_same_in_any_cohort():
    together = drawn(**WHOLE, replicates=9)
    apart = [drawn(**WHOLE, first=first, replicates=count) for first, count in ((0, 2), (2, 1), (3, 6))]
    for field in FIELDS:
        np.testing.assert_array_equal(getattr(together, field), np.concatenate([getattr(one, field) for one in apart]))
    assert (together.replicate == np.arange(9)).all()
    assert (drawn(**WHOLE, replicates=1, seed=1).incidence != together.incidence[:1]).any()


def mean_against_expected(people: float, replicates: int, seeds: float) -> float:
    """The largest difference between mean and expected course, in standard errors, over days and both strains."""
    given = {
        "contacts": replace(CONTACTS, population=PEOPLE * people / PEOPLE.sum()),
        "strains": sir(1.8, seeds, strains=2, reproduction_number=np.array([1.8, 2.2])),
        "immunity": simple(2),
        "duration": 100.0,
    }
    found, exact = drawn(**given, replicates=replicates), expected(**given)
    apart = []
    for field in ("prevalence", "susceptible"):
        ours, theirs = getattr(found, field)[:, 10::10], getattr(exact, field)[0, 10::10]
        error = ours.std(axis=0, ddof=1) / np.sqrt(replicates)
        apart.append((np.abs(ours.mean(axis=0) - theirs) / error).max())
    return max(apart)


def test_the_mean_of_drawn_courses_is_the_expected_one():
    """1 % seeded, of 1e7 people: what is not linear shifts means by 1/N, far below the standard error.

    40 numbers, correlated: 4 standard errors.
    """
    assert mean_against_expected(1e7, 100, 1e5) < 4


@pytest.mark.science
def test_the_mean_of_a_thousand_courses_is_the_expected_one(record_property):
    reached = mean_against_expected(1e7, 1000, 1e5)
    record_property("asked", "within 3 standard errors, every tenth of 100 d, both strains and classes, 1e7 people")
    record_property("reached", f"{reached:.2f}")
    assert reached < 3


def test_equal_strains_keep_their_shares():
    found = expected(contacts=CONTACTS, strains=sir(2.5, strains=2, seeds=np.array([300.0, 100.0])), immunity=simple(2))
    share = found.incidence[0, 1:, 0] / found.incidence[0, 1:].sum(axis=1)
    np.testing.assert_allclose(share, 0.75, rtol=1e-9)
    assert found.attack.mean() > 0.7


@pytest.mark.parametrize("step", [0.5, 0.25, 0.125])
@pytest.mark.parametrize("stages", [1, 3])
def test_a_case_infects_as_many_as_its_reproduction_number_says(step, stages):
    """1 + R0 + R0² + ... = 2 cases for each seed where R0 is 1/2, at any step: 1000 seeds among 1e9."""
    contacts = Contacts("all", np.array([1e9]), np.array([[7.0]]))
    strains = sir(0.5, 1000.0, infectious_stages=stages)
    found = expected(contacts=contacts, strains=strains, immunity=simple(), duration=150.0, step=step)
    assert found.incidence.sum() / 1000 == pytest.approx(2, rel=1e-5)


def test_waning_alone_is_exponential():
    immunity = simple(waning_rate=np.array([1 / 30, 0.0]), wanes_to=np.array([1, -1]))
    found = expected(contacts=CONTACTS, strains=sir(seeds=0.0), immunity=immunity, duration=60.0)
    np.testing.assert_allclose(found.susceptible[0, :, 0], 1e6 * np.exp(-found.time / 30), rtol=1e-12)
    some = drawn(contacts=CONTACTS, strains=sir(seeds=0.0), immunity=immunity, duration=60.0, replicates=50)
    p = np.exp(-60 / 30)
    error = np.sqrt(1e6 * p * (1 - p) / 50)
    assert abs(some.susceptible[:, -1, 0].mean() - 1e6 * p) < 4 * error


def test_a_ladder_of_waning_is_an_erlang_distribution():
    """Three classes of 20 d: who is still in one of them after t, to the order of the step."""
    from scipy.stats import gamma

    immunity = Immunity(
        "first\nsecond\nthird\nnone", np.array([[1.0], [0], [0], [0]]), np.zeros(1), np.zeros((1, 4, 1)),
        np.ones((4, 1)), np.zeros((4, 1)), np.array([0.05, 0.05, 0.05, 0]), np.array([1, 2, 3, -1]),
        np.full((4, 1), 3), np.full(4, -1),
    )  # fmt: skip
    found = expected(contacts=CONTACTS, strains=sir(seeds=0.0), immunity=immunity, duration=120.0, step=1 / 32)
    np.testing.assert_allclose(
        found.susceptible[0, :, :3].sum(axis=1) / 1e6, gamma.sf(found.time, 3, scale=20), atol=1e-3
    )


def test_doses_are_given_as_they_were_ordered():
    """Whole doses, in proportion to the classes that can have one; when there are no more people, no more doses."""
    immunity = simple(
        classes="naive\nolder\nvaccinated", initial=np.array([[0.5], [0.25], [0.25]]),
        susceptibility=np.zeros((1, 3, 1)), infectiousness=np.ones((3, 1)), severity=np.zeros((3, 1)),
        waning_rate=np.zeros(3), wanes_to=np.full(3, -1), after=np.full((3, 1), 2), vaccinated_to=np.array([2, 2, -1]),
    )  # fmt: skip
    campaign = Vaccination(np.array([5.0]), np.array([35.0]), np.array([[1000.3, 0, 9000.0]]))
    given = {"contacts": CONTACTS, "strains": sir(seeds=0.0), "immunity": immunity, "vaccination": campaign}
    some = drawn(**given, duration=40.0, replicates=40)
    assert (some.susceptible[:, 15, 2] == 250_000 + 10_003 + 90_000).all()
    assert (some.susceptible[:, 40, 2] == 250_000 + 30_009 + 225_000).all()
    two_thirds = some.susceptible[:, 10, 0] - (500_000 - 2 / 3 * 5 * 10_000.3)
    assert abs(two_thirds.mean()) < 4 * np.sqrt(20 * 2 / 4 / 40)
    exact = expected(**given, duration=40.0)
    assert exact.susceptible[0, 15, 2] == pytest.approx(250_000 + 100_003, abs=1e-6)


def test_imported_infections_come_at_their_rate():
    """S shrinks by exp(-i dt/S) a step among people whose infections go no further."""
    strains = sir(0.0, 0.0, imported=np.array([50.0]))
    susceptible, infected = 1e6, 0.0
    for _ in range(4 * 30):
        gone = -susceptible * np.expm1(-50 * 0.25 / susceptible)
        susceptible, infected = susceptible - gone, infected + gone
    exact = expected(contacts=CONTACTS, strains=strains, immunity=simple(), duration=30.0)
    assert exact.incidence.sum() == pytest.approx(infected, rel=1e-12)
    assert infected == pytest.approx(1500, rel=1e-4)
    some = drawn(contacts=CONTACTS, strains=strains, immunity=simple(), duration=30.0, replicates=200)
    counts = some.incidence.sum(axis=(1, 2))
    assert abs(counts.mean() - 1500) < 4 * np.sqrt(1500 / 200)
    assert counts.var(ddof=1) == pytest.approx(1500, rel=5 * np.sqrt(2 / 200))


def test_interventions_multiply_contacts():
    """A factor for all groups from the beginning is a lower reproduction number; C_ij sqrt(f_i f_j) by hand."""
    whole = Interventions(np.array([0.0]), np.array([1e3]), np.array([[0.6]]))
    found = expected(contacts=CONTACTS, strains=sir(3.0), immunity=simple(), interventions=whole)
    other = expected(contacts=CONTACTS, strains=sir(1.8), immunity=simple())
    np.testing.assert_allclose(found.incidence, other.incidence, rtol=1e-10)
    np.testing.assert_allclose(found.reproduction, other.reproduction, rtol=1e-9)
    factor = np.array([0.3, 1.0, 0.8])
    some = expected(
        contacts=CONTACTS, strains=sir(3.0), immunity=simple(),
        interventions=Interventions(np.array([10.0, 10.0]), np.array([20.0, 20.0]), np.stack([factor, factor])),
    )  # fmt: skip
    matrix = CONTACTS.contacts * factor[:, None] ** 0.5 * factor**0.5 * factor[:, None] ** 0.5 * factor**0.5
    ratio = np.abs(np.linalg.eigvals(matrix)).max() / np.abs(np.linalg.eigvals(CONTACTS.contacts)).max()
    assert some.reproduction[0, 10, 0] / some.reproduction[0, 9, 0] == pytest.approx(ratio, rel=2e-2)
    assert some.reproduction[0, 20, 0] / some.reproduction[0, 19, 0] == pytest.approx(1 / ratio, rel=2e-2)


def test_seeds_come_on_their_day_to_those_who_can_be_infected():
    strains = sir(0.0, 300.0, seed_day=np.array([7.0]))
    immunity = simple(initial=np.array([[1.0, 0.5, 0.0], [0.0, 0.5, 1.0]]))
    for found in (
        expected(contacts=CONTACTS, strains=strains, immunity=immunity, duration=10.0),
        drawn(contacts=CONTACTS, strains=strains, immunity=immunity, duration=10.0, replicates=3),
    ):
        assert (found.prevalence[:, :7] == 0).all()
        np.testing.assert_allclose(found.prevalence[:, 7, 0], 300, rtol=1e-12)
        np.testing.assert_allclose(found.incidence[:, 7, 0], 300, rtol=1e-12)
        assert (found.attack[:, 2] == 0).all()
    exact = expected(contacts=CONTACTS, strains=strains, immunity=immunity, duration=10.0)
    np.testing.assert_allclose(exact.attack[0] * PEOPLE, [180, 120, 0], rtol=1e-12)


def test_all_seeds_are_sown_while_there_is_anybody_to_infect():
    """20 of 30 people in three groups; and 24 of whom ten are a hundred times as susceptible as the other twenty."""
    ten = Contacts("a\nb\nc", np.full(3, 10.0), np.ones((3, 3)))
    found = drawn(contacts=ten, strains=sir(0.0, 20.0), immunity=simple(), duration=1.0, replicates=300)
    assert (found.incidence[:, 0] == 20).all()
    rarely = simple(
        initial=np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]]), susceptibility=np.array([[[1.0], [0.01]]]),
        after=np.array([[0], [1]]),
    )  # fmt: skip
    for found in (
        expected(contacts=ten, strains=sir(0.0, 24.0), immunity=rarely, duration=1.0),
        drawn(contacts=ten, strains=sir(0.0, 24.0), immunity=rarely, duration=1.0, replicates=30),
    ):
        np.testing.assert_allclose(found.incidence[:, 0], 24, rtol=1e-12)
        np.testing.assert_allclose(found.susceptible[:, 0].sum(axis=1), 6, rtol=1e-12)


def test_an_epidemic_that_is_over_stays_so():
    """Rows after the last case are as if they had been computed."""
    given = {"contacts": replace(CONTACTS, population=PEOPLE / 1e3), "strains": sir(1.2, 3.0), "immunity": simple()}
    short, long = drawn(**given, duration=200.0, replicates=30), drawn(**given, duration=400.0, replicates=30)
    for field in ("incidence", "prevalence", "susceptible", "reproduction"):
        np.testing.assert_array_equal(getattr(short, field), getattr(long, field)[:, :201], err_msg=field)
    assert (long.extinct == 1).all()
    assert (long.susceptible[:, -1].sum(axis=1) == 1000).all()


def test_severe_infections_are_shares_of_those_of_each_class():
    immunity = simple(severity=np.array([[0.03], [0.0]]))
    found = drawn(contacts=CONTACTS, strains=sir(), immunity=immunity, replicates=3)
    np.testing.assert_allclose(found.severe, 0.03 * found.incidence, rtol=1e-12)
