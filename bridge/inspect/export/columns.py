"""Outputs as tables: one of all single values, and one for each group of arrays that share their dimensions.

A table of arrays has a row for each element and begins with its coordinates: the output that is named like the
dimension, or else the index. Complex arrays are two columns, ``wave.real`` and ``wave.imag``.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bridge.kinds.base import bracket
from bridge.store.runs import Run
from bridge.store.view import Leaf, Outputs, leaves

#: Whole numbers beyond this are text, for a float of 64 bits does not hold them all.
EXACT = 2**53
#: Rows that are written at once: a number takes several times its room while it is text.
BLOCK = 2**16


@dataclass(frozen=True)
class Column:
    """Values under a name, in a unit; what is missing in a list is None, and ``real`` says that it holds numbers."""

    name: str
    values: np.ndarray | list[Any]
    unit: str | None = None
    real: bool = False


@dataclass(frozen=True)
class Table:
    """A table that is read when it is written; ``name`` is for its file, ``about`` says where it is from."""

    name: str
    about: dict[str, str]
    columns: Callable[[], list[Column]]


def tables(run: Run, stages: dict[str, Outputs]) -> Iterator[Table]:
    """The tables of some stages of a run."""
    origin = {"run": run.id, "flow": run.flow}
    if any(leaf.spec["kind"] != "array" and in_a_table(leaf) for o in stages.values() for leaf in leaves(o)):
        yield Table("scalars", origin, partial(_scalars, run, stages))
    for stage, outputs in stages.items():
        found = list(leaves(outputs))
        groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Leaf]] = {}
        for leaf in found:
            if leaf.spec["kind"] == "array" and in_a_table(leaf):
                groups.setdefault((leaf.path[:-1], tuple(leaf.spec["dims"])), []).append(leaf)
        for (record, dims), group in groups.items():
            name = ".".join((stage, *record, *dims))
            yield Table(name, origin | {"stage": stage}, partial(columns_of, dims, group, found))


def in_a_table(leaf: Leaf) -> bool:
    """Whether an output is a single value or an array of one or two dimensions."""
    return leaf.spec["kind"] not in ("file", "atoms") and len(leaf.spec.get("dims", ())) <= 2


def coordinate(dim: str, leaf: Leaf, found: Sequence[Leaf]) -> Leaf | None:
    """The real output that is named like a dimension of ``leaf``, in its own record or the nearest around it."""
    size = leaf.spec["shape"][leaf.spec["dims"].index(dim)]
    known = {other.path: other for other in found if other.spec["kind"] == "array"}
    for depth in range(len(leaf.path) - 1, -1, -1):
        other = known.get((*leaf.path[:depth], dim))
        if other and other.spec["dims"] == [dim] and other.spec["shape"] == [size]:
            return other if np.dtype(other.spec["dtype"]).kind in "iuf" else None
    return None


def write_csv(table: Table, path: Path) -> None:
    """Write a table with units in its header, ``strain_rate [1/s]``; numbers read back as they were."""
    columns = table.columns()
    with open(path, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([column.name + bracket(column.unit) for column in columns])
        for start in range(0, max((len(c.values) for c in columns), default=0), BLOCK):
            part = [c.values[start : start + BLOCK] for c in columns]
            plain = [values.tolist() if isinstance(values, np.ndarray) else values for values in part]
            writer.writerows(zip(*plain, strict=True))


def write_parquet(table: Table, path: Path) -> None:
    """Write a table with the unit of each column as its field's metadata ``units``."""
    from bridge.inspect.export.export import library

    arrow, parquet = library("pyarrow"), library("pyarrow.parquet")
    columns = table.columns()
    arrays = [_arrow(arrow, column) for column in columns]
    fields = [
        arrow.field(column.name, array.type, metadata={"units": column.unit} if column.unit else None)
        for column, array in zip(columns, arrays, strict=True)
    ]
    schema = arrow.schema(fields, metadata={key: spellable(value) for key, value in table.about.items()})
    parquet.write_table(arrow.Table.from_arrays(arrays, schema=schema), path)


def spellable(text: str) -> str:
    """A text as UTF-8 takes it: half a character is spelled out."""
    return text.encode(errors="backslashreplace").decode()


def _arrow(arrow: Any, column: Column) -> Any:
    if isinstance(column.values, np.ndarray):
        return arrow.array(column.values)
    if column.real:
        return arrow.array([None if value is None else float(value) for value in column.values], arrow.float64())
    return arrow.array([None if value is None else spellable(value) for value in column.values], arrow.string())


def _scalars(run: Run, stages: dict[str, Outputs]) -> list[Column]:
    """All single values: a number in ``value``, anything else (a switch, a text, a huge count) in ``text``."""
    rows = []
    known = run.stages
    for stage, outputs in stages.items():
        for leaf in leaves(outputs):
            if leaf.spec["kind"] == "array" or not in_a_table(leaf):
                continue
            value = leaf.value()
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            fits = number and (isinstance(value, float) or abs(value) <= EXACT)
            unit = leaf.spec.get("unit")
            model = known[stage].get("model", "")
            rows.append((stage, model, leaf.name, leaf.spec["kind"], *_cells(value, fits), unit))
    names = ("stage", "model", "port", "kind", "value", "text", "unit")
    found = zip(names, zip(*rows, strict=True), strict=True)
    return [Column(name, list(values), real=name == "value") for name, values in found]


def _cells(value: Any, fits: bool) -> tuple[Any, str | None]:
    return (value, None) if fits else (None, str(value))


def columns_of(dims: tuple[str, ...], group: list[Leaf], found: list[Leaf]) -> list[Column]:
    """Coordinates, then the arrays of a group, the last dimension running fastest."""
    shape = tuple(group[0].spec["shape"])
    known = {dim: coordinate(dim, group[0], found) for dim in dims}
    used = {leaf.path for leaf in known.values() if leaf}
    rest = [leaf for leaf in group if leaf.path not in used]
    names = {leaf.path[-1] for leaf in rest}
    columns = []
    for axis, dim in enumerate(dims):
        leaf = known[dim]
        along = np.arange(shape[axis]) if leaf is None else leaf.value()
        spread = along.reshape([-1 if n == axis else 1 for n in range(len(dims))])
        name = dim + "_index" * (dim in names)
        columns.append(Column(name, np.broadcast_to(spread, shape).ravel(), leaf.spec["unit"] if leaf else None))
    for leaf in rest:
        values, name = leaf.value().ravel(), leaf.path[-1]
        parts = [(f"{name}.real", values.real), (f"{name}.imag", values.imag)]
        whole = parts if values.dtype.kind == "c" else [(name, values)]
        columns += [Column(label, part, leaf.spec["unit"]) for label, part in whole]
    return columns
