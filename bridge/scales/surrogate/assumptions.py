"""What a surrogate takes for granted of a fine model, tested on its answers: continuity, and no undeclared noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bridge.errors import BridgeError
from bridge.scales.surrogate.entering import named, numbers
from bridge.scales.surrogate.kernels import Floats
from bridge.scales.surrogate.known import Known

#: States nearer to one another than this (in widths of the known states) whose answers differ by more than this share
#: of all that answers differ by are on the two sides of a jump.
NEAR, APART = 1e-3, 0.1
#: Rounding of a fine model, and what is left of its iterations in tolerances, by which two runs may differ.
ROUNDING, REST = 1e-9, 0.01

ADVICE = (
    'Give a smaller tolerance, so that more states are run; write way="nearest"; or leave the tolerance out, so that '
    "every state is run."
)


class SurrogateFailed(BridgeError):
    """Fine runs show that what the surrogate assumes of the fine model does not hold."""


def agree(known: Known, state: Floats, answer: Floats, tolerances: Floats, names: Sequence[str]) -> None:
    """A model without noise gives the same answer twice, or SurrogateFailed is raised."""
    row = known.row(state)
    if row is None:
        return
    before = known.y[row]
    if (np.abs(before - answer) > np.maximum(ROUNDING * np.abs(before), REST * tolerances)).any():
        raise SurrogateFailed(
            f"the fine model gave {numbers(before)} and {numbers(answer)} for the same state, {named(names, state)}: "
            "it is noisy. Write noisy=True and a tolerance of a few standard errors, or give the fine model a seed."
        )


def continuous(known: Known, fresh: Floats, tolerances: Floats, names: Sequence[str]) -> None:
    """Two states side by side have answers near one another, or SurrogateFailed is raised."""
    allowed = np.maximum(2 * tolerances, APART * np.ptp(known.y, axis=0))
    for state in fresh:
        here = known.row(state)
        near = np.abs((known.x - state) / known.widths).max(axis=1) < NEAR
        far = (np.abs(known.y - known.y[here]) > allowed).any(axis=1)
        if (near & far).any():
            other = int(np.flatnonzero(near & far)[0])
            raise SurrogateFailed(
                f"the fine model jumps: {numbers(known.y[here])} at {named(names, state)} and "
                f"{numbers(known.y[other])} at {named(names, known.x[other])}, which are nearer than {NEAR:g} of "
                f"the range of states asked. A surrogate takes it for continuous. {ADVICE}"
            )


def revised(
    names: Sequence[str], given: tuple[Floats, Sequence[float], Floats], values: Floats, bounds: Floats, answers: int
) -> SurrogateFailed:
    """The error for an answer that was given and that later answers show to be wrong."""
    state, said, within = given
    return SurrogateFailed(
        f"at {named(names, state)} the surrogate had said {numbers(said)} within {numbers(within)}; with {answers} "
        f"answers known it says {numbers(values)} within {numbers(bounds)}: what it said was wrong. The fine model is "
        f"rougher than its first answers told, as at a kink or a narrow peak. {ADVICE}"
    )


def scatters(seen: Floats, answers: int, tolerances: Floats) -> SurrogateFailed:
    """The error for answers that noise explains better than a function does."""
    return SurrogateFailed(
        f"the fine model scatters, jumps or has a kink: noise of standard deviation {numbers(seen)} tells its "
        f"{answers} answers better than any smooth function (tolerance {numbers(tolerances)}). Write noisy=True and a "
        "tolerance of a few standard errors, give the fine model a seed, or leave the tolerance out, so that every "
        "state is run."
    )
