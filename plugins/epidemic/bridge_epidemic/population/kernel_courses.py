"""Courses of an epidemic, one replicate after the other: each from the beginning to the end."""

from __future__ import annotations

import numpy as np

from bridge import compiled
from bridge_epidemic.population.binomial import Stream, begin
from bridge_epidemic.population.kernel import (
    Array,
    Rows,
    State,
    Terms,
    Whole,
    arrive,
    enter,
    forces,
    leave,
    progress,
    sow,
    vaccinate,
)
from bridge_epidemic.population.kernel_borrowed import borrowed
from bridge_epidemic.population.kernel_rows import count, dominant, lost, reaching


@compiled(error_model="numpy", nogil=True)
def courses(
    terms: Terms,
    state: State,
    replicates: Whole,
    seed: np.uint64,
    rows: Rows,
    over: Whole,
    per_row: int,
    drawn: bool,
) -> float:
    """All replicates, each into its row of `rows`. Gives the largest number of people of a group lost in a step."""
    free, arriving, infected = borrowed(state.free), borrowed(state.arriving), borrowed(state.infected)
    entering, hazard, room = borrowed(state.entering), borrowed(state.hazard), borrowed(state.room)
    vector, since, stream = borrowed(state.vector), borrowed(state.since), borrowed(state.stream)
    population, mixing, factors = borrowed(terms.population), borrowed(terms.mixing), borrowed(terms.factors)
    force, ratio, kind, kinds = (
        borrowed(terms.force),
        borrowed(terms.ratio),
        borrowed(terms.kind),
        borrowed(terms.kinds),
    )
    susceptibility, weight = borrowed(terms.susceptibility), borrowed(terms.weight)
    after, severity, leaving = borrowed(terms.after), borrowed(terms.severity), borrowed(terms.leaving)
    waning, wanes_to = borrowed(terms.waning), borrowed(terms.wanes_to)
    vaccinated_to, doses, seeds = borrowed(terms.vaccinated_to), borrowed(terms.doses), borrowed(terms.seeds)
    seed_step, imported = borrowed(terms.seed_step), borrowed(terms.imported)
    incidence, prevalence, susceptible = borrowed(rows.incidence), borrowed(rows.prevalence), borrowed(rows.susceptible)
    severe, reproduction, attack = borrowed(rows.severe), borrowed(rows.reproduction), borrowed(rows.attack)
    worst = 0.0
    for r in range(replicates.size):
        begin(stream, seed, np.uint64(replicates[r]))
        free[:] = terms.initial
        infected[:] = 0.0
        since[:] = 0.0
        vector[:] = 1.0
        missing = course(
            free, arriving, infected, entering, hazard, room, vector, since, stream, per_row, drawn, population,
            mixing, factors, force, ratio, susceptibility, kind, kinds, weight, after, severity, terms.latent_stages,
            leaving, waning, wanes_to, vaccinated_to, doses, seeds, seed_step, imported, terms.quiet, incidence[r],
            prevalence[r], susceptible[r], severe[r], reproduction[r], attack[r],
        )  # fmt: skip
        worst = max(worst, missing)
        for s in range(over.shape[1]):
            over[r, s] = 1 if count(infected[s]) == 0 else 0
    return worst


@compiled(error_model="numpy", nogil=True)
def course(
    free: Array, arriving: Array, infected: Array, entering: Array, hazard: Array, room: Array, vector: Array,
    since: Array, stream: Stream, per_row: int, drawn: bool,
    population: Array, mixing: Array, factors: Array, force: Array, ratio: Array, susceptibilities: Array, kind: Whole,
    kinds: Whole, weight: Array, after: Whole, severity: Array, latent_stages: int, leaving: Array, waning: Array,
    wanes_to: Whole, vaccinated_to: Whole, doses: Array, seeds: Array, seed_step: Whole, imported: Array, quiet: int,
    incidence: Array, prevalence: Array, susceptible: Array, severe: Array, reproduction: Array, struck: Array,
) -> float:  # fmt: skip
    """One replicate, into rows that are 0. Gives the largest number of people of a group lost in a step.

    `since` counts infections, and severe ones, since the last row; `vector` is that of each next-generation matrix,
    where the last row left it; `struck` becomes the infections of each group over its people.
    """
    classes, groups = free.shape
    strains = kinds.size
    steps = (incidence.shape[0] - 1) * per_row
    worst = 0.0
    for step in range(steps + 1):
        susceptibility = susceptibilities[min(step, susceptibilities.shape[0] - 1)]
        factor = factors[min(step, factors.shape[0] - 1)]
        coming = False
        for s in range(strains):
            coming |= imported[s] > 0 or (seeds[s] > 0 and seed_step[s] > step)
            if seeds[s] > 0 and seed_step[s] == step:
                sow(free, entering, since, struck, seeds[s], s, susceptibility, severity, kind, stream, drawn)
                enter(infected, entering)
        if step % per_row == 0:
            row = step // per_row
            everybody = 0.0
            for k in range(classes):
                susceptible[row, k] = free[k].sum()
            for s in range(strains):
                incidence[row, s], severe[row, s] = since[0, s], since[1, s]
                since[0, s], since[1, s] = 0.0, 0.0
                prevalence[row, s] = count(infected[s])
                everybody += prevalence[row, s]
                reaching(room[0], free, s, susceptibility, weight, kind, factor)
                reproduction[row, s] = ratio[s] * dominant(room[0], mixing, vector[s], room[1])
            if step >= quiet and not coming and everybody == 0:
                for later in range(row + 1, incidence.shape[0]):
                    for k in range(classes):
                        susceptible[later, k] = susceptible[row, k]
                    for s in range(strains):
                        reproduction[later, s] = reproduction[row, s]
                break
        if step == steps:
            break
        if step < doses.shape[0]:
            vaccinate(free, arriving, doses[step], vaccinated_to, stream, drawn)
            arrive(free, arriving)
        forces(
            hazard, room[0], infected, free, susceptibility, mixing, factor, force, imported, kinds, weight,
            latent_stages,
        )  # fmt: skip
        leave(
            free, arriving, entering, since, struck, hazard, susceptibility, severity, kind, waning, wanes_to, stream,
            drawn,
        )  # fmt: skip
        progress(infected, arriving, kinds, after, leaving, latent_stages, stream, drawn)
        enter(infected, entering)
        arrive(free, arriving)
        worst = max(worst, lost(room[1], free, infected, population))
    for g in range(groups):
        struck[g] /= population[g]
    return worst
