"""Fewer groups of people: groups of age taken together."""

from __future__ import annotations

import numpy as np

from bridge import model
from bridge_epidemic.contacts.contacts import Contacts
from bridge_epidemic.contacts.matrix import ContactMatrix
from bridge_epidemic.scales import POPULATION


@model("contacts.merged", scale=POPULATION, depends=["matplotlib"])
def merged(contacts: Contacts, lower_ages: str) -> ContactMatrix:
    """Groups of age taken together to wider ones, which begin at `lower_ages`, such as "0, 20, 65".

    All contacts stay: C_IJ = sum over i in I, j in J of N_i C_ij / N_I, which is reciprocal as C is, with the same
    mean. Raises ValueError for groups that are not named by ages, as "0-4" and "75+" are, and for limits between them.
    """
    from bridge_epidemic.contacts.ages import group_of, lower_of, named
    from bridge_epidemic.contacts.ages import lower_ages as read
    from bridge_epidemic.contacts.matrix import described
    from bridge_epidemic.contacts.reciprocity import checked, per_day
    from bridge_epidemic.ports import listed, names

    checked(contacts)
    ages = np.array([lower_of(name) for name in names(contacts.groups)])
    wanted = read(lower_ages)
    if strange := [f"{age:g}" for age in wanted if age not in ages]:
        raise ValueError(
            f"No group begins at {', '.join(strange)} years: there are {', '.join(names(contacts.groups))}. Write "
            "lower_ages among their youngest ages."
        )
    if wanted[0] != ages.min():
        raise ValueError(f"lower_ages begins at {wanted[0]:g} and leaves younger groups out. Begin at {ages.min():g}.")
    belongs = (group_of(ages, wanted) == np.arange(wanted.size)[:, None]).astype(np.float64)
    population = belongs @ contacts.population
    together = belongs @ per_day(contacts.population, contacts.contacts) @ belongs.T
    return described(Contacts(listed(named(wanted)), population, together / population[:, None]))
