"""The catalogue of runs: what a list of them needs, in SQLite on the local disk, brought up to date before it is asked.

Names come from the store each time, so that a run that began or was removed is seen; a record is read again while
it can still change: until its run is completed. Who asks imports neither numpy nor pint.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bridge.store.index.conditions import Conditions, Range, Units, condition_of, plain, written_as
from bridge.store.spaces.space import Damaged, Space

#: Told how much of how many is done while an index is made.
Progress = Callable[[int, int], None]
#: Records that are read before they are entered together.
BATCH = 250
_TABLES = (
    """CREATE TABLE IF NOT EXISTS run_record
        (id TEXT PRIMARY KEY, flow TEXT, state TEXT, started TEXT, at REAL, seconds REAL, name TEXT, tags TEXT,
         parameters TEXT, imported TEXT, stamp TEXT) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS run_tag (tag TEXT, run TEXT, PRIMARY KEY (tag, run)) WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS run_parameter
        (name TEXT, run TEXT, text TEXT, dimension TEXT, magnitude REAL, PRIMARY KEY (name, run)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS run_open ON run_record (id) WHERE state IS NOT 'completed'",
    "CREATE INDEX IF NOT EXISTS run_tagged ON run_tag (run)",
    "CREATE INDEX IF NOT EXISTS run_given ON run_parameter (run)",
    Units.TABLE,
)


@dataclass(frozen=True)
class Line:
    """A run as lists show it."""

    id: str
    flow: str
    state: str
    started: str
    seconds: float | None
    name: str | None
    tags: list[str]
    parameters: dict[str, Any]
    store: str
    #: When it was imported; None if it ran here.
    imported: str | None = None


class Catalogue:
    """The runs of one store, without those of the store below it; to be used by one thread."""

    def __init__(self, space: Space, connection: sqlite3.Connection) -> None:
        self.space, self.connection = space, connection
        self.units = Units(connection)
        with connection:
            for table in _TABLES:
                connection.execute(table)

    # Runs

    def refresh(self, told: Progress | None = None) -> None:
        """Enter what is new, read again what may have changed, forget what was removed."""
        there, known = self._names()
        self._forget(known - there)
        again = self._changed()
        new = sorted((there - known) | again, reverse=True)
        for start in range(0, len(new), BATCH):
            if told:
                told(start, len(new))
            names = new[start : start + BATCH]
            found = dict(zip(names, self.space.abreast(self._read, names), strict=True))
            self._enter({name: read for name, read in found.items() if read is not None})
            self._forget({name for name, read in found.items() if read is None} & known)

    def _names(self) -> tuple[set[str], set[str]]:
        """Runs of the store and of the index; none of both where they are the same, as most times they are."""
        children = [child for child in self.space.children("runs") if child.endswith("/")]
        (known,) = self.connection.execute(
            "SELECT group_concat(id, '/') FROM (SELECT id FROM run_record ORDER BY id)"
        ).fetchone()
        if "".join(children) == f"{known}/":
            return set(), set()
        return {child.rstrip("/") for child in children}, set((known or "").split("/")) - {""}

    def _changed(self) -> set[str]:
        """Runs that may go on or be resumed, and were written to since they were read."""
        held = self.connection.execute("SELECT id, state, stamp FROM run_record WHERE state IS NOT 'completed'")
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
        records, tags, parameters = [], [], []
        for name, (stamp, about) in found.items():
            records.append((*_record(about), stamp))
            tags += [(tag, name) for tag in _tags(about)]
            for parameter, value in about["parameters"].items():
                quantity = self.units.quantity(value)
                one = (None, None) if quantity is None else (quantity.dimension, quantity.magnitude)
                parameters.append((plain(parameter), name, written_as(value), *one))
        with self.connection:
            self._drop(found)
            self.connection.executemany(f"INSERT INTO run_record VALUES ({', '.join('?' * 11)})", records)
            self.connection.executemany("INSERT OR IGNORE INTO run_tag VALUES (?, ?)", tags)
            self.connection.executemany("INSERT INTO run_parameter VALUES (?, ?, ?, ?, ?)", parameters)

    def _forget(self, names: Iterable[str]) -> None:
        if names:
            with self.connection:
                self._drop(names)

    def _drop(self, names: Iterable[str]) -> None:
        gone = [(name,) for name in names]
        for table, column in (("run_record", "id"), ("run_tag", "run"), ("run_parameter", "run")):
            self.connection.executemany(f"DELETE FROM {table} WHERE {column} = ?", gone)

    # Questions

    def runs(self, asked: Conditions, limit: int | None, offset: int = 0) -> tuple[list[Line], int]:
        """Runs that fit, the newest first, and how many there are in all."""
        clause, values = self._where(asked)
        if asked.state in ("running", "interrupted"):
            return self._living(asked.state, clause, values, limit, offset)
        if asked.state is not None:
            clause, values = f"{clause} AND state = ?", [*values, asked.state]
        (total,) = self.connection.execute(f"SELECT count(*) FROM run_record WHERE {clause}", values).fetchone()
        found = self._rows(clause, values, -1 if limit is None else limit, offset)
        alive = self._claimed(row[0] for row in found if row[2] is None)
        return [self._line(row, alive) for row in found], total

    def _living(
        self, state: str, clause: str, values: list[Any], limit: int | None, offset: int
    ) -> tuple[list[Line], int]:
        """Of the runs without an end, those whose driver lives or, for the interrupted, is gone."""
        rows = self._rows(f"{clause} AND (state IS NULL OR state = 'interrupted')", values, -1, 0)
        alive = self._claimed(row[0] for row in rows if row[2] is None)
        lines = [line for line in (self._line(row, alive) for row in rows) if line.state == state]
        return lines[offset:][:limit], len(lines)

    def _rows(self, clause: str, values: list[Any], limit: int, offset: int) -> list[Any]:
        query = f"SELECT * FROM run_record WHERE {clause} ORDER BY id DESC LIMIT ? OFFSET ?"
        return self.connection.execute(query, [*values, limit, offset]).fetchall()

    def _line(self, row: Any, alive: set[str]) -> Line:
        name, flow, state, started, _, seconds, called, tags, parameters, imported, _ = row
        state = state or ("running" if name in alive else "interrupted")
        return Line(
            name,
            flow,
            state,
            started,
            seconds,
            called,
            json.loads(tags),
            json.loads(parameters),
            self.space.address,
            imported,
        )

    def _claimed(self, names: Iterable[str]) -> set[str]:
        """Of runs without an end, those whose driver lives."""
        names = list(names)
        held = self.space.abreast(self.space.claimed, [f"runs/{name}/lock" for name in names])
        return {name for name, alive in zip(names, held, strict=True) if alive}

    def _where(self, asked: Conditions) -> tuple[str, list[Any]]:
        parts: list[str] = ["1"]
        values: list[Any] = []
        for column, sign, value in (
            ("flow", "=", asked.flow),
            ("name", "=", asked.name),
            ("at", ">=", asked.after),
            ("at", "<=", asked.before),
        ):
            if value is not None:
                parts.append(f"{column} {sign} ?")
                values.append(plain(value) if isinstance(value, str) else value)
        if asked.tag is not None:
            parts.append("id IN (SELECT run FROM run_tag WHERE tag = ?)")
            values.append(plain(asked.tag))
        for name, given in asked.where.items():
            clause, more = self._fits(condition_of(name, given))
            parts.append(f"id IN (SELECT run FROM run_parameter WHERE name = ? AND ({clause}))")
            values += [plain(name), *more]
        return " AND ".join(parts), values

    def _fits(self, wanted: Range | str) -> tuple[str, list[Any]]:
        """What a parameter's row must be."""
        if isinstance(wanted, Range):
            parts: list[str] = []
            values: list[Any] = []
            for sign, end in ((">=", wanted.low), ("<=", wanted.high)):
                if end is not None:
                    quantity = self.units.quantity(end)
                    parts.append(f"dimension = ? AND magnitude {sign} ?")
                    values += [quantity.dimension, quantity.magnitude] if quantity else [None, None]
            return " AND ".join(parts), values
        quantity = self.units.quantity(wanted)
        clause, texts = "text IN (?, ?)", [wanted, wanted.lower() if wanted.lower() in _SPELLED else wanted]
        if quantity is None:
            return clause, texts
        return f"{clause} OR (dimension = ? AND magnitude = ?)", [*texts, quantity.dimension, quantity.magnitude]

    def dimensions(self, name: str) -> dict[str, tuple[str, str]]:
        """Dimensions that a parameter has in runs: what each is called, and an example as it was written."""
        query = "SELECT dimension, min(text) FROM run_parameter WHERE name = ? AND dimension IS NOT NULL GROUP BY 1"
        return {
            one: (self.units.called(one), text)
            for one, text in self.connection.execute(query, (plain(name),)).fetchall()
        }

    def known(self, what: str) -> set[str]:
        """All flows, names, tags or parameters of the store."""
        table, column = {
            "flow": ("run_record", "flow"),
            "name": ("run_record", "name"),
            "tag": ("run_tag", "tag"),
            "parameter": ("run_parameter", "name"),
        }[what]
        return {one for (one,) in self.connection.execute(f"SELECT DISTINCT {column} FROM {table}") if one is not None}


