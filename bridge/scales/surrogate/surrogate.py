"""A surrogate of a fine model: answers within a tolerance from the answers it was told, or the wish for a fine run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.scales.surrogate import record
from bridge.scales.surrogate.assumptions import agree, continuous, revised, scatters
from bridge.scales.surrogate.choosing import CANDIDATES, most_telling, spread_out
from bridge.scales.surrogate.entering import answers as checked_answers
from bridge.scales.surrogate.entering import counted, measured, named, possible
from bridge.scales.surrogate.entering import states as checked_states
from bridge.scales.surrogate.kernels import Floats
from bridge.scales.surrogate.known import OUTSIDE, Known
from bridge.scales.surrogate.threads import one_thread
from bridge.scales.surrogate.trials import IN_A_ROW, Trials
from bridge.scales.surrogate.ways import WAYS, Way

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Proposal:
    """What is said of a batch of m states.

    ``needed`` states must be run; ``checks`` are answered, and run as well to hold the answer against; ``later`` ones
    are neither: what is learned from the others may answer them. ``bounds`` are in the measure of the tolerance,
    ``each`` (m, k) in the outputs' own. Values and bounds are NaN where nothing is said.
    """

    values: Floats
    bounds: Floats
    each: Floats
    needed: Flags
    checks: Flags
    later: Flags

    @property
    def answered(self) -> Flags:
        """States whose value stands in for a fine run."""
        return np.asarray(~(self.needed | self.checks | self.later))


class Surrogate:
    """Stands in for a fine model of ``inputs`` numbers that answers with ``outputs`` numbers.

    The ``tolerance`` is a share of the largest magnitude among the known answers of each output if ``relative``
    (magnitudes below ``least`` count as ``least``), else in the outputs' unit. ``together`` is how many fine runs are
    asked for at once at most, ``held_out`` the share of answers that are run as well at least, ``names`` are those of
    the inputs, for errors. Raises ContractError for what cannot be.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        tolerance: float,
        relative: bool,
        way: str = "gaussian",
        noisy: bool = False,
        seed: int = 0,
        together: int = 4,
        least: float | Sequence[float] = 0.0,
        held_out: float = 0.0,
        names: Sequence[str] = (),
    ) -> None:
        self.made: dict[str, Any] = {
            "inputs": counted("inputs", inputs),
            "outputs": counted("outputs", outputs),
            "tolerance": measured("tolerance", tolerance, "0.01"),
            "relative": relative,
            "way": way,
            "noisy": noisy,
            "seed": seed,
            "together": counted("together", together),
            "least": np.broadcast_to(np.asarray(least, float), (outputs,)).tolist(),
            "held_out": measured("held_out", held_out, "0.05"),
            "names": list(names) or [f"x{i}" for i in range(inputs)],
        }
        possible(self.made, WAYS)
        self.inputs, self.outputs, self.together, self.seed = inputs, outputs, together, seed
        self.tolerance, self.relative, self.noisy = float(tolerance), relative, noisy
        self.least = np.array(self.made["least"])
        self.names: list[str] = self.made["names"]
        self.way_name = way
        self.way: Way = WAYS[way](inputs, noisy, seed)
        self.known = Known(inputs, outputs)
        self.trials = Trials(held_out)
        self.hits = self.repeated = self.fine = 0
        self.largest = 0.0
        self._last = 0
        self._measure_anew()

    @property
    def fewest(self) -> int:
        """Answers without which nothing is said; noise that nobody gave takes more to be found."""
        return 5 * (self.inputs + 1) if self.noisy else self.inputs + 2

    def answer(self, x: tuple[float, ...]) -> tuple[tuple[float, ...], float] | None:
        """Values and bound for one state if they can be given without more ado; None says to propose it."""
        row = np.array(x)
        known = None if self.noisy else self.known.row(row)
        if known is not None:
            self.repeated += 1
            return tuple(self.known.y[known].tolist()), 0.0
        if self.trials.in_a_row < IN_A_ROW or self.hits + 1 >= self.trials.due:
            return None
        for value, low, high in zip(x, self._low, self._high, strict=True):
            if not low <= value <= high:
                return None
        values, bounds = self.way.one(row)
        bound = max([one * per for one, per in zip(bounds, self._per_measure, strict=True)])
        if not bound <= self.tolerance:
            return None
        self.hits += 1
        self.largest = max(self.largest, bound)
        self.trials.given.append((row, values, bounds))
        return tuple(values), bound

    def propose(self, x: npt.ArrayLike) -> Proposal:
        """Answers for a batch of states (m, d), and which of them must be run."""
        states = checked_states(x, self.names)
        m = len(states)
        found = Proposal(
            np.full((m, self.outputs), np.nan),
            np.full(m, np.nan),
            np.full((m, self.outputs), np.nan),
            *(np.zeros(m, bool) for _ in range(3)),
        )
        self._last = 0
        if not m:
            return found
        if not self.noisy:
            self._repeat(states, found)
        open_rows = np.flatnonzero(np.isnan(found.bounds))
        if not len(open_rows):
            return found
        _, first, which = np.unique(states[open_rows], axis=0, return_index=True, return_inverse=True)
        rows, which = open_rows[first], which.ravel()
        values, each, ratio = self._said(states[rows])
        within = (ratio <= 1) & self.trials.trusted
        run = self._run_first(states[rows], ratio, within)
        found.needed[rows[run]] = True
        answered = within[which]
        found.later[open_rows] = ~answered
        found.later[rows[run]] = False
        hit = open_rows[answered]
        found.values[hit], found.each[hit] = values[which[answered]], each[which[answered]]
        found.bounds[hit] = (found.each[hit] / self._measure).max(axis=1, initial=0.0)
        self._count(states, found, hit)
        return found

    def _repeat(self, states: Floats, found: Proposal) -> None:
        """Answers of states that were run before."""
        known = self.known.rows(states)
        again = known >= 0
        found.values[again], found.bounds[again], found.each[again] = self.known.y[known[again]], 0.0, 0.0
        self.repeated += int(again.sum())

    def _count(self, states: Floats, found: Proposal, hit: npt.NDArray[np.int_]) -> None:
        """Choose what is held out, and keep count."""
        held = hit
        if len(hit):
            held = hit[self.trials.hold_out(self.hits, found.bounds[hit], self.way.doubt(states[hit]), self.seed)]
        found.checks[held] = True
        for row in held:
            self.trials.waiting[states[row].tobytes()] = found.values[row].copy(), found.each[row].copy()
        for row in np.setdiff1d(hit, held):
            within = found.each[row] / self.trials.enlarged
            self.trials.given.append((states[row], found.values[row].tolist(), within.tolist()))
        self._last = len(hit) - len(held)
        self.hits += self._last
        self.largest = max(self.largest, float(found.bounds[hit].max(initial=0.0)))

    def _said(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        """Values and bounds (m, k), and the bound in tolerances in the worst of the outputs (m,)."""
        if len(self.known) < self.fewest:
            return (
                np.full((len(x), self.outputs), np.nan),
                np.full((len(x), self.outputs), np.inf),
                np.full(len(x), np.inf),
            )
        values, each = self.way.predict(x)
        each = each * self.trials.enlarged
        outside = self.known.outside(x)
        beyond = np.flatnonzero(outside > 0)
        if len(beyond):  # out there the answer may differ from that at the box's face by the tolerance, not more
            face, _ = self.way.predict(np.clip(x[beyond], self.known.low, self.known.high))
            each[beyond] += np.abs(values[beyond] - face)
            each[outside > OUTSIDE] = np.inf
        each[np.isnan(each)] = np.inf
        return values, each, self._in_tolerances(each)

    def _in_tolerances(self, each: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(each > 0, each / self._tolerances, 0.0)
        return np.asarray(np.nan_to_num(ratio, nan=np.inf, posinf=np.inf).max(axis=1))

    def _run_first(self, x: Floats, ratio: Floats, within: Flags) -> npt.NDArray[np.int_]:
        """Rows to run now."""
        rows = np.flatnonzero(~within)
        missing = self.fewest - len(self.known)
        if not len(rows):
            return rows
        if missing > 0:
            return rows[spread_out(x[rows], self.known.x, missing)]
        if len(rows) > CANDIDATES:
            rows = rows[
                np.random.default_rng((self.seed, len(self.known))).choice(len(rows), CANDIDATES, replace=False)
            ]
        self.way.begin(x[rows])

        def suppose(row: int) -> Floats:
            return self._in_tolerances(self.way.suppose(row) * self.trials.enlarged)

        least = 1 if self.trials.trusted else max(1, self.trials.wanting)
        box = self.known.low, self.known.high
        return rows[most_telling(x[rows], ratio[rows], box, suppose, max(self.together, least), least)]

    def learn(self, x: npt.ArrayLike, y: npt.ArrayLike, variance: npt.ArrayLike | None = None) -> bool:
        """Take in fine answers (m, k), asked for or not; ``variance`` (m, k) is that of each.

        False says that an answer was outside the bound it was expected within, and that what the last proposal said
        is to be proposed again. Raises SurrogateFailed where the surrogate's assumptions do not hold.
        """
        with one_thread():
            return self._taken_in(x, y, variance)

    def _taken_in(self, x: npt.ArrayLike, y: npt.ArrayLike, variance: npt.ArrayLike | None) -> bool:
        states = checked_states(x, self.names)
        answers, variances = checked_answers(states, y, variance, self.outputs, self.names)
        m = len(states)
        trial = self.fewest + self.trials.wanting
        if len(self.known) < self.fewest and m >= trial:  # more than is needed at once: the last are the trial
            order = np.random.default_rng(self.seed).permutation(m)
            first, last = np.split(order, [m - max(self.trials.wanting, m // 4)])
            stands = [self._learn(states[part], answers[part], variances[part]) for part in (first, last)]
            return all(stands)
        return self._learn(states, answers, variances)

    def _learn(self, states: Floats, answers: Floats, variances: Floats) -> bool:
        stands, enlarged = True, self.trials.enlarged
        fresh = self.known.rows(states) < 0
        for i, state in enumerate(states):
            if (pending := self.trials.waiting.pop(state.tobytes(), None)) is not None:
                fresh[i] = False
                noise = self._scatter(variances[i])
                what = (named(self.names, state), *pending, answers[i], noise, self._measure, self.tolerance)
                stands = self.trials.check(*what) and stands
        if len(self.known) >= self.fewest and fresh.any():
            said, each, _ = self._said(states[fresh])
            inside = np.isfinite(each).all(axis=1)
            ratios = self.trials.judge(said, each, answers[fresh], self._scatter(variances[fresh]))[inside]
            stands = self.trials.test(ratios) and stands
        if not stands:  # what the last proposal said is taken back
            self.largest *= self.trials.enlarged / enlarged
            self.hits -= self._last
            for _ in range(min(self._last, len(self.trials.given))):
                self.trials.given.pop()
            self._last = 0
        for state, answer, variance in zip(states, answers, variances, strict=True):
            if not self.noisy:
                agree(self.known, state, answer, self._tolerances, self.names)
            self.known.add(state, answer, variance)
        self.fine += len(states)
        self._measure_anew()
        if len(self.known) >= self.fewest:
            if not self.noisy:
                continuous(self.known, states[fresh], self._tolerances, self.names)
            self.way.learn(self.known, self._tolerances)
            seen = self.way.look_for_noise(self.known, self._tolerances)
            if seen is not None:
                raise scatters(seen, len(self.known), self._tolerances)
            self._look_back()
        self._measure_anew()
        return stands

    def _look_back(self) -> None:
        """What was said lately is still possible by what is known now, or SurrogateFailed is raised."""
        if not self.trials.given:
            return
        states = np.array([one[0] for one in self.trials.given])
        values, bounds, _ = self._said(states)
        wrong = self.trials.contradicted(values, bounds)
        if wrong is not None:
            state, said, within = self.trials.given[wrong]
            given = state, said, np.array(within) * self.trials.enlarged
            raise revised(self.names, given, values[wrong], bounds[wrong], len(self.known))

    def _scatter(self, variance: Floats) -> Floats:
        """Standard deviation of one answer of a noisy model, nought of another."""
        if not self.noisy:
            return np.zeros(self.outputs)
        level = self.way.level if self.way.level is not None else np.zeros(self.outputs)
        return np.asarray(np.sqrt(np.where(np.isfinite(variance), variance, level)))

    def _measure_anew(self) -> None:
        """What the tolerance is a share of, now."""
        measure = self.known.magnitudes(self.least) if self.relative else np.ones(self.outputs)
        self._tolerances = self.tolerance * measure
        self._measure = np.where(measure > 0, measure, 1.0)
        self._per_measure = (self.trials.enlarged / self._measure).tolist()
        self._low, self._high = self.known.low.tolist(), self.known.high.tolist()

    def statistics(self) -> dict[str, Any]:
        """How much was asked and how it was answered, as JSON: see :func:`record.statistics`."""
        return record.statistics(self)

    def state(self) -> tuple[dict[str, Floats], dict[str, Any]]:
        """Everything it knows, as arrays and JSON; held-out answers not yet told are left out."""
        return record.state(self)

    @classmethod
    def from_state(cls, arrays: dict[str, Floats], document: dict[str, Any]) -> Surrogate:
        """As it was when :meth:`state` was asked; answers are the same to the last bit."""
        surrogate = cls(**document["made"])
        record.restore(surrogate, arrays, document)
        surrogate._measure_anew()
        if len(surrogate.known) >= surrogate.fewest:
            surrogate.way.learn(surrogate.known, surrogate._tolerances)
        return surrogate
