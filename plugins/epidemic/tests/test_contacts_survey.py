"""Contacts of a survey: POLYMOD's published means, socialmixr's matrix, and how what is unknown is counted."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from bridge_epidemic.contacts.ages import group_of, lower_ages, named, shares
from bridge_epidemic.contacts.people import of_countries, of_table
from bridge_epidemic.contacts.polymod import polymod, published
from bridge_epidemic.contacts.reciprocity import worst
from bridge_epidemic.contacts.survey import counted
from bridge_epidemic.tables import contacts as derived

from bridge import File

COUNTRIES = "Belgium", "Finland", "Germany", "Italy", "Luxembourg", "Netherlands", "Poland", "United Kingdom"

PARTICIPANTS = """part_id,country,part_age_exact,dayofweek
1,Ruritania,3,1
2,Ruritania,30,2
3,Ruritania,40,6
4,Ruritania,,3
5,Utopia,8,0
6,Utopia,50,4
"""
MET = """part_id,cnt_age_exact,cnt_age_est_min,cnt_age_est_max
1,5,,
1,30,,
2,,10,30
2,45,,
2,,0,
3,,50,40
4,20,,
5,9,,
6,33,,
"""


def csv(text: str) -> File:
    return File(text.encode(), "text/csv")


def raw() -> Path:
    folder = os.environ.get("SCALEBRIDGE_DATA")
    assert folder, "Set SCALEBRIDGE_DATA to the folder of polymod_participants.csv and polymod_contacts.csv."
    return Path(folder)


@cache
def europe(country: str):
    """The published contacts of a country, with their picture, once."""
    return published(country)


# Ages


def test_ages_are_read_as_they_are_written() -> None:
    assert lower_ages("0, 5, ..., 75") == pytest.approx(np.arange(0, 80, 5))
    assert lower_ages("0, 1, 5, 18") == pytest.approx([0, 1, 5, 18])
    assert lower_ages("0, 5, ..., 15, 30, ..., 75") == pytest.approx([0, 5, 10, 15, 30, 45, 60, 75])
    assert named(lower_ages("0, 1, 5, 75")) == ["0", "1-4", "5-74", "75+"]


@pytest.mark.parametrize("text", ["", "0, five", "5, 5", "0, ..., 75", "0, 5, ..., 12", "0, 5, ...", "10, 5, ..., 0"])
def test_ages_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"lower_ages .*Write such as '0, 5, \.\.\., 75'"):
        lower_ages(text)


def test_estimated_ages_are_spread_between_their_limits() -> None:
    lower = lower_ages("0, 5, ..., 75")
    found = shares(np.array([40.0, 30, 12, 60]), np.array([45.0, 40, 12, 90]), lower)
    assert found.sum(axis=1) == pytest.approx(1)
    assert found[0, 8] == 1
    assert found[1, 6:8] == pytest.approx([0.5, 0.5])
    assert found[2, 2] == 1
    assert found[3, 12:] == pytest.approx([1 / 6, 1 / 6, 1 / 6, 1 / 2])
    assert group_of(np.array([0.0, 4.9, 5, 99]), lower).tolist() == [0, 0, 1, 15]


# Counting


def test_a_small_survey_is_counted_by_hand() -> None:
    """Group 0-17 has participants 1 and 5, 18+ has 2, 3 and 6; 4 has no age, and one of 2's contacts has none."""
    tally = counted(PARTICIPANTS.encode(), MET.encode(), lower_ages("0, 18"))
    assert tally.participants.tolist() == [2, 3, 1]
    among_adults = [0.4, 0.6 + 1 + 1 + 1, 1]
    assert tally.contacts == pytest.approx(np.array([[2, 1, 0], among_adults, [0, 1, 0]]))
    assert tally.per_participant == pytest.approx(9 / 6)
    # The contact of unknown age is spread as the four others are: nobody's number of contacts changes.
    assert tally.known.sum(axis=1) == pytest.approx([1.5, 5 / 3])
    assert tally.known[1, 0] == pytest.approx(0.4 * 5 / 4 / 3)


def test_one_country_has_its_own_participants() -> None:
    tally = counted(PARTICIPANTS.encode(), MET.encode(), lower_ages("0, 18"), "Utopia")
    assert tally.participants.tolist() == [1, 1, 0]
    assert tally.per_participant == 1


