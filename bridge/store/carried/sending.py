"""Copying a run out of a store: its record, its results, and everything they came from, into an empty space.

What stands there afterwards is a store itself: it can be opened, verified and taken into another one.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from bridge.errors import BridgeError, ContractError
from bridge.store.carried.carried import Carried
from bridge.store.carried.folders import copied
from bridge.store.rows.blocks import write_blocks
from bridge.store.rows.journal import read_journal
from bridge.store.rows.stored import Block
from bridge.store.runs import Run, whole
from bridge.store.sealed import blake3_of, digest, sealed
from bridge.store.spaces.space import MARKER, Damaged, Space
from bridge.store.store import IDENTITY, SCHEMA, Store, artifact_of, plan_of
from bridge.store.sweeps import Sweep, folder_of
from bridge.store.upkeep.checks import check_run, is_key
from bridge.store.upkeep.verify import upstream

Progress = Callable[[int, int], None]
_SEGMENT = re.compile(r"(?<=\.log)/[0-9]{8}$")


@dataclass
class Sent:
    """What was copied: content keys of artifacts, names of blocks of rows."""

    artifacts: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)


def send(run: Run, to: Space, told: Progress | None = None) -> Sent:
    """Copy a run into an empty space, each bit compared with its digest.

    Raises ContractError for a run that goes on, Damaged for one whose record or results are not what was committed.
    """
    if run.state == "running":
        raise ContractError(f"run {run.id} is running: wait for it, or end it with scalebridge cancel {run.id}.")
    keys, plans = _roots(run)
    sent, journals = Sent(), dict[str, Space]()
    waiting, seen = set(keys), set[str]()
    while waiting:
        seen |= waiting
        if told:
            told(len(seen) - len(waiting), len(seen))
        found = _wave(run, waiting, to, sent, journals, plans)
        waiting = found - seen
    for name, space in sorted(journals.items()):
        sent.blocks += write_blocks(to, read_journal(space, name))
    _aliases(run.store, to, plans, seen)
    record = _record(run, to)
    identity = digest([run.id, record, sorted(sent.artifacts), sorted(sent.blocks)])[:32]
    to.create(IDENTITY, sealed({"schema": SCHEMA, "id": identity}))
    return sent


def _roots(run: Run) -> tuple[set[str], set[str]]:
    """Content keys that a run names, and the plans that led to them. Raises Damaged."""
    whole(run)
    present = {name[len(run.folder) + 1 :]: size for name, size in run.space.walk(run.folder)}
    seen = check_run(run.space, run.id, present)
    bad = [one for one in seen.findings if one.what != "extra"]
    if bad:
        raise Damaged(f"{run.space.where(bad[0].object)}: {bad[0].said}. scalebridge verify {run.id} says more.")
    keys, plans = set(seen.keys), {str(event["plan"]) for event in seen.events if is_key(event.get("plan"))}
    if "sweep" in run.about and run.space.size(f"{folder_of(run.id, 'plan')}/{MARKER}") is not None:
        sweep = Sweep(run)
        keys |= {key for stage in sweep.stages for key in sweep.keys(stage) if key is not None}
        text = sweep._plan[0]["plans"].tobytes().hex()
        plans |= {text[at : at + 64] for at in range(0, len(text), 64)}
    return keys, plans


def _wave(
    run: Run, keys: Iterable[str], to: Space, sent: Sent, journals: dict[str, Space], plans: set[str]
) -> set[str]:
    """Copy what some keys stand for; content keys of what that was made from."""
    found, rest = set[str](), set(keys)
    for layer in run.store.layers:
        mine = sorted(key for key in rest if layer._holds(key))
        for about in layer.space.abreast(functools.partial(_artifact, layer, to), mine):
            found.update(upstream(about))
            if is_key(about.get("plan")):
                plans.add(str(about["plan"]))
        sent.artifacts += mine
        rest -= set(mine)
        places = layer.rows.find(rest)
        for name in sorted({place.block for place in places.values()}):
            table = layer.rows.table(name)
            if not isinstance(table, Block):
                journals[name.rpartition("-")[0]] = layer.space
            elif name not in sent.blocks:
                copied(layer.space, table.folder, to)
                sent.blocks.append(name)
            for row in (place.row for place in places.values() if place.block == name):
                found.update(upstream(table.facts(row)))
        rest -= set(places)
    if rest:
        raise Damaged(
            f"{len(rest)} artifacts of run {run.id}, or of what it came from, are gone: {artifact_of(min(rest))}. "
            "Run its flow again, then export that run."
        )
    return found


def _artifact(layer: Store, to: Space, key: str) -> dict[str, Any]:
    copied(layer.space, artifact_of(key), to)
    return layer.open(key).about


def _aliases(store: Store, to: Space, plans: set[str], keys: set[str]) -> None:
    """Write down where plans led to, as far as the rows that were copied do not say it themselves."""
    known = {plan: key for plan, key in store.planned_many(plans).items() if key in keys}
    there = Carried(to).planned_many(known)
    for plan, key in sorted(known.items()):
        if there.get(plan) != key:
            to.put(plan_of(plan), sealed({"content": key}))


def _record(run: Run, to: Space) -> list[str]:
    """Copy record, events, logs and points of a run; digests of the first two."""
    space, parts = run.space, []
    for name in sorted({_log(space, name) for name, _ in space.walk(f"{run.folder}/logs")}):
        to.append(name, space.read_log(name))
    for child in space.children(f"{run.folder}/points"):
        if space.size(f"{run.folder}/points/{child}{MARKER}") is not None:
            copied(space, f"{run.folder}/points/{child.rstrip('/')}", to)
    events, record = space.read_log(f"{run.folder}/events.jsonl"), space.read(f"{run.folder}/run.json")
    for name, content in (("events.jsonl", events), ("run.json", record)):
        if content or name == "run.json":
            to.append(f"{run.folder}/{name}", content)
        parts.append(blake3_of(content))
    if run.about != Run(Carried(to), run.id).about:
        raise BridgeError(f"run {run.id} was written to while it was copied. Export it again.")
    return parts


def _log(space: Space, name: str) -> str:
    """A log of which a walk found an object: in a bucket it is a folder of parts."""
    return _SEGMENT.sub("", name) if space.remote else name
