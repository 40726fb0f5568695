"""How kinds are written down: the description beside every stored value, and the kind read back from it."""

from __future__ import annotations

from typing import Any

from bridge.errors import BridgeError
from bridge.kinds.base import Kind, Within
from bridge.kinds.closure import Closure
from bridge.kinds.discrete import Boolean, Choice, Integer, Text
from bridge.kinds.measured import Array, Number
from bridge.kinds.record import Port, Record
from bridge.kinds.things import Bytes, Structure
from bridge.media import File, Picture

_NAMES: dict[type[Kind], str] = {
    Number: "float",
    Array: "array",
    Integer: "int",
    Boolean: "bool",
    Text: "str",
    Choice: "choice",
    Structure: "atoms",
    Bytes: "file",
    Record: "record",
    Closure: "closure",
}


def spec_of(kind: Kind) -> dict[str, Any]:
    """Describe a kind in JSON."""
    spec: dict[str, Any] = {"kind": _NAMES[type(kind)]}
    if kind.unit is not None:
        spec["unit"] = kind.unit
    if kind.valid is not None:
        ends = [None if abs(end) == float("inf") else end for end in (kind.valid.low, kind.valid.high)]
        spec["valid"] = [*ends, kind.valid.strict]
    if isinstance(kind, Array):
        spec |= {"dtype": kind.dtype, "dims": list(kind.dims), "sizes": [list(s) for s in kind.sizes]}
        if kind.shared:
            spec["shared"] = list(kind.shared)
    elif isinstance(kind, Choice):
        spec["values"] = list(kind.values)
    elif isinstance(kind, Bytes):
        spec |= {"picture": issubclass(kind.holder, Picture), "media_type": kind.media_type}
    elif isinstance(kind, Closure):
        spec |= {"asked": {p.name: spec_of_port(p) for p in kind.asked}, "answer": spec_of(kind.answer)}
    elif isinstance(kind, Record):
        spec["fields"] = {p.name: spec_of_port(p) for p in kind.ports}
    return spec


def spec_of_port(port: Port) -> dict[str, Any]:
    """Describe a port in JSON: its kind, and whose standard error it is."""
    spec = spec_of(port.kind)
    if port.standard_error_of is not None:
        spec["standard_error_of"] = port.standard_error_of
    return spec


def kind_from(spec: dict[str, Any]) -> Kind:
    """Read a kind back. Raises BridgeError where a newer scalebridge wrote it."""
    valid = None
    if "valid" in spec:
        low, high, strict = spec["valid"]
        valid = Within(float("-inf") if low is None else low, float("inf") if high is None else high, strict=strict)
    match spec["kind"]:
        case "float":
            return Number(spec["unit"], valid)
        case "array":
            sizes = tuple((name, size) for name, size in spec["sizes"])
            return Array(spec["dtype"], spec["unit"], tuple(spec["dims"]), valid, sizes, tuple(spec.get("shared", ())))
        case "int":
            return Integer(valid)
        case "bool":
            return Boolean()
        case "str":
            return Text()
        case "choice":
            return Choice(tuple(spec["values"]))
        case "atoms":
            return Structure()
        case "file":
            return Bytes(Picture if spec["picture"] else File, spec["media_type"])
        case "record":
            fields = spec["fields"].items()
            return Record(
                tuple(Port(name, kind_from(f), standard_error_of=f.get("standard_error_of")) for name, f in fields)
            )
    raise BridgeError(f"the stored kind {spec['kind']!r} is unknown here: a newer scalebridge wrote it; upgrade.")
