"""The catalogue of runs: what a list of them needs, in SQLite on the local disk, brought up to date before it is asked.

Names come from the store each time it may have others, so that a run that began or was removed is seen; a record is
read again while it can still change: until its run is completed. Who asks imports neither numpy nor pint.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import Any

from bridge.store.index.conditions import Units, plain, written_as
from bridge.store.index.entries import COLUMNS, entry_of, models_of, tags_of
from bridge.store.spaces.space import Damaged, Space

#: Told how much of how many is done while an index is made.
Progress = Callable[[int, int], None]
#: Records that are read before they are entered together.
BATCH = 250
_TABLES = (
    f"CREATE TABLE IF NOT EXISTS run_record ({', '.join(map(' '.join, COLUMNS.items()))}) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS run_tag (tag TEXT, run TEXT, PRIMARY KEY (tag, run)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS run_use (model TEXT, run TEXT, PRIMARY KEY (model, run)) WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS run_parameter
        (name TEXT, run TEXT, text TEXT, dimension TEXT, magnitude REAL, PRIMARY KEY (name, run)) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS run_names (stamp TEXT)",
    "CREATE TABLE IF NOT EXISTS run_spot (spot TEXT)",
    "CREATE TABLE IF NOT EXISTS run_changes (id INTEGER PRIMARY KEY, number INTEGER)",
    "CREATE INDEX IF NOT EXISTS run_open ON run_record (id, state, stamp) WHERE state IS NOT 'completed'",
    # what lists are sorted by, and mostly filtered by, apart from what is only shown
    "CREATE INDEX IF NOT EXISTS run_sorted ON run_record (id, state, flow, name, at, seconds, cpu)",
    "CREATE INDEX IF NOT EXISTS run_tagged ON run_tag (run)",
    "CREATE INDEX IF NOT EXISTS run_used ON run_use (run)",
    "CREATE INDEX IF NOT EXISTS run_given ON run_parameter (run)",
    Units.TABLE,
)
_OF_RUNS = (("run_record", "id"), ("run_tag", "run"), ("run_use", "run"), ("run_parameter", "run"))


class Catalogue:
    """The runs of one store, without those of the store below it; to be used by one thread."""

    def __init__(self, space: Space, connection: sqlite3.Connection) -> None:
        self.space, self.connection = space, connection
        self.units = Units(connection)
        self._changes = 0  # of this catalogue, which another process does not know of
        with connection:
            for table in _TABLES:
                connection.execute(table)

    def refresh(self, told: Progress | None = None) -> None:
        """Enter what is new, read again what may have changed, forget what was removed."""
        self._bring_up_to_date("state IS NOT 'completed'", told)

    def refresh_all(self, told: Progress | None = None) -> None:
        """The same, and look at completed runs, too: a copy of the store may have been put back over it."""
        self._bring_up_to_date("1", told)

    def _bring_up_to_date(self, may_change: str, told: Progress | None) -> None:
        self._keep_to_spot()
        before = self._number() - self._changes
        stamp = self.space.stamp("runs")
        if stamp and stamp == self._stamped():
            there, known = set[str](), set[str]()
        else:
            there, known = self._names()
        self._forget(known - there)
        again = self._changed(may_change)
        new = sorted((there - known) | again, reverse=True)
        whole = True
        for start in range(0, len(new), BATCH):
            if told:
                told(start, len(new))
            names = new[start : start + BATCH]
            found = dict(zip(names, self.space.abreast(self._read, names), strict=True))
            missing = {name for name, read in found.items() if read is None}
            whole = whole and not missing
            self._forget(missing & (known | again))
            self._enter({name: read for name, read in found.items() if read is not None})
        if whole and stamp != self._stamped():  # a folder whose record is not there yet is to be looked at again
            self._keep_stamp(stamp, before)

    def _keep_to_spot(self) -> None:
        """Forget all runs of a copy of this store, which has its identity and may have other records."""
        spot = self.space.spot("runs")
        if not spot or self._is_at(spot):
            return
        with self.connection:
            self.connection.execute("BEGIN IMMEDIATE")
            if not self._is_at(spot):  # nor did another process see to it meanwhile, and enter what is there
                self._drop([name for (name,) in self.connection.execute("SELECT id FROM run_record")])
                self.connection.execute("DELETE FROM run_names")
                self.connection.execute("DELETE FROM run_spot")
                self.connection.execute("INSERT INTO run_spot VALUES (?)", (spot,))

    def _is_at(self, spot: str) -> bool:
        return bool(self.connection.execute("SELECT spot FROM run_spot").fetchall() == [(spot,)])

    def _names(self) -> tuple[set[str], set[str]]:
        """Runs of the store and of the index; none of both where they are the same, as most times they are.

        The index is asked first: a run that another process enters meanwhile is not taken for one that was removed.
        """
        (known,) = self.connection.execute(
            "SELECT group_concat(id, '/') FROM (SELECT id FROM run_record ORDER BY id)"
        ).fetchone()
        children = [child for child in self.space.children("runs") if child.endswith("/")]
        if "".join(children) == f"{known}/":
            return set(), set()
        return {child.rstrip("/") for child in children}, set((known or "").split("/")) - {""}

    def _stamped(self) -> str:
        """The stamp of the folder of runs when all that was in it had been entered; "" if that is not known."""
        found = self.connection.execute("SELECT stamp FROM run_names").fetchone()
        return str(found[0]) if found else ""

    def _keep_stamp(self, stamp: str, before: int) -> None:
        """Keep it unless another process changed the catalogue: it may have entered a run that is gone."""
        with self.connection:
            self.connection.execute("DELETE FROM run_names")
            if self._number() == before + self._changes:
                self.connection.execute("INSERT INTO run_names VALUES (?)", (stamp,))

    def _number(self) -> int:
        """How often runs were entered or forgotten, by whomever."""
        found = self.connection.execute("SELECT number FROM run_changes").fetchone()
        return int(found[0]) if found else 0

    def _changed(self, may_change: str) -> set[str]:
        """Of runs that may have changed, as those may that go on or are resumed, those written to since."""
        held = self.connection.execute(f"SELECT id, state, stamp FROM run_record WHERE {may_change}")
        return {name for name, state, stamp in held.fetchall() if not stamp or stamp != self._stamp(name, state)}

    def _stamp(self, name: str, state: str | None) -> str:
        """What shows that a run was written to since; "" where looking costs as much as reading.

        A run without an end gets one, which makes its record longer; resuming one that had ended makes its log
        longer.
        """
        if self.space.remote:
            return ""
        return str(self.space.size(f"runs/{name}/{'run.json' if state is None else 'events.jsonl'}"))

    def _read(self, name: str) -> tuple[str, dict[str, Any]] | None:
        """A record and its stamp, which is the older of the two; None if there is none (yet)."""
        from bridge.store.carried.mark import mark_of
        from bridge.store.runs import record_of_run

        stamps = {state: self._stamp(name, state) for state in (None, "ended")}
        try:
            about = record_of_run(self.space, name)
            if not isinstance(about["parameters"], dict) or not isinstance(about.get("state"), str | None):
                raise Damaged("it is built in another way.")
            imported = (mark_of(self.space, name) or {}).get("at")
            return stamps["ended" if about.get("state") else None], about | {"imported": imported}
        except FileNotFoundError:
            return None
        except Damaged:
            return "", {"id": name, "flow": "?", "parameters": {}, "started": "?", "state": "damaged"}

    def _enter(self, found: dict[str, tuple[str, dict[str, Any]]]) -> None:
        records, tags, uses, parameters = [], [], [], []
        for name, (stamp, about) in found.items():
            row, models = (*entry_of(about), stamp), models_of(about)
            if self._has(row, models):
                continue
            records.append(row)
            tags += [(tag, name) for tag in tags_of(about)]
            uses += [(model, name) for model in models]
            for parameter, value in about["parameters"].items():
                quantity = self.units.quantity(value)
                one = (None, None) if quantity is None else (quantity.dimension, quantity.magnitude)
                parameters.append((plain(parameter), name, written_as(value), *one))
        if not records:
            return
        with self.connection:
            self._drop([row[0] for row in records])
            self._insert("run_record", records)
            self._insert("run_tag", tags)
            self._insert("run_use", uses)
            self._insert("run_parameter", parameters)

    def _has(self, row: tuple[Any, ...], models: set[str]) -> bool:
        """Whether a run is entered as it is, which is no change: where it can only be read to see."""
        there = self.connection.execute("SELECT * FROM run_record WHERE id = ?", row[:1]).fetchone()
        if there != row:
            return False
        return {
            model for (model,) in self.connection.execute("SELECT model FROM run_use WHERE run = ?", row[:1])
        } == models

    def _insert(self, table: str, rows: list[tuple[Any, ...]]) -> None:
        if rows:
            places = ", ".join("?" * len(rows[0]))
            self.connection.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({places})", rows)

    def _forget(self, names: Iterable[str]) -> None:
        if names:
            with self.connection:
                self.connection.execute("DELETE FROM run_names")  # with it, or one who dies here forgets too much
                self._drop(names)

    def _drop(self, names: Iterable[str]) -> None:
        """Take runs out, for good or before they are entered again: either is a change."""
        self.connection.execute(
            "INSERT INTO run_changes VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET number = number + 1"
        )
        self._changes += 1
        gone = [(name,) for name in names]
        for table, column in _OF_RUNS:
            self.connection.executemany(f"DELETE FROM {table} WHERE {column} = ?", gone)
