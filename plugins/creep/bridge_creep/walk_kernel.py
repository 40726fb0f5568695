"""The inner loop of the walk, compiled by numba."""

from __future__ import annotations

import numpy as np
from numba import uint64

from bridge import compiled


@compiled
def walk(seeds, neighbours, interval, observations):  # type: ignore[no-untyped-def]
    """Lattice sites of every walker at the end of every interval, of shape (walker, observation, 3).

    Time is counted in mean waiting times. Each walker draws from a xoshiro256++ stream of its own,
    started from its row of `seeds` (D. Blackman and S. Vigna, ACM Trans. Math. Softw. 47, 36 (2021)),
    so that a walker's path does not depend on how many walk beside it.
    """
    walkers = seeds.shape[0]
    trail = np.zeros((walkers, observations, 3), dtype=np.int64)
    for walker in range(walkers):
        state = seeds[walker].copy()
        site = np.zeros(3, dtype=np.int64)
        clock = -np.log(1.0 - uniform(state))
        for observation in range(observations):
            while clock <= (observation + 1) * interval:
                site += neighbours[int(12 * uniform(state))]
                clock -= np.log(1.0 - uniform(state))
            trail[walker, observation] = site
    return trail


@compiled
def uniform(state):  # type: ignore[no-untyped-def]
    """Next number in [0, 1) of a xoshiro256++ stream, whose four words are advanced in place."""
    total = state[0] + state[3]
    word = ((total << uint64(23)) | (total >> uint64(41))) + state[0]
    shifted = state[1] << uint64(17)
    state[2] ^= state[0]
    state[3] ^= state[1]
    state[1] ^= state[2]
    state[0] ^= state[3]
    state[2] ^= shifted
    state[3] = (state[3] << uint64(45)) | (state[3] >> uint64(19))
    return (word >> uint64(11)) * (1.0 / 9007199254740992.0)
