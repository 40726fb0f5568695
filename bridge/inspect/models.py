"""Installed models in words: the list, and one model's interface."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from bridge.inspect.table import table
from bridge.registry import Entry, entries, find
from bridge.registry.interface import interface_of
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
    entry = entries()[name]
    told = interface_of(model)
    settings = [port for port in model.inputs.values() if port.setting]
    inputs = [port for port in model.inputs.values() if not port.setting]
    return {
        "name": name,
        "distribution": entry.distribution,
        "version": entry.version,
        "in_place": next((str(offer.folder) for offer in entry.offers if offer.folder), None),
        **told,
        "inputs": _specified(told["inputs"], inputs),
        "settings": _specified(told["settings"], settings),
        "outputs": _specified(told["outputs"], model.outputs.ports),
    }


def _specified(told: list[dict[str, Any]], ports: Iterable[Port]) -> list[dict[str, Any]]:
    """Ports in words, each with its kind as it is written beside stored values."""
    from bridge.kinds.record import Record
    from bridge.store.spec import spec_of_port

    specified = []
    for one, port in zip(told, ports, strict=True):
        fields = {"fields": _specified(one["fields"], port.kind.ports)} if isinstance(port.kind, Record) else {}
        specified.append(one | fields | {"spec": spec_of_port(port)})
    return specified


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
