"""Verification: every object of a store is read again, compared with what was committed, and named if it differs.

What is found is looked at twice, for somebody may be writing meanwhile; nothing is changed here.
"""

from __future__ import annotations

import itertools
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bridge.errors import BridgeError, UnknownName
from bridge.store.spaces.claims import is_of_keys
from bridge.store.spaces.space import MARKER, Damaged, Space
from bridge.store.store import IDENTITY, Store, artifact_of
from bridge.store.upkeep.checks import (
    Finding,
    RunSeen,
    Seen,
    check_alias,
    check_artifact,
    check_block,
    check_identity,
    check_pyramid,
    check_run,
    extra,
    is_artifact,
    is_block,
    is_key,
    is_pyramid,
    left_behind,
    schema_of,
)

T = TypeVar("T")
Check = Callable[[Space, str, Mapping[str, int]], tuple[list[Finding], Seen]]
#: Told how many things were looked at, and of how many (0 where nobody knows).
Progress = Callable[[int, int], None]
#: The folders of a store.
FOLDERS = ("artifacts", "blocks", "claims", "damaged", "journal", "plans", "pyramids", "runs", "tmp")
_CLAIM = re.compile(r"claims/(?P<what>[0-9a-z.-]{6,64})(\.lease/[0-9]{8})?")
_SIDE_BY_SIDE = 64


@dataclass
class Report:
    """What a verification saw. ``damaged`` is empty if every committed bit is as it was."""

    store: str
    seen: Seen = field(default_factory=Seen)
    damaged: list[Finding] = field(default_factory=list)
    #: Halves of writers that were killed, and their bytes: no reader sees them, gc removes them.
    incomplete: list[tuple[str, int]] = field(default_factory=list)
    #: What somebody is working on right now.
    held: list[str] = field(default_factory=list)
    #: What was set aside earlier.
    aside: int = 0


def verify(store: Store, run: str | None = None, told: Progress | None = None) -> Report:
    """Read a whole store again, or what belongs to one run: its record, its artifacts and all they came from.

    A shared store below is left to its owner, but for the artifacts of that run. Raises UnknownName.
    """
    work = _Verification(store, told or (lambda done, total: None))
    if run is None:
        work.everything()
    else:
        work.run(run)
    work.report.damaged = sorted(work._found, key=lambda one: one.object)
    return work.report


def top(space: Space) -> list[str]:
    """What is directly in a store, folders with a slash at the end."""
    return space.children("", hidden=True)


def grouped(objects: Iterable[tuple[str, int]], depth: int) -> Iterator[tuple[str, dict[str, int]]]:
    """Objects by the folder they are in, ``depth`` parts of a name; what is higher up has no folder: ""."""

    def folder(entry: tuple[str, int]) -> str:
        parts = entry[0].split("/")
        return "/".join(parts[:depth]) if len(parts) > depth else ""

    for name, entries in itertools.groupby(objects, folder):
        yield name, {path[len(name) + 1 :] if name else path: size for path, size in entries}


