"""A model's interface in words, as JSON holds it: what a process that loaded the model tells one that did not."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.kinds.record import Port
    from bridge.models import Model

#: Characters that are kept of a docstring, and of a default that is no number or text.
LONGEST, SHORT = 20_000, 200


def interface_of(model: Model) -> dict[str, Any]:
    """Scale, ports, docstrings, what it depends on and where its function is; defaults that JSON lacks as text."""
    module = sys.modules.get(model.function.__module__)
    return {
        "summary": model.summary,
        "description": (inspect.getdoc(model.function) or "")[:LONGEST],
        "module": (inspect.getdoc(module) or "")[:LONGEST] if module else "",
        "scale": {"name": model.scale.name, "length": model.scale.length, "time": model.scale.time},
        "inputs": _ports(port for port in model.inputs.values() if not port.setting),
        "settings": _ports(port for port in model.inputs.values() if port.setting),
        "outputs": _ports(model.outputs.ports),
        "depends": [one if isinstance(one, str) else one.name for one in model.depends],
        "function": f"{model.function.__module__}:{model.function.__qualname__}",
    }


def _ports(ports: Iterable[Port]) -> list[dict[str, Any]]:
    return [_port(port) for port in ports]


def _port(port: Port) -> dict[str, Any]:
    from bridge.kinds.record import Record

    told: dict[str, Any] = {"name": port.name, "type": str(port.kind)}
    if port.kind.unit is not None:
        told["unit"] = port.kind.unit
    if port.kind.dims:
        told["dims"] = list(port.kind.dims)
    if port.kind.valid:
        told["valid"] = str(port.kind.valid)
    if port.standard_error_of:
        told["standard_error_of"] = port.standard_error_of
    if not port.required:
        told["default"] = _default(port)
    if isinstance(port.kind, Record):
        told["fields"] = _ports(port.kind.ports)
    return told


def _default(port: Port) -> Any:
    value = getattr(port.default, "value", port.default)  # of a choice, its text
    if value is None or isinstance(value, (bool, int, float)) or (isinstance(value, str) and len(value) <= SHORT):
        return value
    try:
        text = str(value)
    except Exception:  # a record of the plugin's own, which cannot write itself
        text = f"a {type(value).__name__}"
    return text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"
