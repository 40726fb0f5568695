"""What a sweep keeps of its points beside its record: checked like artifacts, and which results it leads to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bridge.errors import BridgeError
from bridge.store.groups import UNFIT
from bridge.store.spaces.space import MARKER, Space

if TYPE_CHECKING:
    from bridge.store.upkeep.checks import Finding

_TABLES = re.compile(r"(?P<tables>points/(?:plan|result-(?P<attempt>[0-9]{1,9})))/.+")
_STATES = ("completed", "failed")


def of_points(name: str) -> bool:
    """Whether this is an object of the tables that a sweep keeps, by its name below the run."""
    return bool(_TABLES.fullmatch(name))


def check_points(
    space: Space, run: str, about: Mapping[str, Any], present: Mapping[str, int]
) -> tuple[list[Finding], dict[str, str]]:
    """Compare the tables of a run with their manifests; and content keys of its results, each with its stage."""
    from bridge.store.upkeep.checks import Finding, check_artifact

    tables: dict[str, dict[str, int]] = {}
    for name, size in present.items():
        if found := _TABLES.fullmatch(name):
            tables.setdefault(found["tables"], {})[name[len(found["tables"]) + 1 :]] = size
    bad: list[Finding] = []
    for name, objects in sorted(tables.items()):
        bad += check_artifact(space, f"runs/{run}/{name}", objects)[0]
    there = [name for name, objects in tables.items() if MARKER in objects]
    results = sorted((name for name in there if name != "points/plan"), key=lambda name: int(name.rpartition("-")[2]))
    if "sweep" in about and about.get("state") == "completed":
        for name, known in (("points/plan", "points/plan" in there), ("points/result-0", bool(results))):
            if not known and not any(one.object.startswith(f"runs/{run}/{name}/") for one in bad):
                said = "without it nobody can say which results belong to which points"
                bad.append(Finding(f"runs/{run}/{name}/{MARKER}", "missing", said))
    if bad or not results or "points/plan" not in there:
        return bad, {}
    try:
        return [], _keys(space, run, results[-1].rpartition("/")[2])
    except (BridgeError, *UNFIT) as reason:
        return [Finding(f"runs/{run}/{results[-1]}/{MARKER}", "unreadable", str(reason))], {}


def _keys(space: Space, run: str, result: str) -> dict[str, str]:
    from bridge.store.sweeps import kept

    (plan, about), (tables, _) = kept(space, run, "plan"), kept(space, run, result)
    keys = tables["keys"]
    stages = np.zeros(len(keys), np.int64)
    for number in range(len(about["stages"])):
        at = plan[f"at {number}"]
        stages[at[at >= 0]] = number
    text, there = keys.tobytes().hex(), keys.any(axis=1)
    return {text[64 * n : 64 * n + 64]: str(about["stages"][stages[n]]) for n in np.flatnonzero(there).tolist()}


def planned_keys(space: Space, run: str, about: Mapping[str, Any]) -> frozenset[str]:
    """Content keys that a sweep which may be gone on with leads to by its plans: what it found has no other trace.

    Raises BridgeError for tables that cannot be read.
    """
    from bridge.store.store import Store
    from bridge.store.sweeps import folder_of, kept

    if "sweep" not in about or about.get("state") in _STATES or not _planned(space, folder_of(run, "plan")):
        return frozenset()
    text = kept(space, run, "plan")[0]["plans"].tobytes().hex()
    return frozenset(Store(space).planned_many(text[at : at + 64] for at in range(0, len(text), 64)).values())


def _planned(space: Space, folder: str) -> bool:
    return space.size(f"{folder}/{MARKER}") is not None