class _Verification:
    """One pass over a store."""

    def __init__(self, store: Store, told: Progress) -> None:
        self.store, self.space, self._told = store, store.space, told
        self.report = Report(store.address)
        self._newest = 1  # schema
        self._there: set[str] = set()
        self._found: dict[Finding, None] = {}
        self._done, self._lock = 0, threading.Lock()

    def everything(self) -> None:
        names = top(self.space)
        for name in names:
            if not name.endswith("/"):
                if name != IDENTITY:
                    self._stray(name, self.space.size(name) or 0)
            elif name.rstrip("/") not in FOLDERS:
                for one, _ in self.space.walk(name.rstrip("/")):
                    self._find([extra(one)])
        self._folders("artifacts", 3)
        self._folders("blocks", 2)
        self._folders("pyramids", 3)
        self._journals()
        self._aliases(self.space.walk("plans"))
        for name, present in grouped(self.space.walk("runs"), 2):
            if name:
                self._run(name.partition("/")[2], present)
            else:
                self._strays(present)
        self._claims()
        self.report.incomplete += self.space.abandoned()
        self.report.aside = len({one.split("/")[-2] for one, _ in self.space.walk("damaged")})
        self._identity(IDENTITY in names)

    def run(self, run: str) -> None:
        present = self._present(f"runs/{run}")
        if not present:
            raise UnknownName(f"no run is named {run!r} in {self.store.address}.")
        self._identity(self.space.size(IDENTITY) is not None, needed=False)
        waiting, seen = list(self._run(run, present).keys), set[str]()
        while waiting:
            key = waiting.pop()
            if key in seen:
                continue
            seen.add(key)
            layer = next((one for one in self.store.layers if one._holds(key)), None)
            about = self._row(key, seen) if layer is None else self._of_a_run(key, layer)
            waiting += upstream(about)

    def _of_a_run(self, key: str, layer: Store) -> dict[str, Any]:
        """Check an artifact and its alias; what it says of its making."""
        folder = f"artifacts/{key[:2]}/{key}"
        self._artifact(folder, self._present(folder, layer.space), layer.space)
        try:
            about = layer.open(key).about
        except BridgeError:  # named already
            return {}
        plan = str(about.get("plan", ""))
        alias = f"plans/{plan[:2]}/{plan}.json"
        if layer is self.store and plan and (size := self.space.size(alias)) is not None:
            self._alias(alias, size)
        return about

    def _row(self, key: str, seen: set[str]) -> dict[str, Any]:
        """Check the block of a row, once; what the row says of its making."""
        try:
            row = self.store.open(key)
            about = row.about
        except BridgeError as reason:
            if self.store.has(key):
                self._find([Finding(f"artifacts/{key[:2]}/{key}", "unreadable", str(reason))])
            return {}
        if row.folder not in seen and is_block(row.folder):
            seen.add(row.folder)
            self._twice(check_block, row.folder, self._present(row.folder, row.space), row.space)
        return about

    # Parts

    def _folders(self, shelf: str, depth: int) -> None:
        groups = grouped(self.space.walk(shelf), depth)
        self._there.update(filter(None, self._abreast(lambda group: self._folder(*group), groups)))

    def _folder(self, folder: str, present: dict[str, int]) -> str | None:
        if is_artifact(folder):
            self._artifact(folder, present, self.space)
            return folder if MARKER in present else None
        if is_block(folder):
            self._twice(check_block, folder, present, self.space)
        elif is_pyramid(folder):
            self._twice(check_pyramid, folder, present, self.space)
        else:
            self._strays({f"{folder}/{name}" if folder else name: size for name, size in present.items()})
        return None

    def _artifact(self, folder: str, present: dict[str, int], space: Space) -> None:
        self._twice(check_artifact, folder, present, space)

    def _twice(self, check: Check, folder: str, present: dict[str, int], space: Space) -> None:
        """Check a folder; again, as it is then, if something is found."""
        found, seen = check(space, folder, present)
        if found:
            again = self._present(folder, space)
            found, seen = check(space, folder, again) if again else ([], Seen())
        self._left(folder, present)
        self._find(found, seen)

    def _journals(self) -> None:
        from bridge.store.rows.blocks import journals
        from bridge.store.rows.journal import strangers

        for name in strangers(self.space):
            self._stray(name, self.space.size(name) or 0)
        for journal in journals(self.space):
            folder = f"journal/{journal.name}"
            self._find([Finding(folder, "changed", journal.damage)] if journal.damage else [], Seen(rows=journal.rows))
            if journal.state == "abandoned":
                self.report.incomplete.append((folder, journal.bytes))

    def _aliases(self, aliases: Iterable[tuple[str, int]]) -> None:
        for _ in self._abreast(lambda one: self._alias(*one), aliases):
            pass

    def _alias(self, name: str, size: int) -> None:
        if left_behind(name):
            self._stray(name, size)
            return
        found, key = check_alias(self.space, name, size)
        self._newest = max(self._newest, 2 if size > 100 else 1)  # a bare key has 79 bytes, one with a seal more
        if key is not None and not self._has(key) and self.space.size(name) is not None:
            found = [Finding(name, "lost", f"it leads to the artifact {key}, which is gone")]
        self._find(found, Seen(aliases=1, objects=1, bytes=size))

    def _run(self, run: str, present: dict[str, int]) -> RunSeen:
        seen = check_run(self.space, run, present)
        if seen.findings:
            seen = check_run(self.space, run, self._present(f"runs/{run}"))
        about = seen.about or {}
        self._newest = max(self._newest, int(about.get("schema", 1)))
        size = sum(present.values())
        self._find(seen.findings, Seen(runs=1, events=len(seen.events), objects=len(present), bytes=size))
        self._left(f"runs/{run}", present)
        if self.space.claimed(f"runs/{run}/lock"):
            self.report.held.append(f"runs/{run}/lock")
        for key in self._lost(seen.keys):
            said = f"the run {run} had it from its stage {seen.keys[key]}"
            self._find([Finding(f"artifacts/{key[:2]}/{key}", "lost", said)])
        return seen

    def _claims(self) -> None:
        held: dict[str, int] = {}
        for name, size in self.space.walk("claims"):
            found = _CLAIM.fullmatch(name)
            if is_of_keys(name):
                continue
            if found is None:
                self._stray(name, size)
            else:
                what = f"claims/{found['what']}"
                held[what] = held.get(what, 0) + size
        for name, size in held.items():
            if self.space.claimed(name):
                self.report.held.append(name)
            else:
                self.report.incomplete.append((name, size))
        self.report.held += [f"claims/{beginning}…" for beginning in self.space.held_keys()]

    def _identity(self, there: bool, needed: bool = True) -> None:
        if needed and not there and self._newest < 2:
            self._newest = max((schema_of(self.space, folder) for folder in self._sound()), default=1)
        self._find(check_identity(self.space, self.space.size(IDENTITY), needed and self._newest > 1))

    def _sound(self) -> Iterator[str]:
        damaged = {one.object for one in self._found}
        return (folder for folder in self._there if f"{folder}/{MARKER}" not in damaged)

    # Small things

    def _has(self, key: str) -> bool:
        return not self._lost([key])

    def _lost(self, keys: Iterable[str]) -> list[str]:
        """Of content keys, those that are not there."""
        keys = [key for key in keys if artifact_of(key) not in self._there]
        try:
            there = self.store.has_many(keys)
        except Damaged:  # the store cannot say which it is, so its rows are not looked up; that is told of by itself
            return []
        return [key for key in keys if key not in there]

    def _present(self, folder: str, space: Space | None = None) -> dict[str, int]:
        return {name[len(folder) + 1 :]: size for name, size in (space or self.space).walk(folder)}

    def _strays(self, objects: dict[str, int]) -> None:
        for name, size in objects.items():
            self._stray(name, size)

    def _stray(self, name: str, size: int) -> None:
        if left_behind(name):
            self.report.incomplete.append((name, size))
        else:
            self._find([extra(name)])

    def _left(self, folder: str, present: dict[str, int]) -> None:
        self.report.incomplete += [(f"{folder}/{name}", size) for name, size in present.items() if left_behind(name)]

    def _find(self, found: Iterable[Finding], seen: Seen | None = None) -> None:
        with self._lock:
            self._found |= dict.fromkeys(found)
            self._done += 1
            if seen:
                self.report.seen += seen
        self._told(self._done, 0)

    def _abreast(self, work: Callable[[Any], T], of: Iterable[Any]) -> Iterator[T]:
        """Do something for each of many, several at a time, without listing them all first."""
        waiting = iter(of)
        with ThreadPoolExecutor(16 if self.space.remote else min(4, os.cpu_count() or 1)) as threads:
            while batch := list(itertools.islice(waiting, _SIDE_BY_SIDE)):
                yield from threads.map(work, batch)


def upstream(about: dict[str, Any]) -> list[str]:
    """Content keys of the artifacts that an artifact was made from."""
    inputs = about.get("inputs")
    found: list[Any] = []
    for facts in inputs.values() if isinstance(inputs, dict) else ():
        keys = facts.get("artifact") if isinstance(facts, dict) else None
        found += keys if isinstance(keys, list) else [keys]
        found.append(facts.get("calls") if isinstance(facts, dict) else None)
    return [key for key in found if is_key(key)]
