"""Finding rows: which block has a content key, and where a plan led to, for a thousand keys at a time.

What is known stands in an index on the local disk; on a miss the store is listed for blocks and journals that the
index does not know. A lost index is made again from the store.
"""

from __future__ import annotations

import itertools
import os
import sqlite3
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import numpy as np

from bridge.store.rows.columns import ALIAS_KEY, ALIAS_PLAN, key_bytes
from bridge.store.rows.index import ALIAS, Index, beginning, hits, wrong
from bridge.store.rows.journal import Journal, journal_objects
from bridge.store.rows.stored import Block, block_names, folder_of
from bridge.store.rows.table import OpenRows, Row, Table
from bridge.store.spaces.space import MARKER, Damaged, Space

_KEPT = 256 * 2**20  # bytes of blocks that stay open
_TOGETHER = 2**20  # rows entered in one transaction, sorted, which takes a fifth of the time
_LEFT: list[Any] = []  # what a fork took along: to close it would disturb the parent

T = TypeVar("T")


class Place(NamedTuple):
    """Where a row is: the same before and after its block is sealed."""

    block: str
    row: int


class Rows:
    """The rows of one space. ``identity`` tells which store it is, and so which index: asked when one is needed."""

    def __init__(self, space: Space, identity: Callable[[], str | None]) -> None:
        self.space, self._identity = space, identity
        self._begin()

    def _begin(self) -> None:
        self._pid, self._lock = os.getpid(), threading.RLock()
        self._index: Index | None = None
        self._damaged: set[str] = set()
        self._journals: dict[str, Journal] = {}
        self._open: OrderedDict[str, Block] = OrderedDict()
        self._looked = self._doubted = False

    def __getstate__(self) -> dict[str, Any]:
        return {"space": self.space, "_identity": self._identity}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.__dict__.update(state)
        self._begin()

    # Looking up

    def find(self, keys: Iterable[str]) -> dict[str, Place]:
        """Where the rows of these content keys are; those that nobody committed are left out."""
        return self._looked_up({key: key_bytes(key) for key in keys}, self._known_keys)

    def planned(self, plans: Iterable[str]) -> dict[str, str]:
        """Content key that each of these plan keys led to; those that led nowhere yet are left out."""
        return self._looked_up({plan: key_bytes(plan) for plan in plans}, self._known_plans)

    def open(self, key: str) -> Row | None:
        """The row of a content key as an artifact; None if there is none. Raises Damaged."""
        place = self.find([key]).get(key)
        if place is None:
            return None
        table = self.table(place.block)
        if place.row < table.count and table.key(place.row) == key:
            return table.row(place.row)
        with self._lock:  # a journal that was sealed in two parts
            self._journals.clear()
            place = self.find([key]).get(key)
        return None if place is None else self.table(place.block).row(place.row)

    def table(self, name: str) -> Table:
        """The rows of a block, sealed or still in its journal. Raises Damaged."""
        with self._mine():
            for again in (False, True):
                if again:
                    self._refresh()
                block = self._block(name) if self._committed(name) else None
                waiting = self._waiting(name)
                if waiting is not None and (block is None or waiting.count > block.count):
                    return waiting
                if block is not None:
                    return block
            return self._block(name)

    def _waiting(self, name: str) -> OpenRows | None:
        """The rows of a block as they are in its journal, if there is one."""
        journal, _, group = name.partition("-")
        known = self._journals.get(journal)
        if known is None or not group.isdigit() or int(group) >= len(known.layouts):
            return None
        return OpenRows(self.space, name, known, int(group))

    def tables(self) -> Iterator[Table]:
        """All rows of the space, block by block, those in journals at last. Raises Damaged at one that is none.

        A key may stand in several.
        """
        with self._mine():
            self._refresh()
            names = [name for name in block_names(self.space) if self._committed(name)]
            groups = [f"{name}-{group}" for name, j in self._journals.items() for group in range(len(j.layouts))]
            waiting = [rows for name in groups if (rows := self._waiting(name)) is not None]
        for name in names:
            yield Block(self.space, name)
        for rows in waiting:
            if rows.name not in names or Block(self.space, rows.name).count < rows.count:
                yield rows

    def _looked_up(self, wanted: dict[str, bytes], known: Callable[[dict[str, bytes]], dict[str, T]]) -> dict[str, T]:
        with self._mine():
            if not self._looked:
                self._refresh()
                self._looked = True
                return self._asked(lambda: known(wanted))
            found = self._asked(lambda: known(wanted))
            missing = {key: raw for key, raw in wanted.items() if key not in found}
            if missing and self._refresh():
                found |= self._asked(lambda: known(missing))
            return found

    def _known_keys(self, wanted: dict[str, bytes]) -> dict[str, Place]:
        found: dict[str, Place] = {}
        for name, journal in self._journals.items():
            for key in wanted.keys() - found.keys() if journal.places else ():
                there = journal.places.get(wanted[key])
                if there is not None:
                    found[key] = Place(f"{name}-{there[0]}", there[1])
        rest = {key: raw for key, raw in wanted.items() if key not in found}
        for block, keys, rows in self._places("key", rest):
            keys, rows = self._sound(block.keys, keys, rows, rest)
            found |= zip(keys, map(Place, itertools.repeat(block.name), rows), strict=False)
        return found

    def _known_plans(self, wanted: dict[str, bytes]) -> dict[str, str]:
        found: dict[str, str] = {}
        for journal in self._journals.values():
            for plan in wanted.keys() - found.keys() if journal.plans else ():
                there = journal.plans.get(wanted[plan])
                if there is not None:
                    found[plan] = there.hex()
        rest = {plan: raw for plan, raw in wanted.items() if plan not in found}
        for block, asked, places in self._places("plan", rest):
            for alias in (0, ALIAS):
                mine = [i for i, place in enumerate(places) if place & ALIAS == alias]
                if not mine:
                    continue
                plans, keys = (block.array(ALIAS_PLAN), block.array(ALIAS_KEY)) if alias else (block.plans, block.keys)
                names, rows = [asked[i] for i in mine], [places[i] & ~ALIAS for i in mine]
                names, rows = self._sound(plans, names, rows, rest)
                text = keys[rows].tobytes().hex()
                found |= {plan: text[64 * i : 64 * i + 64] for i, plan in enumerate(names)}
        return found

    def _places(self, table: str, wanted: dict[str, bytes]) -> Iterator[tuple[Block, list[str], list[int]]]:
        """What the index says of keys: blocks that are there and sound, the keys in each and their places."""
        if self._index is None or not wanted:
            return
        named = {beginning(raw): key for key, raw in wanted.items()}
        of_block: dict[int, tuple[list[str], list[int]]] = defaultdict(lambda: ([], []))
        for prefix, number, place in self._index.places(table, wanted.values()):
            keys, places = of_block[number]
            keys.append(named[prefix])
            places.append(place)
        for number, (keys, places) in of_block.items():
            block = self._numbered(self._index, number)
            if block is not None:
                yield block, keys, places

    def _sound(
        self, stored: np.ndarray, keys: list[str], rows: list[int], wanted: Mapping[str, bytes]
    ) -> tuple[list[str], list[int]]:
        """Those of the keys whose rows are theirs: all of them, or the index is made anew."""
        theirs = hits(stored, rows, [wanted[key] for key in keys])
        if theirs.all():
            return keys, rows
        self._doubt()
        return list(itertools.compress(keys, theirs)), list(itertools.compress(rows, theirs))

    # Blocks

    def _numbered(self, index: Index, number: int) -> Block | None:
        """The block of a number in the index; None if it is gone, or damaged."""
        if number not in index.names:
            index.learn()
        name = index.names.get(number)
        if name is None or name in self._damaged:
            return None
        if not self._committed(name):
            self._open.pop(name, None)
            index.forget(name)
            return None
        try:
            block = self._block(name)
            _ = block.keys, block.plans
            return block
        except Damaged:  # its rows are computed again; verification names it
            self._damaged.add(name)
            return None

    def _block(self, name: str) -> Block:
        block = self._open.pop(name, None) or Block(self.space, name)
        self._open[name] = block
        while len(self._open) > 1 and sum(b.bytes for b in self._open.values()) > _KEPT:
            self._open.popitem(last=False)
        return block

    def _committed(self, name: str) -> bool:
        return self.space.size(f"{folder_of(name)}/{MARKER}") is not None

    # Learning what is new

    def _refresh(self) -> bool:
        """Look for what other processes committed; whether there is anything new.

        Journals first: a journal that is gone by then has become a block that is listed afterwards.
        """
        new = self._read_journals()
        names = block_names(self.space)
        if self._index is not None and self._asked(self._index.is_behind):
            self._asked(self._index.learn)
            new = True
        known = self._index.numbers if self._index else {}
        unknown = [name for name in names if name not in known and name not in self._damaged]
        if not unknown:
            return new
        return self._asked(lambda: self._enter(unknown)) or new

    def _read_journals(self) -> bool:
        objects, new = journal_objects(self.space), False
        for name in self._journals.keys() - objects.keys():
            del self._journals[name]
        for name, its in objects.items():
            journal = self._journals.setdefault(name, Journal(name))
            before = journal.bytes
            try:
                journal.catch_up(self.space, its)
            except FileNotFoundError:
                del self._journals[name]
                new = True  # it has become a block meanwhile
            else:
                new = new or journal.bytes > before
        return new

    def _enter(self, names: list[str]) -> bool:
        """Enter blocks into the index that are not in it."""
        if self._index is None:
            self._index = Index(self._identity)
        index = self._index
        index.learn()
        entered, waiting, rows = False, [], 0
        for name in names:
            if name in index.numbers:  # by another process
                entered = True
                continue
            try:
                block = Block(self.space, name)
                _ = block.keys, block.plans, block.array(ALIAS_PLAN)
            except Damaged:
                if self._committed(name):  # else it is being written
                    self._damaged.add(name)
                continue
            waiting.append(block)
            rows += block.count
            if rows >= _TOGETHER:
                index.insert(waiting)
                entered, waiting, rows = True, [], 0
        if waiting:
            index.insert(waiting)
        return entered or bool(waiting)

    # The index

    def _asked(self, ask: Callable[[], T]) -> T:
        """Ask the index; one that cannot be read is made anew, one that cannot be written is kept in memory."""
        try:
            return ask()
        except sqlite3.DatabaseError as reason:
            if self._index is None:
                raise
            self._index.renew(reason)
        self._enter(block_names(self.space))
        return ask()

    def _doubt(self) -> None:
        """Have the index made anew that named a wrong row; but once, for two keys may begin alike."""
        if not self._doubted:
            self._doubted = True
            raise wrong()

    def _mine(self) -> threading.RLock:
        """The lock of this process: after a fork, everything is opened again."""
        if self._pid != os.getpid():
            _LEFT.append(self._index)
            self._begin()
        return self._lock
