"""How many people an epidemic reaches before it is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_epidemic.contacts.contacts import Contacts
from bridge_epidemic.contacts.reciprocity import checked as reciprocal
from bridge_epidemic.population.next_generation import dominant
from bridge_epidemic.ports import Array, Share
from bridge_epidemic.scales import POPULATION

Shares = Annotated[Array, "1", ("group|1",), Share]


NOBODY = np.zeros(1)


@dataclass(frozen=True)
class FinalSize:
    """Who is infected in the end, seeds included: shares of the people of each group, and of all people."""

    attack: Annotated[Array, "1", ("group",), Share]
    final_size: Annotated[float, "1", Share]


def attack_of(mixing: Array, seeded: Array, susceptible: Array) -> Array:
    """Shares z of groups with z_i = seeded_i + susceptible_i (1 - exp(-sum_j mixing_ij z_j)), the largest solution.

    Newton's method from above: the right side is concave and rises with every z, so that each iterate is an upper
    bound and the next one is nearer. `mixing` is (group, group), the others (group,).
    """
    z = seeded + susceptible
    for _ in range(200):
        escaped = susceptible * np.exp(-mixing @ z)
        residual = z - seeded - susceptible + escaped
        jacobian = np.eye(z.size) - escaped[:, None] * mixing
        before, z = z, np.clip(z - np.linalg.solve(jacobian, residual), seeded, seeded + susceptible)
        if np.abs(z - before).max() <= 1e-15:
            break
    return np.asarray(z)


@model("epidemic.final_size", scale=POPULATION)
def final_size(
    contacts: Contacts,
    reproduction_number: Annotated[float, "1", Within(0, 100)],
    seeded: Shares = NOBODY,
    immune: Shares = NOBODY,
) -> FinalSize:
    """Final size among groups that mix as given: z_i = seeded_i + s_i (1 - exp(-R0/rho(C) sum_j C_ij z_j)).

    s_i is the share of a group that is neither `seeded` nor `immune`. The chain binomial has the same final size
    whatever its step and stages are, as a case infects R0 people at any step: somebody escapes with
    exp(-R0/rho(C) sum_j C_ij z_j). One strain, no waning, no vaccination.
    Raises ValueError for contacts that are not reciprocal, and for more people than a group has.

    Equations: W. O. Kermack and A. G. McKendrick, Proc. R. Soc. A 115, 700 (1927); groups: V. Andreasen, Bull. Math.
    Biol. 73, 2305 (2011).
    """
    reciprocal(contacts)
    groups = contacts.population.size
    for name, given in (("seeded", seeded), ("immune", immune)):
        if given.size not in (1, groups):
            raise ValueError(f"{name} has {given.size} shares for {groups} groups. Write one for each, or one for all.")
    first, others = np.broadcast_to(seeded, (groups,)), np.broadcast_to(1 - seeded - immune, (groups,))
    if others.min() < -1e-12:
        raise ValueError(
            f"{1 - others.min():g} of a group are seeded or immune. Write shares of a group that sum to 1 at most."
        )
    attack = attack_of(reproduction_number / dominant(contacts) * contacts.contacts, first, np.maximum(others, 0.0))
    if reproduction_number <= 1 and not seeded.any():
        attack = np.zeros(groups)
    return FinalSize(attack, float(attack @ contacts.population / contacts.population.sum()))