_SPELLED = {"true", "false", "none"}


def _record(about: dict[str, Any]) -> tuple[Any, ...]:
    started, ended = _time(about["started"]), _time(about.get("ended"))
    seconds = ended - started if started is not None and ended is not None else None
    called = about.get("name")
    return (
        about["id"],
        plain(about["flow"]),
        None if about.get("state") is None else plain(about["state"]),
        plain(about["started"]),
        started,
        seconds,
        None if called is None else plain(called),
        json.dumps(_tags(about)),
        json.dumps(about["parameters"] | _axes(about)),
        about.get("imported"),
    )


def _axes(about: dict[str, Any]) -> dict[str, str]:
    """What a sweep varied, in place of a value: ``temperature=600 K … 1200 K (7)``."""
    found = {}
    sweep = about.get("sweep")
    groups = sweep.get("axes") if isinstance(sweep, dict) else None
    for group in groups if isinstance(groups, list) else []:
        columns = group.get("columns") if isinstance(group, dict) else None
        for column in columns if isinstance(columns, list) else []:
            if isinstance(column, dict) and isinstance(column.get("name"), str):
                found[column["name"]] = _spread(column)
    return found


def _spread(column: dict[str, Any]) -> str:
    values = column.get("values")
    ends = [values[0], values[-1]] if isinstance(values, list) and values else []
    ends = ends or [column[end] for end in ("lowest", "first", "highest", "last") if end in column]
    return plain(f"{' … '.join(map(str, ends))} ({column.get('distinct')})")


def _tags(about: dict[str, Any]) -> list[str]:
    tags = about.get("tags")
    return [plain(tag) for tag in tags] if isinstance(tags, list) else []


def _time(written: Any) -> float | None:
    try:
        return datetime.fromisoformat(written).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
