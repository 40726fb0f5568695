"""One stage as a worker sees it: an order goes in, a receipt comes back, the artifact is in the store.

Needs neither Prefect nor Dask: wherever ``perform`` runs, the result is the same.
"""

from __future__ import annotations

import importlib
import os
import pickle
import platform
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from bridge.chain.chain import Source, Stage, Wire, deliver
from bridge.chain.closed import closures_of, with_closures
from bridge.code import brought, code_of, still, travels_by_value
from bridge.errors import BridgeError, StageFailed, StaleCode
from bridge.models import Model, model_of
from bridge.places import computing
from bridge.registry import entries, find, refresh
from bridge.run.heard import heard
from bridge.run.making import making, now
from bridge.run.nested import leave
from bridge.run.packing import pack
from bridge.run.peak import Peak
from bridge.run.sweeps.kept import seal_here
from bridge.scales.judging import Judged, judging, refuse, told_of
from bridge.store.artifact import Artifact
from bridge.store.keys import content_document, versions
from bridge.store.logs import StageLog
from bridge.store.rows.columns import placed
from bridge.store.sealed import digest
from bridge.store.store import Store


class Receipt:
    """Where a stage's outputs are, and what they cost. A plain class: Prefect takes dataclasses apart."""

    def __init__(
        self,
        stage: str,
        key: str,
        by: str | None = None,
        cost: Mapping[str, Any] | None = None,
        warnings: Sequence[str] = (),
        judged: Mapping[str, Any] | None = None,
    ) -> None:
        self.stage, self.key, self.by, self.cost, self.warnings = stage, key, by, dict(cost or {}), list(warnings)
        self.judged = dict(judged or {})

    @property
    def found(self) -> bool:
        """Whether the outputs were there already: found ``by`` their plan, or by their content."""
        return self.by is not None

    def __repr__(self) -> str:
        return f"Receipt({self.stage!r}, {self.key[:12]}…, {'found' if self.found else 'computed'})"


class Order:
    """Everything a worker needs for one stage."""

    def __init__(self, stage: Stage, plan_key: str, run: str, store: Store) -> None:
        function = stage.model.function
        registered = stage.model.name in entries() and find(stage.model.name).function is function
        self.stage, self.model = stage.name, stage.model.name
        self.code, self.depends = code_of(function), versions(stage.model)
        # Packed here: what the flow's body does to an array from now on is no part of the stage. Never by pickle
        # alone, which Dask tries first: it sends what a flow file defines by a name that no worker can import.
        self._function = None if registered else pack((function, travels_by_value(function)))
        self._sources = pack(dict(stage.sources))
        self._fine = {
            port: [(code_of(one.function), versions(one), travels_by_value(one.function)) for one in closed.models]
            for port, closed in stage.model.closures.items()
        }
        self.plan_key, self.run, self.store = plan_key, run, store
        self.upstream: dict[str, str] = {}
        self.attempt = 1
        self.accept: tuple[str, ...] = tuple(stage.options.get("accept", ()))

    def resolve(self) -> Model:
        """The model, as this process has it. Raises StaleCode if that is other code than was ordered."""
        if self._function is None:
            if self.model not in entries():  # installed after this process had looked
                importlib.invalidate_caches()
                refresh()
            model = find(self.model, planned=True)
        else:
            try:
                function, came_along = pickle.loads(self._function)
            except ImportError as reason:
                raise BridgeError(
                    f"{self.stage}: {reason} on the worker that should run it. Install it there, or use the local "
                    "cluster."
                ) from None
            model = model_of(function)
            if came_along:
                self._same_programs(model, self.depends)
                return model
        self._agreed(model, self.code.digest, self.depends)
        return model

    def _agreed(self, model: Model, planned: str, depends: Mapping[str, str]) -> None:
        code = code_of(model.function)
        if code.digest != planned or not still(code):
            raise StaleCode(
                f"{self.stage}: this process has other code of {model.name} than the stage was planned with: "
                "its plugin was edited. Restart the process that is older."
            )
        self._same_programs(model, depends)
        if versions(model) != depends:
            raise StaleCode(
                f"{self.stage}: this process has {_listed(versions(model))}, but the stage was planned with "
                f"{_listed(depends)}. Restart the process that is older."
            )

    def _same_programs(self, model: Model, depends: Mapping[str, str]) -> None:
        """Raise BridgeError if a program is missing on this worker, or is another: no restart would mend that."""
        for program in (one for one in model.depends if not isinstance(one, str)):
            try:
                here = program.version()
            except BridgeError as reason:
                raise type(reason)(f"{self.stage}: {reason}") from None
            if here != depends[program.name]:
                raise BridgeError(
                    f"{self.stage}: {program.name} is {here} on the worker {platform.node()}, but the stage was "
                    f"planned with {depends[program.name]}. Install the same on both, or start the flow where the "
                    "workers are."
                )

    def sources(self) -> dict[str, Source]:
        """What each port receives; a fresh copy, for a model may write into its arguments. Raises StaleCode."""
        try:
            sources = dict(pickle.loads(self._sources))
        except ImportError as reason:
            raise BridgeError(
                f"{self.stage}: {reason} on the worker that should run it. Install it there, or use the local cluster."
            ) from None
        for port, closed in closures_of(sources).items():
            for fine, (code, depends, came_along) in zip(closed.models, self._fine[port], strict=True):
                if came_along:
                    brought(fine.function, code)
                    self._same_programs(fine, depends)
                else:
                    self._agreed(fine, code.digest, depends)
        return sources


