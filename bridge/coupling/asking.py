"""Closures while a coarse model runs: answers from the store, from a surrogate within tolerance, or from a fine run."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from bridge.chain.closed import Closed, answering
from bridge.chain.direct import Direct, left
from bridge.coupling.fine import Fine, Outcome, failed_with
from bridge.coupling.ledger import AGAIN, CHECKED, NEAREST, RUN, STORED, SURROGATE, UNBOUNDED, Ledger
from bridge.coupling.standing import Standing, standing_for
from bridge.errors import BridgeError, FineCallFailed, NotSeparated
from bridge.kinds.measured import Number
from bridge.models import Model
from bridge.store.keys import value_digest
from bridge.store.store import Store

#: What is a number without a second look.
NUMBERS = frozenset({float, int, np.float64, np.int64})


@contextmanager
def asked(model: Model, store: Store, run: str, stage: str, key: str) -> Iterator[dict[str, Any]]:
    """Let the closures of a model be asked while it is called here, for the artifact ``key``.

    Afterwards the mapping says, by place, what the artifact says of them; their calls are in the store.
    """
    facts: dict[str, Any] = {}
    if not model.closures:
        yield facts
        return
    live: list[Asked] = []

    def answer(closed: Closed, fixed: Mapping[str, Any], at: str) -> Asked:
        live.append(Asked(closed, fixed, at, store, run))
        return live[-1]

    token = answering.set(answer)
    try:
        yield facts
        for one in live:
            facts |= one.told(key, stage)
    finally:
        answering.reset(token)


class Asked(Direct):
    """A closure that keeps what it knows: exact answers by state, and a surrogate for each microstructure."""

    def __init__(self, closed: Closed, fixed: Mapping[str, Any], at: str, store: Store, run: str) -> None:
        super().__init__(closed, fixed, at)
        self.store, self.run = store, run
        self.fine = Fine(closed, fixed, at, store, run)
        self.ledger = Ledger(closed)
        self._ports = {port.name: port for port in closed.kind.asked}
        self._plain = all(isinstance(port.kind, Number) for port in closed.kind.asked)
        self._known: dict[Any, tuple[Any, str, Mapping[str, Any]]] = {}
        self._stands_in: dict[Any, tuple[Any, int, float, str]] = {}
        self._standing: dict[Any, Standing] = {}
        self._only: Standing | None = None  # the one there is, where all that is asked and answered is a number
        self._noisy = bool(closed.options.get("noisy") or closed.errors)
        self._tolerant = bool(closed.options.get("tolerance"))
        self._lock = threading.RLock()

    def __call__(self, *given: Any, **state: Any) -> Any:
        """The answer to one state, in the units of the Protocol."""
        if given:
            state = dict(self.closed.kind.named(given, state, self.at))
        number = self._quickly(state)
        if number is not None:
            return number
        kind = self.closed.kind
        checked = kind.state(state, self.at)
        with self._lock:
            if self._tolerant:
                quick = self._surrogate(checked).answer(checked)
                if quick is not None:
                    known = self._known.get(self._mark(checked)) if quick[1] == 0.0 else None
                    source, key = (SURROGATE, "") if known is None else (AGAIN, known[1])
                    self.ledger.add(checked, quick[0], source, quick[1], key)
                    return kind.argument_of(quick[0])
            return kind.argument_of(self.answers([checked])[0])

    def _quickly(self, state: Mapping[str, Any]) -> float | None:
        """The surrogate's answer where all is numbers; one that it knows how to answer is finite and in range."""
        only = self._only
        if only is None or len(state) != len(self._ports):
            return None
        values = []
        for name in self._ports:
            value = state.get(name)
            if type(value) not in NUMBERS:
                return None
            values.append(float(value))  # type: ignore[arg-type]
        point = tuple(values)
        with self._lock:
            said = only.number(point)
            if said is None:
                return None
            known = self._known.get(point) if said[1] == 0.0 else None
            source, key = (SURROGATE, "") if known is None else (AGAIN, known[1])
            self.ledger.add(dict(zip(self._ports, point, strict=True)), said[0], source, said[1], key)
        return said[0]

    def answers(self, states: list[dict[str, Any]]) -> list[Any]:
        """Answers to checked states, each noted in the ledger."""
        with self._lock:
            entries = self._by_surrogate(states) if self._tolerant else self._exactly(states)
            for state, entry in zip(states, entries, strict=True):
                self.ledger.add(state, *entry)
            return [entry[0] for entry in entries]

    # One by one

    def _mark(self, state: Mapping[str, Any]) -> Any:
        """What tells states apart."""
        if self._plain:
            return tuple(state.values())
        return tuple(value_digest(port.kind, state[name]) for name, port in self._ports.items())

    def _exactly(self, states: Sequence[Mapping[str, Any]]) -> list[tuple[Any, int, float, str]]:
        """Answers out of the store or of fine runs."""
        marks = [self._mark(state) for state in states]
        asked_before = self._known.keys() | self._stands_in.keys()
        new = {mark: state for mark, state in zip(marks, states, strict=True) if mark not in asked_before}
        source = dict.fromkeys(marks, AGAIN)
        failed: dict[Any, Outcome] = {}
        fresh: list[Outcome] = []
        for (mark, state), outcome in zip(new.items(), self.fine.run_all(list(new.values())), strict=True):
            outcome = self._learned(mark, state, outcome)
            if outcome.outputs is None:
                failed[mark] = outcome
                continue
            source[mark] = RUN if outcome.computed else STORED
            fresh.append(outcome)
        self.fine.judged(fresh)
        for mark, outcome in failed.items():  # when all others are known
            self._stands_in[mark] = self._nearest(new[mark], outcome)
        entries = []
        for mark in marks:
            if mark in self._stands_in:
                entries.append(self._stands_in[mark])
                continue
            answer, key, _ = self._known[mark]
            bound = UNBOUNDED if self._noisy else 0.0  # one draw, whose standard error stands in its row
            entries.append((answer, source[mark], bound, key))
            source[mark] = AGAIN
        return entries

    def _learned(self, mark: Any, state: Mapping[str, Any], outcome: Outcome) -> Outcome:
        """Keep the answer of a fine run; what it came to, which may be that its restriction failed."""
        if outcome.outputs is None:
            return outcome
        try:
            answer = left(self.closed, outcome.outputs, self.fixed, self.at)
        except BridgeError as reason:
            return failed_with(reason)
        self._known[mark] = answer, outcome.key, state
        if self._tolerant:
            self._surrogate(state).keep(state, answer, outcome)
        return outcome

    def _nearest(self, state: Mapping[str, Any], outcome: Outcome) -> tuple[Any, int, float, str]:
        """The nearest known answer in place of a call that failed, if the flow lets it. Raises FineCallFailed."""
        model = self.closed.model.name
        what = ", ".join(f"{name}={_shown(state[name])}" for name in self._ports)
        failed = f"{self.at}: {model} failed for {what}: {outcome.error}"
        if outcome.unseparated is not None:  # to be overridden by name, not stood in for
            raise NotSeparated(failed, outcome.unseparated)
        if self.closed.options.get("on_failure") != "nearest":
            raise FineCallFailed(
                f"{failed} Other calls are kept. on_failure='nearest' in closure(…) lets the nearest known answer "
                "stand in.",
                outcome.traceback,
            )
        here = standing_for(self.closed, state)
        known = [k for k in self._known.values() if standing_for(self.closed, k[2]).key == here.key]
        if not known:
            raise FineCallFailed(f"{failed} There is no other answer yet that could stand in.", outcome.traceback)
        points = np.array([standing_for(self.closed, k[2]).point for k in known])
        width = np.ptp(points, axis=0)
        apart = np.linalg.norm((points - here.point) / np.where(width > 0, width, 1.0), axis=1)
        answer, key, _ = known[int(np.argmin(apart))]
        return answer, NEAREST, UNBOUNDED, key

    # Within tolerance

    def _surrogate(self, state: Mapping[str, Any]) -> Standing:
        """What stands in for the fine model at the microstructure of a state."""
        found = standing_for(self.closed, state)
        if found.key not in self._standing:
            self._standing[found.key] = Standing(self.closed, self.at)
            if self._plain and isinstance(self.closed.kind.answer, Number):
                self._only = self._standing[found.key]
        return self._standing[found.key]

    def _by_surrogate(self, states: Sequence[dict[str, Any]]) -> list[tuple[Any, int, float, str]]:
        entries: list[Any] = [None] * len(states)
        for rows in self._alike(states):
            standing, left_over = self._surrogate(states[rows[0]]), rows
            while left_over:
                left_over = self._known_ones(states, left_over, entries)
                if not left_over:
                    break
                said = standing.propose([states[row] for row in left_over])
                run = [row for row, needed in zip(left_over, said.run, strict=True) if needed]
                exact = self._exactly([states[row] for row in run])
                stands = standing.learn()
                for row, entry in zip(run, exact, strict=True):
                    checked = said.check[left_over.index(row)]
                    entries[row] = (entry[0], CHECKED, entry[2], entry[3]) if checked and entry[1] == RUN else entry
                if stands:
                    for place, row in enumerate(left_over):
                        if said.answers[place] is not None and not said.run[place]:
                            entries[row] = (said.answers[place], SURROGATE, said.bounds[place], "")
                left_over = [row for row in left_over if entries[row] is None]
        return entries

    def _known_ones(self, states: Sequence[Mapping[str, Any]], rows: list[int], entries: list[Any]) -> list[int]:
        """Enter what was answered exactly before; the others come back. Noise is for the surrogate to weigh."""
        if self.closed.options["noisy"]:
            return rows
        for row in rows:
            known = self._known.get(self._mark(states[row]))
            if known is not None:
                entries[row] = (known[0], AGAIN, 0.0, known[1])
        return [row for row in rows if entries[row] is None]

    def _alike(self, states: Sequence[Mapping[str, Any]]) -> list[list[int]]:
        """Rows of states by the microstructure they share, in the order in which it first occurs."""
        groups: dict[Any, list[int]] = {}
        for row, state in enumerate(states):
            groups.setdefault(standing_for(self.closed, state).key, []).append(row)
        return list(groups.values())

    # What is told of it

    def told(self, key: str, stage: str) -> dict[str, Any]:
        """Commit the calls and say what the coarse artifact says of them, by place."""
        port, ledger = self.at.rpartition(".")[2], self.ledger
        place = f"closures.{port}"
        facts: dict[str, Any] = {f"{place}.model": self.closed.model.name, f"{place}.calls": len(ledger.sources)}
        for name, sources in (
            ("runs", (RUN, CHECKED)),
            ("stored", (STORED,)),
            ("again", (AGAIN,)),
            ("surrogate", (SURROGATE,)),
            ("nearest", (NEAREST,)),
        ):
            facts[f"{place}.{name}"] = ledger.count(*sources)
        if self._tolerant:
            facts[f"{place}.microstructures"] = len(self._standing)
            said = [one.statistics() for one in self._standing.values()]
            for name in ("largest_bound", "held_out_error"):
                facts[f"{place}.{name}"] = max((float(one.get(name) or 0.0) for one in said), default=0.0)
        if ledger.sources:
            training = [key for _, key, _ in self._known.values()]
            facts[f"inputs.{port}.calls"] = ledger.commit(self.store, key, stage, port, self.run, training)
        return facts


def _shown(value: Any) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else repr(value)
    return text if len(text) < 40 else text[:39] + "…"
