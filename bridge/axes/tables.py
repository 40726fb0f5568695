"""Points from files: a column a parameter, a row a point; units stand in the header or in the cells."""

from __future__ import annotations

import csv
import importlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bridge.axes.exact import amount_in
from bridge.axes.grids import Listed
from bridge.axes.listed import listed_amounts, listed_array, listed_texts, refuse_no_number, verbatim
from bridge.axes.points import Column
from bridge.errors import BridgeError, ContractError, DeclarationError
from bridge.units import unit_of

_HEADER = re.compile(r"\s*(?P<name>\w+)\s*(?:\[(?P<square>[^\]]*)\]|\((?P<round>.*)\))?\s*")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_WHOLE = re.compile(r"[+-]?\d+")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_TEXT = "text"  # in the place of a unit: 4H is a polytype of silicon carbide, and no four henry
_CSV, _PARQUET = (".csv", ".tsv", ".txt"), (".parquet", ".pq")


def read_table(path: str | Path, annotations: Mapping[str, type | None] | None = None) -> dict[str, Listed]:
    """The columns of a CSV or Parquet file by the parameters they are named after.

    Raises ContractError, which names file, line and column.
    """
    where = Path(path)
    if not where.is_file():
        raise ContractError(f"there is no file {str(path)!r} of points. Write the path of a .csv or .parquet file.")
    if where.suffix.lower() in _CSV:
        return _read_csv(where, annotations or {})
    if where.suffix.lower() in _PARQUET:
        return _read_parquet(where, annotations or {})
    raise ContractError(f"{where} is neither .csv nor .parquet. Points are read from these.")


def needs_unit(column: Column, at: str, unit: str) -> str:
    """Why a column of pure numbers may not enter port ``at``, which has a unit, and what to write."""
    name, origin = column.name, column.origin
    if "file" in origin:
        header = f"{origin.get('header', name)}"
        return (
            f"{origin['file']}, column {header!r}: its numbers have no unit, and {at} is in {unit}. "
            f"Write the header as '{name} [{unit}]'."
        )
    if "grid" in origin or "distribution" in origin:
        written = origin.get("grid", origin.get("distribution"))
        return f"{name}={written!r} has pure numbers, and {at} is in {unit}. Write {unit} after each of them."
    some = [column.text(i) for i in range(min(2, len(column)))]
    listed = ", ".join(f"{text} {unit}" for text in some) + (", …" if len(column) > 2 else "")
    return f"{name} has pure numbers, and {at} is in {unit}. Write their unit: {name}='{listed}'."


def _read_csv(path: Path, annotations: Mapping[str, type | None]) -> dict[str, Listed]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = [(n, line) for n, line in enumerate(file, 1) if line.strip() and not line.startswith("#")]
    except UnicodeDecodeError:
        raise ContractError(f"{path} is not UTF-8 text. Save it as UTF-8.") from None
    if len(lines) < 2:
        raise ContractError(f"{path} has no points: write a line of names and at least one line of values.")
    delimiter = _delimiter(lines[0][1])
    try:
        rows = list(csv.reader([line for _, line in lines], delimiter=delimiter, strict=True))
    except csv.Error as reason:
        raise ContractError(f"{path} is no table: {reason}. Close every quote on the line it begins.") from None
    if len(rows) != len(lines):
        raise ContractError(f"{path} has a cell of several lines. Write each point on one line.")
    header = rows[0]
    for (number, _), row in zip(lines[1:], rows[1:], strict=True):
        if len(row) != len(header):
            raise ContractError(
                f"{path}, line {number} has {len(row)} cells, and the first line names {len(header)}. "
                "Write a cell for each column; put a cell that holds the delimiter in quotes."
            )
    named = _names(path, header)
    cells = {name: [row[j].strip() for row in rows[1:]] for j, name in enumerate(named)}
    numbers = [number for number, _ in lines[1:]]
    return {
        name: _from_cells(path, name, unit, header[j].strip(), cells[name], numbers, annotations.get(name))
        for j, (name, unit) in enumerate(named.items())
    }


def _delimiter(header: str) -> str:
    bare = re.sub(r"\[[^\]]*\]|\([^)]*\)", "", header)
    return next((mark for mark in (";", "\t") if mark in bare), ",")


def _names(path: Path, header: Sequence[str]) -> dict[str, str | None]:
    """Parameters and their units (None where the header has none), in order."""
    found: dict[str, str | None] = {}
    for j, text in enumerate(header, 1):
        parts = _HEADER.fullmatch(text)
        if parts is None or not parts["name"].isidentifier():
            raise ContractError(
                f"{path}, column {j}: {text.strip()!r} names no parameter. Write 'temperature [K]', or 'element'."
            )
        name, unit = parts["name"], parts["square"] if parts["square"] is not None else parts["round"]
        if name in found:
            raise ContractError(f"{path} has column {name!r} twice. Take one of them out.")
        if unit is not None and unit.strip() != _TEXT:
            unit = "" if unit.strip() in ("", "-", "1") else unit.strip()
            _known_unit(path, text.strip(), unit)
        found[name] = unit
    return found


def _known_unit(path: Path, header: str, unit: str) -> None:
    try:
        unit_of(unit)
    except DeclarationError as reason:
        raise ContractError(f"{path}, column {header!r}: {reason}") from None


