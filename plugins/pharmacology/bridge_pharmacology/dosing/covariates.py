"""Covariates of an event table: one value for each individual, texts as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from bridge_pharmacology.dosing.doses import Whole
from bridge_pharmacology.dosing.sheet import Sheet, is_number
from bridge_pharmacology.ports import Array

#: Columns that mark observations below a limit, which are no measurements.
_CENSORED = ("CENS", "BLQ", "LIMIT")


def covariates_of(
    table: Sheet, individual: Whole, identifier: Whole, which: Literal["constant", "first"]
) -> tuple[list[str], Array, list[str]]:
    """Names, values (individual, covariate) and notes. Raises ValueError, naming the line.

    Texts become 0, 1, ... in alphabetical order, which is noted.
    """
    names, columns, notes = [], [], []
    for name in table.covariates:
        if "," in name:
            raise ValueError(f"The column {name!r} has a comma in its name; write it without.")
        numbers, said = _numbers(table, name)
        if name.upper() in _CENSORED:
            if (marked := np.flatnonzero(np.nan_to_num(numbers))).size:
                raise ValueError(
                    f"{table.at(int(marked[0]))} has {name} {table.columns[name][marked[0]]}: censored observations "
                    f"are not read. Leave such lines out, or the column by drop='{name}'."
                )
            continue
        column, changing = np.empty(identifier.size), 0
        for number in range(identifier.size):
            rows = np.flatnonzero((individual == number) & ~np.isnan(numbers))
            if rows.size == 0:
                raise ValueError(f"ID {identifier[number]} has no {name}. Write it, or drop='{name}'.")
            others = rows[numbers[rows] != numbers[rows[0]]]
            if others.size and which == "constant":
                cells = table.columns[name]
                raise ValueError(
                    f"{table.at(int(others[0]))} has {name} {cells[others[0]]} after {cells[rows[0]]}: it changes. "
                    f"Write covariates='first' to keep the first of each ID, or drop='{name}'."
                )
            changing += others.size > 0
            column[number] = numbers[rows[0]]
        if changing:
            notes.append(f"{name} changes in time in {changing} individuals; the first value is kept.")
        names.append(name)
        columns.append(column)
        notes += said
    return names, np.stack(columns, axis=1) if columns else np.zeros((identifier.size, 0)), notes


def _numbers(table: Sheet, name: str) -> tuple[Array, Sequence[str]]:
    """A covariate's column as numbers, NaN where none is, and how its texts are coded."""
    texts = sorted({cell for cell in table.columns[name] if cell})
    if all(map(is_number, texts)):
        return table.numbers(name, missing=np.nan), ()
    if odd := [text for text in texts if is_number(text)]:
        row = table.columns[name].index(odd[0])
        raise ValueError(f"{table.at(row)} has the {name} {odd[0]}, a number among texts. Write one kind.")
    code = {text: k for k, text in enumerate(texts)}
    cells = table.columns[name]
    said = ", ".join(f"{text} is {number}" for text, number in code.items())
    return np.array([code[cell] if cell else np.nan for cell in cells]), (f"Of {name}, {said}.",)


def column_of(values: Array, names: str, name: str) -> Array:
    """A covariate of each individual, from a table (individual, covariate) and its names. Raises ValueError."""
    known = names.split(",") if names else []
    if name not in known:
        raise ValueError(f"The table has no covariate {name!r}; it has {', '.join(known) or 'none'}.")
    column: Array = values[:, known.index(name)]
    return column
