"""Antibodies of the user's own: two tables of comma-separated text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated

import numpy as np

from bridge import File, Within, model
from bridge_epidemic.neutralisation.antibodies import Antibodies
from bridge_epidemic.neutralisation.published import AntibodiesFound
from bridge_epidemic.ports import NotNegative, listed
from bridge_epidemic.scales import MOLECULE
from bridge_epidemic.tables.antibodies import LOWER_LIMIT, UPPER_LIMIT
from bridge_epidemic.tables.users import read

#: Columns whose cells are names that a flow lists.
NAMED = ("source", "study", "virus")

Limit = Annotated[float, "ug/mL", Within(0, strict=True)]


@model("antibody.table", scale=MOLECULE)
def table(
    ic50: File,
    sources: File,
    upper_limit: Limit = UPPER_LIMIT,
    lower_limit: Annotated[float, "ug/mL", NotNegative] = LOWER_LIMIT,
) -> AntibodiesFound:
    """Antibodies against variants, from a table of IC50s and one of whom each antibody came from.

    `ic50` has the columns antibody, virus and IC50, `sources` the columns antibody, source and study; both are
    comma-separated, in any order of columns and with any others beside, as jbloomlab/SARS2-RBD-escape-calc has them.
    IC50 is in ug/mL; one at `upper_limit` or above is censored, with or without a > before it, and one at
    `lower_limit` or below, with or without a <.

    Raises ValueError, with the line, for columns that are missing, more cells than columns, an IC50 that is no positive
    number or has a sign within the limits, an antibody or a measurement that is there twice, and an antibody without a
    source.
    """
    if lower_limit >= upper_limit:
        raise ValueError(
            f"lower_limit {lower_limit:g} ug/mL is not below upper_limit {upper_limit:g} ug/mL. Write the least and "
            "the greatest concentration tried, or lower_limit='0 ug/mL' for none."
        )
    origin: dict[str, tuple[str, str]] = {}
    for line, (antibody, source, study) in _rows(sources, ("antibody", "source", "study"), "sources"):
        if antibody in origin:
            raise ValueError(
                f"sources, line {line}: antibody {antibody!r} is there already. Give each its own name: changes of "
                "binding are told within one antibody of one study."
            )
        origin[antibody] = (source, study)
    order = {antibody: place for place, antibody in enumerate(origin)}
    measured: dict[tuple[int, str], float] = {}
    for line, (antibody, virus, value) in _rows(ic50, ("antibody", "virus", "IC50"), "ic50"):
        if antibody not in order:
            raise ValueError(
                f"ic50, line {line}: antibody {antibody!r} has no row in sources. Add one, or take it out."
            )
        if (order[antibody], virus) in measured:
            raise ValueError(f"ic50, line {line}: {antibody!r} against {virus!r} is there already. Keep one of them.")
        measured[order[antibody], virus] = _ic50(value, line, lower_limit, upper_limit)
    if not measured:
        raise ValueError("ic50 has no measurements. Write a row for each: antibody,virus,IC50.")
    variants = list(dict.fromkeys(virus for _, virus in measured))
    people, studies = (list(dict.fromkeys(each)) for each in zip(*origin.values(), strict=True))
    number = {variant: place for place, variant in enumerate(variants)}
    return AntibodiesFound(
        Antibodies(
            variants=listed(variants),
            sources=listed(people),
            studies=listed(studies),
            antibody=np.array([antibody for antibody, _ in measured], dtype=np.int64),
            variant=np.array([number[variant] for _, variant in measured], dtype=np.int64),
            ic50=np.array(list(measured.values())),
            source=np.array([people.index(source) for source, _ in origin.values()], dtype=np.int64),
            study=np.array([studies.index(study) for _, study in origin.values()], dtype=np.int64),
            lower_limit=lower_limit,
            upper_limit=upper_limit,
        ),
        len({antibody for antibody, _ in measured}),
    )


def _rows(file: File, columns: tuple[str, ...], what: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Line numbers and the cells of some columns. Raises ValueError for columns and cells that are missing."""
    for line, row in read(file.content, columns, f"table {what}").rows:
        cells = tuple(row[column] for column in columns)
        for column, cell in zip(columns, cells, strict=True):
            if not cell:
                raise ValueError(f"{what}, line {line}: {column} is empty. Write it, or take the row out.")
            if column in NAMED and any(mark in cell for mark in ",\n\r"):
                raise ValueError(
                    f"{what}, line {line}: {column} {cell!r} has a comma or a line break, which "
                    "separate names in a flow. Write it without."
                )
        yield line, cells


def _ic50(text: str, line: int, lower_limit: float, upper_limit: float) -> float:
    try:
        value = float(text.lstrip("<>=≥≤ "))
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise ValueError(f"ic50, line {line}: IC50 {text!r} is no positive number. Write it in ug/mL, like 0.013.")
    if text[0] in ">≥" and value < upper_limit:
        raise ValueError(f"ic50, line {line}: {text!r} is below the upper limit. Write upper_limit='{value:g} ug/mL'.")
    if text[0] in "<≤" and value > lower_limit:
        raise ValueError(f"ic50, line {line}: {text!r} is above the lower limit. Write lower_limit='{value:g} ug/mL'.")
    return value
