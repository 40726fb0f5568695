"""One output of many rows, or one fact of their making, read by the column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from bridge.store.objects import CURE
from bridge.store.rows.columns import FACT, fits
from bridge.store.rows.lookup import Rows
from bridge.store.rows.table import Table
from bridge.store.spaces.space import Damaged

#: What a column of each form holds for sure; every value of any other is looked at.
_SURE = {"float": "float", "int": "int", "bool": "bool", "text": "str"}


def values_of(rows: Rows, keys: Iterable[str], path: tuple[str, ...]) -> dict[str, Any]:
    """The value at ``path`` of those of these content keys that are rows, as ``Artifact.value`` gives it.

    Raises Damaged for what is not as its block declares.
    """
    found: dict[str, Any] = {}
    for its, table, at in _by_table(rows, keys):
        if table is not None:
            found |= zip(its, _column(table, _spec(table, path), at), strict=True)
        else:
            found |= {key: row.value(path) for key in its if (row := rows.open(key)) is not None}
    return found


def facts_of(rows: Rows, keys: Iterable[str], place: str) -> dict[str, Any]:
    """What those of these content keys that are rows say of their making at ``place``; None where that is nothing.

    A table that has no such fact is not looked into. Raises Damaged.
    """
    found: dict[str, Any] = {}
    for its, table, at in _by_table(rows, keys):
        if table is None:
            found |= {key: row.about.get(place) for key in its if (row := rows.open(key)) is not None}
        elif f"{FACT}{place}" in table.columns:
            found |= {key: table.cell(f"{FACT}{place}", row) for key, row in zip(its, at.tolist(), strict=True)}
        else:
            found |= dict.fromkeys(its, table.about.get(place))
    return found


def _by_table(rows: Rows, keys: Iterable[str]) -> Iterator[tuple[list[str], Table | None, np.ndarray]]:
    """Keys by the table that has them, with their rows; no table where they are to be opened one by one."""
    places = rows.find(keys)
    of_block: dict[str, list[str]] = {}
    for key, place in places.items():
        of_block.setdefault(place.block, []).append(key)
    for name, its in of_block.items():
        table, at = rows.table(name), np.array([places[key].row for key in its])
        raw = np.frombuffer(bytes.fromhex("".join(its)), np.uint8).reshape(-1, 32)
        whole = at.max() < table.count and np.array_equal(table.keys[at], raw)
        yield its, table if whole else None, at  # else a journal was sealed in two parts meanwhile


def _spec(table: Table, path: tuple[str, ...]) -> dict[str, Any]:
    spec: dict[str, Any] = {"fields": table.ports}
    for name in path:
        spec = spec["fields"][name]
    return spec


def _column(table: Table, spec: Mapping[str, Any], at: np.ndarray) -> Sequence[Any]:
    """What a port is in the rows ``at``: records as mappings, as everywhere."""
    if "fields" in spec:
        columns = {name: _column(table, field, at) for name, field in spec["fields"].items()}
        return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    column = table.columns[spec["column"]]
    array = table.values(column.name)[at]
    values: Sequence[Any] = list(array) if column.form == "array" else array.tolist()
    odd = _SURE.get(column.form) != spec["kind"]
    if odd and not all(fits(spec, value) for value in (values[:1] if column.form == "array" else values)):
        named = f"{table.where}: {column.name} is not what its block declares"
        raise Damaged(f"{named} (it is no {spec['kind']}). {CURE}")
    return values
