"""The picture that suits a sweep: lines, a map, or pairs."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.inspect.pictures.lines import over_one, over_two
from bridge.inspect.pictures.maps import over_plane
from bridge.inspect.pictures.pairs import pairs
from bridge.inspect.pictures.plot import Plot
from bridge.inspect.pictures.swept import Swept, Varied, swept

if TYPE_CHECKING:
    import xarray

#: Results that one picture has panels for; values of an axis that are lines of their own beside another.
PANELS, LINES = 6, 7


def picture_of(dataset: xarray.Dataset, path: str | Path, suffix: str = ".png") -> list[Path]:
    """Draw a sweep's numbers into the folder ``path``, six to a picture at most; the files come back.

    Raises ContractError where matplotlib is missing and the suffix is not ``.svg``.
    """
    return [plot.save(Path(path) / f"{stem}{suffix}") for stem, plot in sweep_plots(swept(dataset))]


def sweep_plots(found: Swept) -> list[tuple[str, Plot]]:
    """The pictures of a sweep, each with the name of its file.

    One axis: lines; two: maps, or lines where one has few values or names; more, and samples: every output against
    every input.
    """
    if not found.results or not found.axes:
        return []
    drawn = []
    for start in range(0, len(found.results), PANELS):
        part = dataclasses.replace(found, results=found.results[start : start + PANELS])
        number = f"-{start // PANELS + 1}" if len(found.results) > PANELS else ""
        name, plot = _drawn(part)
        drawn.append((f"{name}{number}", plot))
    return drawn


def _drawn(part: Swept) -> tuple[str, Plot]:
    dims, axes = part.dims, part.axes
    samples = dims[0] in ("sample", "sample_dim")
    if len(axes) == 1:
        return "sweep", over_one(part, samples)
    if len(axes) == 2 and len(dims) == 2 and not samples:
        along = _along(*axes)
        return "sweep", over_plane(part) if along is None else over_two(part, along)
    return "pairs", pairs(part)


def _along(first: Varied, second: Varied) -> int | None:
    """The axis that lines run along while the other one names them; None where a map shows more."""
    few = [len(axis.values) <= LINES for axis in (first, second)]
    if first.words and second.words:
        return None
    for along, beside in ((0, second), (1, first)):
        numbers = (first, second)[along].words is None
        if numbers and few[1 - along] and (beside.words or len(beside.values) < 3):
            return along
    if first.words or second.words:
        return None
    return (1 if len(first.values) < 3 else 0) if min(len(first.values), len(second.values)) < 3 else None
