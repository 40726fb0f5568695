"""Reach: which artifacts, and which blocks of rows, the records of a store's runs still lead to.

A run reaches what its events name, what was made for it, and everything those came from.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bridge.errors import BridgeError
from bridge.store.sealed import spelled
from bridge.store.spaces.space import MARKER, Damaged, Space
from bridge.store.upkeep.checks import check_run, is_artifact, is_block
from bridge.store.upkeep.points import planned_keys
from bridge.store.upkeep.verify import grouped, upstream

if TYPE_CHECKING:
    from bridge.store.rows.table import Table

Progress = Callable[[int, int], None]
_KEY = re.compile(r"[0-9a-f]{64}")
_BATCH = 512


@dataclass(frozen=True)
class Holding:
    """An artifact, or a block of rows: how large it is, what made it, for which runs, and from what."""

    folder: str
    model: str
    runs: frozenset[str]
    upstream: frozenset[str]
    bytes: int
    rows: int = 1
    keys: frozenset[str] = frozenset()


@dataclass
class RunRoots:
    """What a run's folder weighs, and the content keys it names."""

    record: int = 0
    logs: int = 0
    keys: frozenset[str] = frozenset()


@dataclass
class Reach:
    """All that a store holds, by folder, and its runs."""

    holdings: dict[str, Holding] = field(default_factory=dict)
    runs: dict[str, RunRoots] = field(default_factory=dict)
    #: What cannot be read, and so cannot say what it reaches.
    unreadable: dict[str, str] = field(default_factory=dict)

    @functools.cached_property
    def made_for(self) -> dict[str, set[str]]:
        """Folders by the run they were made for."""
        found: dict[str, set[str]] = {}
        for holding in self.holdings.values():
            for run in holding.runs:
                found.setdefault(run, set()).add(holding.folder)
        return found

    @functools.cached_property
    def _place(self) -> dict[str, str]:
        """Folder of every content key that is asked for."""
        return {key: holding.folder for holding in self.holdings.values() for key in holding.keys}

    def of(self, runs: Iterable[str]) -> set[str]:
        """Folders that some runs reach."""
        waiting: list[str] = []
        for run in runs:
            waiting += self.made_for.get(run, ())
            waiting += [self._place[key] for key in self.runs[run].keys if key in self._place]
        found: set[str] = set()
        while waiting:
            folder = waiting.pop()
            if folder not in found:
                found.add(folder)
                waiting += [self._place[key] for key in self.holdings[folder].upstream if key in self._place]
        return found


def reach_of(space: Space, told: Progress | None = None) -> Reach:
    """Read every run and what every artifact says of its making."""
    reach = Reach()
    for number, (name, present) in enumerate(grouped(space.walk("runs"), 2)):
        if told:
            told(number, 0)
        if name:
            _enter_run(reach, space, name.partition("/")[2], present)
    folders = {folder: sum(present.values()) for folder, present in _committed(space)}
    artifacts = [folder for folder in folders if is_artifact(folder)]
    for start in range(0, len(artifacts), _BATCH):
        batch = artifacts[start : start + _BATCH]
        if told:
            told(start, len(artifacts))
        for folder, about in zip(batch, space.abreast(lambda one: _about(space, one), batch), strict=True):
            if isinstance(about, str):
                reach.unreadable[folder] = about
            elif about is not None:
                reach.holdings[folder] = _artifact(folder, about, folders[folder])
    _enter_rows(reach, space, {folder: size for folder, size in folders.items() if is_block(folder)})
    return reach


def _committed(space: Space) -> Iterator[tuple[str, dict[str, int]]]:
    for shelf, depth in (("artifacts", 3), ("blocks", 2)):
        for folder, present in grouped(space.walk(shelf), depth):
            if MARKER in present:
                yield folder, present


