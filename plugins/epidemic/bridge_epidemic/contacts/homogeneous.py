"""People who meet one another at random."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_epidemic.contacts.contacts import Contacts
from bridge_epidemic.contacts.matrix import ContactMatrix, described
from bridge_epidemic.ports import Array, NotNegative, listed, names
from bridge_epidemic.scales import POPULATION


@model("contacts.homogeneous", scale=POPULATION, depends=["matplotlib"])
def homogeneous(
    population: Annotated[Array, "1", ("group",), Within(0, 1e11, strict=True)],
    contacts: Annotated[float, "1/d", NotNegative] = 13.43,
    groups: str = "",
) -> ContactMatrix:
    """People meet at random, whatever their group: C_ij = c N_j / N, reciprocal by itself.

    A single population is one group, "all". `groups` names several, one to a line or with commas between. Default:
    the mean of eight countries, J. Mossong et al., PLoS Med. 5, e74 (2008).
    Raises ValueError for another number of names than of populations.
    """
    named = names(groups.replace(",", "\n"))
    if not named:
        named = ["all"] if population.size == 1 else [f"group {k + 1}" for k in range(population.size)]
    if len(named) != population.size:
        raise ValueError(f"groups has {len(named)} names for {population.size} populations. Write one for each.")
    if len(set(named)) < len(named):
        raise ValueError(f"groups names one group twice: {', '.join(named)}. Give every group a name of its own.")
    matrix = np.tile(contacts * population / population.sum(), (population.size, 1))
    return described(Contacts(listed(named), population, matrix))
