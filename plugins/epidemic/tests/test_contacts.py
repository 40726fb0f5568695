"""Matrices of contacts: reciprocal or refused, merged, spread over places, and as tables."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_epidemic.contacts.contacts import Contacts
from bridge_epidemic.contacts.homogeneous import homogeneous
from bridge_epidemic.contacts.matrix import dominant_eigenvalue, mean
from bridge_epidemic.contacts.merged import merged
from bridge_epidemic.contacts.patches import patches
from bridge_epidemic.contacts.polymod import published
from bridge_epidemic.contacts.reciprocity import checked, reciprocal, worst
from bridge_epidemic.contacts.table import table, written

from bridge import File

PEOPLE = np.array([2e6, 5e6, 1e6])
NAMES = "0-14\n15-64\n65+"


def drawn(seed: int = 3, people: np.ndarray = PEOPLE) -> Contacts:
    """Contacts that are reciprocal by construction: any numbers, averaged from both sides."""
    matrix = np.random.default_rng(seed).uniform(0.5, 9, (people.size, people.size))
    return Contacts(NAMES, people, reciprocal(people, matrix))


def csv(contacts: Contacts) -> str:
    names = contacts.groups.split("\n")
    lines = [",".join(["group", "population", *names])]
    for name, people, row in zip(names, contacts.population, contacts.contacts, strict=True):
        lines.append(",".join([name, *(repr(float(x)) for x in (people, *row))]))
    return "\n".join(lines) + "\n"


def as_file(text: str) -> File:
    return File(text.encode(), "text/csv")


# Reciprocity


def test_the_mean_of_both_sides_is_reciprocal_and_keeps_all_contacts() -> None:
    raw = np.array([[3.0, 4.0, 0.5], [1.0, 6.0, 0.2], [2.0, 3.0, 4.0]])
    both = reciprocal(PEOPLE, raw)
    counted = PEOPLE[:, None] * both
    assert counted == pytest.approx(counted.T, rel=1e-15)
    assert counted.sum() == pytest.approx((PEOPLE[:, None] * raw).sum(), rel=1e-15)
    assert both[0, 1] == pytest.approx((2e6 * 4 + 5e6 * 1) / (2 * 2e6))
    checked(Contacts(NAMES, PEOPLE, both))


def test_contacts_that_do_not_agree_are_refused_with_both_numbers() -> None:
    contacts = drawn()
    matrix = contacts.contacts.copy()
    matrix[0, 2] *= 1.00001
    with pytest.raises(ValueError, match=r"not reciprocal: '0-14' meets '65\+' .* make_reciprocal=True") as said:
        checked(Contacts(NAMES, PEOPLE, matrix))
    assert f"{PEOPLE[2] * matrix[2, 0]:.6g}" in str(said.value)
    matrix[0, 2] = contacts.contacts[0, 2] * (1 + 0.9e-6)
    checked(Contacts(NAMES, PEOPLE, matrix))


def test_the_wrong_orientation_is_recognised() -> None:
    contacts = drawn()
    with pytest.raises(ValueError, match="transposed matrix would fit: rows are participants"):
        checked(Contacts(NAMES, PEOPLE, contacts.contacts.T.copy()))


def test_names_and_sizes_that_do_not_fit_are_refused() -> None:
    contacts = drawn()
    with pytest.raises(ValueError, match="3 names of groups, 2 populations"):
        checked(Contacts(NAMES, PEOPLE[:2], contacts.contacts))
    with pytest.raises(ValueError, match="'a' is named twice"):
        checked(Contacts("a\nb\na", PEOPLE, contacts.contacts))


def test_the_dominant_eigenvalue_is_that_of_the_matrix() -> None:
    contacts = drawn()
    assert dominant_eigenvalue(contacts) == pytest.approx(np.linalg.eigvals(contacts.contacts).real.max(), rel=1e-12)


# Homogeneous


def test_random_mixing_has_the_same_contacts_for_everybody() -> None:
    """The eigenvalue of c N_j / N, of rank one, is c, in any groups; reciprocal by itself."""
    found = homogeneous(PEOPLE, 12.0, "children, adults, old")
    assert found.contacts.contacts.sum(axis=1) == pytest.approx(12.0, rel=1e-14)
    assert found.dominant_eigenvalue == pytest.approx(12.0, rel=1e-12)
    assert found.mean_contacts == pytest.approx(12.0, rel=1e-14)
    assert homogeneous(np.array([1e6])).contacts.groups == "all"
    with pytest.raises(ValueError, match="2 names for 3 populations"):
        homogeneous(PEOPLE, 12.0, "children, adults")


# Tables


def test_a_table_gives_the_same_contacts_back() -> None:
    contacts = drawn()
    found = table(as_file("# a remark\n" + csv(contacts))).contacts
    assert (found.contacts == contacts.contacts).all()
    again = table(written(contacts).table).contacts
    assert again.groups == NAMES
    assert (again.contacts == contacts.contacts).all()
    assert (again.population == PEOPLE).all()


def test_measured_contacts_are_made_reciprocal_only_when_asked() -> None:
    text = "group,population,young,old\nyoung,100,5,1\nold,300,1,2\n"
    with pytest.raises(
        ValueError, match="'young' meets 'old' 100 times a day in all, and 'old' meets 'young' 300 times"
    ):
        table(as_file(text))
    found = table(as_file(text), make_reciprocal=True).contacts
    assert found.contacts == pytest.approx(np.array([[5, 2], [2 / 3, 2]]))


def test_a_transposed_table_is_refused_even_when_it_may_be_made_reciprocal() -> None:
    contacts = drawn()
    turned = as_file(csv(Contacts(NAMES, PEOPLE, contacts.contacts.T.copy())))
    with pytest.raises(ValueError, match="transposed matrix would fit"):
        table(turned)
    with pytest.raises(ValueError, match="Write rows as columns"):
        table(turned, make_reciprocal=True)


def test_other_encodings_are_refused() -> None:
    with pytest.raises(ValueError, match="no text in UTF-8"):
        table(File("group,population,jeunes,âgés\n".encode("latin-1"), "text/csv"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Write group,population"),
        ("name,people,a\na,1,1\n", "Write group,population"),
        ("group,population,a,b\na,1,1,1\n", "1 rows and 2 columns"),
        ("group,population,a,b\na,1,1,1\nb,1,1\n", "Line 3 has 3 cells; the header has 4"),
        ("group,population,a,b\nb,1,1,1\na,1,1,1\n", "Line 2 is of the group 'b', and column 3 of 'a'"),
        ("group,population,a\na,1,many\n", "Line 2 has a cell that is no number"),
        ("group,population,a\na,0,1\n", "Line 2 has a negative or infinite number, or no people"),
        ("group,population,a\na,1,-1\n", "Line 2 has a negative"),
    ],
)
def test_tables_that_are_none_are_refused_with_the_line(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        table(as_file(text))


# Merged


def test_merging_keeps_reciprocity_people_and_all_contacts() -> None:
    contacts = published("United Kingdom").contacts
    found = merged(contacts, "0, 20, 65").contacts
    assert found.groups == "0-19\n20-64\n65+"
    assert worst(found.population, found.contacts)[0] < 1e-12
    assert found.population.sum() == pytest.approx(contacts.population.sum(), rel=1e-14)
    assert mean(found) == pytest.approx(mean(contacts), rel=1e-12)
    # Into one group: the mean contacts of everybody.
    assert merged(contacts, "0").contacts.contacts[0, 0] == pytest.approx(mean(contacts), rel=1e-12)


def test_random_mixing_stays_random_when_groups_are_merged() -> None:
    found = merged(homogeneous(PEOPLE, 12.0, "0-14, 15-64, 65+").contacts, "0, 15").contacts
    assert found.contacts == pytest.approx(homogeneous(np.array([2e6, 6e6]), 12.0).contacts.contacts, rel=1e-13)


def test_limits_between_groups_and_names_without_ages_are_refused() -> None:
    contacts = drawn()
    with pytest.raises(ValueError, match="No group begins at 18 years: there are 0-14, 15-64"):
        merged(contacts, "0, 18")
    with pytest.raises(ValueError, match="leaves younger groups out"):
        merged(contacts, "15, 65")
    with pytest.raises(ValueError, match="'pupils' is none of ages"):
        merged(Contacts("pupils\nadults\nold", PEOPLE, contacts.contacts), "0")


# Patches

TOWNS = np.array([3e5, 1e5, 5e4])
TRAVEL = np.array([[0.9, 0.06, 0.04], [0.2, 0.75, 0.05], [0.3, 0.1, 0.6]])


def test_people_who_stay_meet_nobody_of_elsewhere() -> None:
    contacts = drawn()
    found = patches(contacts, "a, b, c", TOWNS, np.eye(3)).contacts
    assert found.contacts == pytest.approx(np.kron(np.eye(3), contacts.contacts), abs=1e-14)
    assert found.groups.split("\n")[:4] == ["a: 0-14", "a: 15-64", "a: 65+", "b: 0-14"]


def test_one_place_changes_nothing() -> None:
    contacts = drawn()
    found = patches(contacts, "all", np.array([PEOPLE.sum()]), np.ones((1, 1))).contacts
    assert found.contacts == pytest.approx(contacts.contacts, rel=1e-14)
    assert found.population == pytest.approx(PEOPLE, rel=1e-14)


def test_people_who_are_everywhere_alike_meet_others_in_proportion_to_their_number() -> None:
    contacts = drawn()
    found = patches(contacts, "a, b, c", TOWNS, np.full((3, 3), 1 / 3)).contacts
    share = np.tile(TOWNS / TOWNS.sum(), (3, 1))
    assert found.contacts == pytest.approx(np.kron(share, contacts.contacts), rel=1e-13)


def test_travel_keeps_reciprocity_contacts_by_age_and_the_eigenvalue() -> None:
    contacts = drawn()
    found = patches(contacts, "a\nb\nc", TOWNS, TRAVEL)
    assert worst(found.contacts.population, found.contacts.contacts)[0] < 1e-12
    by_age = found.contacts.contacts.reshape(3, 3, 3, 3).sum(axis=2)
    assert by_age == pytest.approx(np.broadcast_to(contacts.contacts, (3, 3, 3)), rel=1e-13)
    assert found.dominant_eigenvalue == pytest.approx(dominant_eigenvalue(contacts), rel=1e-12)
    assert found.contacts.population.sum() == pytest.approx(TOWNS.sum(), rel=1e-14)


def test_a_place_where_nobody_is_stays_empty() -> None:
    away = np.array([[1.0, 0.0], [1.0, 0.0]])
    found = patches(drawn(), "town, village", TOWNS[:2], away).contacts
    assert found.contacts == pytest.approx(np.kron(np.tile([0.75, 0.25], (2, 1)), drawn().contacts), rel=1e-13)


def test_shares_of_time_that_do_not_sum_to_one_are_refused() -> None:
    with pytest.raises(ValueError, match=r"People of 'b' spend 0\.95 of their time anywhere"):
        patches(drawn(), "a, b", TOWNS[:2], np.array([[1.0, 0.0], [0.15, 0.8]]))
    with pytest.raises(ValueError, match="2 names of places, 3 populations"):
        patches(drawn(), "a, b", TOWNS, TRAVEL)