def _from_cells(
    path: Path,
    name: str,
    unit: str | None,
    header: str,
    cells: list[str],
    lines: list[int],
    annotation: type | None,
) -> Listed:
    origin = {"file": path.name, "header": header}

    def at(row: int) -> str:
        return f"{path}, line {lines[row]}, column {name!r}"

    for row, cell in enumerate(cells):
        if cell == "":
            raise ContractError(f"{at(row)} is blank: every point has a value. Write it, or take the line out.")
        if _DECIMAL_COMMA.fullmatch(cell):
            raise ContractError(f"{at(row)}: {cell!r} has a decimal comma. Write {cell.replace(',', '.')!r}.")
    if unit == _TEXT:
        return verbatim(cells, origin)
    if unit is not None:
        for row, cell in enumerate(cells):
            if not _NUMBER.fullmatch(cell):
                more = " its unit stands in the header already" if amount_in(cell) else " it is no number"
                raise ContractError(f"{at(row)}: {cell!r} under {header!r}:{more}. Write a number alone.")
        return _floats(cells, unit, at, origin)
    return _of_cells(path, name, cells, at, annotation, origin)


def _of_cells(
    path: Path, name: str, cells: list[str], at: Any, annotation: type | None, origin: dict[str, Any]
) -> Listed:
    """Cells under a bare name: numbers, quantities, truth values or texts."""
    what = f"{path}, column {name!r}"
    try:
        return _meant(what, cells, at, annotation, origin)
    except ContractError as reason:
        said = str(reason).partition(" If these are texts")[0]
        raise ContractError(f"{said} If these are texts, write the header as '{name} [text]'.") from None


def _meant(what: str, cells: list[str], at: Any, annotation: type | None, origin: dict[str, Any]) -> Listed:
    if annotation is bool:
        return listed_texts(cells, what, annotation, origin)
    if all(_WHOLE.fullmatch(cell) for cell in cells) and annotation is not float:
        return listed_amounts([a for a in map(amount_in, cells) if a], what, annotation, origin)
    if all(_NUMBER.fullmatch(cell) for cell in cells):
        found = _floats(cells, "", at, origin)
        return Listed(found.values, "", None, origin, "text" if annotation is str else "number")
    amounts = [amount_in(cell) for cell in cells]
    if any(amounts):
        refuse_no_number(cells, what)
    if None in amounts:
        return listed_texts(cells, what, annotation, origin)
    found = listed_amounts([a for a in amounts if a], what, annotation, origin)
    return Listed(found.values, found.unit, None, origin, found.gives)


def _floats(cells: list[str], unit: str, at: Any, origin: dict[str, Any]) -> Listed:
    values = np.array([float(cell) for cell in cells]) + 0.0
    if not np.all(np.isfinite(values)):
        row = int(np.flatnonzero(~np.isfinite(values))[0])
        raise ContractError(f"{at(row)}: {cells[row]!r} is out of the range of floating-point numbers.")
    return Listed(values, unit, None, origin)


def _read_parquet(path: Path, annotations: Mapping[str, type | None]) -> dict[str, Listed]:
    try:
        arrow, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ModuleNotFoundError:
        raise BridgeError(
            "reading Parquet needs pyarrow. Install it: pip install 'scalebridge[export]', or write points as .csv."
        ) from None
    try:
        table = parquet.read_table(path)
    except (arrow.ArrowException, OSError) as reason:
        raise ContractError(f"{path} is no Parquet file: {str(reason).splitlines()[0]}") from None
    if table.num_rows == 0:
        raise ContractError(f"{path} has no points: its columns are empty.")
    columns: dict[str, Listed] = {}
    for j, (name, in_header) in enumerate(_names(path, table.column_names).items()):
        field, told = table.schema.field(j), (table.schema.field(j).metadata or {}).get(b"units")
        unit = told.decode() if told is not None else in_header
        what = f"{path}, column {name!r}"
        if table.column(j).null_count:
            raise ContractError(f"{what} has {table.column(j).null_count} missing values: every point has a value.")
        values = table.column(j).to_pylist() if _is_text(arrow, field.type) else table.column(j).to_numpy()
        columns[name] = _from_values(path, name, unit, field.name, values, annotations.get(name))
    return columns


def _is_text(arrow: Any, kind: Any) -> bool:
    kinds = arrow.types
    inner = kind.value_type if kinds.is_dictionary(kind) else kind
    return bool(kinds.is_string(inner) or kinds.is_large_string(inner))


def _from_values(path: Path, name: str, unit: str | None, header: str, values: Any, annotation: type | None) -> Listed:
    what, origin = f"{path}, column {name!r}", {"file": path.name, "header": header}
    if isinstance(values, list) and unit == _TEXT:
        return verbatim(values, origin)
    if isinstance(values, list):
        if unit is not None:
            raise ContractError(f"{what} has texts in a unit. Store numbers there, or take the unit away.")
        return _of_cells(path, name, values, lambda row: f"{what}, row {row + 1}", annotation, origin)
    if unit is None:
        return listed_array(values, what, annotation, origin)
    unit = "" if unit.strip() in ("", "1") else unit.strip()
    _known_unit(path, header, unit)
    found = listed_array(values, what, float, origin)
    if found.values.dtype != np.float64:
        raise ContractError(f"{what} holds {found.values.dtype} in {unit!r}. Store numbers there.")
    return Listed(found.values, unit, None, origin)
