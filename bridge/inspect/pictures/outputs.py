"""Outputs of stages: series over their coordinate, single numbers side by side, several runs on one picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bridge.errors import ContractError
from bridge.inspect.pictures.drawing import over_decades, spaced_by_ratio
from bridge.inspect.pictures.fields import field_plot
from bridge.inspect.pictures.leaf import Drawn, leaf_of, read
from bridge.inspect.pictures.plot import Axis, Band, Line, Mark, Panel, Plot
from bridge.inspect.pictures.shades import INKS
from bridge.store.view import Outputs

#: Points beyond which standard errors are a band, and no bars.
BARS = 60


def output_plot(outputs: Sequence[tuple[str, Outputs]], port: str) -> Plot:
    """One output of one run or of several, each with its legend: a series is a line, a number a point, a field a map.

    A series stands over the output named like its dimension, if there is one. All are drawn in the unit of the first.
    Raises UnknownPort; ContractError for what is no number, for fields of several runs, and for units that differ
    in kind.
    """
    if not outputs:
        raise ContractError("no run was given to draw an output of.")
    shape = leaf_of(outputs[0][1], port).spec.get("shape", ())
    if len(shape) > 1 and len(outputs) == 1:
        return field_plot(outputs[0][1], port)
    first = read(outputs[0][1], port)
    found = [(legend, first if n == 0 else read(one, port, first.unit)) for n, (legend, one) in enumerate(outputs)]
    dimensions = {drawn.values.ndim for _, drawn in found}
    if len(dimensions) > 1 or dimensions > {0, 1} or max(dimensions) > 1:
        told = ", ".join(str(drawn.values.ndim) for _, drawn in found)
        raise ContractError(f"{port} has {told} dimensions: series and numbers are drawn over one another, no others.")
    return _numbers(found) if dimensions == {0} else _series(found)


def _series(found: Sequence[tuple[str, Drawn]]) -> Plot:
    first = found[0][1]
    same = all(drawn.dims == first.dims and drawn.coordinates.keys() == first.coordinates.keys() for _, drawn in found)
    marks: list[Mark] = []
    places = []
    for number, (legend, drawn) in enumerate(found):
        x = drawn.along(0)[0] if same else np.arange(len(drawn.values), dtype=float)
        places.append(x)
        marks += _line(x, drawn, legend, number)
    label = first.along(0)[1] if same else "counted from 0"
    across = Axis(label, log=bool(same and first.coordinates) and all(map(spaced_by_ratio, places)))
    up = Axis(first.label, log=over_decades(np.concatenate([drawn.values for _, drawn in found])))
    return Plot((Panel(across, up, tuple(marks), note=_note(found)),))


def _line(x: np.ndarray, drawn: Drawn, legend: str, number: int) -> list[Mark]:
    colour, again = number % INKS, number >= INKS
    if drawn.errors is None or len(x) <= BARS:
        return [Line(x, drawn.values, legend, drawn.errors, colour=colour, dashed=again)]
    band = Band(x, drawn.values - drawn.errors, drawn.values + drawn.errors, colour)
    return [band, Line(x, drawn.values, legend, colour=colour, dashed=again)]


def _numbers(found: Sequence[tuple[str, Drawn]]) -> Plot:
    """Single numbers, a point a run."""
    values = np.array([float(drawn.values) for _, drawn in found])
    errors = [np.nan if drawn.errors is None else float(drawn.errors) for _, drawn in found]
    there = errors if np.isfinite(errors).any() else None
    first = found[0][1]
    line = Line(np.arange(len(values)), values, errors=there, joined=False)
    across = Axis("", words=tuple(legend for legend, _ in found))
    return Plot((Panel(across, Axis(first.label, log=over_decades(values)), (line,), note=_note(found)),))


def _note(found: Sequence[tuple[str, Drawn]]) -> str:
    longest = max((drawn.errors.size for _, drawn in found if drawn.errors is not None), default=0)
    return f"{'bands' if longest > BARS else 'bars'}: standard errors" if longest else ""
