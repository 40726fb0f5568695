"""Questions to the catalogue of one store: which runs fit, in which order, and what there is at all."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable
from typing import Any

from bridge.store.index.conditions import Conditions, Range, Units, condition_of, plain
from bridge.store.index.lines import SHOWN, Line, line_of
from bridge.store.index.order import KEPT, Key, Order, Place
from bridge.store.sealed import digest
from bridge.store.spaces.space import Space

#: State as it is shown: of runs without an end, those in run_alive have a driver that lives.
_STATE = "ifnull(state, CASE WHEN id IN temp.run_alive THEN 'running' ELSE 'interrupted' END)"
_KEYS = {
    "flow": f"ifnull(substr(flow, 1, {KEPT}), ?)",
    "state": f"ifnull(substr({_STATE}, 1, {KEPT}), ?)",
    "took": "ifnull(seconds, ?)",
    "cost": "ifnull(cpu, ?)",
    "name": f"ifnull(substr(name, 1, {KEPT}), ?)",
}
_OPEN = ("running", "interrupted")
_SPELLED = {"true", "false", "none"}

Row = tuple[Key, str, Line]


class Questions:
    """What may be asked of a catalogue that is up to date; to be used by one thread."""

    def __init__(self, space: Space, connection: sqlite3.Connection) -> None:
        self.space, self.connection = space, connection
        self.units = Units(connection)

    def count(self, asked: Conditions, hidden: Collection[str] = ()) -> int:
        """How many runs fit, those left aside that are ``hidden``."""
        clause, values = self._where(asked, hidden)
        (total,) = self.connection.execute(f"SELECT count(*) FROM run_record WHERE {clause}", values).fetchone()
        return int(total)

    def newest(self, asked: Conditions, limit: int | None, hidden: Collection[str] = ()) -> list[Line]:
        """Runs that fit, the newest first."""
        clause, values = self._where(asked, hidden)
        query = f"SELECT {SHOWN} FROM run_record WHERE {clause} ORDER BY id DESC LIMIT ?"
        return self._lines(self.connection.execute(query, [*values, -1 if limit is None else limit]).fetchall())

    def beside(
        self, asked: Conditions, order: Order, place: Place | None, limit: int, hidden: Collection[str] = ()
    ) -> list[Row]:
        """The runs that fit and come next to a place, after it or, going back, before it; the first ones for None.

        To be sorted by the order: they come in any.
        """
        clause, values = self._where(asked, hidden, order)
        key, nothing = (_KEYS[order.by], [order.nothing]) if order.by in _KEYS else ("id", [])
        back = place is not None and place.back
        falling = order.descending is not back
        if place is not None:
            beyond, other = ("<" if falling else ">"), (">" if back else "<")
            clause = f"{clause} AND ({key} {beyond} ? OR ({key} = ? AND id {other} ?))"
            values = [*values, *nothing, place.key, *nothing, place.key, place.run]
        sorting = f"{key} {'DESC' if falling else 'ASC'}" + (f", id {'ASC' if back else 'DESC'}" if nothing else "")
        # in one statement: between two, a run may be removed, and a page that lacks one looks like the last
        query = f"""WITH found AS MATERIALIZED
            (SELECT id, {key} AS key FROM run_record WHERE {clause} ORDER BY {sorting} LIMIT ?)
            SELECT {SHOWN}, found.key FROM found JOIN run_record USING (id)"""
        rows = self.connection.execute(query, [*nothing, *values, *nothing, limit]).fetchall()
        lines = self._lines([row[:-1] for row in rows])
        return [(row[-1], line.id, line) for row, line in zip(rows, lines, strict=True)]

    def ids(self) -> set[str]:
        """Names of all runs."""
        return {name for (name,) in self.connection.execute("SELECT id FROM run_record")}

    def sign(self) -> str:
        """Another text as soon as a run begins, ends, is removed or loses its driver, or its record says more."""
        found = self.connection.execute("SELECT number FROM run_changes").fetchone()
        open_ = [name for (name,) in self.connection.execute("SELECT id FROM run_record WHERE state IS NULL")]
        alive = digest(sorted(self._claimed(open_)))[:12] if open_ else ""
        return f"{found[0] if found else 0}{alive and '-'}{alive}"

    def uses(self, hidden: Collection[str] = ()) -> dict[str, tuple[int, str]]:
        """Every model that runs used: how many, and the newest of them."""
        clause, values = _leaving("run", hidden)
        query = f"SELECT model, count(*), max(run) FROM run_use WHERE {clause} GROUP BY model"
        return {model: (count, run) for model, count, run in self.connection.execute(query, values)}

    def dimensions(self, name: str) -> dict[str, tuple[str, str]]:
        """Dimensions that a parameter has in runs: what each is called, and an example as it was written."""
        query = "SELECT dimension, min(text) FROM run_parameter WHERE name = ? AND dimension IS NOT NULL GROUP BY 1"
        return {
            one: (self.units.called(one), text)
            for one, text in self.connection.execute(query, (plain(name),)).fetchall()
        }

    def known(self, what: str) -> set[str]:
        """All flows, names, tags, parameters or models of the store."""
        table, column = {
            "flow": ("run_record", "flow"),
            "name": ("run_record", "name"),
            "tag": ("run_tag", "tag"),
            "parameter": ("run_parameter", "name"),
            "model": ("run_use", "model"),
        }[what]
        return {one for (one,) in self.connection.execute(f"SELECT DISTINCT {column} FROM {table}") if one is not None}

    # Which runs fit

    def _where(self, asked: Conditions, hidden: Collection[str], order: Order | None = None) -> tuple[str, list[Any]]:
        clause, values = _leaving("id", hidden)
        parts = [clause]
        for column, sign, value in (
            ("flow", "=", asked.flow),
            ("name", "=", asked.name),
            ("at", ">=", asked.after),
            ("at", "<=", asked.before),
        ):
            if value is not None:
                parts.append(f"{column} {sign} ?")
                values.append(plain(value) if isinstance(value, str) else value)
        for table, column, value in (("run_tag", "tag", asked.tag), ("run_use", "model", asked.model)):
            if value is not None:
                parts.append(f"EXISTS (SELECT 1 FROM {table} WHERE {column} = ? AND run = id)")
                values.append(plain(value))
        for word in asked.wanted:
            parts.append("instr(words, ?) > 0")
            values.append(plain(word))
        for name, given in asked.where.items():
            clause, more = self._fits(condition_of(name, given))
            parts.append(f"EXISTS (SELECT 1 FROM run_parameter WHERE name = ? AND run = id AND ({clause}))")
            values += [plain(name), *more]
        if asked.state in _OPEN or (order is not None and order.by == "state"):
            self._tell_alive()
        if asked.state is not None:
            parts.append(f"{_STATE if asked.state in _OPEN else 'state'} = ?")
            values.append(asked.state)
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

    # Runs without an end

    def _tell_alive(self) -> None:
        """Tell the database which runs without an end have a driver that lives."""
        open_ = [name for (name,) in self.connection.execute("SELECT id FROM run_record WHERE state IS NULL")]
        with self.connection:
            self.connection.execute("CREATE TEMP TABLE IF NOT EXISTS run_alive (id TEXT PRIMARY KEY)")
            self.connection.execute("DELETE FROM temp.run_alive")
            rows = [(name,) for name in self._claimed(open_)]
            self.connection.executemany("INSERT INTO temp.run_alive VALUES (?)", rows)

    def _lines(self, rows: list[Any]) -> list[Line]:
        alive = self._claimed(row[0] for row in rows if row[2] is None)
        open_ = {True: "running", False: "interrupted"}
        return [line_of(row, row[2] or open_[row[0] in alive], self.space.address) for row in rows]

    def _claimed(self, names: Iterable[str]) -> set[str]:
        """Of runs without an end, those whose driver lives."""
        names = list(names)
        held = self.space.abreast(self.space.claimed, [f"runs/{name}/lock" for name in names])
        return {name for name, alive in zip(names, held, strict=True) if alive}


def _leaving(column: str, hidden: Collection[str]) -> tuple[str, list[Any]]:
    """All runs but these."""
    if not hidden:
        return "1", []
    return f"{column} NOT IN (SELECT value FROM json_each(?))", [json.dumps(sorted(hidden))]
