"""The index of a store: SQLite on the local disk, derived from the store and made anew whenever it is in doubt.

Nothing is only here. Who uses it makes its own tables, their names beginning with a word of its own, and takes
what it reads for a hint: a store may have been copied, moved or cleaned since.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
from pathlib import Path

from bridge.places import home
from bridge.store.spaces.locks import locked
from bridge.store.spaces.space import Damaged

#: Version of all tables together: an index of any other is made anew.
VERSION = 3
_IDENTITY = re.compile(r"[\w-]{1,64}", re.ASCII)
_PATIENCE = 10.0


def connect(identity: str | None) -> sqlite3.Connection:
    """Open the index of the store of this identity, made if there is none or the one there cannot be read.

    Where the state folder cannot be written, or the store has no identity yet, it is in memory, empty at first. A
    connection may be used by several threads, one at a time, and not after a fork.
    """
    if identity is None:
        return _opened(":memory:")
    path = place(identity)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            return _opened(":memory:")
        try:
            return _opened(path)
        except sqlite3.DatabaseError as reason:
            if not is_damage(reason):
                raise
        return anew(identity)
    except (OSError, sqlite3.OperationalError):  # a state folder that cannot be written, or is full
        return _opened(":memory:")


def anew(identity: str) -> sqlite3.Connection:
    """Throw the index away and open an empty one: for who finds it damaged only while using it."""
    path = place(identity)
    with locked(path.with_suffix(".lock"), patience=_PATIENCE):
        for suffix in ("-wal", "-shm", ""):  # a log that stayed behind would be played into the new file
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{path}{suffix}")
        return _opened(path)


def is_damage(reason: sqlite3.Error) -> bool:
    """Whether an error says that the file is no sound index; else it is locked, full or gone."""
    code = getattr(reason, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def place(identity: str) -> Path:
    """The file of an index."""
    if not _IDENTITY.fullmatch(identity):
        raise Damaged(f"{identity[:80]!r} is no identity of a store.")
    return home() / "index" / f"{identity}.sqlite"


def _opened(path: Path | str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_PATIENCE, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if version != VERSION:
            if tables:
                raise _outdated()
            connection.execute(f"PRAGMA user_version = {VERSION}")
    except BaseException:
        connection.close()
        raise
    return connection


def _outdated() -> sqlite3.DatabaseError:
    reason = sqlite3.DatabaseError("the index has tables of another version")
    reason.sqlite_errorcode = sqlite3.SQLITE_NOTADB
    return reason
