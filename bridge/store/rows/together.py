"""One output of many rows, read by the column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from bridge.store.fields import CURE
from bridge.store.rows.columns import fits
from bridge.store.rows.lookup import Rows
from bridge.store.rows.table import Table
from bridge.store.spaces.space import Damaged

#: What a column of each form holds for sure; every value of any other is looked at.
_SURE = {"float": "float", "int": "int", "bool": "bool", "text": "str"}


def values_of(rows: Rows, keys: Iterable[str], path: tuple[str, ...]) -> dict[str, Any]:
    """The value at ``path`` of those of these content keys that are rows, as ``Artifact.value`` gives it.

    Raises Damaged for what is not as its block declares.
    """
    places = rows.find(keys)
    of_block: dict[str, list[str]] = {}
    for key, place in places.items():
        of_block.setdefault(place.block, []).append(key)
    found: dict[str, Any] = {}
    for name, its in of_block.items():
        table, at = rows.table(name), np.array([places[key].row for key in its])
        raw = np.frombuffer(bytes.fromhex("".join(its)), np.uint8).reshape(-1, 32)
        if at.max() < table.count and np.array_equal(table.keys[at], raw):
            found |= zip(its, _column(table, _spec(table, path), at), strict=True)
        else:  # a journal that was sealed in two parts meanwhile
            found |= {key: row.value(path) for key in its if (row := rows.open(key)) is not None}
    return found


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
