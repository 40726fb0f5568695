"""Tables that users hand in: comma-separated text as spreadsheets save it, read in one way wherever it enters."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import NamedTuple


class Row(NamedTuple):
    """One row of a table: the number of its line, and its cells by column, without blanks around them."""

    line: int
    cells: dict[str, str]


class Table(NamedTuple):
    """The names of the columns, and the rows below them."""

    columns: tuple[str, ...]
    rows: list[Row]


def lines_of(content: bytes, what: str) -> list[tuple[int, list[str]]]:
    """Numbers and cells of the lines of a table; empty lines, and those that begin with #, are none.

    Raises ValueError where it is no text in UTF-8.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as reason:
        raise ValueError(
            f"The {what} is no text in UTF-8 ({reason.reason} at byte {reason.start}). Save it as CSV in UTF-8."
        ) from None
    kept = [
        (number, line)
        for number, line in enumerate(text.splitlines(keepends=True), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    reader = csv.reader((line for _, line in kept), skipinitialspace=True)
    return [(kept[reader.line_num - 1][0], [cell.strip() for cell in cells]) for cells in reader]


def read(content: bytes, columns: Sequence[str], what: str) -> Table:
    """A table that has these columns, in any order and with any others beside; cells that are left out are empty.

    `what` it is, such as "table of people", is said in errors. Raises ValueError for a table that is empty, a column
    that is missing or there twice, and a row with more cells than there are columns.
    """
    lines = lines_of(content, what)
    if not lines:
        raise ValueError(f"The {what} is empty. Its first line is to name {', '.join(columns)}.")
    names = lines[0][1]
    twice = [name for name in names if name and names.count(name) > 1]
    if twice:
        raise ValueError(f"The {what} has two columns {twice[0]!r}. Give every column a name of its own.")
    missing = [name for name in columns if name not in names]
    if missing:
        hint = " Columns are kept apart by commas." if any(";" in name for name in names) else ""
        raise ValueError(
            f"The {what} has no column {', '.join(missing)}; it has {', '.join(names)}. Its first line is to name "
            f"{', '.join(columns)}.{hint}"
        )
    return Table(tuple(names), [_row(number, cells, names, what) for number, cells in lines[1:]])


def _row(number: int, cells: list[str], names: list[str], what: str) -> Row:
    if any(cells[len(names) :]):
        raise ValueError(
            f"Line {number} of the {what} has {len(cells)} cells under {len(names)} columns. Write decimals with a "
            "point, thousands without a comma, and names with a comma in quotes."
        )
    return Row(number, dict(zip(names, cells + [""] * (len(names) - len(cells)), strict=False)))
