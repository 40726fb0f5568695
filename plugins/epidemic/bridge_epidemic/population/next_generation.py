"""Reproduction numbers as dominant eigenvalues of next-generation matrices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import model
from bridge_epidemic.contacts.contacts import Contacts
from bridge_epidemic.contacts.reciprocity import checked as reciprocal
from bridge_epidemic.population.checking import fitting
from bridge_epidemic.population.records import Immunity, Strains
from bridge_epidemic.ports import Array, NotNegative
from bridge_epidemic.scales import POPULATION


def dominant(contacts: Contacts) -> float:
    """The dominant eigenvalue of reciprocal contacts (group, group), in 1/d, which everything is relative to.

    It is that of N_i C_ij / N_j, by similarity; the matrix with roots of N_i / N_j is symmetric.
    """
    root = np.sqrt(contacts.population)
    symmetric = contacts.contacts * root[:, None] / root
    return float(np.linalg.eigvalsh((symmetric + symmetric.T) / 2)[-1])


@dataclass(frozen=True)
class NextGeneration:
    """Infections by strain, group of the infected and group of those who infect them, and what becomes of them."""

    matrix: Annotated[Array, "1", ("strain", "group", "infectious"), NotNegative]
    reproduction: Annotated[Array, "1", ("strain",), NotNegative]


@model("epidemic.next_generation", scale=POPULATION)
def next_generation(contacts: Contacts, strains: Strains, immunity: Immunity) -> NextGeneration:
    """Reproduction number of each strain among people who are as immune as they are at the beginning.

    One case in group j, of average infectiousness, infects K_ij = R0/rho(C) C_ij / N_j sum_k S_ki susc_k w_k people of
    group i: k counts classes, w_k is how infectious they are once infected. The dominant eigenvalue of K is that of
    the matrix by class and group. Without immunity it is R0.
    Raises ValueError for contacts that are not reciprocal, and for immunity of other strains or groups.

    Equations: O. Diekmann, J. A. P. Heesterbeek and M. G. Roberts, J. R. Soc. Interface 7, 873 (2010).
    """
    reciprocal(contacts)
    fitting(contacts, strains, immunity)
    susceptibility = np.array(
        [
            [np.interp(0.0, immunity.susceptibility_time, column) for column in of_class.T]
            for of_class in immunity.susceptibility.transpose(1, 0, 2)
        ]
    )
    weight = susceptibility * immunity.infectiousness
    people = np.broadcast_to(immunity.initial, (weight.shape[0], contacts.population.size)) * contacts.population
    reached = np.einsum("kg,ks->sg", people, weight)
    ratio = strains.reproduction_number / dominant(contacts)
    per_case = ratio[:, None, None] * contacts.contacts / contacts.population
    root = np.sqrt(reached)
    symmetric = root[:, :, None] * per_case * root[:, None, :]
    largest = np.linalg.eigvalsh((symmetric + symmetric.transpose(0, 2, 1)) / 2)[:, -1]
    return NextGeneration(reached[:, :, None] * per_case, np.maximum(largest, 0.0))
