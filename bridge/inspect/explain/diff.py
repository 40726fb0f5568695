"""Two runs side by side: what was asked of each, where they part, and how far apart their outputs are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from bridge.inspect.explain.differences import differences
from bridge.inspect.explain.readings import Readings
from bridge.inspect.explain.values import outputs_apart
from bridge.store.artifact import Artifact
from bridge.store.groups import UNFIT
from bridge.store.runs import Run
from bridge.store.spaces.space import Damaged


def diff(a: Run, b: Run, largest: float = math.inf) -> dict[str, Any]:
    """Compare two runs in JSON; stages are matched by name, in the order of the second run's chain.

    Outputs of more than ``largest`` numbers are told apart by their digests alone.
    """
    here, there = a.stages, b.stages
    both = [name for name in there if name in here]
    readings = {run.id: Readings(run.store) for run in (a, b)}
    stages = [_stage((readings[a.id], readings[b.id]), name, here[name], there[name], largest) for name in both]
    return {
        "a": _facts(a),
        "b": _facts(b),
        "parameters": _changed(a.parameters, b.parameters),
        "versions": _changed(a.about.get("versions") or {}, b.about.get("versions") or {}),
        "plugins": _changed(_plugins(a), _plugins(b)) if "plugins" in a.about and "plugins" in b.about else {},
        "revision": _changed({"of the flow": a.about.get("revision")}, {"of the flow": b.about.get("revision")}),
        "only_in_a": [name for name in here if name not in there],
        "only_in_b": [name for name in there if name not in here],
        "first": next((stage["name"] for stage in stages if not stage["same"]), None),
        "stages": stages,
    }


def _facts(run: Run) -> dict[str, Any]:
    return {"id": run.id, "flow": run.flow, "state": run.state, "parameters": run.parameters}


def _plugins(run: Run) -> dict[str, str]:
    """Digest of the source of every plugin by its name, and where it was used in place."""
    return {
        str(one.get("distribution")): f"{str(one.get('source'))[:12]}"
        + (f" in {one['in_place']}" if one.get("in_place") else "")
        for one in run.about["plugins"]
    }


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: {"a": old.get(name), "b": new.get(name)} for name in {**old, **new} if old.get(name) != new.get(name)}


def _stage(
    both: tuple[Readings, Readings], name: str, old: Mapping[str, Any], new: Mapping[str, Any], largest: float
) -> dict[str, Any]:
    """One stage of both runs: whether it is the same artifact, and if not, why, and what came out."""
    readings, others = both
    keys = [old.get("key"), new.get("key")]
    told: dict[str, Any] = {
        "name": name,
        "model": [old.get("model"), new.get("model")],
        "state": [old["state"], new["state"]],
        "artifact": keys,
        "same": keys[0] == keys[1] and keys[0] is not None,
    }
    if told["same"]:
        return told
    if None in keys:
        return told | {"same": keys == [None, None] and old["state"] == new["state"]}
    here, there = readings.open(str(keys[0])), others.open(str(keys[1]))
    if here is None or there is None:
        reasons = {**readings.unreadable, **others.unreadable}
        return told | {"unreadable": [reasons[str(key)] for key in keys if str(key) in reasons]}
    if here.about.get("model") == there.about.get("model"):
        told["why"] = _why(readings, here, there)
    try:
        return told | {"outputs": outputs_apart(here, there, largest)}
    except Damaged as reason:
        return told | {"unreadable": [str(reason)]}


def _why(readings: Readings, here: Artifact, there: Artifact) -> list[dict[str, Any]]:
    """What differs between two makings; an artifact that says too little of its making has that said of it."""
    try:
        return [one.document() for one in differences(readings, here.about, there.about)]
    except Damaged as reason:
        said = str(reason)
    except UNFIT as reason:
        said = f"what its artifacts say of their making cannot be read ({type(reason).__name__}: {reason})"
    return [{"what": "unknown", "name": "", "old": None, "new": None, "change": "", "text": said}]
