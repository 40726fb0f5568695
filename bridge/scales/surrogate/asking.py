"""A batch of states asked of a surrogate until every one has its answer, with fine runs where they are needed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from bridge.scales.surrogate.kernels import Floats
from bridge.scales.surrogate.surrogate import Surrogate


def ask(
    surrogate: Surrogate, x: npt.ArrayLike, fine: Callable[[Floats], tuple[npt.ArrayLike, npt.ArrayLike | None]]
) -> tuple[Floats, Floats]:
    """Values (m, k) and bounds (m,) at the states ``x`` (m, d).

    ``fine`` answers rows of states, with the variance of each answer or None. Its answer is used where it was run, with
    a bound of nought; but a single answer of a noisy model is no better than its noise, and the mean of the process is
    used there too. Answers given in a round in which another one was found outside its bound are asked for again.
    Raises SurrogateFailed.
    """
    states = np.array(x, dtype=float)
    values, bounds = np.full((len(states), surrogate.outputs), np.nan), np.full(len(states), np.nan)
    waiting = np.arange(len(states))
    while len(waiting):
        proposal = surrogate.propose(states[waiting])
        run = proposal.needed | proposal.checks
        told = proposal.answered | (proposal.checks & surrogate.noisy)
        stands = True
        if run.any():
            answers, variance = fine(states[waiting[run]])
            stands = surrogate.learn(states[waiting[run]], answers, variance)
            if not surrogate.noisy:
                values[waiting[run]], bounds[waiting[run]] = answers, 0.0
        if stands:
            values[waiting[told]], bounds[waiting[told]] = proposal.values[told], proposal.bounds[told]
        waiting = waiting[proposal.later | (proposal.needed & surrogate.noisy) | (told & (not stands))]
    return values, bounds
