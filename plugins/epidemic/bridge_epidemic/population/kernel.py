"""A course of an epidemic, step by step: who leaves a class, who goes on to the next stage, and where they arrive.

People are counted in float64, in which whole numbers are exact to 2^53: courses that are drawn stay whole, expected
ones do not. Groups are the last axis everywhere.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge import compiled
from bridge_epidemic.population.binomial import Stream, binomial, exponential, known_rest, uniform

Array = NDArray[np.float64]
Whole = NDArray[np.int64]


class Terms(NamedTuple):
    """What holds for all replicates. Rates are per step."""

    initial: Array  # class, group
    population: Array  # group
    mixing: Array  # group, group: C_ij / N_j, symmetric
    factors: Array  # step | 1, group: roots of what multiplies contacts
    force: Array  # strain: infections per step of one infectious person, over the dominant eigenvalue
    ratio: Array  # strain: reproduction number over the dominant eigenvalue
    susceptibility: Array  # step | 1, class, strain
    kind: Whole  # class, strain: which kind of infected people they become
    kinds: Whole  # strain: how many kinds there are
    weight: Array  # strain, kind: relative infectiousness
    after: Whole  # strain, kind: the class they recover into
    severity: Array  # class, strain
    latent_stages: int
    infectious_stages: int
    leaving: Array  # strain, (latent, infectious): probability of leaving a stage
    waning: Array  # class
    wanes_to: Whole  # class
    vaccinated_to: Whole  # class
    doses: Array  # step, group; no rows where there are none
    seeds: Array  # strain
    seed_step: Whole  # strain
    imported: Array  # strain
    quiet: int  # the step from which nothing changes unless somebody is infected


class State(NamedTuple):
    """Room for the people of one replicate, and for a step."""

    free: Array  # class, group
    infected: Array  # strain, kind, stage, group
    arriving: Array  # class, group
    entering: Array  # strain, kind, group
    hazard: Array  # strain, group
    room: Array  # 2, group
    vector: Array  # strain, group
    since: Array  # (incidence, severe), strain
    stream: Stream


class Rows(NamedTuple):
    """What replicates leave."""

    incidence: Array  # replicate, time, strain
    prevalence: Array  # replicate, time, strain
    susceptible: Array  # replicate, time, class
    severe: Array  # replicate, time, strain
    reproduction: Array  # replicate, time, strain
    attack: Array  # replicate, group


@compiled(error_model="numpy", nogil=True)
def enter(infected: Array, entering: Array) -> None:
    """Those who were infected begin their first stage."""
    strains, kinds, _, groups = infected.shape
    for s in range(strains):
        for kind in range(kinds):
            for g in range(groups):
                infected[s, kind, 0, g] += entering[s, kind, g]
                entering[s, kind, g] = 0.0


@compiled(error_model="numpy", nogil=True)
def arrive(free: Array, arriving: Array) -> None:
    """Those who have left something for a class are in it."""
    for k in range(free.shape[0]):
        for g in range(free.shape[1]):
            free[k, g] += arriving[k, g]
            arriving[k, g] = 0.0


@compiled(error_model="numpy", nogil=True)
def sow(
    free: Array, entering: Array, since: Array, struck: Array,
    seeds: float, s: int, susceptibility: Array, severity: Array, kind: Whole, stream: Stream, drawn: bool,
) -> None:  # fmt: skip
    """Infect so many people of all classes and groups, in proportion to their susceptibility; at most all of them."""
    classes, groups = free.shape
    left = seeds
    while left > 1e-9 * seeds:  # what a class has no people for is left to the others
        rest = 0.0
        for k in range(classes):
            for g in range(groups):
                rest += free[k, g] * susceptibility[k, s]
        if rest <= 0:
            break
        shared, total = left, rest
        for k in range(classes):
            for g in range(groups):
                weight = free[k, g] * susceptibility[k, s]
                if weight <= 0 or left <= 0:
                    continue
                count = binomial(stream, left, min(1.0, weight / rest)) if drawn else shared * weight / total
                count = min(count, free[k, g])
                rest -= weight
                left -= count
                free[k, g] -= count
                entering[s, kind[k, s], g] += count
                since[0, s] += count
                since[1, s] += count * severity[k, s]
                struck[g] += count


@compiled(error_model="numpy", nogil=True)
def vaccinate(free: Array, arriving: Array, doses: Array, vaccinated_to: Whole, stream: Stream, drawn: bool) -> None:
    """Give doses to those who can have one, in proportion to their classes; at most to all of them.

    In whole numbers by systematic sampling: the place to begin is drawn, which makes every class's mean right.
    """
    classes, groups = free.shape
    for g in range(groups):
        willing = 0.0
        for k in range(classes):
            if vaccinated_to[k] >= 0:
                willing += free[k, g]
        given = min(doses[g], willing)
        if given <= 0:
            continue
        before = uniform(stream) if drawn else 0.0
        passed = 0.0
        for k in range(classes):
            if vaccinated_to[k] < 0 or free[k, g] <= 0:
                continue
            if drawn:
                first = math.floor(passed * given / willing + before)
                passed += free[k, g]
                count = min(math.floor(passed * given / willing + before) - first, free[k, g])
            else:
                count = free[k, g] * given / willing
            free[k, g] -= count
            arriving[vaccinated_to[k], g] += count


@compiled(error_model="numpy", nogil=True)
def forces(
    hazard: Array, met: Array, infected: Array, free: Array, susceptibility: Array, mixing: Array, factor: Array,
    force: Array, imported: Array, kinds: Whole, weight: Array, latent_stages: int,
) -> bool:  # fmt: skip
    """The hazard of infection by each strain in each group over a step. Says whether there is any."""
    strains, groups = hazard.shape
    spreading = False
    for s in range(strains):
        for g in range(groups):
            met[g] = 0.0
            hazard[s, g] = 0.0
        for kind in range(kinds[s]):
            for stage in range(latent_stages, infected.shape[2]):
                for g in range(groups):
                    met[g] += weight[s, kind] * infected[s, kind, stage, g]
        for j in range(groups):
            if met[j] > 0:
                spreading = True
                infectious = force[s] * met[j] * factor[j]
                for g in range(groups):
                    hazard[s, g] += mixing[j, g] * infectious
        for g in range(groups):
            hazard[s, g] *= factor[g]
        if imported[s] > 0:
            open_to = 0.0
            for k in range(free.shape[0]):
                for g in range(groups):
                    open_to += free[k, g] * susceptibility[k, s]
            if open_to > 0:
                spreading = True
                for g in range(groups):
                    hazard[s, g] += imported[s] / open_to
    return spreading


@compiled(error_model="numpy", nogil=True)
def leave(
    free: Array, arriving: Array, entering: Array, since: Array, struck: Array, hazard: Array,
    susceptibility: Array, severity: Array, kind: Whole, waning: Array, wanes_to: Whole, stream: Stream, drawn: bool,
) -> None:  # fmt: skip
    """Competing risks: how many leave a class in a step, then which strain infects them or whether they wane."""
    strains, groups = hazard.shape
    for k in range(free.shape[0]):
        for g in range(groups):
            people = free[k, g]
            if people <= 0:
                continue
            total, last = waning[k], -1
            for s in range(strains):
                risk = susceptibility[k, s] * hazard[s, g]
                if risk > 0:
                    total += risk
                    last = s
            if total <= 0:
                continue
            gone = exponential(stream, people, total) if drawn else -people * math.expm1(-total)
            if gone <= 0:
                continue
            free[k, g] -= gone
            left, rest = gone, total
            for s in range(last + 1):
                risk = susceptibility[k, s] * hazard[s, g]
                if risk <= 0 or left <= 0:
                    continue
                if s == last and waning[k] <= 0:
                    count = left
                elif drawn:
                    count = binomial(stream, left, min(1.0, risk / rest))
                else:
                    count = min(left, gone * risk / total)
                rest -= risk
                left -= count
                entering[s, kind[k, s], g] += count
                since[0, s] += count
                since[1, s] += count * severity[k, s]
                struck[g] += count
            if left > 0:
                arriving[wanes_to[k], g] += left


@compiled(error_model="numpy", nogil=True)
def progress(
    infected: Array, arriving: Array, kinds: Whole, after: Whole, leaving: Array, latent_stages: int, stream: Stream,
    drawn: bool,
) -> None:  # fmt: skip
    """Everybody who is infected goes on by one stage with its probability; after the last one into a class."""
    strains, _, stages, groups = infected.shape
    for s in range(strains):
        for kind in range(kinds[s]):
            for stage in range(stages - 1, -1, -1):
                p = leaving[s, 1 if stage >= latent_stages else 0]
                log_rest = math.log1p(-p)
                for g in range(groups):
                    people = infected[s, kind, stage, g]
                    if people <= 0:
                        continue
                    gone = known_rest(stream, people, p, log_rest) if drawn else people * p
                    infected[s, kind, stage, g] -= gone
                    if stage == stages - 1:
                        arriving[after[s, kind], g] += gone
                    else:
                        infected[s, kind, stage + 1, g] += gone
