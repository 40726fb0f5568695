"""Classes of immunity: none, a drug's, and the user's own."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_epidemic.contacts.homogeneous import homogeneous
from bridge_epidemic.population.deterministic import deterministic
from bridge_epidemic.population.immunity import VariantCurve, naive, table, treated
from bridge_epidemic.transmission.strains import strains

PEOPLE = np.array([2e5, 8e5])
CONTACTS = homogeneous(PEOPLE, 10.0).contacts
ONE = strains("wild", np.array([2.0]), seeds=np.array([10.0])).strains
TWO = strains("wild, variant", np.array([2.0, 3.0]), seeds=np.array([10.0])).strains
DAYS = np.array([0.0, 50, 100])


# Naive


def test_one_strain_has_those_to_infect_and_those_who_recovered() -> None:
    found = naive(ONE).immunity
    assert found.classes == "naive\nrecovered from wild"
    assert found.initial.tolist() == [[1], [0]]
    assert found.susceptibility[0].tolist() == [[1], [0]]
    assert found.after.tolist() == [[1], [1]]
    assert (found.severity == 0.029).all()


def test_crossed_protection_leaves_people_to_the_other_strain() -> None:
    found = naive(TWO, 0.6).immunity
    assert found.classes.split("\n") == [
        "naive",
        "recovered from wild",
        "recovered from variant",
        "recovered from several",
    ]
    assert found.susceptibility[0] == pytest.approx(np.array([[1, 1], [0, 0.4], [0.4, 0], [0, 0]]))
    assert found.after.tolist() == [[1, 2], [1, 3], [3, 2], [3, 3]]
    assert naive(TWO).immunity.susceptibility[0].tolist() == [[1, 1], [0, 0], [0, 0]]


def test_nobody_is_infected_twice_without_waning() -> None:
    """Attack rates stay below one with complete cross-protection, and go beyond it with none (R 2 and 3)."""
    whole = deterministic(CONTACTS, TWO, naive(TWO).immunity, duration=300.0)
    assert whole.attack.max() < 1
    none = deterministic(CONTACTS, TWO, naive(TWO, 0.0).immunity, duration=300.0)
    assert none.attack.min() > 1.5


# A drug


def test_treatment_of_a_share_takes_it_from_the_reproduction_number() -> None:
    """Complete protection of a share c: R = R0 (1 - c); protection p of all: R0 (1 - p)."""
    for share, protection in ((0.3, 1.0), (1.0, 0.4), (0.5, 0.5)):
        classes = treated(ONE, np.array([share]), np.zeros(1), np.array([protection]))
        found = deterministic(CONTACTS, ONE, classes.immunity, duration=1.0)
        assert found.reproduction[0, 0, 0] == pytest.approx(2 * (1 - share * protection), rel=1e-4)


def test_nobody_treated_or_a_drug_without_effect_is_the_untreated_epidemic() -> None:
    untreated = deterministic(CONTACTS, ONE, naive(ONE).immunity, duration=100.0)
    nobody = treated(ONE, np.zeros(1), DAYS, np.array([0.9, 0.5, 0.1]))
    idle = treated(ONE, np.array([0.4]), DAYS, np.zeros(3))
    for classes in (nobody, idle):
        found = deterministic(CONTACTS, ONE, classes.immunity, duration=100.0)
        assert found.incidence == pytest.approx(untreated.incidence, rel=1e-9)


def test_protection_follows_the_drug_in_time_and_by_strain_and_group() -> None:
    curve, weaker = np.array([0.9, 0.5, 0.1]), np.array([0.3, 0.1, 0.0])
    found = treated(TWO, np.array([0.0, 0.6]), DAYS, curve, VariantCurve(DAYS, weaker)).immunity
    assert found.initial == pytest.approx(np.array([[1, 0.4], [0, 0.6], [0, 0]]))
    assert found.susceptibility_time.tolist() == DAYS.tolist()
    assert found.susceptibility[:, 1] == pytest.approx(1 - np.stack([curve, weaker], axis=1))
    assert (found.susceptibility[:, 0] == 1).all()
    assert (found.susceptibility[:, 2] == 0).all()
    same = treated(TWO, np.array([0.5]), DAYS, curve).immunity
    assert (same.susceptibility[:, 1, 0] == same.susceptibility[:, 1, 1]).all()


def test_curves_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="variant has 2 times up to 50 d, and time 3 up to 100 d"):
        treated(TWO, np.array([0.5]), DAYS, np.zeros(3), VariantCurve(DAYS[:2], np.zeros(2)))
    with pytest.raises(ValueError, match="second of two strains, and there are 1"):
        treated(ONE, np.array([0.5]), DAYS, np.zeros(3), VariantCurve(DAYS, np.zeros(3)))
    with pytest.raises(ValueError, match="rise from each to the next"):
        treated(ONE, np.array([0.5]), DAYS[::-1], np.zeros(3))


# The user's own

GIVEN = {
    "classes": "naive, vaccinated, recovered",
    "initial": np.array([[0.3], [0.7], [0.0]]),
    "susceptibility": np.array([[[1.0, 1.0], [0.2, 0.6], [0.0, 0.3]]]),
    "after": np.full((3, 2), 2),
}


def test_classes_of_the_user_pass_and_single_numbers_are_for_all() -> None:
    found = table(**GIVEN, waning_rate=np.array([0, 0.01, 0]), wanes_to=np.array([-1, 0, -1])).immunity
    assert found.classes == "naive\nvaccinated\nrecovered"
    assert (found.infectiousness == np.ones((3, 2))).all()
    assert (found.severity == np.full((3, 2), 0.029)).all()
    assert found.vaccinated_to.tolist() == [-1, -1, -1]
    course = deterministic(CONTACTS, TWO, found, duration=1.0)
    assert course.reproduction[0, 0] == pytest.approx([2 * (0.3 + 0.7 * 0.2), 3 * (0.3 + 0.7 * 0.6)], rel=1e-4)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"classes": "naive, vaccinated"}, "classes names 2"),
        ({"classes": "naive, naive, recovered"}, "Name each once"),
        ({"initial": np.array([[0.3], [0.8], [0.0]])}, r"sum to 1\.1 in group 0"),
        ({"after": np.full((3, 2), 3)}, "after has the class 3; there are 3, which count from 0"),
        ({"wanes_to": np.array([-1, 5, -1])}, "wanes_to has the class 5"),
        ({"wanes_to": np.array([-1])}, "wanes_to has 1 numbers; there are 3 classes"),
        ({"vaccinated_to": np.array([3, -1, -1])}, "vaccinated_to has the class 3"),
        ({"waning_rate": np.array([0, 0.1, 0])}, "'vaccinated' wanes, to itself or nowhere"),
        ({"waning_rate": np.array([0, 0.1, 0]), "wanes_to": np.array([-1, 1, -1])}, "'vaccinated' wanes, to itself"),
    ],
)
def test_classes_that_cannot_be_are_refused(given, said) -> None:
    with pytest.raises(ValueError, match=said):
        table(**GIVEN | given)
