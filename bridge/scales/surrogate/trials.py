"""Held-out answers: when they are asked for, whether bounds hold there, and when that is no longer believed."""

from __future__ import annotations

from collections import deque
from math import ceil
from typing import Any

import numpy as np

from bridge.scales.surrogate.assumptions import ADVICE, SurrogateFailed
from bridge.scales.surrogate.entering import numbers
from bridge.scales.surrogate.kernels import Floats

#: Answers in a row that must lie within the bounds stated before they were known, until answers are given.
IN_A_ROW = 3
#: Held-out answers outside their bounds, but within the tolerance, after which the bounds are no longer believed.
OUTSIDE = 2
#: Standard deviations of noise that one answer of a noisy model may be off.
SIGMAS = 4.0
#: Of a batch no more than so many are held out at once, or one in so many.
FEWEST, BATCH = 2, 50
#: Answers given that are kept, to be held against what is known later.
KEPT = 1000
#: How much more than it took to hold a bound is enlarged by.
MARGIN = 1.5


class Trials:
    """Answers given that are waiting for the fine run of the same state, and how earlier ones came out."""

    def __init__(self, held_out: float) -> None:
        self.every = ceil(1 / held_out) if held_out > 0 else 0  # hits from one held-out answer to the next at most
        self.waiting: dict[bytes, tuple[Floats, Floats]] = {}
        #: States lately answered, with values and bounds (these as before any enlargement).
        self.given: deque[tuple[Floats, list[float], list[float]]] = deque(maxlen=KEPT)
        self.in_a_row = 0
        self.enlarged = 1.0
        self.outside = 0
        self.errors: list[float] = []  # of held-out answers, in the tolerance's measure
        self.bounds: list[float] = []
        self.due = 1  # the answer, counted from one, that is next held out

    @property
    def trusted(self) -> bool:
        """Whether enough answers in a row lay within their bounds."""
        return self.in_a_row >= IN_A_ROW

    @property
    def wanting(self) -> int:
        """How many more it takes."""
        return max(IN_A_ROW - self.in_a_row, 0)

    def hold_out(self, hits: int, bounds: Floats, doubts: Floats, seed: int) -> list[int]:
        """Which of these answers are run as well: the 1st, 2nd, 4th, 8th, … of all.

        The first of them in a batch is that where another kernel would answer most differently, the second that with
        the largest bound, others are drawn by lot. Of a batch no more than one in fifty is held out (but
        two), unless a larger share was asked for.
        """
        m = len(bounds)
        wanted = 0
        while self.due <= hits + m and m:
            wanted += 1
            self.due = min(2 * self.due, self.due + (self.every or self.due))
        wanted = min(wanted, max(FEWEST, ceil(m / (self.every or BATCH))), m)
        if not wanted:
            return []
        by_doubt = int(np.lexsort((bounds, doubts))[-1])
        order = [by_doubt, int(np.argmax(bounds)), *np.random.default_rng((seed, hits)).permutation(m).tolist()]
        return list(dict.fromkeys(order))[:wanted]

    def judge(self, said: Floats, bounds: Floats, found: Floats, noise: Floats) -> Floats:
        """By how many bounds each answer (m, k) was off, beyond its own noise, in the worst of the outputs (m,)."""
        off = np.maximum(np.abs(found - said) - SIGMAS * noise, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(off > 0, off / bounds, 0.0)
        return np.asarray(ratio.max(axis=1))

    def test(self, ratios: Floats) -> bool:
        """Count answers that were compared with what was expected of them: whether all lay within their bounds."""
        within = not (ratios > 1).any()
        self.in_a_row = self.in_a_row + len(ratios) if within else 0
        return within

    def check(
        self, state: str, said: Floats, bounds: Floats, found: Floats, noise: Floats, measure: Floats, tolerance: float
    ) -> bool:
        """Compare a held-out answer (k,): whether it lies within its bound. Raises SurrogateFailed."""
        ratio = float(self.judge(said[None], bounds[None], found[None], noise)[0])
        worst = int(np.argmax(np.abs(found - said) / measure))
        self.errors.append(float(np.abs(found - said)[worst] / measure[worst]))
        self.bounds.append(float((bounds / measure).max()))
        if ratio <= 1:
            return True
        self.outside += 1
        self.in_a_row = 0
        self.enlarged *= MARGIN * ratio
        if self.errors[-1] > tolerance or self.outside >= OUTSIDE:
            why = "farther than the tolerance" if self.errors[-1] > tolerance else f"the {self.outside}nd time"
            raise SurrogateFailed(
                f"at {state} the surrogate said {numbers(said)} within {numbers(bounds)}; the fine model, run as a "
                f"held-out test, gave {numbers(found)}, off by {numbers(np.abs(found - said))}: outside the bound, "
                f"{why} (tolerance {tolerance:g}). The fine model is rougher than its other answers tell, as at a "
                "kink, a jump or a narrow peak, or it is noisy (noisy=True). " + ADVICE
            )
        return False

    def contradicted(self, values: Floats, bounds: Floats) -> int | None:
        """Which answer given cannot be true if those of now (n, k) are, within their bounds; None if all can."""
        said = np.array([one[1] for one in self.given])
        within = np.array([one[2] for one in self.given]) * self.enlarged
        wrong = (np.abs(values - said) > within + bounds + 1e-12 * np.abs(said)).any(axis=1)
        return int(np.flatnonzero(wrong)[0]) if wrong.any() else None

    def kept(self, inputs: int, outputs: int) -> Floats:
        """The answers given as one array (n, d + 2k), to be put away."""
        rows = [np.concatenate(one) for one in self.given]
        return np.array(rows) if rows else np.empty((0, inputs + 2 * outputs))

    def document(self) -> dict[str, Any]:
        """Counts, as JSON; waiting answers are left out: who asked for them is gone."""
        return {
            "in_a_row": self.in_a_row,
            "enlarged": self.enlarged,
            "outside": self.outside,
            "errors": self.errors,
            "bounds": self.bounds,
            "due": self.due,
        }

    @classmethod
    def from_document(cls, document: dict[str, Any], held_out: float, given: Floats, inputs: int) -> Trials:
        """As they were."""
        trials = cls(held_out)
        outputs = (given.shape[1] - inputs) // 2
        for row in given:
            state, values, bounds = np.split(row, [inputs, inputs + outputs])
            trials.given.append((state, values.tolist(), bounds.tolist()))
        for name, value in document.items():
            setattr(trials, name, value)
        return trials
