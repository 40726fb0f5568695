"""An epidemic as it may go: people infect one another, recover, wane and are vaccinated by chance."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_epidemic.contacts.contacts import Contacts
from bridge_epidemic.population.courses import (
    NO_INTERVENTIONS,
    NO_VACCINATION,
    Duration,
    Epidemic,
    Step,
    computed,
)
from bridge_epidemic.population.records import Courses, Immunity, Interventions, Strains, Vaccination
from bridge_epidemic.scales import POPULATION


@model("epidemic.chain_binomial", scale=POPULATION, depends=["numba"])
def chain_binomial(
    contacts: Contacts,
    strains: Strains,
    immunity: Immunity,
    vaccination: Vaccination = NO_VACCINATION,
    interventions: Interventions = NO_INTERVENTIONS,
    duration: Duration = 365.0,
    *,
    step: Step = 0.25,
    replicates: Annotated[int, Within(1, 1_000_000)] = 200,
    first: Annotated[int, Within(0, 100_000_000)] = 0,
    seed: int = 20260105,
) -> Courses:
    """Several strains among people of groups and classes of immunity, in steps, drawn: a chain binomial.

    In a step, somebody of class k and group i leaves it with probability 1 - exp(-H), H = sum_s susc_ks L_si + waning,
    by one of these risks in proportion; L_si = R0_s/rho(C) p/n sum_j C_ij W_sj / N_j. W_sj counts the infectious of
    group j, each as `infectiousness` says of the class they were infected in; p = 1 - exp(-n dt/tau) is the
    probability to leave one of n infectious stages of tau/n on average, so that a case infects R0 people whatever the
    step is. Contacts are multiplied by the root of both groups' factors in the steps that begin while a measure
    lasts. Imported infections are a hazard from outside, in proportion to susceptibility; they and seeds are
    incidence, too. What happens at one time happens in this order: seeds, the row, doses to those who are not
    infected, infections. Susceptibility is that at the beginning of a step. `extinct` says that nobody is infected at
    the end.

    Counts are whole: people of a group are rounded, and shared out among classes by largest remainders.
    Replicates count from `first`, and each is the same whatever others are computed beside it: its random numbers are
    made from `seed` and its number.
    Raises ValueError for parts that do not fit one another, and for steps longer than half of the shortest stay in a
    stage or class.

    Discrete steps: M. J. Keeling and P. Rohani, Modeling Infectious Diseases (Princeton, 2008), ch. 6;
    competing risks: C. Bretó, D. He, E. L. Ionides and A. A. King, Ann. Appl. Stat. 3, 319 (2009).
    """
    epidemic = Epidemic(contacts, strains, immunity, vaccination, interventions, duration, step)
    return computed(epidemic, np.arange(first, first + replicates, dtype=np.int64), seed, drawn=True)