def test_a_week_has_five_working_days() -> None:
    """Of six participants four answered on working days: weights are 5/7 * 6/4, and 2/7 * 6/2 on the others."""
    tally = counted(PARTICIPANTS.encode(), MET.encode(), lower_ages("0, 18"), days="week")
    work, end = 5 / 7 * 6 / 4, 2 / 7 * 6 / 2
    assert tally.participants == pytest.approx([work + end, 2 * work + end, work])
    assert tally.participants.sum() == pytest.approx(6)
    assert tally.contacts[0] == pytest.approx([work + end, work, 0])


def test_what_was_left_out_is_said_and_contacts_are_reciprocal() -> None:
    people = csv("lower_age,population\n0,1000\n10,500\n18,3000\n40,2500\n")
    found = polymod(csv(PARTICIPANTS), csv(MET), people, lower_ages="0, 18")
    assert (found.left_out, found.unknown_contacts) == (1, 1)
    assert found.mean_contacts == pytest.approx(1.5)
    assert found.participants.tolist() == [2, 3]
    assert found.contacts.population.tolist() == [1500, 5500]
    assert worst(found.contacts.population, found.contacts.contacts)[0] < 1e-12
    one, other = 1500 * 0.5, 5500 * 0.4 * 5 / 4 / 3
    assert found.contacts.contacts[0, 1] == pytest.approx((one + other) / 2 / 1500)
    assert found.correction == pytest.approx(2 * abs(one - other) / 2 / (1500 * 1.5 + 5500 * 5 / 3))


@pytest.mark.parametrize(
    ("participants", "contacts", "given", "said"),
    [
        ("part_id,country\n1,Utopia\n", MET, {}, "no column part_age_exact"),
        (PARTICIPANTS, "part_id,cnt_age_exact\n1,5\n", {}, "no column cnt_age_est_min, cnt_age_est_max"),
        (PARTICIPANTS.replace("1,Ruritania,3", "1,Ruritania,three"), MET, {}, "Row 1 of the participants .* 'three'"),
        (PARTICIPANTS.replace("1,Ruritania,3", "1,Ruritania,-3"), MET, {}, "Row 1 of the participants .* '-3'"),
        (PARTICIPANTS.replace("2,Ruritania", "1,Ruritania"), MET, {}, "'1' is in the table twice"),
        (PARTICIPANTS, MET.replace("\n", "\n9", 1).splitlines()[0] + "\n99,5,,\n", {}, "No contact has the part_id"),
        (PARTICIPANTS, MET, {"country": "Utopla"}, "Did you mean 'Utopia'"),
        (PARTICIPANTS, MET, {"lower_ages": "0, 18, 60"}, "No participant is in the group 60"),
        (PARTICIPANTS, MET, {"lower_ages": "18, 40"}, "Begin at 0"),
        (PARTICIPANTS, MET, {"lower_ages": "0, 15"}, "no group can begin at 15"),
        (
            PARTICIPANTS,
            MET,
            {"population": csv("age,people\n0,1\n")},
            "no column lower_age, population; it has",
        ),
        (
            PARTICIPANTS,
            MET,
            {"population": csv("lower_age,population\n0,1\n18,many\n")},
            "Line 3 of the table of people",
        ),
        (
            PARTICIPANTS,
            MET,
            {"population": csv("lower_age,population\n0,1\n18,5,302\n")},
            "Line 3 of the table of people has 3 cells under 2 columns",
        ),
        (PARTICIPANTS, MET, {"population": csv("lower_age,population\n0,1\n0,2\n")}, "an age twice"),
        (PARTICIPANTS, MET, {"population": csv("")}, "'Ruritania' is no country of these data"),
    ],
)
def test_surveys_that_do_not_fit_are_refused(participants, contacts, given, said) -> None:
    people = csv("lower_age,population\n0,1000\n18,3000\n60,500\n")
    with pytest.raises(ValueError, match=said):
        polymod(csv(participants), csv(contacts), **{"population": people, "lower_ages": "0, 18"} | given)


# What was published


def test_means_are_those_of_the_survey() -> None:
    """13.43 contacts a day in all and 11.74 in the United Kingdom, 0.1 %; all countries: Mossong et al., Table 1."""
    assert europe("all").mean_contacts == pytest.approx(13.43, rel=1e-3)
    assert europe("United Kingdom").mean_contacts == pytest.approx(11.74, rel=1e-3)
    assert europe("all").left_out == 65
    table_1 = {"Belgium": 11.84, "Germany": 7.95, "Finland": 11.06, "Italy": 19.77, "Luxembourg": 17.46}
    table_1 |= {"Netherlands": 13.85, "Poland": 16.31, "United Kingdom": 11.74}
    for country, expected in table_1.items():
        assert europe(country).mean_contacts == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize("country", [*COUNTRIES, "all"])
