"""Executions of one model whose content keys are known: found, or computed and committed row by row.

What sweeps and closures have in common on the side that computes. Every result is committed as soon as it is there, as
a row of a block or, where it does not stack, as an artifact of its own; a process that is killed costs the execution
that it was in, and nobody else computes meanwhile what is held here.
"""

from __future__ import annotations

import abc
import copy
import functools
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from bridge.errors import BridgeError, NotSeparated, OverTime, StaleCode
from bridge.kinds.base import own
from bridge.models import Model
from bridge.run.heard import KEPT
from bridge.run.nested import within
from bridge.run.order import answered, called
from bridge.run.sweeps.batch import Returned
from bridge.run.sweeps.kept import writer_of
from bridge.scales.judging import Judged, refuse, violated
from bridge.store.many import facts_many
from bridge.store.rows.columns import DoesNotStack, placed
from bridge.store.rows.writer import BlockWriter
from bridge.store.spaces.space import StoreUnusable
from bridge.store.store import Store
from bridge.store.sweeps import COMPUTED, FAILED, FOUND

#: Executions that are looked up, held and computed together, at most; and seconds that they may take together.
TOGETHER, PATIENCE = 512, 0.1
#: Executions faster than this are committed with others, in one append.
FAST = 0.002


class Computing(abc.ABC):
    """Executions of one model. ``keys`` are their content keys, None for one that cannot run.

    ``common`` is what all results say of their making, ``wanted`` the outputs that are handed back, ``said`` where
    warnings gather.
    """

    def __init__(
        self,
        model: Model,
        store: Store,
        run: str,
        stage: str,
        common: Mapping[str, Any],
        keys: Sequence[str | None],
        wanted: Sequence[tuple[str, ...]],
        said: list[str],
        retries: tuple[int, float] = (0, 0.0),
        limit: float | None = None,
    ) -> None:
        self.model, self.store, self.run, self.stage, self.common = model, store, run, stage, common
        self.keys, self.said, self.retries, self.limit = keys, said, retries, limit
        self.result = Returned(np.zeros((len(keys), 32), np.uint8), np.zeros(len(keys), np.uint8))
        self.result.values = {path: [None] * len(keys) for path in wanted}
        self.accept: tuple[str, ...] = ()  # names of separations that are overridden
        self._judged = Judged(stage)
        self._stacks, self._raw = True, [bytes(32)] * len(keys)
        self._writer: BlockWriter | None = None

    @abc.abstractmethod
    def values_of(self, row: int) -> dict[str, Any]:
        """What an execution receives, its own to write into."""

    @abc.abstractmethod
    def facts_of(self, row: int) -> dict[str, Any]:
        """What only this result says of its making."""

    def plan_of(self, row: int) -> str | None:
        """The plan that led here, if there is one."""
        return None

    def all(self) -> None:
        """Find or compute everything, a few at a time; what others compute meanwhile is waited for at last."""
        waiting = [row for row, key in enumerate(self.keys) if key is not None]
        busy: list[int] = []
        size, start = 1, 0
        while start < len(waiting):
            rows = waiting[start : start + size]
            began = time.monotonic()
            busy += self._some(rows)
            took = max(1e-6, time.monotonic() - began) / len(rows)
            self.result.each = took
            start, size = start + len(rows), max(1, min(TOGETHER, 4 * size, int(PATIENCE / took)))
        for row in busy:
            key = str(self.keys[row])
            with self.store.claim(key):
                self._held([row], {key})
        self.result.keys = np.frombuffer(b"".join(self._raw), np.uint8).reshape(-1, 32)

    def _some(self, rows: list[int]) -> list[int]:
        """Compute some executions, but for those that somebody else has in hand: they come back."""
        with self.store.hold([str(self.keys[row]) for row in rows]) as held:
            self._held([row for row in rows if self.keys[row] in held], held)
        return [row for row in rows if self.keys[row] not in held]

    def _held(self, rows: list[int], held: set[str]) -> None:
        there = self.store.has_many(held)
        found = [row for row in rows if self.keys[row] in there]
        if found:
            self._found(found)
        new = [row for row in rows if self.keys[row] not in there]
        for several in self._portions(new):
            with self._together(len(several) > 1):
                for row in several:
                    self._computed(row)
        if self._writer is not None:
            self._writer.flush()

    def _portions(self, rows: list[int]) -> Iterator[list[int]]:
        """Fast executions all at once; those that take their time one by one, each committed when it is done."""
        if len(rows) > 1:
            began = time.monotonic()
            yield rows[:1]
            rest = rows[1:]
            if time.monotonic() - began < FAST:
                yield rest
                return
            rows = rest
        for row in rows:
            yield [row]

    @contextmanager
    def _together(self, several: bool) -> Iterator[None]:
        writer = self._opened() if several else None
        if writer is None:
            yield
        else:
            with writer.together():
                yield

    def _found(self, rows: list[int]) -> None:
        """Note where plans led to, and read what others wait for."""
        keys = [str(self.keys[row]) for row in rows]
        for path, column in self.result.values.items():
            for row, value in zip(rows, self.store.values_many(keys, path), strict=True):
                column[row] = value
        plans = [self.plan_of(row) for row in rows]
        known = self.store.planned_many([plan for plan in plans if plan])
        # what a plan leads to was looked at before: an override starts plans of its own
        new = [key for key, plan in zip(keys, plans, strict=True) if plan is None or known.get(plan) != key]
        judged = facts_many(self.store, new, "separation") if new else {}
        for row, key, plan in zip(rows, keys, plans, strict=True):
            if violated(judged.get(key), self.accept):
                self._refused(row, key)
                continue
            self._done(row, key, FOUND)
            if plan is None or known.get(plan) == key:
                continue
            writer = self._opened()
            writer.alias(plan, key) if writer is not None else self.store.alias(plan, key)

    def _refused(self, row: int, key: str) -> None:
        """Note that what is there was made under an override that is not given here."""
        try:
            refuse(self.stage, self.store.open(key).about, self.accept)
        except NotSeparated as reason:
            self._failed(row, reason)

    def _computed(self, row: int) -> None:
        key = str(self.keys[row])
        self.said.clear()
        began = time.perf_counter()
        try:
            outputs = self._called(row)
        except (StoreUnusable, OverTime, StaleCode):
            raise
        except BridgeError as reason:
            self._failed(row, reason)
            return
        facts = self.facts_of(row) | {"cost.seconds": round(time.perf_counter() - began, 6)}
        told = self._judged.told()
        if told.get("separation"):
            self.result.judged[row] = told["separation"]
        facts |= told | dict(self._answers)
        if self.said:
            facts["warnings"] = list(self.said)
            new = [said for said in self.said if said not in self.result.warnings]
            self.result.warnings += new[: KEPT - len(self.result.warnings)]
        self._committed(key, outputs, facts, self.plan_of(row))
        for path, column in self.result.values.items():
            value: Any = outputs
            for name in path:
                value = value[name]
            column[row] = own(value)  # a model may return the same array again and again
        self._done(row, key, COMPUTED)

    def _called(self, row: int) -> dict[str, Any]:
        attempt = 0
        while True:
            values = self.values_of(row)
            self._judged = Judged(self.stage, self.accept)
            try:
                with answered(self.model, self.store, self.run, self.stage, str(self.keys[row])) as self._answers:
                    call = functools.partial(called, self.model, values, self.stage, self._judged, str(self.keys[row]))
                    return within(self.limit, call, self.stage)
            except (NotSeparated, OverTime, StaleCode):
                raise
            except BridgeError:
                if attempt == self.retries[0]:
                    raise
            attempt += 1
            time.sleep(self.retries[1])

    # What leaves

    def _committed(self, key: str, outputs: Mapping[str, Any], facts: dict[str, Any], plan: str | None) -> None:
        writer = self._opened()
        if writer is not None:
            try:
                writer.add(key, outputs, facts, plan=plan)
                return
            except DoesNotStack:
                pass
        about = {**copy.deepcopy(dict(self.common)), **({"plan": plan} if plan else {})}
        for place, value in facts.items():
            placed(about, place, value)
        self.store.commit(key, self.model.outputs, outputs, about)
        if plan is not None:
            self.store.alias(plan, key)

    def _opened(self) -> BlockWriter | None:
        """Where rows are written; None for a model whose outputs do not stack."""
        if self._writer is None and self._stacks:
            try:
                self._writer = writer_of(self.store, self.run, self.model.outputs, self.common)
            except DoesNotStack:
                self._stacks = False
        return self._writer

    def _done(self, row: int, key: str, state: int) -> None:
        self._raw[row] = bytes.fromhex(key)
        self.result.states[row] = state

    def _failed(self, row: int, reason: BaseException) -> None:
        self.result.states[row] = FAILED
        self.result.errors[row] = str(reason), str(getattr(reason, "traceback", ""))[-4000:]
        if isinstance(reason, NotSeparated):
            self.result.unseparated[row] = reason.told
