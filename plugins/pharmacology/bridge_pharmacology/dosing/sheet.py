"""A table of events as text: its header, its rows with their line numbers, its numbers."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bridge_pharmacology.ports import Array

#: NONMEM's own columns and rxode2's DUR and DVID; every other column is a covariate.
RESERVED = ("ID", "TIME", "AMT", "RATE", "DUR", "ADDL", "II", "SS", "EVID", "MDV", "CMT", "DV", "DVID")
MISSING = ("", ".", "NA")

#: Columns that would change the meaning of others.
_REFUSED = {
    "DATE": "write hours or days after the first dose in TIME",
    "DAT1": "write hours or days after the first dose in TIME",
    "DAT2": "write hours or days after the first dose in TIME",
    "DAT3": "write hours or days after the first dose in TIME",
    "PCMT": "the compartment of a prediction is the model's own",
    "CALL": "calls of PK and ERROR have no meaning here",
    "CONT": "records that go on over several lines are not read; write one line for each",
}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?")


@dataclass(frozen=True)
class Sheet:
    """Cells by column, "" where nothing stands; `lines` has the number of each row's line in the file, from 1.

    Reserved columns have capital names, covariates the names that the file gives them.
    """

    columns: dict[str, list[str]]
    lines: tuple[int, ...]
    notes: tuple[str, ...]

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    @property
    def covariates(self) -> tuple[str, ...]:
        """Names of the columns that are no event's."""
        return tuple(name for name in self.columns if name not in RESERVED)

    def at(self, row: int) -> str:
        """A row by its line and individual: "Line 7 (ID 3)"."""
        return f"Line {self.lines[row]} (ID {self.columns['ID'][row]})"

    def numbers(self, name: str, missing: float = 0.0) -> Array:
        """A column as numbers. Raises ValueError, naming the line."""
        if name not in self.columns:
            return np.full(len(self.lines), missing)
        return np.array([self._number(name, row, missing) for row in range(len(self.lines))], dtype=np.float64)

    def whole(self, name: str, missing: int = 0) -> np.ndarray:
        """A column as whole numbers. Raises ValueError, naming the line."""
        found = self.numbers(name, missing)
        odd = np.flatnonzero((found != np.round(found)) | (np.abs(found) > 2**53))
        if odd.size:
            row = int(odd[0])
            raise ValueError(f"{self.at(row)} has the {name} {self.columns[name][row]}; write a whole number.")
        return found.astype(np.int64)

    def _number(self, name: str, row: int, missing: float) -> float:
        text = self.columns[name][row]
        if text == "":
            return missing
        if not is_number(text):
            raise ValueError(f"{self.at(row)} has the {name} {text!r}. {_remedy(name, text)}")
        value = float(text.replace("d", "e").replace("D", "e"))
        if not np.isfinite(value):
            raise ValueError(f"{self.at(row)} has the {name} {text}, which is no number of this machine's.")
        return value


def is_number(text: str) -> bool:
    """Whether a cell is a number as Fortran, R and Python write it."""
    return _NUMBER.fullmatch(text) is not None


def _remedy(name: str, text: str) -> str:
    if name == "TIME" and ":" in text:
        return "A clock says no day: write hours or days after the first dose, such as 8.5."
    if name == "CMT":
        return "A compartment's name is the model's own: write its number."
    if name == "ID":
        return "Write whole numbers, or ignore='@' where lines that begin with a letter are comments."
    return "Write a number, or . where there is none."


def sheet(source: str | Path | bytes, *, ignore: str = "#", drop: Sequence[str] = ()) -> Sheet:
    """Read the text of a table: a path, or the bytes themselves.

    Cells stand between commas, tabs or white space; `.`, `NA` and nothing are missing. The first line that is no
    comment is the header. Lines that begin with `ignore` are comments: one character, or "@" for any letter and @, as
    in NONMEM's IGNORE. Columns in `drop` are left out. Raises ValueError, naming the line, for what is no such table.
    """
    text = _text(source)
    if len(ignore) != 1:
        raise ValueError(f"ignore is {ignore!r}; write one character, such as '#', or '@' for any letter.")
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    while lines and lines[0][1].lstrip().startswith(ignore) and not _is_header(lines[0][1].lstrip()[1:]):
        lines.pop(0)
    if not lines:
        raise ValueError("The table has no lines. Write a header, such as ID,TIME,AMT,DV,EVID, and rows below it.")
    number, header = lines[0]
    header = header.lstrip().removeprefix(ignore) if not _is_header(header) else header
    if not _is_header(header):
        remedy = "Put commas between the cells, and points in numbers" if ";" in header else "Write one above the rows"
        raise ValueError(f"Line {number} is no header with ID and TIME: {header[:60]!r}. {remedy}.")
    separator = "," if "," in header else "\t" if "\t" in header else None
    names, notes = _names(_cells(header, separator))
    kept = [k for k, name in enumerate(names) if name not in drop and name.upper() not in {d.upper() for d in drop}]
    for k in kept:
        if (reason := _REFUSED.get(names[k].upper())) is not None:
            raise ValueError(f"The column {names[k]} is not read: {reason}, or leave it out by drop='{names[k]}'.")
    rows, at = [], []
    for number, line in lines[1:]:
        start = line.lstrip()[0]
        if start == ignore or (ignore == "@" and start.isalpha()):
            continue
        cells = _cells(line, separator)
        if len(cells) != len(names):
            raise ValueError(f"Line {number} has {len(cells)} cells; the header has {len(names)}. Write . for none.")
        if names[0].upper() == cells[0].upper() == "C" and 0 in kept:
            raise ValueError(
                f"Line {number} has C in the column C: NONMEM's IGNORE=C passes over it. Write ignore='C', drop='C' to "
                "do the same, or drop='C' alone to read the line."
            )
        rows.append(["" if cell in MISSING else cell for cell in cells])
        at.append(number)
    if not rows:
        raise ValueError("The table has a header and no rows. Write a row for each dose and each observation.")
    return Sheet({names[k]: [row[k] for row in rows] for k in kept}, tuple(at), notes)


def _text(source: str | Path | bytes) -> str:
    content = source if isinstance(source, bytes) else Path(source).read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as reason:
        raise ValueError(
            f"The table is no text in UTF-8 ({reason.reason} at byte {reason.start}). Save it so."
        ) from None


def _cells(line: str, separator: str | None) -> list[str]:
    if separator is None:
        return [cell.strip('"') for cell in line.split()]
    return [cell.strip() for cell in next(csv.reader([line.strip(" \r")], delimiter=separator, skipinitialspace=True))]


def _is_header(line: str) -> bool:
    separator = "," if "," in line else "\t" if "\t" in line else None
    return {"ID", "TIME"} <= {cell.upper() for cell in _cells(line, separator)}


def _names(cells: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """Names of the columns, and what was translated. Raises ValueError for two of one name."""
    names = [cell.upper() if cell.upper() in RESERVED else cell for cell in cells]
    upper = [name.upper() for name in names]
    if twice := sorted({name for name in names if upper.count(name.upper()) > 1 or not name}):
        raise ValueError(f"The header has {', '.join(twice) or 'a column without a name'} more than once: {cells}.")
    small = [cell for cell, name in zip(cells, names, strict=True) if cell != name]
    notes = (f"Headers {', '.join(small)} are read as {', '.join(map(str.upper, small))}.",) if small else ()
    return names, notes
