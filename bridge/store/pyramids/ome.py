"""OME-NGFF 0.5: what other tools read of a pyramid (https://ngff.openmicroscopy.org/0.5/).

Three images share the field itself as their finest level: means, minima and maxima of blocks. The format asks for two
or three axes of space, which come last, and for at most one of time and one of anything else before them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.errors import DeclarationError

_TIMES = ("t", "time")
#: Units that the format names: pint spells them the same.
_PREFIXES = (
    "", "yocto", "zepto", "atto", "femto", "pico", "nano", "micro", "milli", "centi", "deci",
    "hecto", "kilo", "mega", "giga", "tera", "peta", "exa", "zetta", "yotta",
)  # fmt: skip
_LENGTHS = {*(f"{prefix}meter" for prefix in _PREFIXES), "angstrom", "foot", "inch", "mile", "parsec", "yard"}
_SECONDS = {*(f"{prefix}second" for prefix in _PREFIXES), "minute", "hour", "day"}


def axis_types(dims: Sequence[str], halved: Sequence[int]) -> list[str | None] | None:
    """What each axis is, ``space``, ``time`` or something else (None); None if the format cannot say it."""
    space = list(halved)
    for axis in range(len(dims) - 1, -1, -1):  # a picture has two axes
        if len(space) < 2 and axis not in space:
            space.append(axis)
    types = ["space" if axis in space else "time" if dims[axis] in _TIMES else None for axis in range(len(dims))]
    rest = [kind for kind in types if kind != "space"]
    if not 2 <= len(dims) <= 5 or len(set(dims)) < len(dims) or rest.count("time") > 1 or rest.count(None) > 1:
        return None
    return types


def stored_order(dims: Sequence[str], halved: Sequence[int]) -> tuple[int, ...]:
    """The order in which the format wants axes: time, then another index, then space."""
    types = axis_types(dims, halved)
    if types is None:
        return tuple(range(len(dims)))
    rank = {"time": 0, None: 1, "space": 2}
    return tuple(sorted(range(len(dims)), key=lambda axis: (rank[types[axis]], axis)))


def metadata(
    name: str,
    dims: Sequence[str],
    halved: Sequence[int],
    steps: Mapping[str, tuple[float, float, str | None]],
    paths: Mapping[str, Sequence[str]],
) -> dict[str, Any] | None:
    """The attribute ``ome`` of a pyramid; ``paths`` are the arrays of each image, ``steps`` first, step and unit.

    A dimension without an entry is counted in points. None where the format has no words for such axes.
    """
    types = axis_types(dims, halved)
    if types is None:
        return None
    order = stored_order(dims, halved)
    axes: list[dict[str, Any]] = []
    for axis in order:
        kind = types[axis]
        said: dict[str, Any] = {"name": dims[axis]} | ({"type": kind} if kind else {})
        unit = _spelled(steps[dims[axis]][2]) if dims[axis] in steps else None
        if (kind == "space" and unit in _LENGTHS) or (kind == "time" and unit in _SECONDS):
            said["unit"] = unit
        axes.append(said)
    images = []
    for what, levels in paths.items():
        datasets = []
        for level, path in enumerate(levels):
            scale, begin = [], []
            for axis in order:
                first, step, _ = steps.get(dims[axis], (0.0, 1.0, None))
                width = 2.0**level if axis in halved else 1.0
                scale.append(step * width)
                begin.append(first + (width - 1) / 2 * step)
            transformations = [{"type": "scale", "scale": scale}, {"type": "translation", "translation": begin}]
            datasets.append({"path": path, "coordinateTransformations": transformations})
        images.append({"name": f"{name} {what}", "axes": axes, "datasets": datasets, "type": f"block {what}"})
    return {"version": "0.5", "multiscales": images}


def _spelled(unit: str | None) -> str | None:
    from bridge.units import unit_of

    try:
        return None if unit is None else str(unit_of(unit))
    except DeclarationError:
        return None
