"""A chain's wiring in words: its stages, its wires, and what of it is in the store."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from bridge.chain.chain import Chain
from bridge.inspect.table import table


def describe(flow: str, chain: Chain, planned: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, Any]:
    """A chain in JSON; ``planned`` adds the artifact of every stage that need not run, and the plan in words."""
    stages = []
    for stage in chain.stages.values():
        line: dict[str, Any] = {"name": stage.name, "model": stage.model.name, "scale": stage.model.scale.name}
        if planned is not None:
            line |= planned[stage.name]
        stages.append(line)
    return {"flow": flow, "stages": stages, "wires": [dataclasses.asdict(edge) for edge in chain.edges()]}


def text(document: dict[str, Any]) -> str:
    """A chain as two tables."""
    stages, wires = document["stages"], document["wires"]
    planned = stages and "plan" in stages[0]
    header = ("STAGE", "MODEL", "SCALE") + (("PLAN",) if planned else ())
    rows = [(s["name"], s["model"], s["scale"]) + ((s["plan"],) if planned else ()) for s in stages]
    words = [
        f"{document['flow']}: {len(stages)} stages, {len(wires)} wires, nothing to refuse",
        "",
        table(rows, header),
    ]
    if wires:
        rows = [(w["source"], "→ " + w["target"], _units(w), w["direction"]) for w in wires]
        words += ["", table(rows, ("FROM", "TO", "UNIT", "DIRECTION"))]
    return "\n".join(words)


def _units(wire: dict[str, Any]) -> str:
    source, target = wire["source_unit"], wire["target_unit"]
    if source is None:
        return ""
    return source if source == target else f"{source} → {target}"
