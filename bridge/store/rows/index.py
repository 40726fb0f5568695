"""The index of rows: in which block, and where in it, keys are, by the first eight bytes of a key.

It is derived and never trusted: what it names is looked at before it is given out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from bridge.store.index import database
from bridge.store.rows.columns import ALIAS_PLAN
from bridge.store.rows.stored import Block

_TABLES = """
CREATE TABLE IF NOT EXISTS row_block (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE NOT NULL);
CREATE TABLE IF NOT EXISTS row_key (key INTEGER PRIMARY KEY, at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS row_plan (key INTEGER PRIMARY KEY, at INTEGER NOT NULL);
"""
#: A place is the number of a block and, in these bits, of a row; in their upper half, of an alias.
_BITS = 24
ALIAS = 1 << (_BITS - 1)
_CHUNK = 500  # values in one statement


class Index:
    """Tables of an index. ``identity`` tells of which store, asked when it is opened; None keeps it in memory."""

    def __init__(self, identity: Callable[[], str | None]) -> None:
        self._identity = identity
        self._database = database.connect(identity())
        self._database.executescript(_TABLES)
        #: Numbers of blocks by name, and their names.
        self.numbers: dict[str, int] = {}
        self.names: dict[int, str] = {}
        self.learn()

    def learn(self) -> None:
        """See which blocks are in it now."""
        self._seen = self._version()
        self.numbers = dict(self._database.execute("SELECT name, id FROM row_block"))
        self.names = {number: name for name, number in self.numbers.items()}

    def is_behind(self) -> bool:
        """Whether another process has written to it since blocks were learnt."""
        return self._version() != self._seen

    def _version(self) -> int:
        return int(self._database.execute("PRAGMA data_version").fetchone()[0])

    def renew(self, reason: sqlite3.DatabaseError) -> None:
        """Begin anew after an error: a damaged file is thrown away, one that cannot be written is left alone."""
        self._database.close()
        identity = self._identity()
        sound = identity is None or not database.is_damage(reason)
        self._database = database.connect(None) if sound or identity is None else database.anew(identity)
        self._database.executescript(_TABLES)
        self.learn()

    def places(self, table: str, keys: Iterable[bytes]) -> Iterator[tuple[int, int, int]]:
        """For keys that begin like these: their beginning as a number, block and row. ``table`` is key or plan."""
        asked = sorted(map(beginning, keys))  # those of one page of the file together
        for start in range(0, len(asked), _CHUNK):
            part = asked[start : start + _CHUNK]
            sql = f"SELECT key, at FROM row_{table} WHERE key IN ({','.join('?' * len(part))})"
            for key, at in self._database.execute(sql, part).fetchall():
                yield key, at >> _BITS, at & (1 << _BITS) - 1

    def insert(self, blocks: list[Block]) -> None:
        """Enter blocks, all or nothing; those that are there already are left out."""
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            keys, plans = _Entries(), _Entries()
            for block in blocks:
                if self._database.execute("SELECT 1 FROM row_block WHERE name = ?", (block.name,)).fetchone():
                    continue
                number = self._database.execute("INSERT INTO row_block (name) VALUES (?)", (block.name,)).lastrowid
                assert number is not None
                keys.add(block.keys, number << _BITS)
                plans.add(block.plans, number << _BITS)
                plans.add(block.array(ALIAS_PLAN), number << _BITS | ALIAS)
            self._database.executemany("INSERT OR REPLACE INTO row_key VALUES (?, ?)", keys.sorted())
            self._database.executemany("INSERT OR REPLACE INTO row_plan VALUES (?, ?)", plans.sorted())
        self.learn()

    def forget(self, name: str) -> None:
        """Take out a block that is in the store no more."""
        number = self.numbers[name]
        with self._database:
            for table in ("row_key", "row_plan"):
                ends = number << _BITS, (number + 1 << _BITS) - 1
                self._database.execute(f"DELETE FROM {table} WHERE at BETWEEN ? AND ?", ends)
            self._database.execute("DELETE FROM row_block WHERE id = ?", (number,))
        self.learn()


def beginning(key: bytes) -> int:
    """The first eight bytes of a key as SQLite has them."""
    return int.from_bytes(key[:8], "little", signed=True)


def hits(stored: np.ndarray, rows: Sequence[int], keys: Sequence[bytes]) -> np.ndarray:
    """Which of these rows are there and have these keys."""
    at = np.array(rows, np.int64)
    there = at < len(stored)
    wanted = np.frombuffer(b"".join(keys), np.uint8).reshape(-1, 32)
    there[there] = (stored[at[there]] == wanted[there]).all(axis=1)
    return there


def wrong() -> sqlite3.DatabaseError:
    """The error for an index that can be read, and is wrong."""
    reason = sqlite3.DatabaseError("the index names a row of another key")
    reason.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return reason


class _Entries:
    """Keys with their places, in the order of the index."""

    def __init__(self) -> None:
        self._keys: list[np.ndarray] = []
        self._places: list[np.ndarray] = []

    def add(self, keys: np.ndarray, base: int) -> None:
        """Enter the rows of one block; zeros are no key."""
        short = np.ascontiguousarray(keys[:, :8]).view("<i8").ravel()
        there = keys.any(axis=1)
        self._keys.append(short[there])
        self._places.append(base + np.flatnonzero(there))

    def sorted(self) -> Iterator[tuple[int, int]]:
        """All of them by key: a tree that grows at random places is written over and over."""
        if not self._keys:
            return iter(())
        keys, places = np.concatenate(self._keys), np.concatenate(self._places)
        order = np.argsort(keys, kind="stable")
        return zip(keys[order].tolist(), places[order].tolist(), strict=True)