def _listed(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def perform(order: Order) -> Receipt:
    """Find or compute a stage's outputs and commit them; returns once they are in the store.

    Raises ValueRefused for a value that breaks the contract, NotSeparated, StaleCode, or StageFailed
    for an error of the model's own.
    """
    sources = order.sources()
    model, store = with_closures(order.resolve(), sources), order.store
    if model.closures:
        leave()  # somebody else may be computing the same, and need this thread for it
    opened: dict[str, Artifact] = {}

    def fetch(wire: Wire) -> Any:
        key = order.upstream[wire.stage]
        if key not in opened:
            opened[key] = store.open(key)
        return opened[key].value(wire.path)

    values = {
        name: deliver(source, model.inputs[name], f"{order.stage}.{name}", fetch) for name, source in sources.items()
    }
    document = content_document(model, order.code.digest, values)
    key = digest(document)
    cost: dict[str, Any] = {}
    said: list[str] = []
    judged = Judged(order.stage, order.accept)
    if not store.has(key):
        with store.claim(key):
            if not store.has(key):
                heading = f"attempt {order.attempt} on {platform.node()}, process {os.getpid()}, {now()}"
                with (
                    StageLog(store.space, order.run, order.stage, heading) as log,
                    heard(log) as said,
                    answered(model, store, order.run, order.stage, key) as answers,
                ):
                    try:
                        outputs, cost = _measured(model, values, order.stage, judged, key)
                    finally:
                        if model.closures:
                            seal_here(order.run)  # rows of fine runs; those of a sweep stay open to its end
                about = (
                    making(order, model, sources, document, cost) | judged.told() | ({"warnings": said} if said else {})
                )
                for place, fact in answers.items():
                    placed(about, place, fact)
                store.commit(key, model.outputs, outputs, about)
    told = judged.told()
    if not cost:
        about = store.open(key).about
        refuse(order.stage, about, order.accept)
        told = told_of(about)
    store.alias(order.plan_key, key)
    return Receipt(order.stage, key, None if cost else "content", cost, said, told)


@contextmanager
def answered(model: Model, store: Store, run: str, stage: str, key: str) -> Iterator[Mapping[str, Any]]:
    """Answer what the closures of a model are asked while it is called; what is to be said of them comes back."""
    if not model.closures:
        yield {}
        return
    from bridge.coupling.asking import asked

    with asked(model, store, run, stage, key) as facts:
        yield facts


def _measured(
    model: Model, values: Mapping[str, Any], stage: str, judged: Judged, key: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Call the model; what it cost comes along."""
    began, cpu, peak = time.monotonic(), time.process_time(), Peak()
    outputs = called(model, values, stage, judged, key)
    return outputs, {
        "seconds": round(time.monotonic() - began, 6),
        "cpu_seconds": round(time.process_time() - cpu, 6),
        "peak_memory_bytes": peak.bytes,
        "host": platform.node(),
        "pid": os.getpid(),
    }


def called(
    model: Model, values: Mapping[str, Any], stage: str, judged: Judged | None = None, key: str | None = None
) -> dict[str, Any]:
    """Call the model for the artifact ``key``; what it judges of the separation of its scales is kept in ``judged``.

    Raises ValueRefused for what may not leave it, NotSeparated, and StageFailed for an error of its own.
    """
    try:
        with computing(key), judging(judged or Judged(stage)):
            return model.call(values, stage)
    except BridgeError:
        raise
    except Exception as reason:
        raise StageFailed(f"{stage}: {type(reason).__name__}: {reason}", traceback.format_exc()) from None
