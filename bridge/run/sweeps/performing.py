"""One block of stage executions as a worker sees it.

Needs neither Prefect nor Dask. Every result is committed as soon as it is there, as a row of a block or, where it does
not stack, as an artifact of its own; a worker that is killed costs the execution that it was in.
"""

from __future__ import annotations

import copy
import os
import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from bridge.chain.chain import Literal, Source, Varied, Wire, deliver
from bridge.errors import BridgeError
from bridge.kinds.discrete import Boolean, Choice, Integer, Text
from bridge.kinds.measured import Number
from bridge.kinds.record import Port
from bridge.models import Model
from bridge.run.heard import KEPT, heard
from bridge.run.making import making, now
from bridge.run.order import called
from bridge.run.peak import Peak
from bridge.run.sweeps.batch import Batch, Returned
from bridge.run.sweeps.kept import store_like, writer_of
from bridge.store.keyforms import KeyForm, blank
from bridge.store.keys import content_document, value_digest
from bridge.store.logs import StageLog
from bridge.store.rows.columns import DoesNotStack, placed
from bridge.store.rows.writer import BlockWriter
from bridge.store.spaces.space import StoreUnusable
from bridge.store.store import Store
from bridge.store.sweeps import COMPUTED, FAILED, FOUND

#: Executions that are looked up, held and computed together, at most; and seconds that they may take together.
TOGETHER, PATIENCE = 512, 0.1
#: Executions faster than this are committed with others, in one append.
FAST = 0.002


def perform_batch(batch: Batch) -> Returned:
    """Find or compute every execution of a batch; returns once all that could be computed is in the store.

    What a model itself gets wrong is told by execution. Raises StaleCode, and StoreUnusable.
    """
    model = batch.resolve()
    began, cpu, peak = time.monotonic(), time.process_time(), Peak()
    heading = f"{len(batch)} executions on {platform.node()}, process {os.getpid()}, {now()}"
    store = store_like(batch.store)
    with StageLog(store.space, batch.run, batch.stage, heading) as log, heard(log) as said:
        performed = _Performed(batch, model, store, said)
        performed.all()
    result = performed.result
    result.seconds, result.cpu_seconds = time.monotonic() - began, time.process_time() - cpu
    result.peak_memory_bytes = peak.bytes
    return result


