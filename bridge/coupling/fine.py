"""Runs of the fine model of a closure: keyed, found in the store or computed, and committed one by one."""

from __future__ import annotations

import copy
import logging
import math
import os
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.chain.chain import Literal, Stage, Varied
from bridge.chain.closed import Closed
from bridge.chain.direct import entered
from bridge.errors import BridgeError, NotSeparated
from bridge.run import nested
from bridge.run.sweeps.batch import Batch, Returned
from bridge.run.sweeps.computing import Computing
from bridge.run.sweeps.kept import seal_here, store_like
from bridge.run.sweeps.performing import common_of, perform_batch
from bridge.scales.judging import also, overridden
from bridge.store.keys import value_digest
from bridge.store.many import facts_many
from bridge.store.store import Store
from bridge.store.sweeps import COMPUTED, FAILED
from bridge.store.view import in_words

_log = logging.getLogger(__name__)
#: Seconds between words on how far many runs are.
PAUSE = 2.0
#: Seconds of work that are handed out in one piece, and how many pieces a worker has of calls that take long.
PIECE, PIECES = 0.5, 4
#: How many calls are handed out to each worker before it is known how long one takes.
FIRST = 4


@dataclass
class Outcome:
    """What one state came to: the key and the outputs of its fine run, or why there is none."""

    key: str = ""
    outputs: dict[str, Any] | None = None
    computed: bool = False
    error: str = ""
    traceback: str = ""
    #: What the run judged of its scales, where it was computed.
    judged: Sequence[Mapping[str, Any]] = ()
    #: What was judged until scales were found not to be separated.
    unseparated: Mapping[str, Any] | None = None


class Fine:
    """The fine model of a closure, with what the flow fixed of it. One thread of the coarse stage uses it."""

    def __init__(self, closed: Closed, fixed: Mapping[str, Any], at: str, store: Store, run: str) -> None:
        self.closed, self.fixed, self.at, self.run = closed, fixed, at, run
        self.store, model = store_like(store), closed.model
        given = closed.lift.outputs.ports if closed.lift else closed.kind.asked
        self.varied = [port.name for port in given]
        own = {name: fixed[name] for name in model.inputs if name not in self.varied}
        asker = at.rpartition(".")[0]
        sources = {name: Varied(asker) if name in self.varied else Literal(own[name]) for name in model.inputs}
        options = {name: closed.running[name] for name in ("retries",) if name in closed.running}
        if accept := overridden():  # what the coarse stage accepts, it accepts of those it asks
            options["accept"] = accept
        self._stage = Stage(at, model, sources, options)
        self._own = own
        self._batch = self._order([])  # says what all runs have in common, and packs the model once
        self.form, self.common = common_of(self._batch, model, sources, own)
        self._limit = closed.running.get("timeout")
        if closed.restrict is not None:
            names = [port.name for port in model.outputs.ports if port.name in closed.restrict.inputs]
        else:
            names = [*closed.answers.values(), *closed.errors.values()]
        self.wanted = [(name,) for name in dict.fromkeys(names)]
        self.each: float | None = None  # seconds that a run took at last

    def run_all(self, states: Sequence[Mapping[str, Any]]) -> list[Outcome]:
        """What checked states come to, each by itself; equal ones run once. Raises StaleCode or OverTime."""
        found: dict[int, Outcome] = {}
        entering: dict[int, dict[str, Any]] = {}
        for row, state in enumerate(states):
            try:
                entering[row] = entered(self.closed, state, self.fixed, self.at)
            except BridgeError as reason:  # outside of the fine model's range, or the lift's own
                found[row] = failed_with(reason)
        keys = {row: self._key(values) for row, values in entering.items()}
        first: dict[str, int] = {}
        for row, key in keys.items():
            first.setdefault(key, row)
        known = self._found(list(first)) if len(first) > 1 else {}  # a single one is looked up when it is held
        missing = {key: row for key, row in first.items() if key not in known}
        computed = self._computed([entering[row] for row in missing.values()], list(missing))
        known |= zip(missing, computed, strict=True)
        return [found[row] if row in found else known[keys[row]] for row in range(len(states))]

    def judged(self, outcomes: Sequence[Outcome]) -> None:
        """Let the coarse stage say what its fine runs judged of their scales. Raises NotSeparated."""
        for outcome in outcomes:
            also(outcome.judged)
        found = [outcome.key for outcome in outcomes if not outcome.computed]
        for said in facts_many(self.store, found, "separation").values() if found else ():
            also(said)

    def _key(self, values: Mapping[str, Any]) -> str:
        fillers = [
            value_digest(self.closed.model.inputs[name].kind, values[name]).encode() for name in self.form.blanks
        ]
        return self.form.key(fillers).hex()

    def _found(self, keys: list[str]) -> dict[str, Outcome]:
        there = self.store.has_many(keys)
        known = [key for key in keys if key in there]
        columns = {name: self.store.values_many(known, (name,)) for (name,) in self.wanted} if known else {}
        return {
            key: Outcome(key, {name: column[row] for name, column in columns.items()}) for row, key in enumerate(known)
        }

    def _computed(self, entering: list[dict[str, Any]], keys: list[str]) -> list[Outcome]:
        if not entering:
            return []
        where = self.closed.running.get("where", "auto")
        if where == "process" or (where == "auto" and len(entering) == 1):
            return outcomes(self._in_place(entering, keys), keys, self.wanted)
        worker = nested.here() if where in ("auto", "cluster") else None
        crew: Any = nested.OnCluster(worker) if worker is not None else nested.InThreads(os.cpu_count() or 1)
        work = perform_batch if worker is not None else self._threaded
        found: list[Outcome] = [Outcome() for _ in entering]
        finished, spoken = 0, time.monotonic()
        for piece in crew.each(_Piece(work), self._pieces(entering, crew.width)):
            self.each = piece.returned.each or self.each
            some = keys[piece.start : piece.start + len(piece.returned.states)]
            found[piece.start : piece.start + len(some)] = outcomes(piece.returned, some, self.wanted)
            finished += len(some)
            if time.monotonic() - spoken > PAUSE:  # in the stage's log, for whoever waits
                spoken = time.monotonic()
                _log.info("%s: %d of %d fine runs", self.at, finished, len(entering))
        return found

    def _pieces(self, entering: list[dict[str, Any]], width: int) -> Iterator[tuple[str, Any]]:
        """Calls in pieces: few at first, then as many as fill half a second, and several pieces for every worker."""
        start = 0
        while start < len(entering):
            left = len(entering) - start
            if self.each is None:
                size = min(FIRST, math.ceil(left / width))
            else:
                share = math.ceil(left / (width * (PIECES if self.each > PIECE / 10 else 1)))
                size = max(1, min(share, int(PIECE / max(self.each, 1e-6))))
            name = f"{self.at}-{start}-{uuid.uuid4().hex[:12]}"
            yield name, (start, self._order(entering[start : start + size]))
            start += size

    def _order(self, entering: list[dict[str, Any]]) -> Batch:
        places = np.arange(len(entering))
        varied = {name: ([values[name] for values in entering], places) for name in self.varied}
        batch = Batch(
            self._stage, self.run, self.store, b"", varied, {}, {}, getattr(self, "wanted", ()), len(entering)
        )
        batch.limit = self.closed.running.get("timeout")
        return batch

    def _in_place(self, entering: list[dict[str, Any]], keys: list[str]) -> Returned:
        here = _InPlace(self, entering, keys)
        here.all()
        return here.result

    def _threaded(self, batch: Batch) -> Returned:
        try:
            return perform_batch(batch)
        finally:
            seal_here(self.run)  # the thread may not come back


