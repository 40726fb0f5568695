"""Tables: the rows of one form in a block or in a journal, and a row of them as the artifact that it is."""

from __future__ import annotations

import abc
import copy
import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bridge.store.artifact import Artifact
from bridge.store.objects import CURE, Manifest
from bridge.store.rows.columns import FACT, KEY, NO_PLAN, PLAN, Column, Layout, fits, placed, python_value
from bridge.store.rows.journal import Journal, folder_of
from bridge.store.spaces.space import Damaged, Space


class Table(abc.ABC):
    """Rows of one form: arrays along ``point``, and what all of them have in common."""

    space: Space
    #: Name of the block, also while the rows are in a journal only.
    name: str
    folder: str
    ports: dict[str, Any]
    #: What all rows say of their making.
    about: dict[str, Any]
    columns: dict[str, Column]
    texts: Sequence[str]
    count: int
    objects: Manifest

    @abc.abstractmethod
    def array(self, name: str) -> np.ndarray:
        """A column as it is stored: codes for texts. Raises Damaged."""

    @property
    def where(self) -> str:
        """Full address, for messages."""
        return self.space.where(self.folder)

    @property
    def bytes(self) -> int:
        """Size of all its objects but its own document."""
        return sum(int(size) for size, _ in self.objects.values())

    @functools.cached_property
    def keys(self) -> np.ndarray:
        """Content keys, 32 bytes each."""
        return self.array(KEY)

    @functools.cached_property
    def plans(self) -> np.ndarray:
        """Plan keys, 32 bytes each; zeros where a row has none."""
        return self.array(PLAN)

    def key(self, row: int) -> str:
        """Content key of a row."""
        return bytes(self.keys[row]).hex()

    def cell(self, name: str, row: int) -> Any:
        """The value of a column in one row. Raises Damaged."""
        if name not in self.columns:
            raise Damaged(f"{self.where} has no column {name!r}. {CURE}")
        try:
            return python_value(self.columns[name], self.array(name)[row, ...], self.texts)
        except (ValueError, IndexError, RecursionError) as reason:
            raise Damaged(f"{self.where}: {name} of row {row} stands for nothing: {reason}. {CURE}") from None

    def values(self, name: str) -> np.ndarray:
        """A whole column: numbers as they are, texts as texts, everything else as objects."""
        column, array = self.columns[name], self.array(name)
        if column.form not in ("text", "json", "key"):
            return array
        if column.form == "key":
            return np.array([row.tobytes().hex() for row in array], dtype="U64")
        table: list[Any] = list(self.texts) if column.form == "text" else list(map(_json, self.texts))
        if array.size and int(array.max()) >= len(table):
            raise Damaged(f"{self.where}: {name} refers to a text that is not there. {CURE}")
        odd = column.form == "json" or any(text.endswith("\0") for text in table)  # which numpy's own texts would lose
        values = np.empty(len(table), object)
        values[:] = table
        chosen: np.ndarray = (values if odd or not table else values.astype("U"))[array]
        return chosen

    def facts(self, row: int) -> dict[str, Any]:
        """What an artifact of this row says of its making."""
        about = copy.deepcopy(self.about)
        plan = self.plans[row].tobytes()
        if plan != NO_PLAN:
            about["plan"] = plan.hex()
        for name, column in self.columns.items():
            if column.fact is not None:
                try:
                    placed(about, column.fact, self.cell(name, row))
                except ValueError as reason:
                    raise Damaged(f"{self.where}: {reason}. {CURE}") from None
        return about

    def row(self, row: int) -> Row:
        """One row as an artifact. Raises Damaged if there is none of this number."""
        if not 0 <= row < self.count:
            raise Damaged(f"{self.where} has {self.count} rows, and none of number {row}.")
        return Row(self, row)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None  # a text of another column


class OpenRows(Table):
    """Rows of one form as they are in a journal now."""

    def __init__(self, space: Space, name: str, journal: Journal, group: int) -> None:
        self.space, self.name, self.folder = space, name, folder_of(journal.name)
        self.ports, self.about, self.texts = journal.ports, journal.about, journal.texts
        self.columns = {column.name: column for column in journal.layouts[group].columns}
        self.count, self.objects = journal.counts[group], {}
        self._rows = rows_of(journal.layouts[group], bytes(journal.rows[group]))

    def array(self, name: str) -> np.ndarray:
        """A column as it is in the journal."""
        array: np.ndarray = self._rows[name]
        return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def rows_of(layout: Layout, content: bytes) -> np.ndarray:
    """Rows as a structured array, whose fields are the columns."""
    return np.frombuffer(content, layout.dtype)


class Row(Artifact):
    """A row of a block, opened like an artifact of its own."""

    def __init__(self, table: Table, row: int) -> None:
        self.space, self.folder = table.space, table.folder
        self.table, self.row = table, row
        self.ports = {name: _shaped(spec, table.columns) for name, spec in table.ports.items()}
        self.objects = table.objects

    @functools.cached_property
    def about(self) -> dict[str, Any]:  # type: ignore[override]
        """What it says of its making."""
        return self.table.facts(self.row)

    @property
    def key(self) -> str:
        """Content key."""
        return self.table.key(self.row)

    @property
    def where(self) -> str:
        """Full address of the block, and the row."""
        return f"{self.table.where} (row {self.row})"

    @property
    def bytes(self) -> int:
        """Its share of the block."""
        return self.table.bytes // max(1, self.table.count)

    def _read(self, spec: dict[str, Any]) -> Any:
        if "fields" in spec:
            return {name: self._read(field) for name, field in spec["fields"].items()}
        value = self.table.cell(spec["column"], self.row)
        if not fits(spec, value):
            raise ValueError(f"it is no {spec['kind']}")
        return value


def _shaped(spec: Mapping[str, Any], columns: Mapping[str, Column]) -> dict[str, Any]:
    """A port as an artifact describes it: an array with its type and shape."""
    if "fields" in spec:
        return {**spec, "fields": {name: _shaped(field, columns) for name, field in spec["fields"].items()}}
    column = columns.get(spec["column"])
    if column is None or column.form != "array":
        return dict(spec)
    return {**spec, "dtype": column.dtype, "shape": list(column.shape)}


def inputs_in(columns: Mapping[str, Column], about: Mapping[str, Any]) -> dict[str, str | None]:
    """Inputs whose values the rows of a table tell, each with the column it is in; None where all have the same."""
    found: dict[str, str | None] = {}
    for name, said in about.get("inputs", {}).items():
        if isinstance(said, dict) and isinstance(said.get("literal"), (bool, int, float, str)):
            found[name] = None
    for name, column in columns.items():
        parts = (column.fact or "").split(".")
        if len(parts) == 3 and parts[0] == "inputs" and parts[2] == "literal" and name.startswith(FACT):
            found[parts[1]] = name
    return found