class _Performed:
    """A batch under way."""

    def __init__(self, batch: Batch, model: Model, store: Store, said: list[str]) -> None:
        self.batch, self.model, self.store, self.said = batch, model, store, said
        self.sources = batch.sources()
        count = len(batch)
        self.result = Returned(np.zeros((count, 32), np.uint8), np.zeros(count, np.uint8))
        self.result.values = {path: [None] * count for path in batch.wanted}
        self.above = {name: _hexed(keys) for name, keys in batch.above.items()}
        self.common = self._common()
        self._stacks, self._raw = True, [bytes(32)] * count
        self._writer: BlockWriter | None = None
        scalar = (Number, Integer, Boolean, Text, Choice)
        self._mutable = [name for name in self.sources if not isinstance(model.inputs[name].kind, scalar)]
        self.values, self.keys = self._delivered()

    # What enters

    def _common(self) -> dict[str, Any]:
        """What all results say of their making."""
        fixed = {name: source.value for name, source in self.sources.items() if isinstance(source, Literal)}
        document = content_document(self.model, self.batch.code.digest, fixed)
        self._form = KeyForm(
            {
                **document,
                "inputs": {name: document["inputs"].get(name, {"value": blank(name)}) for name in self.sources},
            }
        )
        self.fixed = fixed
        inputs = {name: document["inputs"].get(name, {}) for name in self.sources}
        return making(self.batch, self.model, self.sources, {**document, "inputs": inputs}, {})

    def _delivered(self) -> tuple[dict[str, Sequence[Any]], list[str | None]]:
        """What each varying port receives at every execution, and the content keys; None where something is refused."""
        ports = {n: self.model.inputs[n] for n, source in self.sources.items() if not isinstance(source, Literal)}
        values = {name: self._column(self.sources[name], port) for name, port in ports.items()}
        digests = {name: self._digests(self.sources[name], port, values[name]) for name, port in ports.items()}
        columns = [digests[name] for name in self._form.blanks]
        keys: list[str | None] = []
        for row in range(len(self.batch)):
            fillers = [column[row] for column in columns]
            refused = next((filler for filler in fillers if isinstance(filler, Exception)), None)
            if refused is not None:
                self._failed(row, refused)
            keys.append(None if refused is not None else self._form.key(fillers).hex())
        return values, keys

    def _column(self, source: Source, port: Port) -> Sequence[Any]:
        """What a port receives at every execution: a value, or the error that refuses it."""
        at = f"{self.batch.stage}.{port.name}"
        if isinstance(source, Varied):
            values, places = self.batch.varied[port.name]
            return [values[place] for place in places.tolist()]
        if isinstance(source, Wire) and isinstance(source.kind, Number) and isinstance(port.kind, Number):
            fast = self._numbers(source, port.kind)
            if fast is not None:
                return fast
        found: list[Any] = []
        for row in range(len(self.batch)):
            try:
                found.append(deliver(source, port, at, lambda wire, row=row: self._fetched(wire, row)))
            except BridgeError as refused:
                found.append(refused)
        return found

    def _numbers(self, source: Wire, kind: Number) -> list[float] | None:
        """Numbers on a wire, converted together; None where one of them is refused."""
        conversion = kind._conversion(source.kind, source.molar_mass)
        try:
            values = [conversion.number(float(v)) + 0.0 for v in self._wire(source)]
        except BridgeError:
            return None
        bad = ~np.isfinite(values) if kind.valid is None else ~np.isfinite(values) | kind.valid.outside(values)
        return None if bad.any() else values

    def _wire(self, wire: Wire) -> Sequence[Any]:
        sent = self.batch.sent.get((wire.stage, wire.path))
        if sent is None:
            sent = self.store.values_many(self.above[wire.stage], wire.path)
            self.batch.sent = {**self.batch.sent, (wire.stage, wire.path): sent}
        return sent

    def _fetched(self, wire: Wire, row: int) -> Any:
        sent = self.batch.sent.get((wire.stage, wire.path))
        return sent[row] if sent is not None else self.store.open(self.above[wire.stage][row]).value(wire.path)

    def _digests(self, source: Source, port: Port, values: Sequence[Any]) -> list[Any]:
        """Digests of what a port receives, in hexadecimal; an error where it was refused."""
        if isinstance(source, Varied):
            distinct, places = self.batch.varied[port.name]
            known: list[Any] = [value_digest(port.kind, value).encode() for value in distinct]
            return [known[place] for place in places.tolist()]
        return [v if isinstance(v, Exception) else value_digest(port.kind, v).encode() for v in values]

    # Computing

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
        plans = [self.batch.plan(row) for row in rows]
        known = self.store.planned_many(plans)
        writer = self._opened()
        for row, key, plan in zip(rows, keys, plans, strict=True):
            self._done(row, key, FOUND)
            if known.get(plan) == key:
                continue
            writer.alias(plan, key) if writer is not None else self.store.alias(plan, key)

    def _computed(self, row: int) -> None:
        key = str(self.keys[row])
        self.said.clear()
        began = time.perf_counter()
        try:
            outputs = self._called(row)
        except StoreUnusable:
            raise
        except BridgeError as reason:
            self._failed(row, reason)
            return
        facts = self._facts(row, time.perf_counter() - began)
        if self.said:
            facts["warnings"] = list(self.said)
            new = [said for said in self.said if said not in self.result.warnings]
            self.result.warnings += new[: KEPT - len(self.result.warnings)]
        self._committed(key, outputs, facts, self.batch.plan(row))
        for path, column in self.result.values.items():
            value: Any = outputs
            for name in path:
                value = value[name]
            column[row] = value
        self._done(row, key, COMPUTED)

    def _called(self, row: int) -> dict[str, Any]:
        attempt = 0
        while True:
            values = self.fixed | {name: column[row] for name, column in self.values.items()}
            for name in self._mutable:  # a model may write into its arguments, which others share
                values[name] = copy.deepcopy(values[name])
            try:
                return called(self.model, values, self.batch.stage)
            except BridgeError:
                if attempt == self.batch.retries:
                    raise
            attempt += 1
            time.sleep(self.batch.retry_delay)

    # What leaves

    def _facts(self, row: int, seconds: float) -> dict[str, Any]:
        """What only this result says of its making."""
        facts: dict[str, Any] = {}
        for name, column in self.values.items():
            source = self.sources[name]
            at = f"inputs.{name}"
            if isinstance(source, Varied):
                value = getattr(column[row], "value", column[row])
                facts[f"{at}.literal"] = value if isinstance(value, (bool, int, float, str)) else repr(value)[:200]
            elif isinstance(source, Wire):
                facts[f"{at}.artifact"] = self.above[source.stage][row]
            else:
                facts[f"{at}.artifact"] = [
                    self.above[part.stage][row] for part in getattr(source, "parts", ()) if isinstance(part, Wire)
                ]
        return facts | {"cost.seconds": round(seconds, 6)}

    def _committed(self, key: str, outputs: Mapping[str, Any], facts: dict[str, Any], plan: str) -> None:
        writer = self._opened()
        if writer is not None:
            try:
                writer.add(key, outputs, facts, plan=plan)
                return
            except DoesNotStack:
                pass
        about = copy.deepcopy(self.common) | {"plan": plan}
        for place, value in facts.items():
            placed(about, place, value)
        self.store.commit(key, self.model.outputs, outputs, about)
        self.store.alias(plan, key)

    def _opened(self) -> BlockWriter | None:
        """Where rows are written; None for a model whose outputs do not stack."""
        if self._writer is None and self._stacks:
            try:
                self._writer = writer_of(self.store, self.batch.run, self.model.outputs, self.common)
            except DoesNotStack:
                self._stacks = False
        return self._writer

    def _done(self, row: int, key: str, state: int) -> None:
        self._raw[row] = bytes.fromhex(key)
        self.result.states[row] = state

    def _failed(self, row: int, reason: BaseException) -> None:
        self.result.states[row] = FAILED
        self.result.errors[row] = str(reason), str(getattr(reason, "traceback", ""))[-4000:]


def _hexed(keys: bytes) -> list[str]:
    text = keys.hex()
    return [text[at : at + 64] for at in range(0, len(text), 64)]
