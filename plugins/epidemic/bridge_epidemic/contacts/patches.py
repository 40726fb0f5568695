"""People of several places who spend their time in some of them."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_epidemic.contacts.contacts import Contacts
from bridge_epidemic.contacts.matrix import ContactMatrix
from bridge_epidemic.ports import Array, Share
from bridge_epidemic.scales import POPULATION


@model("contacts.patches", scale=POPULATION, depends=["matplotlib"])
def patches(
    contacts: Contacts,
    patches: str,
    population: Annotated[Array, "1", ("patch",), Within(0, 1e11, strict=True)],
    mobility: Annotated[Array, "1", ("patch", "destination"), Share],
) -> ContactMatrix:
    """People of places, who mix by age wherever they are: each place and group becomes a group of its own.

    `patches` names the places, one to a line or with commas between; `mobility[p, d]` is the share of their time that
    people of p spend in d, and its rows sum to one. Ages are spread in each place as in `contacts`. In d there are
    N_jd = sum over q of M_qd N_qj people of group j, and C_(p,i)(q,j) = sum over d of M_pd C_ij M_qd N_qj / N_jd. What
    holds exactly: contacts are reciprocal; everybody has as many contacts with each age as before, wherever he is.
    Groups are named "place: age", all of one place together.

    Raises ValueError for rows of `mobility` that do not sum to one, and for other numbers of places.
    Both who infect and who are infected move: D. J. Haw et al., PLoS Comput. Biol. 15, e1006600 (2019).
    """
    from bridge_epidemic.contacts.matrix import described
    from bridge_epidemic.contacts.reciprocity import checked
    from bridge_epidemic.ports import listed, names

    checked(contacts)
    places = names(patches.replace(",", "\n"))
    if not len(places) == population.size == mobility.shape[0] == mobility.shape[1]:
        raise ValueError(
            f"There are {len(places)} names of places, {population.size} populations and {mobility.shape[0]} x "
            f"{mobility.shape[1]} shares of time. Give a name, a population, a row and a column for each place."
        )
    away = np.abs(mobility.sum(axis=1) - 1)
    if away.max() > 1e-9:
        p = int(away.argmax())
        raise ValueError(
            f"People of {places[p]!r} spend {mobility[p].sum():.9g} of their time anywhere. Rows of mobility are where "
            "they live, columns where they are: write rows that sum to 1."
        )
    present = population @ mobility
    met = np.divide(mobility * population[:, None], present, out=np.zeros_like(mobility), where=present > 0)
    meeting = mobility @ met.T
    share = contacts.population / contacts.population.sum()
    groups = [f"{place}: {group}" for place in places for group in names(contacts.groups)]
    people, matrix = np.kron(population, share), np.kron(meeting, contacts.contacts)
    return described(Contacts(listed(groups), people.astype(np.float64), matrix.astype(np.float64)))