def _enter_run(reach: Reach, space: Space, run: str, present: dict[str, int]) -> None:
    seen = check_run(space, run, present)
    if seen.about is None and not seen.findings:  # removed meanwhile, or cut off before it was begun
        return
    bad = [one.said for one in seen.findings if one.what != "extra"]
    keys = frozenset(seen.keys)
    try:
        keys |= planned_keys(space, run, seen.about or {})
    except BridgeError as reason:
        bad.append(str(reason))
    if bad:
        reach.unreadable[f"runs/{run}"] = bad[0]
    logs = sum(size for name, size in present.items() if name.startswith("logs/"))
    reach.runs[run] = RunRoots(sum(present.values()) - logs, logs, keys)


def _about(space: Space, folder: str) -> dict[str, Any] | str | None:
    """What an artifact says of its making; why that cannot be read; None if it was removed meanwhile."""
    from bridge.store.artifact import Artifact

    try:
        return Artifact(space, folder).about
    except Damaged as reason:
        return str(reason) if space.size(f"{folder}/{MARKER}") is not None else None
    except BridgeError as reason:
        return str(reason)


def _artifact(folder: str, about: dict[str, Any], size: int) -> Holding:
    key = folder.rpartition("/")[2]
    runs = frozenset([str(about["run"])] if "run" in about else [])
    return Holding(folder, str(about.get("model")), runs, frozenset(upstream(about)), size, keys=frozenset([key]))


# Rows


def _enter_rows(reach: Reach, space: Space, sizes: dict[str, int]) -> None:
    """Enter blocks and journals; of the keys of their rows, those that somebody names: there may be millions."""
    tables: list[tuple[Table, int]] = []
    for folder, size in sizes.items():
        try:
            tables.append((_block(space, folder), size))
        except BridgeError as reason:
            reach.unreadable[folder] = str(reason)
    tables += _in_journals(reach, space)
    named = [_named(table) for table, _ in tables]
    asked = set[str]().union(
        *(roots.keys for roots in reach.runs.values()), *(one.upstream for one in reach.holdings.values()), *named
    )
    for (table, size), upstream_keys in zip(tables, named, strict=True):
        try:
            keys, runs = _among(table, asked), _runs(table)
        except BridgeError as reason:
            reach.unreadable[table.folder] = str(reason)
            continue
        before = reach.holdings.get(table.folder)  # rows of another form in the same journal
        if before:
            keys, runs, upstream_keys = keys | before.keys, runs | before.runs, upstream_keys | before.upstream
        model, rows = str(table.about.get("model")), table.count + (before.rows if before else 0)
        reach.holdings[table.folder] = Holding(table.folder, model, runs, upstream_keys, size, rows, keys)


def _block(space: Space, folder: str) -> Table:
    from bridge.store.rows.stored import Block

    return Block(space, folder.partition("/")[2])


def _in_journals(reach: Reach, space: Space) -> Iterator[tuple[Table, int]]:
    """The rows of every journal by their form, and what the journal weighs."""
    from bridge.store.rows.journal import folder_of, journal_objects, read_journal
    from bridge.store.rows.table import OpenRows

    for name, objects in journal_objects(space).items():
        try:
            journal = read_journal(space, name)
        except FileNotFoundError:  # sealed meanwhile
            continue
        if journal.damage:
            reach.unreadable[folder_of(name)] = journal.damage
        for group in range(len(journal.layouts)):
            yield OpenRows(space, name, journal, group), sum(size for _, size in objects)


def _runs(table: Table) -> frozenset[str]:
    """Runs that the rows of a block were made for."""
    if "row-run" in table.columns:
        return frozenset(map(str, set(table.values("row-run").tolist())))
    return frozenset([str(table.about["run"])] if "run" in table.about else [])


def _named(table: Table) -> frozenset[str]:
    """Every content key that stands somewhere in a block but as one of its own: what its rows came from, and more."""
    found = set(_KEY.findall(spelled([table.about, list(table.texts)]).decode()))
    for name, column in table.columns.items():
        if column.form == "key":
            found.update(table.values(name).tolist())
    return frozenset(found)


def _among(table: Table, asked: set[str]) -> frozenset[str]:
    """Keys of a block's rows, as far as they are asked for: it may have millions."""
    if not table.count:
        return frozenset()
    whole = table.keys.tobytes()
    return frozenset(key for at in range(0, len(whole), 32) if (key := whole[at : at + 32].hex()) in asked)
