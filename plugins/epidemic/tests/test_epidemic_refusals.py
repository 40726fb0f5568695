"""What an epidemic refuses before it is computed, and what it says to type instead."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bridge_epidemic.contacts.contacts import Contacts
from bridge_epidemic.population.chain_binomial import chain_binomial
from bridge_epidemic.population.deterministic import deterministic
from bridge_epidemic.population.records import Immunity, Interventions, Strains, Vaccination

from bridge.models import model_of
from bridge.testing import arguments, plain

CONTACTS = Contacts("young\nold", np.array([600.0, 400.0]), np.array([[8.0, 2.0], [3.0, 4.0]]))
STRAINS = Strains(
    "a\nb", np.array([2.0, 2.5]), np.array([2.0, 2.0]), np.array([4.0, 3.0]), 1, 2, np.array([3.0, 2.0]), np.zeros(2),
    np.zeros(2),
)  # fmt: skip
IMMUNITY = Immunity(
    "naive\nrecovered", np.array([[1.0], [0.0]]), np.zeros(1), np.array([[[1.0, 1], [0, 0]]]), np.ones((2, 2)),
    np.zeros((2, 2)), np.array([0.0, 0.1]), np.array([-1, 0]), np.ones((2, 2), dtype=np.int64), np.array([1, -1]),
)  # fmt: skip
CAMPAIGN = Vaccination(np.array([0.0]), np.array([10.0]), np.array([[50.0, 50.0]]))
MEASURE = Interventions(np.array([0.0]), np.array([10.0]), np.array([[0.5]]))
GIVEN = {"contacts": CONTACTS, "strains": STRAINS, "immunity": IMMUNITY, "duration": 20.0}


def strains(**changed):
    return {"strains": replace(STRAINS, **changed)}


def immunity(**changed):
    return {"immunity": replace(IMMUNITY, **changed)}


def campaign(**changed):
    return {"vaccination": replace(CAMPAIGN, **changed)}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"step": 1.0}, r"1 d is too long: an infectious stage of strain 'b' lasts 1\.5 d .* Write step='0\.5 d'"),
        ({"step": 3.0}, r"3 d is too long: .* Write step='0\.5 d'"),
        ({"step": 0.3}, r"0\.3 d does not go into a day .* Write step='0\.25 d'"),
        (immunity(waning_rate=np.array([0.0, 10.0])), r"class 'recovered' lasts 0\.1 d .* Write step='0\.05 d'"),
        ({"duration": 0.5}, r"no whole number of days.*Write duration='1 d'"),
        ({"duration": 20.5}, r"Write duration='21 d'"),
        ({"contacts": replace(CONTACTS, contacts=np.array([[8.0, 3.0], [3.0, 4.0]]))}, "not reciprocal"),
        ({"contacts": replace(CONTACTS, contacts=CONTACTS.contacts.T.copy())}, "Transpose the matrix"),
        ({"contacts": replace(CONTACTS, contacts=np.zeros((2, 2)))}, "Nobody meets anybody"),
        (
            {"contacts": Contacts("young\nold", np.array([600.0, 0.3]), np.array([[8.0, 0.001], [2.0, 4.0]]))},
            r"'old' has 0\.3 people",
        ),
        (
            {"contacts": Contacts("young\nold", np.array([600.0, 0.5]), np.array([[8.0, 0.001], [1.2, 4.0]]))},
            r"'old' has 0\.5 people",
        ),
        (immunity(initial=np.array([[0.9], [0.0]])), r"every group in the classes sum to 0\.9"),
        (immunity(initial=np.array([[0.9, 1.0], [0.1, 0.2]])), r"group 'old' in the classes sum to 1\.2"),
        (immunity(initial=np.ones((2, 3)) / 2), r"a column for each of 2 groups"),
        (immunity(after=np.array([[1, 1], [1, 2]])), "after names class 2; there are classes 0 to 1"),
        (immunity(wanes_to=np.array([-1, 5])), "wanes_to names class 5; there are classes -1 to 1"),
        (immunity(vaccinated_to=np.array([-1, -2])), "vaccinated_to names class -2"),
        (immunity(wanes_to=np.array([-1, 1])), "'recovered' wanes into itself"),
        (immunity(wanes_to=np.array([-1, -1])), "'recovered' wanes nowhere"),
        (immunity(susceptibility=np.ones((1, 2, 1))), "susceptibility has the sizes"),
        (immunity(susceptibility_time=np.array([1.0, 1.0]), susceptibility=np.ones((2, 2, 2))), "rise from row to row"),
        (immunity(classes="naive"), "There are 2 of each class"),
        (strains(strains="a\na"), "There are 2 of each strain"),
        (strains(seeds=np.array([2000.0, 0])), "2000 seeds, and there are 1000 people"),
        (strains(seed_day=np.array([0.0, 30.0])), "seeded on day 30, after the end on day 20"),
        (strains(latent_stages=0), "Write latent_stages=0 and a latent period of 0"),
        (strains(latent_period=np.array([0.0, 2.0])), "'a' is 0 d, with 1 latent stages"),
        (campaign(per_day=np.array([[70.0, 10.0]])), "700 doses for the group 'young', in which there are 600"),
        (campaign(end=np.array([-1.0])), "campaign ends before it begins"),
        (campaign(per_day=np.array([[1.0]])), "1 columns for 2 groups"),
        (
            {**campaign(), **immunity(vaccinated_to=np.array([-1, -1]))},
            "no class that can be vaccinated",
        ),
        ({"interventions": replace(MEASURE, end=np.zeros(1))}, "intervention ends before it begins"),
        ({"interventions": replace(MEASURE, factor=np.ones((1, 3)))}, "one column or 2, one for each group"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(changed, said):
    for modelled in (deterministic, chain_binomial):
        with pytest.raises(ValueError, match=said):
            plain(modelled)(**{**GIVEN, **changed})


def test_the_largest_allowed_step_is_taken():
    """Half of the shortest stage, 0.75 d, in steps that go into a day: 0.5 d."""
    assert plain(deterministic)(**GIVEN, step=0.5).error_in_people < 1e-9


@pytest.mark.parametrize("modelled", [deterministic, chain_binomial])
def test_a_step_of_days_reaches_the_check_that_knows_the_largest(modelled):
    """A limit of the port would answer 1 d with "between 0 and 1 d"."""
    given = arguments(model_of(modelled), {**GIVEN, "duration": "20 d", "step": "1 d"})
    assert given["step"] == 1.0


def test_seeds_that_are_drawn_are_whole():
    with pytest.raises(ValueError, match=r"0\.5.* no whole numbers"):
        plain(chain_binomial)(**{**GIVEN, **strains(seeds=np.array([0.5, 0.0]))})


def test_people_of_a_group_are_whole():
    """600.4 people are 600, and shares of a third are 200 each."""
    contacts = Contacts("a", np.array([600.4]), np.array([[8.0]]))
    thirds = replace(IMMUNITY, initial=np.array([[1 / 3], [2 / 3]]))
    found = plain(chain_binomial)(contacts=contacts, strains=STRAINS, immunity=thirds, duration=5.0, replicates=2)
    assert found.error_in_people == 0
    assert ((found.susceptible.sum(axis=2) + found.prevalence.sum(axis=2)) == 600).all()


def test_shares_that_are_off_by_rounding_make_nobody_up():
    """Shares may sum to 1 + 1e-9: of 8e9 people these would be four more."""
    contacts = Contacts("a", np.array([8e9]), np.array([[8.0]]))
    off = replace(IMMUNITY, initial=np.array([[0.5 + 3e-10], [0.5 + 2e-10]]))
    for modelled in (deterministic, chain_binomial):
        found = plain(modelled)(contacts=contacts, strains=STRAINS, immunity=off, duration=2.0)
        assert found.error_in_people < 1e-4
