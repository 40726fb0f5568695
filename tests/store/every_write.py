"""A run that dies at one of its writes, and what is found of it afterwards; a program for `test_every_write.py`.

One process imports what is needed and forks for every trial: a fork takes milliseconds, an import two seconds. The
run is a real session with its record; Prefect and Dask are stood in for by what calls at once.
"""

import contextlib
import functools
import json
import os
import re
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import numpy as np
import prefect.context
import prefect.futures  # noqa: F401 - here, once, and not in every fork
import zarr.codecs  # noqa: F401 - imported, but not used before the fork: its threads do not survive one
from forks import DIED, child
from numpy.typing import NDArray

import bridge.run.future  # noqa: F401 - the same
from bridge import File, Scale, model, stage
from bridge.run import current, session
from bridge.run.provenance import provenance
from bridge.run.resuming import resumable
from bridge.run.session import Session
from bridge.store.events import damage
from bridge.store.runs import Run, names
from bridge.store.spaces.bucket import Bucket
from bridge.store.spaces.disk import Disk
from bridge.store.spaces.space import Attempt, Space
from bridge.store.store import Store
from bridge.store.upkeep import reclaim
from bridge.store.upkeep.verify import verify

#: Audit events of what changes a file system; fsync and write have none.
CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.link", "fcntl.flock", "fcntl.fcntl"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


# The run


def note(what: str) -> None:
    """Leave a line for every call of a model."""
    with open(os.environ["NOTES"], "a") as file:
        file.write(what + "\n")


@dataclass(frozen=True)
class Grown:
    mean: Annotated[float, "K"]
    field: Annotated[NDArray[np.float64], "K", ("x", "y")]


@dataclass(frozen=True)
class Written:
    table: File
    rows: int


@dataclass(frozen=True)
class Judged:
    score: float
    verdict: str


@model("death.grow", scale=Scale("atomistic"))
def grow(start: Annotated[float, "K"]) -> Grown:
    """A field, larger than what stands in a document."""
    note("grow")
    print("growing")
    field = start + np.arange(1200.0).reshape(30, 40)
    return Grown(float(field.mean()), field)


@model("death.write", scale=Scale("atomistic"))
def write(field: Annotated[NDArray[np.float64], "K", ("x", "y")]) -> Written:
    """A file."""
    note("write")
    return Written(File("\n".join(f"{float(row.mean())!r}" for row in field).encode(), "text/csv"), len(field))


@model("death.judge", scale=Scale("continuum"))
def judge(table: File, mean: Annotated[float, "K"]) -> Judged:
    """Scalars only."""
    note("judge")
    total = sum(map(float, table.content.split()))
    return Judged(total / mean, "whole")


def growth(start: str = "300 K") -> Any:
    grown = stage(grow).submit(start=start)
    again = stage(grow, name="again").submit(start=grown.mean)
    table = stage(write).submit(field=again.field)
    return stage(judge).submit(table=table.table, mean=grown.mean)


class Here:
    """A cluster of this process alone."""

    name = "local"

    def expect(self, *_: Any) -> None:
        """Nothing: there are no workers."""

    ready = expect

    def submit(self, fn: Callable[[Any], Any], order: Any, **_: Any) -> Any:
        return fn(order)

    def wait(self, done: Any, **_: Any) -> Any:
        return done


class Called:
    """A stage's task, which runs when it is submitted."""

    def submit(self, order: Any, upstream: list[Any]) -> SimpleNamespace:
        receipt = session.run_stage(order, [future.receipt for future in upstream])
        return SimpleNamespace(receipt=receipt)


def run(make: Callable[[], Space], resume: str | None = None, store: Callable[[], Store] | None = None) -> str:
    """Run the flow over a space, or go on with a run; the run's id."""
    session._task = lambda *_: Called()  # type: ignore[assignment]
    session.Store = store or (lambda: Store(make()))  # type: ignore[assignment,misc]
    begun = Session(growth, {}, Here(), resume=resume)  # type: ignore[arg-type]
    current._here.set(begun)
    try:
        growth()
    except Exception as reason:
        begun.end("failed", failure=str(reason))
        raise
    begun.end("completed")
    return begun.log.id


