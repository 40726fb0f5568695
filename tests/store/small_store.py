"""Stores to look after: a chain of artifacts with the run that made it, or thousands of records and nothing else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from bridge.ports import record_of
from bridge.store.runlog import INDENT, RunLog
from bridge.store.sealed import digest, sealed
from bridge.store.spaces.claims import is_of_keys
from bridge.store.spaces.space import Space
from bridge.store.store import Store


@dataclass(frozen=True)
class Result:
    number: Annotated[float, "K"]
    field: Annotated[NDArray[np.float64], "K", ("x",)]


RECORD = record_of(Result)
#: Objects that no store makes, in each of its folders but that of claims, where an empty file is one.
STRAY = [
    "stray.txt", "more/stray.txt", "artifacts/stray", "artifacts/ab/stray", "plans/stray", "plans/ab/stray.json",
    "runs/stray", "journal/stray", "journal/more/stray", "blocks/stray", "pyramids/stray",
]  # fmt: skip


def key_of(*what: Any) -> str:
    """A content key, or a plan key."""
    return digest(list(what))


def make(store: Store, key: str, run: str, model: str = "toy.model", upstream: tuple[str, ...] = ()) -> None:
    """Commit an artifact as a worker would."""
    values = RECORD.leave(Result(1.0, np.random.default_rng(int(key[:8], 16)).random(300)), "stage")
    inputs = {f"input{i}": {"artifact": one} for i, one in enumerate(upstream)}
    if len(upstream) > 1:
        inputs = {"stack": {"artifact": list(upstream)}}
    about = {"model": model, "run": run, "stage": "a", "plan": key_of("plan", key), "inputs": inputs}
    assert store.commit(key, RECORD, values, about)
    store.alias(key_of("plan", key), key)


def begun(store: Store, **about: Any) -> RunLog:
    """The log of a run that has begun; it is running while this process has it."""
    return RunLog(store, {"flow": "f", "parameters": {}, "stages": [], "edges": []} | about)


def chain(store: Store, name: str, length: int = 3, **about: Any) -> tuple[str, list[str]]:
    """A completed run of stages, each made from the one before; its name and content keys."""
    log, keys = begun(store, **about), [key_of(name, i) for i in range(length)]
    for i, key in enumerate(keys):
        log.event(f"stage{i}", "running", attempt=1)
        make(store, key, log.id, upstream=tuple(keys[i - 1 : i]) if i else ())
        log.event(f"stage{i}", "computed", key=key)
    log.end("completed")
    return log.id, keys


def folder_of(key: str) -> str:
    """Where an artifact is."""
    return f"artifacts/{key[:2]}/{key}"


def objects(space: Space) -> dict[str, int]:
    """Every object of a store and its size, but for the empty files that keys are held in, which stay."""
    found = {}
    for name in space.children("", hidden=True):
        found |= dict(space.walk(name.rstrip("/"))) if name.endswith("/") else {name: space.size(name) or 0}
    return {name: size for name, size in found.items() if not is_of_keys(name)}


def record(number: int, **about: Any) -> dict[str, Any]:
    """The record of a run that is over, one every 13 minutes of 2026."""
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=13 * number)
    name = f"{at:%Y%m%d-%H%M%S}-{number % 1000:03d}{number % 4096:03x}"
    return {
        "schema": 2,
        "id": name,
        "started": at.isoformat(timespec="milliseconds"),
        "flow": ("creep", "wall")[number % 2],
        "parameters": {
            "temperature": f"{600 + number % 700} K",
            "grain_size": f"{number % 50 + 1} um",
            "element": ("Cu", "Ni", "Al")[number % 3],
            "steps": number,
            "quick": number % 2 == 0,
        },
        "stages": [{"name": f"stage.{i}", "model": f"model.{i}", "scale": "continuum"} for i in range(4)],
        "edges": [],
        "state": "failed" if number % 10 == 0 else "completed",
        "ended": (at + timedelta(seconds=30)).isoformat(timespec="milliseconds"),
        "events": 0,
    } | about


def write_record(root: Path, about: dict[str, Any]) -> str:
    """Put a record into a store on a disk, as it would be there; the run's name."""
    folder = root / "runs" / about["id"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_bytes(sealed(about, INDENT))
    return str(about["id"])


def many_runs(root: Path, count: int) -> Store:
    """A store with thousands of records."""
    store = Store(root)
    store.prepare()
    for number in range(count):
        write_record(root, record(number))
    return store


@contextmanager
def changed(path: Path, content: bytes) -> Iterator[None]:
    """Another content for a while."""
    before = path.read_bytes()
    path.write_bytes(content)
    try:
        yield
    finally:
        path.write_bytes(before)


#: What changes a disk, as Python's audit names it; a removal is one of many.
STEPS = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.link", "shutil.rmtree"}


def dying_at(step: int) -> None:
    """Have this process die just before its n-th step that changes the disk."""
    count = 0

    def on(event: str, _: Any = None) -> None:
        nonlocal count
        if event in STEPS:
            count += 1
            if count == step:
                os._exit(7)

    fsync = os.fsync

    def counted(descriptor: int) -> None:
        on("os.link")
        fsync(descriptor)

    os.fsync = counted  # it has no audit event
    sys.addaudithook(on)
