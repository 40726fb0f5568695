"""An output of two runs as pictures: curves over one another with their difference, fields beside theirs."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from bridge.errors import ContractError
from bridge.inspect.explain.by_scale import Apart, Floats, Plane
from bridge.inspect.explain.by_scale_text import lengths, percent
from bridge.inspect.explain.curves import Curve, difference
from bridge.inspect.pictures.drawing import label, over_decades, spaced_by_ratio
from bridge.inspect.pictures.plot import Axis, Band, Line, Mark, Panel, Plot, Rule
from bridge.inspect.pictures.scales import comparison_picture
from bridge.inspect.pictures.svg import svg
from bridge.inspect.pictures.ticks import number
from bridge.inspect.web.fields.colours import palette
from bridge.inspect.web.fields.png import png
from bridge.inspect.web.fields.shading import Shades, bar

#: Width of pictures of curves.
_WIDE, _NARROW = 760.0, 440.0
#: How many times longer one side of a picture may be than the other before it is drawn as a square.
_LONG = 4


@dataclass(frozen=True)
class Seen:
    """A field as a picture: where its bytes stand, what is to be seen, whether its cells are no squares."""

    title: str
    source: str
    alt: str
    stretched: bool


@dataclass(frozen=True)
class Fields:
    """A, B and B - A as pictures with the bars of their colours; the first two have one."""

    pictures: tuple[Seen, Seen, Seen]
    bars: tuple[Markup, Markup]


@dataclass(frozen=True)
class ScaleRow:
    """What is at one scale: the energies of both fields, their difference, and how well they go together."""

    length: str
    a: str
    b: str
    error: str
    relative: str
    correlation: str


def curves(one: Curve, other: Curve, name: str) -> tuple[Markup, str]:
    """Both curves in one panel, B - A in another; and what is to be said of them."""
    gap, said = difference(one, other)
    along = one.dim if one.numbered else label(one.dim, one.along_unit)
    x = Axis(along, log=not one.numbered and spaced_by_ratio(one.along))
    both = np.concatenate([one.values, other.values])
    y = Axis(label(name, one.unit), log=over_decades(both))
    marks: list[Mark] = []
    for number_, (found, word) in enumerate(((one, "A"), (other, "B"))):
        if found.errors is not None:
            marks.append(Band(found.along, found.values - found.errors, found.values + found.errors, number_))
        marks.append(Line(found.along, found.values, word, colour=number_, dashed=bool(number_), marked=len(both) < 80))
    panels = [Panel(x, y, tuple(marks))]
    if np.isfinite(gap).any():
        lower = (Rule(0.0), Line(one.along, gap, "B − A", colour=6, marked=len(gap) < 40))
        panels.append(Panel(x, Axis(label("difference", one.unit)), lower, height=130))
    return Markup(svg(Plot(tuple(panels), shared=True), _WIDE)), " ".join(
        (*dict.fromkeys((*one.remarks, *other.remarks)), said)
    )


def fields(plane: Plane, unit: str, down: bool) -> Fields:
    """Pictures of both fields in the same colours, and of their difference around nought. Raises ContractError."""
    there = np.concatenate([plane.a[np.isfinite(plane.a)], plane.b[np.isfinite(plane.b)]])
    if not there.size:
        raise ContractError("there is no number at this place of either field.")
    shades = Shades(float(there.min()), float(there.max()), log=over_decades(there))
    with np.errstate(over="ignore", invalid="ignore"):
        gap = plane.difference
    size = float(np.abs(gap[np.isfinite(gap)]).max(initial=0.0)) or 1.0
    apart = Shades(-size, size)
    pictures = (
        _seen("A", plane.a, shades, "viridis", unit, down),
        _seen("B", plane.b, shades, "viridis", unit, down),
        _seen("B − A", gap, apart, "blue-red", unit, down),
    )
    return Fields(
        pictures, (bar(shades, "viridis", _bar("A and B", unit)), bar(apart, "blue-red", _bar("B − A", unit)))
    )


def _bar(name: str, unit: str) -> str:
    return f"{name} ({unit})" if unit else name


def _seen(title: str, values: Floats, shades: Shades, colours: str, unit: str, down: bool) -> Seen:
    entries = shades.entries(values)
    content = png(np.ascontiguousarray(entries if down else entries[::-1]), palette(colours))
    there = values[np.isfinite(values)]
    span = (
        f"{number(float(there.min()))} to {number(float(there.max()))} {unit}".strip() if there.size else "no numbers"
    )
    height, width = values.shape
    return Seen(
        title,
        f"data:image/png;base64,{base64.b64encode(content).decode()}",
        f"{title}: {height} × {width} cells, {span}",
        max(height, width) > _LONG * min(height, width),
    )


def by_scale(found: Apart) -> tuple[tuple[Markup, ...], list[ScaleRow]] | None:
    """Energies, difference and correlation at every scale, drawn and in rows; None where there is no scale."""
    if found.scales is None:
        return None
    compared = found.scales
    last = len(compared.correlation) - 1

    def said(values: Any, place: int) -> str:
        return number(float(np.asarray(getattr(values, "magnitude", values), float)[place]), 3)

    rows = [
        ScaleRow(
            f"{'≥ ' if place == last else ''}{length}",
            said(compared.other_energy, place),
            said(compared.energy, place),
            said(compared.error, place),
            percent(float(relative)) if np.isfinite(relative) else "",
            f"{correlation:.4f}" if np.isfinite(correlation) else "",
        )
        for place, (length, relative, correlation) in enumerate(
            zip(lengths(compared), compared.relative.tolist(), compared.correlation.tolist(), strict=True)
        )
    ]
    panels = comparison_picture(compared, "B", "A").apart()  # each as wide as a phone has room for
    return tuple(Markup(svg(one, _NARROW)) for one in panels), rows
