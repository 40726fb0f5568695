"""Why stages ran or did not, as people read it: stages with one fate are told of together."""

from __future__ import annotations

from collections import Counter
from typing import Any

from bridge.inspect.explain.readings import KEY, moment
from bridge.inspect.table import table

#: What is said of a stage that needed no look at any value.
PLANNED = "found by its plan key"
#: Stages of one fate are told of together from this number on.
MANY = 3


def text(document: dict[str, Any]) -> str:
    """The explanation of a run."""
    written = ", ".join(f"{k}={v}" for k, v in document["parameters"].items())
    stages = document["stages"]
    fates = ", ".join(f"{n} {state}" for state, n in Counter(stage["state"] for stage in stages).items())
    words = [f"run {document['id']}: {document['flow']}({written}) {document['state']}: {fates}"]
    for alike in _alike(stages):
        words += ["", *(_one(alike[0]) if len(alike) == 1 else _several(alike))]
    lost = len(document["unreadable"])
    if lost:
        some = (
            "1 artifact of the store could not be read and was"
            if lost == 1
            else f"{lost} artifacts could not be read and were"
        )
        words += ["", f"{some} left out"]
    return "\n".join(words)


def _alike(stages: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    folded: dict[Any, list[dict[str, Any]]] = {}
    for stage in stages:
        folded.setdefault(_fate(stage), []).append(stage)
    apart = []
    for together in folded.values():
        apart += [together] if len(together) >= MANY else [[stage] for stage in together]
    order = {stage["name"]: place for place, stage in enumerate(stages)}
    return sorted(apart, key=lambda together: order[together[0]["name"]])


def _fate(stage: dict[str, Any]) -> tuple[Any, ...]:
    """What stages must have in common to be told of in one breath."""
    match stage["state"]:
        case "found" if stage["because"] == PLANNED:
            return "found", stage["run"]
        case "not run":
            return "not run", stage["because"]
        case "computed" if stage.get("differences"):
            # what is the same for all of them: names, and values that were written in the flow
            said = [
                (d["what"], d["name"], None if "from" in (d["new"] or {}) else d["text"]) for d in stage["differences"]
            ]
            return ("computed", stage["model"], *said)
        case "computed" if stage.get("nearest", stage) is None:
            return ("first",)
    return ("one", stage["name"])


def _one(stage: dict[str, Any]) -> list[str]:
    name = stage["name"] if stage["name"] == stage["model"] else f"{stage['name']} ({stage['model']})"
    if stage["state"] != "computed" or not stage.get("differences"):
        if stage["state"] == "found" and "run" in stage:
            return [f"{name}  {stage['because']}", f"    {_artifact(stage)}", *_upstream(stage)]
        return [f"{name}  {stage['state']}: {stage['because']}"]
    near = stage["nearest"]
    nearest = f"the nearest artifact, {near['artifact'][:KEY]} of run {near['run']}"
    reason = f"this differs from {nearest}:" if stage["alike"] else f"nothing like it in the store; {nearest}:"
    return [f"{name}  computed: {reason}", *(f"    {difference['text']}" for difference in stage["differences"])]


def _artifact(stage: dict[str, Any]) -> str:
    renamed = f" as {stage['made_as']}" if stage["made_as"] != stage["name"] else ""
    return f"artifact {stage['artifact'][:KEY]}, made by run {stage['run']}{renamed} on {moment(stage['made'])}"


def _upstream(stage: dict[str, Any]) -> list[str]:
    rows = [(u["port"], f"from {u['from']}", f"{u['old'][:KEY]} → {u['new'][:KEY]}") for u in stage.get("upstream", ())]
    return [table(rows, indent="    ")] if rows else []


def _several(stages: list[dict[str, Any]]) -> list[str]:
    names = ", ".join(stage["name"] for stage in stages)
    one = stages[0]
    match one["state"]:
        case "found":
            return [
                f"{len(stages)} stages found by their plan keys, made by run {one['run']} on {moment(one['made'])}:",
                f"    {names}",
            ]
        case "not run":
            return [f"{len(stages)} stages not run, {one['because']}:", f"    {names}"]
    if not one.get("differences"):
        return [f"{len(stages)} stages computed, their models run for the first time in this store:", f"    {names}"]
    return [f"{one['model']}, {len(stages)} stages computed for the same reason: {names}", *_one(one)]