# Where a trial's store is


@dataclass(frozen=True)
class Place:
    """A folder for what a trial notes, with its store in it unless that is in a bucket."""

    folder: Path
    bucket: str = ""
    leases: bool = False

    def space(self, around: Callable[[type[Space]], type[Space]] = lambda kind: kind) -> Space:
        kind: Any = around(Bucket if self.bucket else Disk)
        if self.bucket:
            return kind(f"{self.bucket}/{self.folder.name}")  # type: ignore[no-any-return]
        return kind(self.folder / "store", leases=self.leases)  # type: ignore[no-any-return]

    def trial(self, name: str) -> "Place":
        (self.folder / name).mkdir()
        return Place(self.folder / name, self.bucket, self.leases)

    def executions(self) -> list[str]:
        """The models that were called, in order."""
        notes = self.folder / "notes"
        return notes.read_text().split() if notes.exists() else []

    def here(self) -> None:
        """Have models note their calls here."""
        os.environ["NOTES"] = str(self.folder / "notes")


# Dying


class Count:
    """Ends the process at the n-th step, without a word to anybody."""

    def __init__(self, at: int) -> None:
        self.at, self.steps, self._lock = at, 0, threading.Lock()

    def __call__(self) -> None:
        with self._lock:
            self.steps += 1
            if self.steps == self.at:
                os._exit(DIED)

    @contextlib.contextmanager
    def around(self) -> Iterator[None]:
        """Two steps: before something is done, and after."""
        self()
        yield
        self()


