"""Plans: what of a chain is in the store already, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.chain.chain import Chain, Literal, Stacked, Stage, Unplanned, Wire, deliver
from bridge.code import code_of
from bridge.errors import BridgeError, NotSeparated
from bridge.scales.judging import refuse
from bridge.store.artifact import Artifact
from bridge.store.keys import content_document, plan_key, value_digest, versions
from bridge.store.sealed import digest
from bridge.store.store import Store
from bridge.store.view import in_words


def found(chain: Chain, store: Store) -> dict[str, str | None]:
    """For every stage the artifact its plan already led to, None where it must run."""
    plans = plan_keys(chain)
    return {name: store.planned(plans[name]) if name in plans else None for name in chain.stages}


def plan_keys(chain: Chain) -> dict[str, str]:
    """Plan keys of the stages that wait for no task of Prefect's own, nor for a stage that does."""
    plans: dict[str, str] = {}
    for stage in chain.stages.values():
        if not _tasks(stage) and all(before in plans for before in stage.upstream):
            plans[stage.name] = plan_key(stage, plans)
    return plans


def _tasks(stage: Stage) -> tuple[str, ...]:
    return tuple(source.task for source in stage.sources.values() if isinstance(source, Unplanned))


@dataclass(frozen=True)
class Expected:
    """What can be said of a stage before the run: where it is found, or what of it is known.

    ``making`` is what its artifact would say of itself: inputs (those that another stage has
    yet to compute without their value), code and versions.
    """

    stage: str
    model: str
    artifact: str | None = None
    by: str | None = None  # plan or values
    making: Mapping[str, Any] = field(default_factory=dict)
    waits: tuple[str, ...] = ()  # stages before it that run, so that their values are unknown
    tasks: tuple[str, ...] = ()  # tasks of Prefect's own
    refused: str | None = None  # why its run would end before its model is called


def expected(chain: Chain, store: Store) -> dict[str, Expected]:
    """Say of every stage what is known before anything runs, reading what the store has.

    Other than ``found`` this also looks for values: a stage whose plan is new is found all the
    same where everything before it is in the store and delivers what it was computed from.
    """
    plans = plan_keys(chain)
    told: dict[str, Expected] = {}
    for stage in chain.stages.values():
        key = store.planned(plans[stage.name]) if stage.name in plans else None
        told[stage.name] = _one(stage, key, store, told)
    return told


def _one(stage: Stage, planned: str | None, store: Store, told: Mapping[str, Expected]) -> Expected:
    waits = tuple(before for before in stage.upstream if told[before].artifact is None)
    tasks = _tasks(stage)
    code, inputs = code_of(stage.model.function), {}
    artifact, by, refused = planned, "plan" if planned else None, None
    for name in stage.sources:
        inputs[name] = _facts(stage, name, told)
    if planned is None and not waits and not tasks:
        try:
            values = _values(stage, store, told)
        except BridgeError as reason:
            refused = str(reason)
        else:
            document = content_document(stage.model, code.digest, values)
            for name, facts in document["inputs"].items():
                inputs[name] |= facts
            key = digest(document)
            if store.has(key):
                refused = _not_separated(stage, store, key)
                artifact, by = (None, None) if refused else (key, "values")
    making = {"inputs": inputs, "code": dict(code.sources), "depends": versions(stage.model)}
    return Expected(stage.name, stage.model.name, artifact, by, making, waits, tasks, refused)


def _not_separated(stage: Stage, store: Store, key: str) -> str | None:
    """Why an artifact may not be used: it was made under an override that this flow does not have."""
    try:
        refuse(stage.name, store.open(key).about, stage.options.get("accept", ()))
    except NotSeparated as reason:
        return str(reason)
    return None


def _values(stage: Stage, store: Store, told: Mapping[str, Expected]) -> dict[str, Any]:
    """What would be delivered to a stage whose inputs are all in the store. Raises ValueRefused or Damaged."""
    opened: dict[str, Artifact] = {}

    def fetch(wire: Wire) -> Any:
        key = str(told[wire.stage].artifact)
        if key not in opened:
            opened[key] = store.open(key)
        return opened[key].value(wire.path)

    return {
        name: deliver(source, stage.model.inputs[name], f"{stage.name}.{name}", fetch)
        for name, source in stage.sources.items()
    }


def _facts(stage: Stage, name: str, told: Mapping[str, Expected]) -> dict[str, Any]:
    """One input as its artifact will tell of it, but for a value that is not known yet."""
    port, source = stage.model.inputs[name], stage.sources[name]
    facts: dict[str, Any] = {"unit": port.kind.unit, "setting": port.setting}
    if isinstance(source, Literal):
        return facts | {"value": value_digest(port.kind, source.value), "literal": in_words(source.value)}
    if isinstance(source, Wire):
        return facts | {"from": str(source), "artifact": told[source.stage].artifact}
    if isinstance(source, Stacked):
        parts = [part for part in source.parts if isinstance(part, Wire)]
        keys = [told[part.stage].artifact for part in parts]
        return facts | {"from": [str(part) for part in parts], "artifact": keys, "dim": source.dim}
    return facts
