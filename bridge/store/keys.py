"""Keys: what addresses an artifact, twice.

The *plan key* is known before anything runs: model, code, literals, and the plan keys of the
stages upstream. The *content key* is the same with every input as the value that was delivered,
so that a change upstream that changes no value stops there.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from blake3 import blake3

from bridge.chain.chain import Literal, Source, Stacked, Stage, Varied, Wire
from bridge.chain.closed import Closed
from bridge.code import code_of
from bridge.errors import ContractError
from bridge.kinds.base import Kind
from bridge.kinds.closure import fields
from bridge.kinds.record import Record
from bridge.media import File
from bridge.models import Model
from bridge.store.sealed import canonical, digest
from bridge.store.structures import parts_of
from bridge.units import unit_of

#: Schema of keys: a change of what goes into them starts a new generation of artifacts.
GENERATION = 1


def value_digest(kind: Kind, value: Any) -> str:
    """Digest of a delivered value: equal if and only if a model cannot tell the difference."""
    return blake3(_encode(kind, value)).hexdigest()


def _encode(kind: Kind, value: Any) -> bytes:
    if isinstance(kind, Record):
        return canonical({p.name: value_digest(p.kind, value[p.name]) for p in kind.ports})
    unit = _unit_name(kind.unit)
    if isinstance(value, np.ndarray):
        return canonical(["array", unit, list(kind.dims)]) + _array(value)
    if isinstance(value, File):
        return canonical(["file", value.media_type, blake3(value.content, max_threads=blake3.AUTO).hexdigest()])
    if isinstance(value, Closed):
        return canonical(["closure", _closure_document(value)])
    if hasattr(value, "todict"):
        arrays, rest = parts_of(value)
        return b"atoms" + b"".join(k.encode() + _array(v) for k, v in sorted(arrays.items())) + canonical(rest)
    if isinstance(value, float):
        return _float_head(unit) + value.hex().encode() + b'"]'
    return canonical([type(value).__name__, getattr(value, "value", value)])


def _closure_document(closed: Closed) -> dict[str, Any]:
    """What a closure answers depends on, besides the inputs that the flow fixes: they have digests of their own."""
    models = {
        role: identity(model, code_of(model.function).digest)
        for role, model in (("lift", closed.lift), ("model", closed.model), ("restrict", closed.restrict))
        if model is not None
    }
    asked = {
        port.name: [str(port.kind), None if port.required else value_digest(port.kind, port.default)]
        for port in closed.kind.asked
    }
    answers = {part.name: [str(part.kind), closed.answers[part.name]] for part in fields(closed.kind.answer)}
    return {**models, "asked": asked, "answers": answers, "options": dict(closed.options)}


@functools.lru_cache(maxsize=1024)  # pint spells a unit in 10 us, and a sweep asks for the same ones at every point
def _unit_name(unit: str | None) -> str | None:
    return None if unit is None else str(unit_of(unit))


@functools.lru_cache(maxsize=1024)
def _float_head(unit: str | None) -> bytes:
    """What stands before the digits of a float in a unit."""
    return canonical(["float", unit, ""])[:-2]


def _array(value: np.ndarray) -> bytes:
    little = np.ascontiguousarray(value).astype(value.dtype.newbyteorder("<"), copy=False)
    content = blake3(little.data.cast("B") if little.size else b"", max_threads=blake3.AUTO).digest()
    return canonical([little.dtype.str, list(value.shape)]) + content


def versions(model: Model) -> dict[str, str]:
    """Versions of what a model declares with ``depends=``. Raises ContractError where it is not here."""
    return dict(version(model, one) for one in model.depends)


def version(model: Model, one: Any) -> tuple[str, str]:
    """Name and version of one thing that a model depends on. Raises ContractError where it is not here."""
    from importlib import metadata

    if not isinstance(one, str):
        return one.name, one.version()
    try:
        return one, _version(one)
    except metadata.PackageNotFoundError:
        raise ContractError(f"{model.name} depends on {one!r}, which is not installed: pip install {one}.") from None


@functools.cache
def _version(name: str) -> str:
    """Version of a distribution as this process first saw it: what is imported does not change when it is upgraded."""
    from importlib import metadata

    return metadata.version(name)


def identity(model: Model, code: str) -> dict[str, Any]:
    """What both keys say of the model itself; ``code`` is the digest of its code."""
    return {"generation": GENERATION, "model": model.name, "code": code, "depends": versions(model)}


def plan_document(stage: Stage, plans: Mapping[str, str], varied: Callable[[str], str] | None = None) -> dict[str, Any]:
    """What makes a stage before it runs; ``plans`` holds the plan keys of the stages upstream.

    ``varied`` gives what stands in place of the digest at a port that an axis enters, by the port's name.
    """
    inputs = {
        name: {"value": varied(f"port {name}")}
        if varied and isinstance(source, Varied)
        else _planned(source, stage.model.inputs[name].kind, plans)
        for name, source in stage.sources.items()
    }
    # an override starts plans of its own: without it nothing that was made under it is found before it was looked at
    accept = {"accept": list(stage.options["accept"])} if stage.options.get("accept") else {}
    return {**identity(stage.model, code_of(stage.model.function).digest), "inputs": inputs, **accept}


def _planned(source: Source, kind: Kind, plans: Mapping[str, str]) -> Any:
    if isinstance(source, Literal):
        return {"value": value_digest(kind, source.value)}
    if isinstance(source, Wire):
        return {"from": plans[source.stage], "port": ".".join(source.path), "molar_mass": source.molar_mass}
    if isinstance(source, Stacked):
        return {"stack": [_planned(part, source.element, plans) for part in source.parts], "dim": source.dim}
    what = f"axis {source.axis!r}" if isinstance(source, Varied) else f"task {source.task!r}"
    raise ContractError(f"the plan key waits for {what}.")


def plan_key(stage: Stage, plans: Mapping[str, str]) -> str:
    """Digest of what makes a stage, known before anything runs."""
    return digest(plan_document(stage, plans))


def content_document(model: Model, code: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """What makes an artifact: the model and the values delivered to it."""
    inputs = {name: {"value": value_digest(model.inputs[name].kind, value)} for name, value in values.items()}
    return {**identity(model, code), "inputs": inputs}
