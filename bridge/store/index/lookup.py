"""The index of a store: its runs by what they were asked, its artifacts by their model; derived, and never trusted.

It is a file on the local disk, named by the store's identity. Whoever asks has it brought up to date first; if it
is missing, of another version or damaged, it is made anew from the store.
"""

from __future__ import annotations

import contextlib
import heapq
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from bridge.errors import ContractError
from bridge.store.index import database
from bridge.store.index.catalogue import BATCH, Catalogue, Line, Progress
from bridge.store.index.conditions import Conditions, Range, condition_of
from bridge.store.spaces.space import Damaged, Space, StoreUnusable
from bridge.store.store import Store

T = TypeVar("T")
_ARTIFACTS = (
    "CREATE TABLE IF NOT EXISTS run_artifact (key TEXT PRIMARY KEY, model TEXT, run TEXT, folder TEXT) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS run_model ON run_artifact (model, run)",
)


@dataclass(frozen=True)
class Page:
    """A part of a list of runs, how many fit in all, and what every run there is has been called."""

    lines: list[Line]
    total: int
    known: Mapping[str, set[str]]


def find_runs(
    store: Store,
    *,
    flow: str | None = None,
    state: str | None = None,
    tag: str | None = None,
    name: str | None = None,
    since: str | None = None,
    until: str | None = None,
    where: Mapping[str, Any] | None = None,
    limit: int | None = None,
) -> list[str]:
    """Names of runs, the newest first, those of a shared store below among them.

    ``where`` is what parameters were: ``{"element": "Cu", "temperature": "800 K .. 1000 K"}``. Raises ContractError
    for what no run can be, such as a temperature in joules.
    """
    asked = Conditions(flow, state, tag, name, since, until, where or {})
    return [line.id for line in page_of(store, asked, limit).lines]


def named(store: Store, name: str) -> list[str]:
    """Runs that people gave this name, the newest first."""
    return find_runs(store, name=name)


def page_of(store: Store, asked: Conditions, limit: int | None, page: int = 1, told: Progress | None = None) -> Page:
    """A page of the runs that fit, ``limit`` to a page, the newest first."""
    offset = 0 if limit is None else (page - 1) * limit
    reach = None if limit is None else offset + limit

    def look(connection: sqlite3.Connection, space: Space) -> _Found:
        catalogue = Catalogue(space, connection)
        catalogue.refresh(told)
        lines, total = catalogue.runs(asked, reach)
        return _Found(
            lines,
            total,
            {name: catalogue.dimensions(name) for name in asked.where},
            {} if total else {what: catalogue.known(what) for what in ("flow", "name", "tag", "parameter")},
        )

    found = [with_index(layer, look) for layer in store.layers]
    total = sum(one.total for one in found)
    if not total:
        with_index(store, lambda connection, space: _fitting(Catalogue(space, connection), asked, found))
    newest = heapq.merge(*(one.lines for one in found), key=lambda line: line.id, reverse=True)
    lines = list({line.id: line for line in newest}.values())
    known = {what: set().union(*(one.known.get(what, ()) for one in found)) for what in found[0].known}
    return Page(lines[offset:reach], total, known)


@dataclass(frozen=True)
class _Found:
    """What the index of one store answers."""

    lines: list[Line]
    total: int
    dimensions: Mapping[str, Mapping[str, tuple[str, str]]]
    known: Mapping[str, set[str]]


def _fitting(catalogue: Catalogue, asked: Conditions, found: list[_Found]) -> None:
    """Raise ContractError if a parameter is asked for in a unit that it has in no run."""
    for name, given in asked.where.items():
        wanted = condition_of(name, given)
        there = {one: example for part in found for one, example in part.dimensions[name].items()}
        ends = [end for end in (wanted.low, wanted.high) if end] if isinstance(wanted, Range) else [wanted]
        for end in ends:
            quantity = catalogue.units.quantity(end)
            if isinstance(wanted, Range) and quantity is None:
                raise ContractError(f"{name}={given!r} is no range: {end!r} has no unit that is known.")
            if quantity is None or not there or quantity.dimension in there:
                continue
            called, example = next(iter(there.values()))
            raise ContractError(
                f"{name} is {called} in these runs, {end!r} is {catalogue.units.called(quantity.dimension)}. "
                f"Write it like {name}={example!r}."
            )


# Artifacts


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
    shelves = [f"artifacts/{shelf.rstrip('/')}" for shelf in space.children("artifacts")]
    there = {
        child.rstrip("/"): f"{shelf}/{child.rstrip('/')}"
        for shelf, children in zip(shelves, space.abreast(space.children, shelves), strict=True)
        for child in children
    }
    known = {key for (key,) in connection.execute("SELECT key FROM run_artifact")}
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


# The file


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
