"""Rows of blocks as one xarray Dataset along ``point``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bridge.errors import BridgeError
from bridge.store.rows.columns import key_bytes, leaf_specs
from bridge.store.rows.lookup import Rows
from bridge.store.rows.table import Table, inputs_in

if TYPE_CHECKING:
    import xarray


def to_xarray(
    rows: Rows, keys: Iterable[str] | None = None, *, blocks: Iterable[str] | None = None, model: str | None = None
) -> xarray.Dataset:
    """Outputs along ``point`` with units, inputs as coordinates: of these keys in their order, or of these blocks.

    Without either, of all rows of ``model``. A key that stands in several blocks is one point. An input named like an
    output is ``name_input``. Raises BridgeError for a key that no row has, and for arrays of different shape.
    """
    if keys is not None:
        parts = list(_chosen(rows, list(keys)))
    else:
        tables: Iterable[Table] = rows.tables() if blocks is None else map(rows.table, blocks)
        parts = list(_once(t for t in tables if t.count and (model is None or t.about.get("model") == model)))
    if not parts:
        raise BridgeError(f"there are no rows{f' of {model}' if model else ''} in {rows.space.address}.")
    return _dataset(parts)


Part = tuple[Table, np.ndarray, np.ndarray]  # rows of a table, and the points that they are


def _chosen(rows: Rows, keys: list[str]) -> Iterator[Part]:
    places = rows.find(keys)
    missing = next((key for key in keys if key not in places), None)
    if missing is not None:
        raise BridgeError(f"no row has the key {missing} in {rows.space.address}.")
    order: dict[str, list[int]] = {}
    for point, key in enumerate(keys):
        order.setdefault(places[key].block, []).append(point)
    for name, points in order.items():
        at = np.array([places[keys[point]].row for point in points])
        table = rows.table(name)
        wanted = np.frombuffer(b"".join(key_bytes(keys[point]) for point in points), np.uint8).reshape(-1, 32)
        if at.max() >= table.count or not np.array_equal(table.keys[at], wanted):
            raise BridgeError(f"{table.where} was sealed while it was read. Read again.")
        yield table, at, np.array(points)


def _once(tables: Iterable[Table]) -> Iterator[Part]:
    """All rows, each key once."""
    seen: set[bytes] = set()
    for table in tables:
        keys = [key.tobytes() for key in table.keys]
        fresh = [row for row, key in enumerate(keys) if key not in seen]
        yield table, np.array(fresh, int), np.arange(len(seen), len(seen) + len(fresh))
        seen.update(keys)


def _dataset(parts: list[Part]) -> xarray.Dataset:
    import xarray

    from bridge.store.view import attributes_of

    table = parts[0][0]
    _alike(parts)
    variables = {
        name: xarray.Variable(
            ("point", *_dims(spec, table, name)),
            _stacked(parts, name),
            attributes_of(spec, tuple(name.split(".")[:-1])),
        )
        for name, spec in leaf_specs(table.ports).items()
    }
    coords: dict[str, Any] = {"key": ("point", _put(parts, [_hex(t.keys[at]) for t, at, _ in parts]))}
    known = [inputs_in(t.columns, t.about) for t, _, _ in parts]
    for name in known[0]:
        if all(name in inputs for inputs in known):
            unit = table.about.get("inputs", {}).get(name, {}).get("unit")
            values = _input(parts, name, [inputs[name] for inputs in known])
            taken = name in variables or name in ("point", "key")
            coords[f"{name}_input" if taken else name] = (*values, {"units": unit} if unit else {})
    attributes = {"model": table.about.get("model", "")}
    variables = {f"{name}_output" if name in ("point", "key") else name: v for name, v in variables.items()}
    return xarray.Dataset(variables, coords, attributes)


def _input(parts: list[Part], name: str, columns: list[str | None]) -> tuple[Any, Any]:
    """Values of an input, of all points or, where they are the same, once."""
    once = [
        None if column else t.about["inputs"][name]["literal"] for (t, _, _), column in zip(parts, columns, strict=True)
    ]
    if not any(columns) and all(value == once[0] for value in once):
        return (), once[0]
    filled = [
        t.values(column)[at] if column else np.full(len(at), value)
        for (t, at, _), column, value in zip(parts, columns, once, strict=True)
    ]
    return ("point",), _put(parts, filled)


def _stacked(parts: list[Part], name: str) -> np.ndarray:
    return _put(parts, [table.values(name)[at] for table, at, _ in parts])


def _put(parts: list[Part], pieces: list[np.ndarray]) -> np.ndarray:
    """Pieces in the order of their points."""
    if len(pieces) == 1 and (np.diff(parts[0][2]) == 1).all():
        return pieces[0]
    joined = np.concatenate(pieces)
    ordered = np.empty_like(joined)
    ordered[np.concatenate([points for _, _, points in parts])] = joined
    return ordered


def _hex(keys: np.ndarray) -> np.ndarray:
    text = keys.tobytes().hex()
    return np.frombuffer(text.encode("ascii"), "S64").astype("U64")


def _alike(parts: list[Part]) -> None:
    """Refuse to stack what has different shapes or belongs to different models."""
    first = parts[0][0]
    for table, _, _ in parts[1:]:
        if table.about.get("model") != first.about.get("model") or leaf_specs(table.ports) != leaf_specs(first.ports):
            raise BridgeError(
                f"{table.where} holds rows of {table.about.get('model')}, {first.where} of {first.about.get('model')}, "
                "or other ports. Choose rows of one model."
            )
        for name in leaf_specs(first.ports):
            if table.columns[name].shape != first.columns[name].shape:
                raise BridgeError(
                    f"{name} has the shape {first.columns[name].shape} in {first.where} and "
                    f"{table.columns[name].shape} in {table.where}. Choose keys or blocks of one shape."
                )


def _dims(spec: Mapping[str, Any], table: Table, name: str) -> tuple[str, ...]:
    """Dimensions of an array at one point, of another name where two outputs disagree on the size."""
    specs, sizes = leaf_specs(table.ports), dict[str, set[int]]()
    for other, its in specs.items():
        for dim, size in zip(its.get("dims", ()), table.columns[other].shape, strict=True):
            sizes.setdefault(dim, set()).add(size)
    taken = set(sizes) & (specs.keys() | {"point", "key"})
    return tuple(f"{name}.{dim}" if len(sizes[dim]) > 1 or dim in taken else dim for dim in spec.get("dims", ()))
