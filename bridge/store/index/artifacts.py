"""Artifacts by their model, from the index of a store."""

from __future__ import annotations

import sqlite3

from bridge.store.index.catalogue import BATCH, Progress
from bridge.store.index.opened import with_index
from bridge.store.spaces.space import Damaged, Space
from bridge.store.store import Store

_ARTIFACTS = (
    "CREATE TABLE IF NOT EXISTS run_artifact (key TEXT PRIMARY KEY, model TEXT, run TEXT, folder TEXT) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS run_model ON run_artifact (model, run)",
)


def artifacts_of(store: Store, model: str, told: Progress | None = None) -> list[str]:
    """Content keys of all artifacts of a model, those of the oldest runs first; what cannot be read is left out."""
    return artifacts_and_unread(store, model, told)[0]


def artifacts_and_unread(store: Store, model: str, told: Progress | None = None) -> tuple[list[str], list[str]]:
    """As ``artifacts_of``, and beside them the keys of those, of whatever model, that could not be read just now."""
    unread: list[str] = []

    def look(connection: sqlite3.Connection, space: Space) -> list[tuple[str, str]]:
        unread.extend(_shelve(connection, space, told))
        return connection.execute("SELECT run, key FROM run_artifact WHERE model = ?", (model,)).fetchall()

    found = [pair for layer in store.layers for pair in with_index(layer, look)]
    return list(dict.fromkeys(key for _, key in sorted(found))), sorted(set(unread))


def _shelve(connection: sqlite3.Connection, space: Space, told: Progress | None) -> list[str]:
    """Enter artifacts that are new, forget those that are gone; keys of those that cannot be read come back."""
    for table in _ARTIFACTS:
        connection.execute(table)
    known = {key for (key,) in connection.execute("SELECT key FROM run_artifact")}  # before others enter new ones
    shelves = [f"artifacts/{shelf.rstrip('/')}" for shelf in space.children("artifacts")]
    there = {
        child.rstrip("/"): f"{shelf}/{child.rstrip('/')}"
        for shelf, children in zip(shelves, space.abreast(space.children, shelves), strict=True)
        for child in children
    }
    with connection:
        gone = [(key,) for key in known - there.keys()]
        connection.executemany("DELETE FROM run_artifact WHERE key = ?", gone)
    new = sorted(there.keys() - known)
    read: set[str] = set()
    for start in range(0, len(new), BATCH):
        if told:
            told(start, len(new))
        rows = space.abreast(lambda folder: _made(space, folder), [there[key] for key in new[start : start + BATCH]])
        sound = [row for row in rows if row]
        read.update(row[0] for row in sound)
        with connection:
            connection.executemany("INSERT OR REPLACE INTO run_artifact VALUES (?, ?, ?, ?)", sound)
    return [key for key in new if key not in read]


def _made(space: Space, folder: str) -> tuple[str, str, str, str] | None:
    from bridge.store.artifact import Artifact

    try:
        about = Artifact(space, folder).about
    except Damaged:
        return None
    return folder.rpartition("/")[2], str(about.get("model")), str(about.get("run")), folder
