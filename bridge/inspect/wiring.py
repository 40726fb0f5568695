"""A chain's wiring in words: its stages, its wires, and what of it is in the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.chain.chain import Chain
from bridge.inspect.table import table
from bridge.run.absent import absent
from bridge.run.provenance import closures, wires
from bridge.scales.separation import Declared


def describe(flow: str, chain: Chain, planned: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, Any]:
    """A chain in JSON; ``planned`` adds the artifact of every stage that need not run, and the plan in words."""
    stages = []
    for stage in chain.stages.values():
        line: dict[str, Any] = {"name": stage.name, "model": stage.model.name, "scale": stage.model.scale.name}
        if planned is not None:
            line |= planned[stage.name]
        stages.append(line)
    told = {"stages": stages, "wires": wires(chain), "closures": closures(chain)}
    return {"flow": flow, **told, "absent": absent(chain)}


def runs_here(document: Mapping[str, Any]) -> bool:
    """Whether a run of it would begin on this machine."""
    return not any(one["refused"] for one in document["absent"])


def text(document: dict[str, Any]) -> str:
    """A chain as two tables."""
    stages, joined = document["stages"], document["wires"]
    planned = stages and "plan" in stages[0]
    header = ("STAGE", "MODEL", "SCALE") + (("PLAN",) if planned else ())
    rows = [(s["name"], s["model"], s["scale"]) + ((s["plan"],) if planned else ()) for s in stages]
    words = [
        f"{document['flow']}: {len(stages)} stages, {len(joined)} wires, "
        + ("nothing to refuse" if runs_here(document) else "not to be run here"),
        "",
        table(rows, header),
    ]
    if joined:
        rows = [(w["source"], "→ " + w["target"], _units(w), w["direction"], _scales(w)) for w in joined]
        words += ["", table(rows, ("FROM", "TO", "UNIT", "DIRECTION", "SCALES"))]
    if document["closures"]:
        rows = [(c["port"], "asks " + " → ".join(c["models"]), _scales(c), _said(c)) for c in document["closures"]]
        words += ["", table(rows, ("CLOSURE", "MODEL", "SCALES", "OPTIONS"))]
    if document["absent"]:
        lines = [f"{', '.join(one['stages'])}: {one['said']}" for one in document["absent"]]
        words += ["", *lines]
    return "\n".join(words)


def _said(closure: dict[str, Any]) -> str:
    """The options of a closure that say more than the defaults do."""
    options = closure["options"]
    shown = {name: options[name] for name in ("way", "timeout") if options.get(name) not in (None, "gaussian")}
    if "tolerance" in options:
        shown["tolerance"] = f"{100 * options['tolerance']:g} %" if options["relative"] else f"{options['tolerance']:g}"
    shown |= {"noisy": True} if options.get("noisy") else {}
    shown |= {"on_failure": "nearest"} if options.get("on_failure") == "nearest" else {}
    return ", ".join(f"{name}={value}" for name, value in shown.items())


def _scales(wire: dict[str, Any]) -> str:
    """What the models at its ends declare of their scales."""
    return ", ".join(str(Declared(**pair)) for pair in wire["scales"])


def _units(wire: dict[str, Any]) -> str:
    source, target = wire["source_unit"], wire["target_unit"]
    if source is None:
        return ""
    return source if source == target else f"{source} → {target}"
