"""One block of stage executions as a worker sees it: what enters each of them, and its content key.

Needs neither Prefect nor Dask.
"""

from __future__ import annotations

import copy
import os
import platform
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bridge.chain.chain import Literal, Source, Varied, Wire, deliver
from bridge.chain.closed import with_closures
from bridge.errors import BridgeError
from bridge.kinds.discrete import Boolean, Choice, Integer, Text
from bridge.kinds.measured import Number
from bridge.kinds.record import Port
from bridge.models import Model
from bridge.run.heard import heard
from bridge.run.making import making, now
from bridge.run.nested import leave
from bridge.run.order import Order
from bridge.run.peak import Peak
from bridge.run.sweeps.batch import Batch, Returned
from bridge.run.sweeps.computing import Computing
from bridge.run.sweeps.kept import store_like
from bridge.store.keyforms import KeyForm, blank
from bridge.store.keys import content_document, value_digest
from bridge.store.logs import StageLog
from bridge.store.store import Store
from bridge.store.view import in_words


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
        if performed.model.closures:
            leave()
        performed.all()
    result = performed.result
    result.seconds, result.cpu_seconds = time.monotonic() - began, time.process_time() - cpu
    result.peak_memory_bytes = peak.bytes
    return result


class _Performed(Computing):
    """A batch under way."""

    def __init__(self, batch: Batch, model: Model, store: Store, said: list[str]) -> None:
        self.batch, self.sources = batch, batch.sources()
        retries = batch.retries, batch.retry_delay
        model = with_closures(model, self.sources)
        fixed = {name: source.value for name, source in self.sources.items() if isinstance(source, Literal)}
        self.form, common = common_of(batch, model, self.sources, fixed)
        super().__init__(
            model, store, batch.run, batch.stage, common, [None] * len(batch), batch.wanted, said, retries, batch.limit
        )
        self.fixed, self.accept = fixed, batch.accept
        self.above = {name: _hexed(keys) for name, keys in batch.above.items()}
        scalar = (Number, Integer, Boolean, Text, Choice)
        self._mutable = [name for name in self.sources if not isinstance(model.inputs[name].kind, scalar)]
        self.values, self.keys = self._delivered()

    # What enters

    def _delivered(self) -> tuple[dict[str, Sequence[Any]], list[str | None]]:
        """What each varying port receives at every execution, and the content keys; None where something is refused."""
        ports = {n: self.model.inputs[n] for n, source in self.sources.items() if not isinstance(source, Literal)}
        values = {name: self._column(self.sources[name], port) for name, port in ports.items()}
        digests = {name: self._digests(self.sources[name], port, values[name]) for name, port in ports.items()}
        columns = [digests[name] for name in self.form.blanks]
        keys: list[str | None] = []
        for row in range(len(self.batch)):
            fillers = [column[row] for column in columns]
            refused = next((filler for filler in fillers if isinstance(filler, Exception)), None)
            if refused is not None:
                self._failed(row, refused)
            keys.append(None if refused is not None else self.form.key(fillers).hex())
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

    def values_of(self, row: int) -> dict[str, Any]:
        values = self.fixed | {name: column[row] for name, column in self.values.items()}
        for name in self._mutable:  # a model may write into its arguments, which others share
            values[name] = copy.deepcopy(values[name])
        return values

    def plan_of(self, row: int) -> str | None:
        return self.batch.plan(row)

    def facts_of(self, row: int) -> dict[str, Any]:
        facts: dict[str, Any] = {}
        for name, column in self.values.items():
            source = self.sources[name]
            at = f"inputs.{name}"
            if isinstance(source, Varied):
                facts[f"{at}.literal"] = in_words(column[row])
            elif isinstance(source, Wire):
                facts[f"{at}.artifact"] = self.above[source.stage][row]
            else:
                facts[f"{at}.artifact"] = [
                    self.above[part.stage][row] for part in getattr(source, "parts", ()) if isinstance(part, Wire)
                ]
        return facts


def common_of(
    order: Order, model: Model, sources: Mapping[str, Source], fixed: Mapping[str, Any]
) -> tuple[KeyForm, dict[str, Any]]:
    """The content key of executions with blanks for what differs, and what all results say of their making."""
    document = content_document(model, order.code.digest, fixed)
    inputs = {name: document["inputs"].get(name, {"value": blank(name)}) for name in sources}
    form = KeyForm({**document, "inputs": inputs})
    inputs = {name: document["inputs"].get(name, {}) for name in sources}
    return form, making(order, model, sources, {**document, "inputs": inputs}, {})


def _hexed(keys: bytes) -> list[str]:
    text = keys.hex()
    return [text[at : at + 64] for at in range(0, len(text), 64)]
