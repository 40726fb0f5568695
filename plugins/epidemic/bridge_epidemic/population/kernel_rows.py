"""What is written down of a course: counts of every day, reproduction numbers, and whether anybody was lost."""

from __future__ import annotations

import math

from bridge import compiled
from bridge_epidemic.population.kernel import Array, Whole

#: Relative change of a reproduction number between iterations at which it is found; the vector is off by its root.
SETTLED = 1e-11


@compiled(error_model="numpy", nogil=True)
def dominant(scale: Array, mixing: Array, vector: Array, product: Array) -> float:
    """Dominant eigenvalue of the symmetric d_i M_ij d_j of numbers >= 0, beginning from `vector`, which it changes.

    Power iteration with the quotient of Rayleigh, whose error is the square of the vector's. The matrix is shifted by
    a part of that quotient, so that a pair of eigenvalues of both signs does not alternate.
    """
    groups = scale.size
    mean = 0.0
    for g in range(groups):
        mean += vector[g] / groups
    for g in range(groups):  # no group may be lost for good: its turn may come
        vector[g] += 1e-4 * mean
    before = -1.0
    for _ in range(10_000):
        norm = 0.0
        for g in range(groups):
            product[g] = 0.0
            norm += vector[g] * vector[g]
        for j in range(groups):
            x = vector[j] * scale[j]
            if x > 0:
                for g in range(groups):
                    product[g] += mixing[j, g] * x
        found = 0.0
        for g in range(groups):
            product[g] *= scale[g]
            found += vector[g] * product[g]
        if norm <= 0 or found <= 0:
            vector[:] = 1.0
            return 0.0
        found /= norm
        shift, size = 0.1 * found, 1 / math.sqrt(norm)
        for g in range(groups):
            vector[g] = (product[g] + shift * vector[g]) * size / found
        if abs(found - before) <= SETTLED * found:
            break
        before = found
    return found


@compiled(error_model="numpy", nogil=True)
def count(people: Array) -> float:
    """How many people there are, by kind, stage and group."""
    total = 0.0
    for kind in range(people.shape[0]):
        for stage in range(people.shape[1]):
            for g in range(people.shape[2]):
                total += people[kind, stage, g]
    return total


@compiled(error_model="numpy", nogil=True)
def reaching(
    reached: Array, free: Array, s: int, susceptibility: Array, weight: Array, kind: Whole, factor: Array
) -> None:
    """Roots of how many people a strain finds in each group, as far as they are susceptible and then infectious."""
    for g in range(free.shape[1]):
        reached[g] = 0.0
    for k in range(free.shape[0]):
        share = susceptibility[k, s] * weight[s, kind[k, s]]
        for g in range(free.shape[1]):
            reached[g] += free[k, g] * share
    for g in range(free.shape[1]):
        reached[g] = math.sqrt(reached[g]) * factor[g]


@compiled(error_model="numpy", nogil=True)
def lost(people: Array, free: Array, infected: Array, population: Array) -> float:
    """The largest difference, in any group, between the people there are and those there should be."""
    strains, kinds, stages, groups = infected.shape
    least = 0.0
    for g in range(groups):
        people[g] = -population[g]
    for k in range(free.shape[0]):
        for g in range(groups):
            people[g] += free[k, g]
            least = min(least, free[k, g])
    for s in range(strains):
        for kind in range(kinds):
            for stage in range(stages):
                for g in range(groups):
                    people[g] += infected[s, kind, stage, g]
    worst = -least
    for g in range(groups):
        worst = max(worst, abs(people[g]))
    return worst
