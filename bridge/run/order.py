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
from collections.abc import Mapping, Sequence
from typing import Any

from bridge.chain.chain import Source, Stage, Wire, deliver
from bridge.code import code_of, still, travels_by_value
from bridge.errors import BridgeError, StageFailed, StaleCode
from bridge.models import Model, model_of
from bridge.registry import entries, find, refresh
from bridge.run.heard import heard
from bridge.run.making import making, now
from bridge.run.packing import pack
from bridge.run.peak import Peak
from bridge.store.artifact import Artifact
from bridge.store.keys import content_document, versions
from bridge.store.logs import StageLog
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
    ) -> None:
        self.stage, self.key, self.by, self.cost, self.warnings = stage, key, by, dict(cost or {}), list(warnings)

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
        self.plan_key, self.run, self.store = plan_key, run, store
        self.upstream: dict[str, str] = {}
        self.attempt = 1

    def resolve(self) -> Model:
        """The model, as this process has it. Raises StaleCode if that is other code than was ordered."""
        if self._function is None:
            if self.model not in entries():  # installed after this process had looked
                importlib.invalidate_caches()
                refresh()
            model = find(self.model)
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
                return model
        code = code_of(model.function)
        if code.digest != self.code.digest or not still(code):
            raise StaleCode(
                f"{self.stage}: this process has other code of {model.name} than the stage was planned with: "
                "its plugin was edited. Restart the process that is older."
            )
        if versions(model) != self.depends:
            raise StaleCode(
                f"{self.stage}: this process has {_listed(versions(model))}, but the stage was planned with "
                f"{_listed(self.depends)}. Restart the process that is older."
            )
        return model

    def sources(self) -> dict[str, Source]:
        """What each port receives; a fresh copy, for a model may write into its arguments."""
        return dict(pickle.loads(self._sources))


def _listed(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def perform(order: Order) -> Receipt:
    """Find or compute a stage's outputs and commit them; returns once they are in the store.

    Raises ValueRefused for a value that breaks the contract, StaleCode, or StageFailed for an
    error of the model's own.
    """
    model, store = order.resolve(), order.store
    sources = order.sources()
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
    if not store.has(key):
        with store.claim(key):
            if not store.has(key):
                heading = f"attempt {order.attempt} on {platform.node()}, process {os.getpid()}, {now()}"
                with StageLog(store.space, order.run, order.stage, heading) as log, heard(log) as said:
                    outputs, cost = _measured(model, values, order.stage)
                about = making(order, model, sources, document, cost) | ({"warnings": said} if said else {})
                store.commit(key, model.outputs, outputs, about)
    store.alias(order.plan_key, key)
    return Receipt(order.stage, key, None if cost else "content", cost, said)


def _measured(model: Model, values: Mapping[str, Any], stage: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Call the model; what it cost comes along."""
    began, cpu, peak = time.monotonic(), time.process_time(), Peak()
    outputs = called(model, values, stage)
    return outputs, {
        "seconds": round(time.monotonic() - began, 6),
        "cpu_seconds": round(time.process_time() - cpu, 6),
        "peak_memory_bytes": peak.bytes,
        "host": platform.node(),
        "pid": os.getpid(),
    }


def called(model: Model, values: Mapping[str, Any], stage: str) -> dict[str, Any]:
    """Call the model. Raises ValueRefused for what may not leave it, and StageFailed for an error of its own."""
    try:
        return model.call(values, stage)
    except BridgeError:
        raise
    except Exception as reason:
        raise StageFailed(f"{stage}: {type(reason).__name__}: {reason}", traceback.format_exc()) from None
