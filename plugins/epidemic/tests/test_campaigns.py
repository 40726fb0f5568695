"""Vaccination and interventions: as text, on the calendar, and in numbers."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_epidemic.contacts.homogeneous import homogeneous
from bridge_epidemic.population.calendar import date_of, day_of
from bridge_epidemic.population.campaigns import interventions, vaccination
from bridge_epidemic.population.deterministic import deterministic
from bridge_epidemic.population.immunity import naive, table
from bridge_epidemic.transmission.strains import strains

PEOPLE = np.array([2e5, 8e5])
CONTACTS = homogeneous(PEOPLE, 10.0).contacts
ONE = strains("wild", np.array([2.0]), seeds=np.array([10.0])).strains


def test_a_date_is_days_after_the_first() -> None:
    """2022 begins 31 days after 1 December 2021; 2020 had a 29 February."""
    assert day_of("2022-01-01", "2021-12-01") == 31
    assert day_of("2020-03-01", "2020-02-28") == 2
    assert day_of("2021-11-30", "2021-12-01") == -1
    assert [date_of(day, "2021-12-01") for day in (-0.5, 0.0, 31.75)] == ["2021-11-30", "2021-12-01", "2022-01-01"]
    with pytest.raises(
        ValueError, match=r"is '2021-13-01': month must be .*\. Write a day of the calendar, 2021-12-01"
    ):
        day_of("2021-13-01", "2021-12-01")
    with pytest.raises(ValueError, match=r"The start_date is '1\.12\.2021', which is no ISO date"):
        day_of("2021-12-01", "1.12.2021")


def test_dates_and_days_say_the_same() -> None:
    dated = interventions("2021-12-31 .. 2022-01-30: 0.6; 2022-02-01 .. 2022-02-11: 80 %", "2021-12-01").interventions
    days = interventions("day 30 .. 60: 0.6\n62 .. 72: 0.8").interventions
    numbers = interventions(start=np.array([30.0, 62]), end=np.array([60.0, 72]), factor=np.array([[0.6], [0.8]]))
    for found in (dated, days, numbers.interventions):
        assert found.start.tolist() == [30, 62]
        assert found.end.tolist() == [60, 72]
        assert found.factor.tolist() == [[0.6], [0.8]]
    nothing = interventions().interventions
    assert (nothing.start.size, nothing.factor.shape) == (0, (0, 1))


def test_text_and_numbers_go_together_by_group() -> None:
    found = interventions("0 .. 10: 0.5", "", np.array([5.0]), np.array([9.0]), np.array([[0.2, 1.0]])).interventions
    assert found.factor.tolist() == [[0.5, 0.5], [0.2, 1.0]]


def test_reproduction_numbers_are_multiplied_while_an_intervention_lasts() -> None:
    """R is 2 before and after, and 2 x 0.6 from day 3 to before day 6; both factors where two overlap."""
    measures = interventions("2021-12-04 .. 2021-12-07: 0.6; day 5 .. 6: 0.5", "2021-12-01").interventions
    found = deterministic(CONTACTS, ONE, naive(ONE).immunity, interventions=measures, duration=8.0)
    at = found.reproduction[0, :, 0]
    susceptible = found.susceptible[0, :, 0] / PEOPLE.sum()
    assert at / susceptible / 2 == pytest.approx([1, 1, 1, 0.6, 0.6, 0.3, 1, 1, 1], rel=1e-6)


def test_a_campaign_offers_its_share_evenly_over_its_days() -> None:
    found = vaccination(CONTACTS, "2021-12-11 .. 2021-12-31: 50%", "2021-12-01")
    assert found.vaccination.start.tolist() == [10]
    assert found.vaccination.end.tolist() == [30]
    assert found.vaccination.per_day == pytest.approx(np.array([[5000.0, 20000.0]]))
    assert found.doses == pytest.approx(PEOPLE / 2)
    by_group = vaccination(CONTACTS, "", "", np.array([0.0]), np.array([10.0]), np.array([[0.0, 0.2]]))
    assert by_group.vaccination.per_day == pytest.approx(np.array([[0.0, 16000.0]]))
    assert vaccination(CONTACTS).vaccination.per_day.shape == (0, 2)


def test_doses_arrive_in_arms() -> None:
    """Without an infection, half of each group is vaccinated on day 4 of a campaign for all of 8 days."""
    none = strains("wild", np.array([2.0]), seeds=np.array([0.0])).strains
    classes = table(
        "naive, vaccinated",
        np.array([[1.0], [0.0]]),
        np.array([[[1.0], [0.1]]]),
        np.array([[1], [1]]),
        vaccinated_to=np.array([1, -1]),
    )
    campaign = vaccination(CONTACTS, "0 .. 8: 1")
    found = deterministic(CONTACTS, none, classes.immunity, campaign.vaccination, duration=10.0)
    vaccinated = found.susceptible[0, :, 1] / PEOPLE.sum()
    assert vaccinated == pytest.approx(np.minimum(np.arange(11) / 8, 1), abs=1e-9)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("from christmas on", "is no factor. Write such as"),
        ("30 .. 60", "is no factor"),
        ("60 .. 30: 0.5", "ends on day 30 and begins on day 60"),
        ("30 .. 60: much", "'much' is no number. Write such as 0.6 or 60%"),
        ("30 .. 60: 11", "the factor is 11; it must be between 0 and 10"),
        ("30 .. 60: -1", "the factor is -1"),
        ("2021-12-01 .. 2021-12-31: 0.5", "there is no start_date. Write start_date='2021-12-01'"),
        ("day 3 .. 2021-12-32: 0.5", "is a date, and there is no start_date"),
    ],
)
def test_what_is_no_period_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        interventions(text)


def test_coverage_over_one_and_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"the coverage is 1\.2; it must be between 0 and 1"):
        vaccination(CONTACTS, "0 .. 10: 120%")
    with pytest.raises(ValueError, match="There are 2 in start, 1 in end and 1 in coverage"):
        vaccination(CONTACTS, "", "", np.array([0.0, 1]), np.array([10.0]), np.array([[0.2]]))
    with pytest.raises(ValueError, match="coverage is given for 3 groups; there are 2"):
        vaccination(CONTACTS, "", "", np.array([0.0]), np.array([10.0]), np.array([[0.2, 0.1, 0.3]]))
    with pytest.raises(ValueError, match="begins on day 10 ends on day 10"):
        vaccination(CONTACTS, "", "", np.array([10.0]), np.array([10.0]), np.array([[0.2]]))


def test_a_campaign_before_the_course_is_refused() -> None:
    """Half of its doses would be told of, and never given."""
    with pytest.raises(ValueError, match="begins on day -20, before the course does"):
        vaccination(CONTACTS, "2021-11-11 .. 2021-12-21: 50%", "2021-12-01")
