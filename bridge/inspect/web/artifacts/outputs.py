"""What an artifact holds, sorted by how one looks at it: numbers, small tables, lines, fields, atoms, files."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from markupsafe import Markup

from bridge.errors import BridgeError
from bridge.inspect.pictures.drawing import unit_words
from bridge.inspect.pictures.leaf import is_own_picture
from bridge.inspect.pictures.ticks import number
from bridge.inspect.web.words import link
from bridge.store.groups import UNFIT
from bridge.store.pyramids.axes import is_field
from bridge.store.view import Leaf, Outputs, leaves

#: Numbers of an array that are written out, of one that has no coordinate.
FEW = 12
#: Lines that are drawn on one page; more are named.
DRAWN = 36
#: Arrays above this many bytes are not read to be drawn small.
LARGE = 64 * 2**20
#: Characters of a text that stands among the numbers.
SHORT = 80
#: Atoms whose places are written out.
ATOMS = 200


@dataclass(frozen=True)
class Said:
    """A number, or a short text."""

    name: str
    value: str
    exact: str
    unit: str
    error: str
    valid: str


@dataclass(frozen=True)
class Small:
    """An array written out, a row for each place of all dimensions but the last."""

    name: str
    over: str
    unit: str
    rows: tuple[tuple[str, ...], ...]
    port: str


@dataclass(frozen=True)
class Large:
    """An array to be looked at on a page of its own; ``drawn`` is its line, ``picture`` where that of a field is."""

    name: str
    layout: str
    unit: str
    span: str
    port: str
    drawn: Markup | None = None
    picture: str = ""


@dataclass(frozen=True)
class Body:
    """Atoms: what they are, the cell they are in, and where the first of them are."""

    name: str
    formula: str
    count: int
    cell: str
    periodic: str
    places: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Filed:
    """A file, or a picture."""

    name: str
    media_type: str
    size: int
    picture: bool
    address: str
    page: bool


@dataclass
class Shown:
    """All outputs of an artifact."""

    numbers: list[Said] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    small: list[Small] = field(default_factory=list)
    lines: list[Large] = field(default_factory=list)
    named: list[Large] = field(default_factory=list)
    fields: list[Large] = field(default_factory=list)
    atoms: list[Body] = field(default_factory=list)
    files: list[Filed] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)

    @property
    def has_errors(self) -> bool:
        """Whether a number comes with its standard error."""
        return any(one.error for one in self.numbers)


def shown(outputs: Outputs, key: str, context: Mapping[str, Any]) -> Shown:
    """Sort what an artifact holds; what cannot be read is named with its reason. ``context`` goes into addresses."""
    found, all_of = Shown(), list(leaves(outputs))
    errors = _errors(all_of)
    for leaf in all_of:
        try:
            _sort(found, leaf, outputs, key, context, errors)
        except (BridgeError, *UNFIT) as reason:
            said = str(reason) if isinstance(reason, BridgeError) else "it is not what its artifact declares."
            found.unread.append((leaf.name, said))
    return found


def _sort(
    found: Shown, leaf: Leaf, outputs: Outputs, key: str, context: Mapping[str, Any], errors: Mapping[str, Leaf]
) -> None:
    kind = leaf.spec["kind"]
    if kind == "file":
        found.files.append(_file(leaf, key))
    elif kind == "atoms":
        found.atoms.append(_body(leaf))
    elif kind == "array":
        _array(found, leaf, outputs, key, context)
    elif kind == "str" and (len(leaf.value()) > SHORT or "\n" in leaf.value()):
        found.texts.append((leaf.name, leaf.value()))
    elif leaf.name not in {one.name for one in errors.values()}:
        found.numbers.append(_said(leaf, errors.get(leaf.name)))


def _errors(all_of: list[Leaf]) -> dict[str, Leaf]:
    """Single numbers that are standard errors, by what they are the errors of."""
    by_name = {leaf.name: leaf for leaf in all_of}
    found = {}
    for leaf in all_of:
        of = leaf.spec.get("standard_error_of")
        whole = ".".join((*leaf.path[:-1], str(of)))
        if (
            of
            and leaf.spec["kind"] == "float"
            and by_name.get(whole, leaf).spec["kind"] == "float"
            and whole in by_name
        ):
            found[whole] = leaf
    return found


def _said(leaf: Leaf, error: Leaf | None) -> Said:
    value, unit = leaf.value(), unit_words(str(leaf.spec.get("unit", "")))
    text = number(value, 6) if isinstance(value, float) else str(value)
    wrong = ""
    if error is not None:
        there = str(error.spec.get("unit", ""))
        wrong = f"{number(error.value(), 2)}{'' if there == leaf.spec.get('unit') else ' ' + unit_words(there)}"
    valid = leaf.kind().valid
    return Said(leaf.name, text, repr(value) if text != str(value) else "", unit, wrong, str(valid or ""))


def port_address(leaf: Leaf, key: str, context: Mapping[str, Any]) -> str:
    """Where an output has a page of its own."""
    return link("artifacts", key, "port", path=leaf.name, **context)


def _array(found: Shown, leaf: Leaf, outputs: Outputs, key: str, context: Mapping[str, Any]) -> None:
    shape, dims = leaf.spec["shape"], leaf.spec.get("dims", ())
    count = math.prod(shape)
    unit, port = unit_words(str(leaf.spec.get("unit", ""))), port_address(leaf, key, context)
    over = " × ".join(f"{dim} {n}" for dim, n in zip(dims, shape, strict=False))
    if count <= FEW and not (len(shape) == 1 and count > 3 and _coordinate(leaf, outputs)):
        found.small.append(Small(leaf.name, over, unit, _rows(leaf.value()), port if count else ""))
        return
    about = Large(leaf.name, over, unit, "", port)
    if len(shape) > 1 and is_field(leaf.spec):
        thumbnail = link("artifacts", key, "tile", path=leaf.name, form=1)
        found.fields.append(Large(leaf.name, over, unit, "", port, picture=thumbnail))
    elif len(shape) != 1 or not is_own_picture(leaf) or _large(leaf) or len(found.lines) >= DRAWN:
        found.named.append(_spanned(leaf, about))
    else:
        found.lines.append(_line(leaf, outputs, about))


def _coordinate(leaf: Leaf, outputs: Outputs) -> bool:
    """Whether an output beside it is named like its dimension."""
    fields: Any = outputs._fields
    for above in leaf.path[:-1]:
        fields = fields[above]["fields"]
    beside = fields.get(leaf.spec["dims"][0], {})
    return bool(beside.get("shape") == leaf.spec["shape"] and leaf.spec["dims"][0] != leaf.path[-1])


def _large(leaf: Leaf) -> bool:
    return bool(math.prod(leaf.spec["shape"]) * np.dtype(leaf.spec["dtype"]).itemsize > LARGE)


def _spanned(leaf: Leaf, about: Large) -> Large:
    if _large(leaf):
        return about
    return Large(about.name, about.layout, about.unit, span_of(leaf.value()), about.port)


def _line(leaf: Leaf, outputs: Outputs, about: Large) -> Large:
    from bridge.inspect.pictures.outputs import output_plot
    from bridge.inspect.pictures.svg import svg

    drawn = Markup(svg(output_plot([("", outputs)], leaf.name), 380))
    return Large(about.name, about.layout, about.unit, span_of(leaf.value()), about.port, drawn)


def span_of(values: np.ndarray) -> str:
    """Lowest and highest of the finite numbers of an array, and how many are not."""
    if values.dtype.kind == "b":
        return f"{int(values.sum())} of {values.size} true"
    real = np.abs(values) if values.dtype.kind == "c" else values
    there = real[np.isfinite(real)]
    lost = real.size - there.size
    said = " … ".join(_end(end) for end in (there.min(), there.max())) if there.size else "no finite number"
    return said + (f", {lost} missing" if lost else "")


def _end(value: Any) -> str:
    return str(value).replace("-", "−") if value.dtype.kind in "iu" else number(float(value))


def _rows(values: np.ndarray) -> tuple[tuple[str, ...], ...]:
    if not values.size:
        return ()
    rows = values.reshape(-1, values.shape[-1]) if values.ndim else values.reshape(1, 1)
    return tuple(tuple(written(one) for one in row.tolist()) for row in rows)


def written(value: Any) -> str:
    """A number of a table."""
    if isinstance(value, float):
        return number(value, 6)
    if isinstance(value, complex):
        return f"{value.real:.6g} {'+' if value.imag >= 0 or math.isnan(value.imag) else '−'} {abs(value.imag):.6g} i"
    return str(value)


def _body(leaf: Leaf) -> Body:
    atoms = leaf.value()
    sides, angles = atoms.cell.cellpar()[:3], atoms.cell.cellpar()[3:]
    cell = f"{' × '.join(number(x, 5) for x in sides)} Å, {', '.join(f'{number(x, 4)}°' for x in angles)}"
    along = [axis for axis, periodic in zip("abc", atoms.pbc, strict=True) if periodic]
    places = tuple(
        (str(i), symbol, *(number(float(x), 6) for x in place))
        for i, (symbol, place) in enumerate(
            zip(atoms.get_chemical_symbols()[:ATOMS], atoms.positions[:ATOMS], strict=True)
        )
    )
    said = f"periodic along {', '.join(along)}" if along else "not periodic"
    return Body(leaf.name, atoms.get_chemical_formula(), len(atoms), cell if any(sides) else "none", said, places)


def _file(leaf: Leaf, key: str) -> Filed:
    media = str(leaf.spec.get("media_type", ""))
    size, picture = int(leaf.spec["shape"][0]), bool(leaf.spec.get("picture"))
    address = link("artifacts", key, "file", path=leaf.name)
    return Filed(leaf.name, media, size, picture, address, media == "text/html")
