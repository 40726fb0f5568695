"""Every contact is one of two people: whether a matrix of contacts says so, and the nearest one that does."""

from __future__ import annotations

import numpy as np

from bridge_epidemic.contacts.contacts import Contacts
from bridge_epidemic.ports import Array, names

#: Largest difference between both counts of the same contacts, relative to the larger one.
TOLERANCE = 1e-6

#: Pairs of groups with fewer contacts than this share of the most frequent pair's are rounding.
NOTHING = 1e-12


def per_day(population: Array, contacts: Array) -> Array:
    """Contacts between members of two groups in a day, N_i C_ij, as members of the first group count them."""
    return population[:, None] * contacts


def worst(population: Array, contacts: Array) -> tuple[float, int, int]:
    """The largest relative difference between N_i C_ij and N_j C_ji, and the two groups, by their places."""
    counted = per_day(population, contacts)
    larger = np.maximum(counted, counted.T)
    seen = larger > NOTHING * larger.max(initial=0.0)
    difference = np.divide(np.abs(counted - counted.T), larger, out=np.zeros_like(larger), where=seen)
    i, j = np.unravel_index(int(difference.argmax()), difference.shape)
    return float(difference[i, j]), int(i), int(j)


def reciprocal(population: Array, contacts: Array) -> Array:
    """Contacts whose counts from both sides are averaged: C'_ij = (N_i C_ij + N_j C_ji) / (2 N_i)."""
    counted = per_day(population, contacts)
    return np.asarray((counted + counted.T) / 2 / population[:, None])


def transposed(population: Array, contacts: Array) -> bool:
    """Whether the transposed matrix is reciprocal and this one is not: rows and columns are the wrong way round."""
    return worst(population, contacts)[0] > TOLERANCE >= worst(population, contacts.T)[0]


def checked(contacts: Contacts) -> None:
    """Raise ValueError unless N_i C_ij = N_j C_ji to 1e-6, with the groups and both numbers.

    Where the transposed matrix is reciprocal, it says that rows and columns are the wrong way round.
    """
    matrix, population = contacts.contacts, contacts.population
    groups = names(contacts.groups)
    if not len(groups) == population.size == matrix.shape[0] == matrix.shape[1]:
        raise ValueError(
            f"There are {len(groups)} names of groups, {population.size} populations and {matrix.shape[0]} x "
            f"{matrix.shape[1]} contacts. Give as many of each: a row and a column for every group."
        )
    if len(set(groups)) < len(groups):
        twice = next(name for name in groups if groups.count(name) > 1)
        raise ValueError(f"The group {twice!r} is named twice. Give every group a name of its own.")
    difference, i, j = worst(population, matrix)
    if difference <= TOLERANCE:
        return
    counted = per_day(population, matrix)
    if transposed(population, matrix):
        remedy = (
            "The transposed matrix would fit: rows are participants here, columns their contacts. Transpose the matrix"
        )
    else:
        remedy = "Measured contacts are made reciprocal by contacts.table with make_reciprocal=True"
    raise ValueError(
        f"Contacts are not reciprocal: {groups[i]!r} meets {groups[j]!r} {counted[i, j]:.6g} times a day in all, and "
        f"{groups[j]!r} meets {groups[i]!r} {counted[j, i]:.6g} times; both must be the same contacts. {remedy}."
    )
