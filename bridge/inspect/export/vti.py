"""Fields as VTK ImageData (.vti), which ParaView, VisIt and PyVista open.

A field is a real array on a grid of two or three dimensions; one dimension more, of size 3 and named xyz or the
like, makes it a field of vectors. Dimensions named x, y and z lie along the axes of that name, others in their order.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from bridge.inspect.export.columns import coordinate
from bridge.store.runs import Run
from bridge.store.view import Leaf, Outputs, leaves
from bridge.units import Conversion, compatible

#: Names of a dimension of size 3 that counts the components of a vector.
VECTOR = ("xyz", "component", "components", "vector", "axis")
_AXES = {"x": 0, "y": 1, "z": 2}
#: How far from even a grid may be, as a part of its spacing.
_EVEN = 1e-6


@dataclass(frozen=True)
class Field:
    """An array to be written, with the outputs that are coordinates of its grid."""

    leaf: Leaf
    about: dict[str, str]
    dims: tuple[str, ...]
    vector: str | None
    coordinates: dict[str, Leaf | None]


@dataclass(frozen=True)
class Axis:
    """Where the points of a grid lie along one direction; ``note`` says how that is known."""

    size: int = 1
    origin: float = 0.0
    spacing: float = 1.0
    reverse: bool = False
    note: str = ""


def fields(run: Run, stages: dict[str, Outputs]) -> Iterator[Field]:
    """Every field of some stages of a run; nothing is read yet."""
    for stage, outputs in stages.items():
        found = list(leaves(outputs))
        for leaf in found:
            layout = grid(leaf)
            if layout:
                dims, vector = layout
                about = {"run": run.id, "stage": stage, "model": str(outputs._artifact.about.get("model", ""))}
                yield Field(leaf, about, dims, vector, {dim: coordinate(dim, leaf, found) for dim in dims})


def grid(leaf: Leaf) -> tuple[tuple[str, ...], str | None] | None:
    """Dimensions of the grid of a field, and the one that counts components; None for what is no field."""
    spec = leaf.spec
    if spec["kind"] != "array" or 0 in spec["shape"] or spec["dtype"] not in _types():
        return None
    dims = tuple(spec["dims"])
    vector = next((d for d, n in zip(dims, spec["shape"], strict=True) if d in VECTOR and n == 3), None)
    dims = tuple(dim for dim in dims if dim != vector)
    return (dims, vector) if len(dims) in (2, 3) else None


def _types() -> dict[str, tuple[str, str]]:
    """Numbers that VTK has, and what the others are widened to: its name, and the bytes in the file."""
    same = {
        f"{word}{bits}": (f"{word.replace('uint', 'UInt').replace('int', 'Int')}{bits}", f"<{letter}{bits // 8}")
        for word, letter in (("int", "i"), ("uint", "u"))
        for bits in (8, 16, 32, 64)
    }
    real = {"float16": ("Float32", "<f4"), "float32": ("Float32", "<f4"), "float64": ("Float64", "<f8")}
    return same | real | {"bool": ("UInt8", "<u1")}


def write_vti(field: Field, path: Path) -> None:
    """Write one field; its name is that of its port, its unit is VTK's UNITS_LABEL."""
    by_place = dict(zip(_places(field.dims), _axes(field), strict=True))
    three = [by_place.get(place, Axis()) for place in range(3)]
    extent = " ".join(f"0 {axis.size - 1}" for axis in three)
    numbers = {
        "WholeExtent": extent,
        "Origin": " ".join(repr(axis.origin) for axis in three),
        "Spacing": " ".join(repr(axis.spacing) for axis in three),
    }
    type_, layout = _types()[field.leaf.spec["dtype"]]
    content = _in_order(field, three).astype(layout).tobytes()
    sized = len(content).to_bytes(8, "little") + content
    name, unit = field.leaf.name, field.leaf.spec["unit"]
    role = "Vectors" if field.vector else "Scalars"
    notes = {**field.about, "unit": unit, "note": "; ".join(axis.note for axis in three if axis.note)}
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<VTKFile type="ImageData" version="1.0" byte_order="LittleEndian" header_type="UInt64">',
        f"<ImageData {' '.join(f'{key}={quoteattr(text)}' for key, text in numbers.items())}>",
        "<FieldData>",
        *(_words(key, text) for key, text in notes.items()),
        "</FieldData>",
        f'<Piece Extent="{extent}">',
        f"<PointData {role}={quoteattr(name)}>",
        f'<DataArray type="{type_}" Name={quoteattr(name)} NumberOfComponents="{3 if field.vector else 1}" '
        'format="binary">',
        base64.b64encode(sized).decode(),  # VTK looks for it right after the tag
        f'<InformationKey name="UNITS_LABEL" location="vtkDataArray">{escape(unit)}</InformationKey>',
        "</DataArray>",
        "</PointData>",
        "<CellData/>",
        "</Piece>",
        "</ImageData>",
        "</VTKFile>",
        "",
    ]
    path.write_text("\n".join(lines), encoding="utf-8")


def _places(dims: Sequence[str]) -> list[int]:
    """Which of VTK's axes each dimension lies along."""
    return [_AXES[dim] for dim in dims] if set(dims) <= set(_AXES) else list(range(len(dims)))


def _axes(field: Field) -> list[Axis]:
    """The axis of each dimension; lengths in different units are converted to that of the first."""
    shape = dict(zip(field.leaf.spec["dims"], field.leaf.spec["shape"], strict=True))
    units = [leaf.spec["unit"] for leaf in field.coordinates.values() if leaf]
    return [_axis(dim, shape[dim], field.coordinates[dim], units[0] if units else "1") for dim in field.dims]


def _axis(dim: str, size: int, leaf: Leaf | None, unit: str) -> Axis:
    if leaf is None:
        return Axis(size, note=f"{dim} counts points: no output of that name says where they are")
    own = leaf.spec["unit"]
    shown = unit if compatible(own, unit) else own
    along = np.asarray(Conversion(own, shown).array(leaf.value()), float)
    spacing = float(along[-1] - along[0]) / (size - 1) if size > 1 else 1.0
    if spacing == 0 or np.abs(along - (along[0] + spacing * np.arange(size))).max() > _EVEN * abs(spacing):
        return Axis(
            size, note=f"{dim} counts points: they are not evenly spaced, from {along[0]:g} to {along[-1]:g} {own}"
        )
    first = float(along[0] if spacing > 0 else along[-1])
    return Axis(size, first, abs(spacing), spacing < 0, f"{dim} is in {shown}")


def _in_order(field: Field, three: Sequence[Axis]) -> np.ndarray:
    """Values as VTK has them: x runs fastest, the components of a vector within each point."""
    dims, array = list(field.leaf.spec["dims"]), field.leaf.value()
    placed = sorted(zip(_places(field.dims), field.dims, strict=True), reverse=True)
    order = [dims.index(dim) for _, dim in placed] + ([dims.index(field.vector)] if field.vector else [])
    turned = np.transpose(array, order)
    flips = tuple(slice(None, None, -1 if three[place].reverse else 1) for place, _ in placed)
    return np.ascontiguousarray(turned[flips])


def _words(name: str, text: str) -> str:
    """A text among VTK's field data: the codes of its bytes, ended by zero."""
    codes = itertools.chain(text.encode(errors="backslashreplace").replace(b"\0", b" "), (0,))
    return (
        f'<Array type="String" Name={quoteattr(name)} NumberOfTuples="1" format="ascii">'
        f"{' '.join(map(str, codes))}</Array>"
    )
