"""One output of two runs, looked at closely: read, compared, drawn; what costs time is kept for the next look."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup
from starlette.requests import Request

from bridge.errors import BridgeError
from bridge.inspect.explain.by_scale import Apart, apart, plane_of
from bridge.inspect.explain.by_scale_text import percent, sentence
from bridge.inspect.explain.curves import curve, in_units_of
from bridge.inspect.pictures.drawing import unit_words
from bridge.inspect.pictures.ticks import number
from bridge.inspect.web.asked import Asked, BadRequest
from bridge.inspect.web.comparing.awaited import COMPARISONS
from bridge.inspect.web.comparing.pictures import Fields, ScaleRow, by_scale, curves, fields
from bridge.inspect.web.comparing.ports import Choice
from bridge.inspect.web.fields.asking import upwards, usual_axes
from bridge.inspect.web.fields.opened import contents_of, opened
from bridge.inspect.web.site import site_of
from bridge.store.pyramids.levels import FieldLevels

#: Seconds that a page waits for a comparison before it says that it is being made; and when it asks again.
PATIENCE = (1.5, 10.0)


@dataclass(frozen=True)
class Held:
    """A dimension that a picture goes through at one place."""

    name: str
    dim: str
    at: int
    last: int


@dataclass(frozen=True)
class Looked:
    """What is to be shown of one output of both runs; ``wrong`` says why it is nothing.

    ``waits`` where the fields are still being compared.
    """

    wrong: str = ""
    waits: bool = False
    curves: Markup | None = None
    fields: Fields | None = None
    facts: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()
    up: str = ""
    across: str = ""
    level: str = ""
    held: tuple[Held, ...] = ()
    sentence: str = ""
    scales: tuple[Markup, ...] = ()
    rows: tuple[ScaleRow, ...] = ()


def looked(request: Request, choice: Choice) -> Looked:
    """Look at an output of both runs; what cannot be compared says why. Raises BadRequest."""
    try:
        if choice.kind == "field":
            return _fields(request, choice)
        if choice.kind == "curve":
            return _curves(request, choice)
    except BadRequest:
        raise
    except BridgeError as reason:
        return Looked(str(reason))
    return Looked("this output is neither a curve nor a field of numbers: it is not drawn.")


def _curves(request: Request, choice: Choice) -> Looked:
    site = site_of(request)
    one, other = (curve(site.artifact(key), choice.path) for key in choice.keys)
    picture, said = curves(one, in_units_of(one, other), choice.path[-1])
    return Looked(curves=picture, remarks=(said,) if said else ())


def _fields(request: Request, choice: Choice) -> Looked:
    asked = Asked(request)

    def levels() -> tuple[FieldLevels, FieldLevels]:
        return opened(request, choice.keys[0], choice.path).levels, opened(request, choice.keys[1], choice.path).levels

    patience = PATIENCE[asked.whole("again", 0, 0, 1)]
    which = contents_of(request, choice.keys, choice.path)
    found = COMPARISONS.soon((which, choice.keys, choice.path), lambda: apart(*levels()), patience)
    if found is None:
        return Looked(waits=True)
    one, other = levels()
    axes = usual_axes(one)
    finer = max(one.shape, other.shape)
    held = {
        axis: asked.whole(f"at{axis}", (size - 1) // 2, 0, size - 1)
        for axis, size in enumerate(finer)
        if axis not in axes
    }
    plane = plane_of(one, other, axes, held)
    drawn = by_scale(found)
    level = f"means of blocks of {2 ** max(plane.levels)} a side" if max(plane.levels) else "every point"
    return Looked(
        fields=fields(plane, unit_words(plane.unit), not upwards(one, axes[0])),
        facts=_facts(found),
        remarks=found.remarks,
        up=_extent(one, axes[0]),
        across=_extent(one, axes[1]),
        level=level,
        held=tuple(Held(f"at{axis}", dim, at, size - 1) for axis, dim, at, size in plane.held),
        sentence=sentence(found.scales) if found.scales is not None else "",
        scales=drawn[0] if drawn else (),
        rows=tuple(drawn[1]) if drawn else (),
    )


def _extent(field: FieldLevels, axis: int) -> str:
    """A dimension with its ends, where its coordinate is known."""
    dim = field.dims[axis]
    known = field.coordinates.get(dim)
    if known is None:
        return f"{dim}, {field.shape[axis]:,} points"
    values = known.values()
    ends = f"{number(float(values[0]))} … {number(float(values[-1]))}"
    return f"{dim} {ends} {unit_words(known.unit)}".rstrip()


def _facts(found: Apart) -> tuple[tuple[str, str], ...]:
    """The difference in numbers."""
    unit = unit_words(found.unit)

    def said(value: float) -> str:
        return f"{number(value)} {unit}".rstrip()

    relative = f", {percent(found.relative)} of that of A" if found.relative is not None else ""
    facts = [
        ("lowest B − A", said(found.low)),
        ("highest B − A", said(found.high)),
        ("mean B − A", said(found.mean)),
        ("root mean square", said(found.rms) + relative),
        ("furthest apart at", ", ".join(found.where)),
    ]
    if found.count < found.points:
        facts.append(("compared", f"{found.count:,} of {found.points:,} points: the others are missing in A or B"))
    return tuple(facts)
