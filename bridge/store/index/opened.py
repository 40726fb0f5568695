"""The index of a store while it is used: opened for a question, made anew if it turns out to be damaged."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from typing import TypeVar

from bridge.store.index import database
from bridge.store.spaces.space import Space, StoreUnusable
from bridge.store.store import Store

T = TypeVar("T")


def with_index(store: Store, work: Callable[[sqlite3.Connection, Space], T]) -> T:
    """Do something with the index of one store; it is made anew, once, if it turns out to be damaged.

    A store without an identity, of the first schema or none at all, gets an index in memory.
    """
    identity = store._found()
    try:
        with _opened(identity) as connection:
            return work(connection, store.space)
    except sqlite3.DatabaseError as reason:
        if identity is None or not database.is_damage(reason):
            raise
    database.anew(identity).close()
    with _opened(identity) as connection:
        return work(connection, store.space)


@contextlib.contextmanager
def _opened(identity: str | None) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:") if identity is None else database.connect(identity)
    try:
        yield connection
    except sqlite3.OperationalError as reason:
        if identity is None or database.is_damage(reason):
            raise
        raise StoreUnusable(
            f"the index {database.place(identity)} cannot be used: {reason}. Remove it: it is made anew."
        ) from None
    finally:
        connection.close()
