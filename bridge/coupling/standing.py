"""What stands in for a fine model: states as points, answers as rows of numbers, one surrogate a microstructure.

Numbers that a coarse model asks with are the coordinates of a point; all else it asks with (an image, a text, a count)
is the microstructure, to which a surrogate belongs: where that changes, what was learned counts no more.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.chain.closed import Closed
from bridge.coupling.fine import Outcome
from bridge.errors import ContractError
from bridge.kinds.base import Kind
from bridge.kinds.closure import fields
from bridge.kinds.measured import Array, Number
from bridge.kinds.record import Record
from bridge.scales.surrogate.surrogate import Proposal, Surrogate
from bridge.store.keys import value_digest

#: Arrays of at most so many numbers, of fixed size, are coordinates; larger ones are microstructure.
COORDINATES = 16


@dataclass(frozen=True)
class Place:
    """Where a state is: its microstructure, and its coordinates there."""

    key: tuple[str, ...]
    point: tuple[float, ...]


def _size(kind: Kind) -> int:
    """How many coordinates a kind has; 0 for what is microstructure."""
    if isinstance(kind, Number):
        return 1
    if isinstance(kind, Array) and len(kind.sizes) == len(kind.dims) and np.dtype(kind.dtype).kind == "f":
        count = int(np.prod([size for _, size in kind.sizes]))
        return count if count <= COORDINATES else 0
    return 0


def standing_for(closed: Closed, state: Mapping[str, Any]) -> Place:
    """Where a checked state is."""
    key, point = [], []
    for port in closed.kind.asked:
        value = state[port.name]
        if isinstance(port.kind, Number):
            point.append(value)
        elif _size(port.kind):
            point.extend(np.ravel(value).tolist())
        else:
            key.append(value_digest(port.kind, value))
    return Place(tuple(key), tuple(point))


@dataclass(frozen=True)
class Said:
    """What is proposed for some states: the answers of those that need no run, their bounds, and which run."""

    answers: list[Any]
    bounds: list[float]
    run: list[bool]
    check: list[bool]


class Standing:
    """The surrogate of one microstructure."""

    def __init__(self, closed: Closed, at: str) -> None:
        self.closed, self._at = closed, at
        names = [
            f"{port.name}[{i}]" if isinstance(port.kind, Array) else port.name
            for port in closed.kind.asked
            for i in range(_size(port.kind))
        ]
        if not names:
            raise ContractError(
                f"{at}: nothing that is asked is a number that answers could depend on smoothly "
                f"({', '.join(map(str, closed.kind.asked))}). Leave the tolerance away."
            )
        self._names = names
        self._reference: tuple[float, ...] | None = None
        self._active: list[int] = []  # coordinates that have varied so far: the others say nothing yet
        self._data: list[tuple[tuple[float, ...], list[float], list[float]]] = []
        self._surrogate: Surrogate | None = None
        self._past: list[dict[str, Any]] = []  # what surrogates of fewer coordinates said of themselves
        self._shapes: list[tuple[int, ...]] = []
        self._learned: list[tuple[tuple[float, ...], list[float], list[float]]] = []
        self._scalar = all(isinstance(port.kind, Number) for port in closed.kind.asked)

    def answer(self, state: Mapping[str, Any]) -> tuple[Any, float] | None:
        """Answer and bound for one state, if they can be given at once."""
        if self._surrogate is None:
            return None
        point = self._within(tuple(state.values()) if self._scalar else standing_for(self.closed, state).point)
        said = None if point is None else self._surrogate.answer(point)
        return None if said is None else (self._answer(said[0]), said[1])

    def number(self, point: tuple[float, ...]) -> tuple[float, float] | None:
        """The same for a state that is a point, with a number as its answer."""
        if self._surrogate is None or (varied := self._within(point)) is None:
            return None
        said = self._surrogate.answer(varied)
        return None if said is None else (said[0][0], said[1])

    def _within(self, point: tuple[float, ...]) -> tuple[float, ...] | None:
        """The coordinates that vary; None where another one does for the first time."""
        if len(self._active) == len(point):
            return point
        assert self._reference is not None
        if any(point[i] != self._reference[i] for i in range(len(point)) if i not in self._active):
            return None
        return tuple(point[i] for i in self._active)

    def _look(self, points: np.ndarray) -> None:
        """See which coordinates vary; with one more, what is known is learned again."""
        if self._reference is None:
            self._reference = tuple(points[0].tolist())
        varied = np.flatnonzero((points != np.array(self._reference)).any(axis=0)).tolist()
        active = sorted({*self._active, *varied})
        if active != self._active:
            if self._surrogate is not None:
                self._past.append(self._surrogate.statistics())
            self._active, self._surrogate = active, None
            self._learn(self._data)

    def propose(self, states: Sequence[Mapping[str, Any]]) -> Said:
        """What to answer, and which states to run first."""
        points = np.array([standing_for(self.closed, state).point for state in states])
        self._look(points)
        if self._surrogate is None:  # how many numbers an answer has is seen in the first
            first = [row == 0 or not self._active for row in range(len(states))]
            return Said([None] * len(states), [np.nan] * len(states), first, [False] * len(states))
        said: Proposal = self._surrogate.propose(points[:, self._active])
        answers = [
            self._answer(values.tolist()) if done else None
            for values, done in zip(said.values, said.answered, strict=True)
        ]
        return Said(answers, said.bounds.tolist(), (said.needed | said.checks).tolist(), said.checks.tolist())

    def keep(self, state: Mapping[str, Any], answer: Any, outcome: Outcome) -> None:
        """Hold an exact answer until ``learn``."""
        parts = fields(self.closed.kind.answer)
        values = [np.asarray(answer[part.name] if part.name else answer, float) for part in parts]
        shapes = [value.shape for value in values]
        if self._shapes and shapes != self._shapes:
            raise ContractError(
                f"{self._at}: answers of the shapes {self._shapes} and {shapes} were given: a surrogate needs "
                "answers of one shape. Leave the tolerance away."
            )
        self._shapes = shapes
        row = [number for value in values for number in np.ravel(value).tolist()]
        self._learned.append((standing_for(self.closed, state).point, row, self._variances(outcome, values)))

    def _variances(self, outcome: Outcome, values: Sequence[np.ndarray]) -> list[float]:
        """The variance of each number of an answer, NaN where it is not known."""
        found: list[float] = []
        there = {port.name: port.kind for port in self.closed.last.outputs.ports}
        for part, value in zip(fields(self.closed.kind.answer), values, strict=True):
            name = self.closed.errors.get(part.name)
            if name is None or outcome.outputs is None:
                found += [float("nan")] * value.size
                continue
            of = there[name]
            slope = _slope(of.unit or "1", part.kind.unit or "1")
            found += (np.ravel(np.asarray(outcome.outputs[name], float) * slope) ** 2).tolist()
        return found

    def learn(self) -> bool:
        """Take in what was kept; False where the answers of the last proposal do not stand."""
        fresh, self._learned = self._learned, []
        self._data += fresh
        return self._learn(fresh if self._surrogate is not None else self._data)

    def _learn(self, data: Sequence[tuple[tuple[float, ...], list[float], list[float]]]) -> bool:
        if not data or not self._active:
            return True
        points, answers, variances = (np.array(column) for column in zip(*data, strict=True))
        if self._surrogate is None:
            options = self.closed.options
            self._surrogate = Surrogate(
                len(self._active),
                len(answers[0]),
                tolerance=options["tolerance"],
                relative=options["relative"],
                way=options["way"],
                noisy=options["noisy"],
                names=[self._names[i] for i in self._active],
            )
        known = self.closed.options["noisy"] and not np.isnan(variances).all()
        return self._surrogate.learn(points[:, self._active], answers, variances if known else None)

    def _answer(self, numbers: Sequence[float]) -> Any:
        """Numbers as an answer."""
        parts, found, start = fields(self.closed.kind.answer), {}, 0
        for part, shape in zip(parts, self._shapes, strict=True):
            size = int(np.prod(shape)) if shape else 1
            piece = numbers[start : start + size]
            found[part.name] = np.array(piece).reshape(shape) if shape else float(piece[0])
            start += size
        return found if isinstance(self.closed.kind.answer, Record) else found[""]

    def statistics(self) -> dict[str, Any]:
        """The largest bound that was given, and the largest held-out error, in the measure of the tolerance."""
        said = [*self._past, *([self._surrogate.statistics()] if self._surrogate is not None else [])]
        names = ("largest_bound", "held_out_error")
        return {name: max((float(one.get(name) or 0.0) for one in said), default=0.0) for name in names}


@functools.lru_cache(maxsize=256)
def _slope(source: str, target: str) -> float:
    """What a difference in one unit is in another."""
    from bridge.units import Conversion

    conversion = Conversion(source, target)
    return conversion.number(1.0) - conversion.number(0.0)
