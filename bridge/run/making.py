"""What an artifact says of its making: the model and its code, and where every input came from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bridge.chain.chain import Literal, Source, Stacked, Varied, Wire
from bridge.kinds.record import MISSING, Port
from bridge.models import Model
from bridge.registry import brought_by
from bridge.registry.sources import digest_here
from bridge.store.keys import value_digest
from bridge.store.view import in_words

if TYPE_CHECKING:
    from bridge.run.order import Order


def now() -> str:
    """UTC, to the second, for people."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def making(
    order: Order, model: Model, sources: Mapping[str, Source], document: Mapping[str, Any], cost: Mapping[str, Any]
) -> dict[str, Any]:
    """Describe how a stage's outputs were made, in JSON; ``document`` is what their content key digests."""
    plugin = plugin_of(model)
    inputs = {
        name: {"unit": model.inputs[name].kind.unit, "setting": model.inputs[name].setting}
        | document["inputs"][name]
        | _origin(source, model.inputs[name], order.upstream)
        for name, source in sources.items()
    }
    return {
        "model": model.name,
        "scale": model.scale.name,
        "stage": order.stage,
        "run": order.run,
        "plan": order.plan_key,
        "code": dict(order.code.sources),
        "depends": document["depends"],
        "distribution": f"{plugin['distribution']} {plugin['version']}" if plugin else None,
        **({"plugin": plugin} if plugin else {}),
        "inputs": inputs,
        "cost": dict(cost),
        "made": now(),
    }


def plugin_of(model: Model) -> dict[str, Any] | None:
    """What brought a model, in JSON: distribution, version, digest of its source, and its folder if it is in place."""
    offer = brought_by(model)
    if offer is None:
        return None
    place = {"in_place": str(offer.folder)} if offer.folder else {}
    return {"distribution": offer.distribution, "version": offer.version, "source": digest_here(offer)} | place


def _origin(source: Source, port: Port, upstream: Mapping[str, str]) -> dict[str, Any]:
    """Where an input came from: the flow's text, an output of a stage, or several stacked."""
    if isinstance(source, Literal):
        return {"literal": in_words(source.value)} | _default(source.value, port)
    if isinstance(source, Varied):
        return {"axis": source.axis, "default": False}
    if isinstance(source, Wire):
        fact = {"molar_mass": source.molar_mass} if source.molar_mass else {}
        known = {"artifact": upstream[source.stage]} if source.stage in upstream else {}  # else each row says its own
        return {"from": str(source)} | known | fact
    assert isinstance(source, Stacked)
    wires = {place: part for place, part in enumerate(source.parts) if isinstance(part, Wire)}
    fixed = {str(place): in_words(part.value) for place, part in enumerate(source.parts) if isinstance(part, Literal)}
    return {
        "from": [str(wire) for wire in wires.values()],
        "artifact": [upstream.get(wire.stage) for wire in wires.values()],
        "at": list(wires),
        "dim": source.dim,
        "coord": list(source.coord),
    } | ({"fixed": fixed} if fixed else {})


def _default(value: Any, port: Port) -> dict[str, bool]:
    """Whether a literal is what its port would have had anyway."""
    if port.default is MISSING:
        return {"default": False}
    default = port.kind.leave(port.default, port.name)
    return {"default": value_digest(port.kind, value) == value_digest(port.kind, default)}
