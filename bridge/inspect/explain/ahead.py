"""Before a run: which stages the store has, which would run, and why, as far as that can be known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.inspect.explain.differences import NOTHING, differences, gap, nearest
from bridge.inspect.explain.readings import KEY, Readings
from bridge.run.plan import Expected
from bridge.store.store import Store

#: Stages that are named one by one.
FEW = 4


def ahead(expected: Mapping[str, Expected], store: Store) -> dict[str, dict[str, Any]]:
    """For every stage its artifact and who made it, or why it runs, in JSON; ``plan`` is that in words."""
    readings = Readings(store)
    return {name: _one(readings, stage) for name, stage in expected.items()}


def _one(readings: Readings, stage: Expected) -> dict[str, Any]:
    told: dict[str, Any] = {"artifact": stage.artifact, "by": stage.by}
    if stage.artifact:
        artifact = readings.open(stage.artifact)
        if artifact is None:
            return told | {"plan": f"in the store, but damaged: {readings.unreadable[stage.artifact]}"}
        how = "" if stage.by == "plan" else ", found by its values"
        run = artifact.about["run"]
        return told | {"run": run, "plan": f"in the store ({stage.artifact[:KEY]}, made by {run}{how})"}
    if stage.refused:
        return told | {"plan": f"fails: {stage.refused}"}
    if stage.tasks:
        return told | {"plan": f"waits for task {', '.join(stage.tasks)}", "waits": list(stage.tasks)}
    return told | {"waits": list(stage.waits)} | _reason(readings, stage)


def _reason(readings: Readings, stage: Expected) -> dict[str, Any]:
    near = nearest(readings.made_by(stage.model), stage.making, stage.stage)
    if near is None:
        return {"plan": f"runs: first time {stage.model} runs in this store"}
    found = gap(near.about, stage.making)
    told = differences(readings, near.about, stage.making)
    facts = {
        "nearest": {"artifact": near.key, "run": near.about["run"]},
        "differences": [one.document() for one in told],
    }
    names = _listed(stage.waits)
    if not found.size and stage.waits:
        which = "which runs; if that gives" if len(stage.waits) == 1 else "which run; if they give"
        return facts | {"plan": f"runs, may be cut off: waits for {names}, {which} the same values this is found"}
    if not found.size:
        return facts | {"plan": f"runs: {NOTHING}"}
    reasons = "; ".join(map(str, told))
    alike = reasons if found.alike(stage.making) else f"nothing like it in the store (nearest: {reasons})"
    return facts | {"plan": f"runs: {alike}" + (f" (and waits for {names})" if stage.waits else "")}


def _listed(stages: tuple[str, ...]) -> str:
    """Names of stages, the middle of many left out."""
    few = len(stages) <= FEW
    return ", ".join(stages) if few else f"{len(stages)} stages ({stages[0]} … {stages[-1]})"
