"""Installed models in words: the list, and one model's interface."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bridge.inspect.table import table
from bridge.registry import Entry, entries, find
from bridge.registry.verdicts import verdicts

if TYPE_CHECKING:
    from bridge.kinds.record import Port


def listing(told: Callable[[str], None] | None = None) -> list[dict[str, Any]]:
    """Every model that is offered; a broken one with its reason.

    None is imported here: what is not known yet is loaded in other processes, of which ``told`` is given the plugins.
    """
    known = entries()
    judged = verdicts(known.values(), told=told)
    return [_line(known[name], judged[name]) for name in known]


def _line(entry: Entry, verdict: Mapping[str, Any]) -> dict[str, Any]:
    line: dict[str, Any] = {"name": entry.name, "distribution": entry.distribution, "version": entry.version}
    if "broken" in verdict:
        return line | {"broken": verdict["broken"]}
    return line | {"scale": verdict["scale"], "summary": verdict["summary"]}


def list_text(found: list[dict[str, Any]]) -> str:
    """The list as a table, what is broken below it."""
    if not found:
        install = "Install a plugin (pip install scalebridge-creep), or write one: scalebridge plugins new NAME."
        return f"no models are installed. {install}"
    rows = [(f["name"], f["scale"], f["summary"]) for f in found if "broken" not in f]
    words = table(rows, ("MODEL", "SCALE", "WHAT IT COMPUTES"))
    broken = [f["broken"] for f in found if "broken" in f]
    if broken:
        words += "\n\nbroken:\n" + "\n".join(f"  {reason}" for reason in broken)
    return words.strip()


def describe(name: str) -> dict[str, Any]:
    """One model's interface. Raises UnknownName or BrokenModel."""
    model = find(name)
    ports = list(model.inputs.values())
    entry = entries()[name]
    return {
        "name": name,
        "distribution": entry.distribution,
        "version": entry.version,
        "in_place": next((str(offer.folder) for offer in entry.offers if offer.folder), None),
        "summary": model.summary,
        "description": inspect.getdoc(model.function) or "",
        "scale": {"name": model.scale.name, "length": model.scale.length, "time": model.scale.time},
        "inputs": [_port(p) for p in ports if not p.setting],
        "settings": [_port(p) for p in ports if p.setting],
        "outputs": [_port(p) for p in model.outputs.ports],
        "depends": [one if isinstance(one, str) else one.name for one in model.depends],
        "function": f"{model.function.__module__}:{model.function.__qualname__}",
    }


def _port(port: Port) -> dict[str, Any]:
    from bridge.kinds.record import Record
    from bridge.store.spec import spec_of_port

    default = {} if port.required else {"default": getattr(port.default, "value", port.default)}
    fields = {"fields": [_port(p) for p in port.kind.ports]} if isinstance(port.kind, Record) else {}
    valid = {"valid": str(port.kind.valid)} if port.kind.valid else {}
    error = {"standard_error_of": port.standard_error_of} if port.standard_error_of else {}
    return {"name": port.name, "type": str(port.kind)} | valid | error | default | fields | {"spec": spec_of_port(port)}


def describe_text(one: dict[str, Any]) -> str:
    """One model's interface as text."""
    scale = one["scale"]
    ranges = ", ".join(r for r in (scale["length"], scale["time"]) if r)
    words = [f"{one['name']}: {one['summary']}", "", f"scale     {scale['name']}" + (f" ({ranges})" if ranges else "")]
    words.append(f"from      {one['distribution']} {one['version']}, {one['function']}")
    if one["in_place"]:
        words.append(f"in place  {one['in_place']}")
    if one["depends"]:
        words.append(f"depends   {', '.join(one['depends'])}")
    for part in ("inputs", "settings", "outputs"):
        if one[part]:
            rows = [(p["name"], p["type"], p.get("valid", ""), _default(p)) for p in one[part]]
            words += ["", part, table(rows, indent="  ")]
    rest = one["description"].partition("\n")[2].strip()
    return "\n".join([*words, *(["", rest] if rest else [])])


def _default(port: dict[str, Any]) -> str:
    if "standard_error_of" in port:
        return f"standard error of {port['standard_error_of']}"
    return f"default {port['default']}" if "default" in port else ""