def exiting(kind: type[Space], count: Count) -> type[Space]:
    """Spaces of a kind that end the process before and after each of their own writes."""

    class Exiting(kind):  # type: ignore[valid-type,misc]
        def attempt(self, folder: str) -> Attempt:
            with count.around():
                attempt = super().attempt(folder)
            for method in ("put", "commit", "drop"):
                setattr(attempt, method, stepped(getattr(attempt, method)))
            return attempt

    def stepped(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def counted(*args: Any, **kwargs: Any) -> Any:
            with count.around():
                return method(*args, **kwargs)

        return counted

    for name in ("put", "create", "append", "remove", "remove_tree", "usable"):
        setattr(Exiting, name, stepped(getattr(kind, name)))
    return Exiting


def count_changes(folder: Path, count: Count) -> None:
    """Count what this process does to files below a folder; a write that is the last is half a write."""
    fsync, write_ = os.fsync, os.write
    top = str(folder)

    def synced(descriptor: int) -> None:
        count()
        fsync(descriptor)

    def written(descriptor: int, content: Any) -> int:
        if count.steps + 1 == count.at:
            write_(descriptor, content[: len(content) // 2])
        count()
        return write_(descriptor, content)

    def on(event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            if str(args[0]).startswith(top) and args[2] & WRITING:
                count()
        elif event in CHANGES and (event.startswith("fcntl.") or any(str(a).startswith(top) for a in args)):
            count()

    os.fsync, os.write = synced, written
    sys.addaudithook(on)


def dying(granularity: str, place: Place, at: int) -> Callable[[], int]:
    """Run, and die at a step of the space, or of the file system."""

    def work() -> int:
        place.here()
        count = Count(at)
        if granularity == "space":
            run(lambda: place.space(lambda kind: exiting(kind, count)))
        else:
            count_changes(place.folder / "store", count)
            run(place.space)
        count.at = -1
        return 0

    return work


# Looking


def contents(store: Store) -> dict[str, Any]:
    """What every artifact holds, without what it says of its making; all that is visible must be whole."""
    assert (damaged := verify(store).damaged) == [], damaged
    found = {}
    for artifact in store.artifacts():
        artifact.value(())
        found[artifact.key] = [artifact.about["model"], artifact.ports, digests(artifact.objects)]
    return found


def digests(objects: Mapping[str, list[Any]]) -> list[Any]:
    """Sizes and digests of an artifact's objects, whatever an attempt calls them."""
    return sorted(objects.values())


def of_models(held: Mapping[str, Any]) -> list[str]:
    """Names under which the models of artifacts note their calls."""
    return [str(artifact[0]).removeprefix("death.") for artifact in held.values()]


def comparable(held: Mapping[str, Any]) -> str:
    """Contents without the names that an attempt chose in a bucket."""
    return re.sub(r'"object": "[^"]*/', '"object": "', json.dumps(held, sort_keys=True))


def goes_on(place: Place, whole: Mapping[str, Any]) -> Callable[[], int]:
    """What is left is whole, and a resumed run, or a new one, ends with what an undisturbed run has."""

    def work() -> int:
        place.here()
        store = Store(place.space())
        before = contents(store)
        assert before.keys() <= whole.keys()
        for folder in (place.folder / "store").glob("artifacts/*/*"):
            assert (folder / "zarr.json").exists(), f"{folder} is half visible"
        left = [Run(store, name) for name in names(store.space)]
        assert [found.state for found in left] in ([], ["interrupted"], ["completed"]), left
        cut = [found for found in left if found.state == "interrupted"]
        for found in cut:
            resumable(found)
            assert lines_amiss(found, None) == []
        called = place.executions()
        ended = Run(Store(place.space()), run(place.space, resume=cut[0].id if cut else None))
        assert (ended.state, len(names(store.space))) == ("completed", 1 if cut or not left else 2)
        assert lines_amiss(ended, ended.about["events"]) == []
        assert comparable(contents(store)) == comparable(whole)
        assert {facts["key"] for facts in ended.stages.values()} == set(whole)
        repeated = place.executions()[len(called) :]
        assert sorted(repeated + of_models(before)) == sorted(of_models(whole))
        cleaned(store)
        assert comparable(contents(store)) == comparable(whole)
        return 10 + len(before)

    return work


def cleaned(store: Store) -> None:
    """Reclaiming leaves nothing of writers that are gone."""
    reclaim.SETTLED = 0.0  # s; nobody else is here
    reclaim.reclaim(store)
    assert (left := verify(store).incomplete) == [], left
    if isinstance(store.space, Disk):
        files = [path for path in Path(store.address).rglob("*") if path.is_file()]
        assert not [path for path in files if "tmp" in path.parts[-2:] or path.name.startswith(".")], files


def lines_amiss(found: Run, count: int | None) -> list[str]:
    return damage(found.store.space.read_log(f"{found.folder}/events.jsonl"), count)


def every(granularity: str, place: Place, stride: int, first: int) -> dict[str, Any]:
    """Die at every ``stride``-th step; at how many, and how many artifacts were there then."""
    provenance(growth, {}, session.check_with(growth, {}), "local")  # what can be known before the forks
    undisturbed = place.trial("undisturbed")
    kept = place.folder / "whole.json"
    assert child(dying(granularity, undisturbed, 0)) == 0
    assert child(lambda: kept.write_text(json.dumps(contents(Store(undisturbed.space())))) * 0) == 0
    whole = json.loads(kept.read_text())
    assert len(whole) == 4
    step, seen = first, dict.fromkeys(range(5), 0)
    while True:
        trial = place.trial(str(step))
        code = child(dying(granularity, trial, step))
        if code == 0:
            return {"deaths": sum(seen.values()), "artifacts there": seen}
        assert code == DIED, (step, code)
        there = child(goes_on(trial, whole))
        assert 10 <= there <= 14, f"step {step}: {there}"
        seen[there - 10] += 1
        shutil.rmtree(trial.folder)
        step += stride


if __name__ == "__main__":
    which, folder, stride, first, *where = sys.argv[1:]
    of = Place(Path(folder), bucket="".join(w for w in where if "://" in w), leases="leases" in where)
    print(json.dumps(every(which, of, int(stride), int(first))))
