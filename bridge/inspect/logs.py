"""What the models of a run said."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from bridge.errors import UnknownName, did_you_mean
from bridge.store.logs import read_log
from bridge.store.runs import Run
from bridge.store.store import Store


def of_run(run: Run, stage: str | None = None) -> list[dict[str, Any]]:
    """What every stage said, or one of them; of a found one, what it said to the run that computed it."""
    stages = run.stages
    if stage is not None and stage not in stages:
        raise UnknownName(f"run {run.id} has no stage {stage!r}. {did_you_mean(stage, stages)}")
    return [_of(run, name, stages[name]) for name in ([stage] if stage else stages)]


def _of(run: Run, name: str, facts: dict[str, Any]) -> dict[str, Any]:
    log, origin = read_log(run.space, run.id, name), ""
    if log is None and "key" in facts:
        about = run.store.open(facts["key"]).about
        if about.get("run") and about["run"] != run.id:
            origin = f", computed by run {about['run']}"
            log = _kept(run.store, about["run"], about["stage"])
    said = [log or "", facts.get("traceback", "") or facts.get("error", "")]
    return {"stage": name, "state": facts["state"], "from": origin, "log": "\n".join(filter(None, said)) or None}


def _kept(store: Store, run: str, stage: str) -> str | None:
    """What a stage said to a run of any layer of the store."""
    found = (read_log(layer.space, run, stage) for layer in store.layers)
    return next(filter(None, found), None)


def followed(run: Run, stage: str | None = None) -> Iterator[str]:
    """Lines as they come, as long as the run goes on."""
    seen: dict[str, int] = {}
    going = True
    while going:
        run = Run(run.store, run.id)
        going = run.state == "running"  # before the last look
        for one in of_run(run, stage):
            lines = (one["log"] or "").splitlines()
            for line in lines[seen.get(one["stage"], 0) :]:
                yield f"{one['stage']}  {line}"
            seen[one["stage"]] = len(lines)
        if going:
            time.sleep(0.5)
