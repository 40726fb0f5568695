"""Virtual persons who draw clonotypes, counted by how much less a variant is neutralised; in numba."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from bridge_epidemic.ports import Array, Whole

#: Steps of the two counters: odd numbers, the golden ratio and the square root of two in 64 bits.
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
ROOT = np.uint64(0x6A09E667F3BCC909)


@njit(cache=True)
def mixed(z: Any) -> Any:
    """One of 2^64 numbers for each other one (G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014, p. 453)."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(cache=True)
def resampled(size: Any, draw: Any, seed: Any) -> Any:
    """Places of a bootstrap resample: as many as there are, with replacement. It depends on seed and draw alone."""
    key = mixed(mixed(np.uint64(seed) + GOLDEN) + np.uint64(draw) * ROOT + np.uint64(1))
    places = np.empty(size, dtype=np.int64)
    for i in range(size):
        key += GOLDEN
        places[i] = np.int64((mixed(key) >> np.uint64(32)) * np.uint64(size) >> np.uint64(32))
    return places


@njit(cache=True, nogil=True)
def _counted(
    reference: Any, variant: Any, stream: Any, persons: Any, clonotypes: Any, seed: Any, low: Any, width: Any, bins: Any
) -> Any:
    """Persons by log10 of their fold; the last two numbers are those with nothing against either virus."""
    counts = np.zeros(bins + 2, dtype=np.int64)
    size = np.uint64(reference.size)
    begin = mixed(mixed(np.uint64(seed) + ROOT) + np.uint64(stream) * GOLDEN)
    for person in range(persons):
        key = mixed(begin + np.uint64(person) * ROOT)
        one, other = 0.0, 0.0
        for clonotype in range(clonotypes):
            if clonotype % 2 == 0:
                key += GOLDEN
                word = mixed(key)
                place = (word >> np.uint64(32)) * size >> np.uint64(32)
            else:
                place = (word & np.uint64(0xFFFFFFFF)) * size >> np.uint64(32)
            one += reference[place]
            other += variant[place]
        if one == 0.0:
            counts[bins + 1] += 1
        elif other == 0.0:
            counts[bins] += 1
        else:
            at = np.floor((np.log10(one / other) - low) / width + 0.5)
            counts[np.int64(min(max(at, 0.0), bins - 1.0))] += 1
    return counts


def counted(
    potency: Array, draw: int, persons: int, clonotypes: int, seed: int, grid: Array
) -> tuple[Array, float, float]:
    """Shares of persons by log10 fold (in bins about `grid`, evenly spaced), without any potency left, and left out.

    `potency` is (antibody, 2) in mL/ug against reference and variant; `draw` is a bootstrap resample of antibodies,
    -1 all of them once. The shares of the first two sum to one: of all persons with any potency against the
    reference. Raises ValueError where nobody has any.
    """
    taken = potency if draw < 0 else potency[resampled(len(potency), draw, seed % 2**64)]
    one, other = np.ascontiguousarray(taken.T)
    width = (grid[-1] - grid[0]) / (grid.size - 1)
    found: Whole = _counted(
        one, other, draw + 1, persons, clonotypes, np.uint64(seed % 2**64), grid[0], width, grid.size
    )
    counting = persons - int(found[-1])
    if counting == 0:
        raise ValueError(f"none of {persons} persons neutralises the reference")
    return found[:-2] / counting, int(found[-2]) / counting, int(found[-1]) / persons
