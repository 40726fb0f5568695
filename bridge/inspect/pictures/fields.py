"""Fields as maps of coloured cells, coarsened by the means of blocks to what a picture can show."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from bridge.errors import ContractError
from bridge.inspect.pictures.drawing import over_decades
from bridge.inspect.pictures.leaf import leaf_of, read
from bridge.inspect.pictures.plot import Axis, Cells, Floats, Panel, Plot
from bridge.store.view import Outputs

#: Cells of a picture along a side.
MOST = 256
#: Width of the inside of a panel with a colour bar, and least and largest height, in CSS pixels.
_WIDE, _LOW, _HIGH = 270.0, 80.0, 400.0


def field_plot(outputs: Outputs, port: str) -> Plot:
    """A field over its last two dimensions; of more dimensions the slice in the middle of the others.

    Above 256 points a side it is coarsened by means of blocks; the note says so. Raises UnknownPort, and ContractError
    for what has fewer than two dimensions or is no number.
    """
    shape = leaf_of(outputs, port).spec.get("shape", ())
    if len(shape) < 2:
        raise ContractError(f"{outputs._at}.{port} has {len(shape)} dimensions: a map is drawn of two or more.")
    drawn = read(outputs, port)
    middle = tuple(size // 2 for size in drawn.values.shape[:-2])
    above = zip(drawn.dims, middle, drawn.values.shape, strict=False)
    said = [f"{dim} {at} of 0..{size - 1}" for dim, at, size in above]
    last = drawn.values.ndim
    panel = map_panel(drawn.values[middle], drawn.along(last - 2), drawn.along(last - 1), drawn.label)
    return Plot((dataclasses.replace(panel, note=", ".join(filter(None, [*said, panel.note]))),))


def map_panel(values: Floats, up: tuple[Floats, str], across: tuple[Floats, str], title: str) -> Panel:
    """A map of ``values[row, column]`` at places up and across, each with the name of its axis.

    Places that neither rise nor fall all the way are counted from nought instead.
    """
    y, y_said, values = _rising(*up, values, 0)
    x, x_said, values = _rising(*across, values, 1)
    rows, columns = (-(-size // MOST) or 1 for size in values.shape)
    shown = block_means(values, (rows, columns))
    y, x = block_means(y[:, None], (rows, 1))[:, 0], block_means(x[:, None], (columns, 1))[:, 0]
    note = f"means of {rows} × {columns} points" if rows * columns > 1 else ""
    cells = Cells(x, y, shown, title, over_decades(shown))
    return Panel(Axis(x_said), Axis(y_said), (cells,), note=note, height=_height((x, x_said), (y, y_said)))


def _rising(places: Floats, said: str, values: Floats, axis: int) -> tuple[Floats, str, Floats]:
    steps = np.diff(places)
    if np.all(steps > 0) and np.isfinite(places).all():
        return places, said, values
    if np.all(steps < 0) and np.isfinite(places).all():
        return places[::-1], said, np.flip(values, axis)
    return np.arange(len(places), dtype=float), f"{said.partition(' (')[0]} (counted from 0)", values


def _height(across: tuple[Floats, str], up: tuple[Floats, str]) -> float | None:
    """As high as is true to scale, where both sides are in one unit; within limits."""
    sizes = [np.ptp(places) * len(places) / max(len(places) - 1, 1) for places, _ in (across, up)]
    units = {said.rpartition(" (")[2] for _, said in (across, up)}
    if len(units) > 1 or not all(np.isfinite(sizes)) or not sizes[0]:
        return None
    return float(np.clip(_WIDE * (sizes[1] / sizes[0]), _LOW, _HIGH))


def block_means(values: Floats, steps: tuple[int, int]) -> Floats:
    """Means over blocks of so many rows and columns, of what numbers there are; those at the edge may be smaller."""
    if max(steps) == 1:
        return values
    there = np.isfinite(values)
    starts = [np.arange(0, size, step) for size, step in zip(values.shape, steps, strict=True)]

    def summed(numbers: Any) -> Any:
        return np.add.reduceat(np.add.reduceat(numbers, starts[0], axis=0), starts[1], axis=1)

    count = summed(there.astype(float))
    total = summed(np.where(there, values, 0.0))
    return np.asarray(np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0))
