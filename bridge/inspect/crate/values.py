"""Parameters and outputs as the metadata has them: slots that are declared, and the values that were in them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any
from urllib.parse import quote

from bridge.errors import BridgeError
from bridge.inspect.crate.graph import Graph, Reference, references
from bridge.literals import split

_TYPES = {
    "float": "Float",
    "int": "Integer",
    "bool": "Boolean",
    "str": "Text",
    "choice": "Text",
    "file": "File",
    "atoms": "File",
}
_EXACT = 2**53
#: Characters kept of a text.
_LONGEST = 2000


def named(kind: str, *parts: str) -> str:
    """Name of an entity that is no file: ``#stage/vacancy.emt``."""
    return "#" + "/".join(quote(part, safe="-._~") for part in (kind, *parts))


def slot(
    graph: Graph, name: str, called: str, spec: Mapping[str, Any], default: Any = None, required: bool | None = None
) -> Reference:
    """A FormalParameter; ``spec`` is how the store describes a port: its kind and unit."""
    kind = spec.get("kind")
    described = None
    if spec.get("dims"):
        described = f"array over {', '.join(spec['dims'])}"
    return graph.add(
        name,
        "FormalParameter",
        name=called,
        additionalType=_TYPES.get(str(kind), "Dataset"),
        unitText=_unit(spec.get("unit")),
        description=described,
        encodingFormat=spec.get("media_type") if kind == "file" else None,
        defaultValue=default,
        valueRequired=required,
    )


def value(graph: Graph, name: str, called: str, found: Any, unit: str | None, of: list[str]) -> Reference:
    """A PropertyValue with its unit, which fills the slots ``of``."""
    return graph.add(
        name,
        "PropertyValue",
        name=called,
        value=plain(found),
        unitText=_unit(unit),
        exampleOfWork=references(of),
    )


def written(graph: Graph, name: str, called: str, found: Any, of: list[str]) -> Reference:
    """A parameter of a flow as a PropertyValue: ``"900 K"`` is 900 with the unit K."""
    quantity = quantity_of(found)
    if quantity is None:
        return value(graph, name, called, found, None, of)
    number, unit = quantity
    return graph.add(
        name,
        "PropertyValue",
        name=called,
        value=number,
        unitText=_unit(unit),
        description=f"written as {found!r}",
        exampleOfWork=references(of),
    )


def spec_of(found: Any) -> dict[str, Any]:
    """What kind of slot a parameter of a flow has, as far as its value tells."""
    quantity = quantity_of(found)
    if quantity is not None:
        return {"kind": "float", "unit": quantity[1]}
    kinds = {bool: "bool", int: "int", float: "float"}
    return {"kind": kinds.get(type(found), "str")}


def quantity_of(found: Any) -> tuple[int | float, str] | None:
    """Number and unit of a text such as ``900 K``; None for any other."""
    from bridge.units import unit_of

    if not isinstance(found, str):
        return None
    try:
        number, unit = split(found)
        if not unit:
            return None
        unit_of(unit)
        return _number(number), unit
    except (BridgeError, OverflowError):
        return None


def _number(exact: Fraction) -> int | float:
    return int(exact) if exact.denominator == 1 and abs(exact) <= _EXACT else float(exact)


def plain(found: Any) -> Any:
    """A value as JSON has it for every reader: numbers they hold exactly, everything else as text."""
    if isinstance(found, bool):
        return found
    if isinstance(found, int):
        return found if abs(found) <= _EXACT else str(found)
    if isinstance(found, float):
        return found if math.isfinite(found) else str(found)
    text = found if isinstance(found, str) else str(found)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"


def _unit(unit: str | None) -> str | None:
    return None if unit in (None, "", "1", "dimensionless") else unit