class _Piece:
    """Work on some of the calls, that says where among all of them they begin."""

    def __init__(self, work: Any) -> None:
        self._work = work

    def __call__(self, order: tuple[int, Batch]) -> _Done:
        start, batch = order
        return _Done(start, self._work(batch))


@dataclass
class _Done:
    start: int
    returned: Returned


class _InPlace(Computing):
    """Calls where the coarse model is."""

    def __init__(self, fine: Fine, entering: list[dict[str, Any]], keys: list[str]) -> None:
        retries = int(fine.closed.running.get("retries", 0)), 0.0
        super().__init__(
            fine.closed.model, fine.store, fine.run, fine.at, fine.common, keys, fine.wanted, [], retries, fine._limit
        )
        self.fine, self.entering = fine, entering
        self.accept = fine._batch.accept

    def values_of(self, row: int) -> dict[str, Any]:
        return copy.deepcopy(self.fine._own) | copy.deepcopy(self.entering[row])

    def facts_of(self, row: int) -> dict[str, Any]:
        return {f"inputs.{name}.literal": in_words(self.entering[row][name]) for name in self.fine.varied}


def failed_with(reason: BridgeError) -> Outcome:
    """What a state came to for which a lift, a restriction or the contract failed."""
    unseparated = reason.told if isinstance(reason, NotSeparated) else None
    return Outcome(error=str(reason), traceback=str(getattr(reason, "traceback", "")), unseparated=unseparated)


def outcomes(returned: Returned, keys: Sequence[str], wanted: Sequence[tuple[str, ...]]) -> list[Outcome]:
    """What became of some calls, one by one."""
    found = []
    for row, key in enumerate(keys):
        if returned.states[row] == FAILED:
            error, traceback = returned.errors[row]
            found.append(Outcome(key, None, False, error, traceback, unseparated=returned.unseparated.get(row)))
        else:
            outputs = {path[0]: returned.values[path][row] for path in wanted}
            computed = bool(returned.states[row] == COMPUTED)
            found.append(Outcome(key, outputs, computed, judged=returned.judged.get(row, ())))
    return found
