"""Courses of an epidemic from what was given: counted out in people and steps, and computed."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Annotated

import numpy as np

from bridge import Within
from bridge_epidemic.contacts.contacts import Contacts
from bridge_epidemic.population.checking import checked
from bridge_epidemic.population.next_generation import dominant
from bridge_epidemic.population.records import Courses, Immunity, Interventions, Strains, Vaccination
from bridge_epidemic.ports import Array, Whole

if TYPE_CHECKING:
    from bridge_epidemic.population.kernel import State, Terms

Duration = Annotated[float, "d", Within(0, 100_000, strict=True)]
Step = Annotated[float, "d", Within(0, strict=True)]

NO_VACCINATION = Vaccination(np.zeros(0), np.zeros(0), np.zeros((0, 1)))
NO_INTERVENTIONS = Interventions(np.zeros(0), np.zeros(0), np.zeros((0, 1)))


@dataclass(frozen=True)
class Epidemic:
    """All that a course depends on but chance."""

    contacts: Contacts
    strains: Strains
    immunity: Immunity
    vaccination: Vaccination
    interventions: Interventions
    duration: float
    step: float


def computed(epidemic: Epidemic, replicates: Whole, seed: int, *, drawn: bool) -> Courses:
    """Courses of some replicates, drawn, or the one that is expected at this step.

    Raises ValueError for what `checking.checked` refuses, and for seeds of a drawn course that are no whole numbers.
    """
    from bridge_epidemic.population.kernel import Rows
    from bridge_epidemic.population.kernel_courses import courses

    given = epidemic
    checked(
        given.contacts,
        given.strains,
        given.immunity,
        given.vaccination,
        given.interventions,
        given.duration,
        given.step,
    )
    if drawn and (given.strains.seeds % 1 != 0).any():
        raise ValueError(f"Seeds are people; {given.strains.seeds.tolist()} are no whole numbers. Write whole numbers.")
    terms = counted(given, drawn=drawn)
    days, strains, count = round(given.duration), given.strains.reproduction_number.size, replicates.size
    classes, groups = terms.initial.shape
    by_strain = (count, days + 1, strains)
    rows = Rows(
        incidence=np.zeros(by_strain),
        prevalence=np.zeros(by_strain),
        susceptible=np.zeros((count, days + 1, classes)),
        severe=np.zeros(by_strain),
        reproduction=np.zeros(by_strain),
        attack=np.zeros((count, groups)),
    )
    over = np.zeros((count, strains), dtype=np.int64)
    lost = courses(terms, room(terms), replicates, np.uint64(seed % 2**64), rows, over, round(1 / given.step), drawn)
    return Courses(
        replicate=replicates,
        time=np.arange(days + 1.0),
        incidence=rows.incidence,
        prevalence=rows.prevalence,
        susceptible=rows.susceptible,
        severe=rows.severe,
        reproduction=rows.reproduction,
        attack=rows.attack,
        extinct=over,
        error_in_people=float(lost),
    )


def room(terms: Terms) -> State:
    """Room for one replicate."""
    from bridge_epidemic.population.kernel import State

    (classes, groups), (strains, kinds) = terms.initial.shape, terms.weight.shape
    return State(
        free=np.zeros((classes, groups)),
        infected=np.zeros((strains, kinds, terms.latent_stages + terms.infectious_stages, groups)),
        arriving=np.zeros((classes, groups)),
        entering=np.zeros((strains, kinds, groups)),
        hazard=np.zeros((strains, groups)),
        room=np.zeros((2, groups)),
        vector=np.zeros((strains, groups)),
        since=np.zeros((2, strains)),
        stream=np.zeros(4, dtype=np.uint64),
    )


def counted(epidemic: Epidemic, *, drawn: bool) -> Terms:
    """What holds for all replicates, per step. Whole people where courses are drawn: groups are rounded then."""
    from bridge_epidemic.population.kernel import Terms

    strains, immunity, step = epidemic.strains, epidemic.immunity, epidemic.step
    steps = round(epidemic.duration / step)
    people = np.round(epidemic.contacts.population) if drawn else epidemic.contacts.population
    shares = np.broadcast_to(immunity.initial / immunity.initial.sum(axis=0), (immunity.initial.shape[0], people.size))
    periods = np.stack([strains.latent_period, strains.infectious_period], axis=1)
    stages = np.array([max(strains.latent_stages, 1), strains.infectious_stages])
    dwells = periods / stages
    leaving = np.where(dwells > 0, -np.expm1(-step / np.where(dwells > 0, dwells, 1)), 0.5)
    ratio = strains.reproduction_number / dominant(epidemic.contacts)
    kind, weight, after = kinds(immunity)
    doses = given_doses(epidemic.vaccination, steps, step, people.size, drawn=drawn)
    factors, last_change = roots(epidemic.interventions, steps, step, people.size)
    susceptibility, last_row = interpolated(immunity, steps, step)
    quiet = max(doses.shape[0], last_change, last_row) if not immunity.waning_rate.any() else steps + 1
    return Terms(
        initial=whole(shares, people) if drawn else shares * people,
        population=people,
        mixing=np.ascontiguousarray(epidemic.contacts.contacts / people),
        factors=factors,
        force=ratio * leaving[:, 1] / strains.infectious_stages,
        ratio=ratio,
        susceptibility=susceptibility,
        kind=kind,
        kinds=np.array([len(set(column)) for column in kind.T], dtype=np.int64),
        weight=weight,
        after=after,
        severity=np.ascontiguousarray(immunity.severity),
        latent_stages=strains.latent_stages,
        infectious_stages=strains.infectious_stages,
        leaving=leaving,
        waning=immunity.waning_rate * step,
        wanes_to=np.ascontiguousarray(immunity.wanes_to),
        vaccinated_to=np.ascontiguousarray(immunity.vaccinated_to),
        doses=doses,
        seeds=np.ascontiguousarray(strains.seeds),
        seed_step=np.ceil(strains.seed_day / step - 1e-9).astype(np.int64),
        imported=strains.imported * step,
        quiet=int(quiet),
    )


def kinds(immunity: Immunity) -> tuple[Whole, Array, Whole]:
    """Infected people of a strain are of one kind where they are as infectious and recover into the same class.

    Gives which kind a class turns to, by class and strain; and relative infectiousness and class after, by strain and
    kind.
    """
    classes, strains = immunity.after.shape
    kind = np.zeros((classes, strains), dtype=np.int64)
    known: list[list[tuple[float, int]]] = [[] for _ in range(strains)]
    for s in range(strains):
        for k in range(classes):
            what = (float(immunity.infectiousness[k, s]), int(immunity.after[k, s]))
            if what not in known[s]:
                known[s].append(what)
            kind[k, s] = known[s].index(what)
    most = max(map(len, known))
    weight, after = np.zeros((strains, most)), np.zeros((strains, most), dtype=np.int64)
    for s, of_strain in enumerate(known):
        for at, (infectiousness, into) in enumerate(of_strain):
            weight[s, at], after[s, at] = infectiousness, into
    return kind, weight, after


def whole(shares: Array, people: Array) -> Array:
    """People of each group in whole numbers by class: the largest remainders are rounded up."""
    exact = shares * people
    found = np.floor(exact)
    for g, missing in enumerate(np.round(people - found.sum(axis=0)).astype(int)):
        order = np.argsort(-(exact[:, g] - found[:, g]), kind="stable")
        found[order[:missing], g] += 1
    return found


def given_doses(vaccination: Vaccination, steps: int, step: float, groups: int, *, drawn: bool) -> Array:
    """Doses of each step and group, to the last step that has any; where drawn, whole and none lost by rounding."""
    edges = np.arange(steps + 1) * step
    total = np.zeros((steps + 1, groups))
    for start, end, per_day in zip(vaccination.start, vaccination.end, vaccination.per_day, strict=True):
        total += (np.clip(edges, start, end) - np.clip(0.0, start, end))[:, None] * per_day
    if drawn:
        total = np.floor(total + 1e-6)
    doses = np.diff(total, axis=0)
    used = np.flatnonzero(doses.any(axis=1))
    return np.ascontiguousarray(doses[: used[-1] + 1 if used.size else 0])


def roots(interventions: Interventions, steps: int, step: float, groups: int) -> tuple[Array, int]:
    """The root of what multiplies the contacts of each group, by step, and the step after which it stays."""
    if not interventions.start.size:
        return np.ones((1, groups)), 0
    begins = np.arange(steps) * step + 1e-9
    factors = np.ones((steps, groups))
    for start, end, factor in zip(interventions.start, interventions.end, interventions.factor, strict=True):
        factors[(begins >= start) & (begins < end)] *= factor
    changes = np.flatnonzero((np.diff(factors, axis=0) != 0).any(axis=1))
    return np.sqrt(factors), int(changes[-1]) + 1 if changes.size else 0


def interpolated(immunity: Immunity, steps: int, step: float) -> tuple[Array, int]:
    """Susceptibility by step, class and strain, to the step after which it stays."""
    last = immunity.susceptibility_time[-1]
    changing = min(steps, max(0, ceil(last / step - 1e-9))) if immunity.susceptibility_time.size > 1 else 0
    at = np.arange(changing + 1) * step
    flat = immunity.susceptibility.reshape(immunity.susceptibility_time.size, -1)
    columns = [np.interp(at, immunity.susceptibility_time, column) for column in flat.T]
    return np.stack(columns, axis=1).reshape(at.size, *immunity.susceptibility.shape[1:]), changing