def test_every_country_is_reciprocal(country: str) -> None:
    found = europe(country)
    assert found.contacts.contacts.shape == (16, 16)
    assert worst(found.contacts.population, found.contacts.contacts)[0] < 1e-12
    assert 5 < found.dominant_eigenvalue < 30
    assert found.contacts.contacts.argmax() in range(17, 17 * 5, 17)  # most contacts are among pupils or students


def test_people_are_those_of_the_united_nations() -> None:
    """60.29 million people in the United Kingdom in 2005, 5.26 in Finland: World Population Prospects 2019."""
    lower = lower_ages("0, 5, ..., 75")
    assert of_countries(["United Kingdom"], lower).sum() == pytest.approx(60.29e6, rel=1e-3)
    assert of_countries(["Finland"], lower).sum() == pytest.approx(5.26e6, rel=1e-3)
    assert of_countries(COUNTRIES, lower) == pytest.approx(sum(of_countries([name], lower) for name in COUNTRIES))


def test_wider_groups_are_counted_together() -> None:
    """Counts of five-year groups add up: the mean stays, and all participants."""
    fine, wide = published("Italy, Germany"), published("Italy, Germany", "0, 20, 60")
    assert wide.mean_contacts == pytest.approx(fine.mean_contacts, rel=1e-14)
    assert wide.participants.sum() == fine.participants.sum()
    assert wide.contacts.population == pytest.approx(
        [fine.contacts.population[:4].sum(), fine.contacts.population[4:12].sum(), fine.contacts.population[12:].sum()]
    )


def test_what_the_table_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="Did you mean 'United Kingdom'"):
        published("Untied Kingdom")
    with pytest.raises(ValueError, match=r"begins at 18\..*contacts\.polymod"):
        published("Italy", "0, 18")
    with pytest.raises(ValueError, match="'Atlantis' is no country"):
        of_countries(["Atlantis"], lower_ages("0"))
    with pytest.raises(ValueError, match="Nobody is in the group 60"):
        of_table(b"lower_age,population\n0,10\n60,0\n", lower_ages("0, 60"))


def test_the_picture_is_drawn() -> None:
    assert europe("Italy").matrix.content.startswith(b"\x89PNG")


# From the survey's own tables


@pytest.mark.science
def test_the_table_is_derived_again_byte_for_byte() -> None:
    committed = Path(derived.__file__).with_suffix(".csv").read_text(encoding="utf-8")
    assert derived.derive(raw()) == committed


@pytest.mark.science
def test_the_british_matrix_is_that_of_socialmixr(record_property) -> None:
    """contact_matrix(polymod, countries = "United Kingdom", age.limits = c(0, 1, 5, 15)) of R's socialmixr, as its
    documents show it: the mean of both estimated ages instead of all between, and one participant less,
    whose contacts have no age: 1 % and 0.02.
    """
    shown = np.array(
        [
            [0.40000000, 0.8000000, 1.266667, 5.933333],
            [0.11250000, 1.9375000, 1.462500, 5.450000],
            [0.02450980, 0.5049020, 7.946078, 6.215686],
            [0.03230337, 0.3581461, 1.290730, 9.594101],
        ]
    )
    files = [(raw() / f"polymod_{name}.csv").read_bytes() for name in ("participants", "contacts")]
    tally = counted(*files, lower_ages("0, 1, 5, 15"), "United Kingdom")
    record_property("asked", "socialmixr's UK matrix within 1 % and 0.02")
    record_property("reached", f"{np.abs(tally.known - shown).max():.4f} at most")
    assert tally.participants.tolist() == [15, 80, 204, 713, 0]
    assert tally.known == pytest.approx(shown, rel=0.01, abs=0.02)


@pytest.mark.science
def test_the_survey_and_the_published_table_say_the_same(record_property) -> None:
    files = [File.read(raw() / f"polymod_{name}.csv") for name in ("participants", "contacts")]
    found, table = polymod(*files, country="United Kingdom"), published("United Kingdom")
    assert found.contacts.contacts == pytest.approx(table.contacts.contacts, rel=1e-4, abs=1e-6)
    every = polymod(*files)
    record_property("asked", "13.43 and 11.74 contacts a day, 0.1 %")
    record_property("reached", f"{every.mean_contacts:.4f} and {found.mean_contacts:.4f}")
    assert every.mean_contacts == pytest.approx(13.43, rel=1e-3)
    assert found.mean_contacts == pytest.approx(11.74, rel=1e-3)
    assert (every.left_out, every.unknown_contacts) == (65, 116)
