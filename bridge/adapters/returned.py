"""What a function gave back, as the outputs that were declared: one value, a tuple, a dict, or attributes."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bridge.errors import ValueRefused
from bridge.kinds.base import short
from bridge.kinds.record import Port, Record
from bridge.media import File

_VALUES = (bool, int, float, complex, str, bytes, np.generic, np.ndarray, File, enum.Enum, list, set, frozenset)


def outputs_from(value: Any, ports: Sequence[Port], label: str) -> dict[str, Any]:
    """Values by output. Raises ValueRefused, saying what came and what was declared."""
    names = [port.name for port in ports]
    if len(ports) == 1:
        return {names[0]: _only(value, ports[0], label)}
    if isinstance(value, Mapping):
        return _picked(value, names, label)
    if isinstance(value, (tuple, list)):
        fields = getattr(value, "_fields", ())
        if set(fields) & set(names):
            return _picked(value._asdict(), names, label)  # type: ignore[union-attr]
        if len(value) != len(names):
            raise _refused(f"{len(value)} values, {short(value)}", names, label)
        return dict(zip(names, value, strict=True))
    if value is None or isinstance(value, _VALUES):
        raise _refused(f"one value, {short(value)}", names, label)
    return _attributes(value, names, label)


def _only(value: Any, port: Port, label: str) -> Any:
    """The value of a single output, which may come alone or under its name."""
    name = port.name
    if value is None or isinstance(value, _VALUES) or _is_record(value, port) or hasattr(value, "todict"):
        return value
    if isinstance(value, Mapping):
        return value.get(name, value)
    if isinstance(value, tuple):
        if name in getattr(value, "_fields", ()):
            return getattr(value, name)
        if len(value) != 1:
            raise _refused(f"{len(value)} values, {short(value)}", [name], label)
        return value[0]
    return getattr(value, name, value)


def _is_record(value: Any, port: Port) -> bool:
    return isinstance(port.kind, Record) and all(hasattr(value, one.name) for one in port.kind.ports)


def _picked(value: Mapping[str, Any], names: list[str], label: str) -> dict[str, Any]:
    absent = [name for name in names if name not in value]
    if absent:
        raise _refused(f"{', '.join(map(str, value)) or 'nothing'}, without {absent[0]!r},", names, label)
    return {name: value[name] for name in names}


def _attributes(value: Any, names: list[str], label: str) -> dict[str, Any]:
    absent = [name for name in names if not hasattr(value, name)]
    if absent:
        raise _refused(f"{short(value)}, without {absent[0]!r},", names, label)
    return {name: getattr(value, name) for name in names}


def _refused(came: str, names: list[str], label: str) -> ValueRefused:
    count = "one output" if len(names) == 1 else f"{len(names)} outputs"
    return ValueRefused(
        f"{label}: the function returned {came} where {count} {'is' if len(names) == 1 else 'are'} "
        f"declared: {', '.join(names)}."
    )
