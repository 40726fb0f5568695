"""Two stored fields of one port side by side: how far they are apart in all, where most, and at which scales."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bridge.errors import ContractError
from bridge.inspect.pictures.drawing import unit_words
from bridge.units import Conversion, compatible

if TYPE_CHECKING:
    from bridge.scales.by_scale import Comparison
    from bridge.store.pyramids.levels import FieldLevels

Floats = npt.NDArray[np.float64]

#: Numbers of a field that are compared one by one; a larger one is compared by the means of its blocks.
LARGEST = 2**24
#: Points of a picture from side to side.
SIDE = 256
#: Part below which there is rounding of its values and no more: (16 × 1.1e-16)².
_ROUNDING = 3e-30


@dataclass(frozen=True, eq=False)
class Apart:
    """B - A in the unit of A: ends, mean and root mean square over the ``count`` points that both have.

    ``relative`` is the root mean square over that of A; ``where`` is the place of the largest |B - A|. ``scales`` is
    None where there is no scale to speak of; ``remarks`` say what was left out.
    """

    unit: str | None
    count: int
    points: int
    low: float
    high: float
    mean: float
    rms: float
    relative: float | None
    where: tuple[str, ...]
    scales: Comparison | None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Plane:
    """Both fields over two of their axes, the first one up, coarse enough for a picture; the other axes are held.

    ``held`` tells of each of those: its number, its name, the place it is held at, and how many it has.
    """

    axes: tuple[int, int]
    held: tuple[tuple[int, str, int, int], ...]
    a: Floats
    b: Floats
    levels: tuple[int, int]
    unit: str | None

    @property
    def difference(self) -> Floats:
        """B - A."""
        return np.asarray(self.b - self.a)


def aligned(here: FieldLevels, there: FieldLevels) -> tuple[int, int]:
    """The finest level of each at which they have one shape. Raises ContractError where they share none."""
    if here.dims != there.dims:
        raise ContractError(f"the field is over {', '.join(here.dims)} in A and over {', '.join(there.dims)} in B.")
    both = (here.unit, there.unit)
    if both[0] != both[1] and (None in both or not compatible(str(both[0]), str(both[1]))):
        raise ContractError(f"the field is in {both[0] or 'no unit'} in A and in {both[1] or 'no unit'} in B.")
    for swapped, (fine, coarse) in enumerate(((here, there), (there, here))):
        for level in range(max(fine.shape).bit_length()):
            grown = tuple(n << level if axis in fine.halved else n for axis, n in enumerate(coarse.shape))
            if grown == fine.shape:
                return (0, level) if swapped else (level, 0)
    shapes = ["×".join(map(str, field.shape)) for field in (here, there)]
    raise ContractError(
        f"the field is {shapes[0]} in A and {shapes[1]} in B: they are compared where one side is the other times two, "
        "four, eight and so on."
    )


def apart(here: FieldLevels, there: FieldLevels) -> Apart:
    """Compare two fields, point by point and scale by scale. Raises ContractError where they cannot be compared."""
    levels, remarks = aligned(here, there), []
    if levels[0] != levels[1]:
        finer, blocks = ("A", 2 ** levels[0]) if levels[0] else ("B", 2 ** levels[1])
        remarks.append(f"{finer} is finer: its means over blocks of {blocks} points a side are compared.")
    deeper = 0
    while math.prod(_shape(here, levels[0] + deeper)) > LARGEST and levels[0] + deeper + 1 < len(here.levels):
        deeper += 1
    if deeper:
        blocks = 2 ** (levels[0] + deeper)
        remarks.append(f"Of {math.prod(here.shape):,} points the means over blocks of {blocks} a side are compared.")
    level = levels[0] + deeper
    one, other = _whole(here, level), converted(_whole(there, levels[1] + deeper), there.unit, here.unit)
    both = np.isfinite(one) & np.isfinite(other)
    if not both.any():
        raise ContractError("there is no point at which both fields have a number.")
    if not both.all():
        one, other = np.where(both, one, np.nan), np.where(both, other, np.nan)
    with np.errstate(over="ignore"):
        gap = other - one
    found = gap[both]
    rms, size = _rms(found), _rms(one[both])
    largest = np.unravel_index(int(np.nanargmax(np.abs(gap))), gap.shape)
    kept = [
        field if both.all() and not at and field.unit == here.unit else None
        for field, at in ((here, level), (there, levels[1] + deeper))
    ]
    scales = _by_scale(here, level, one, other, kept, remarks)
    return Apart(
        here.unit,
        int(both.sum()),
        both.size,
        float(found.min()),
        float(found.max()),
        float(found.mean()),
        rms,
        rms / size if size else None,
        _told_where(here, level, largest),
        scales,
        tuple(remarks),
    )


def _shape(field: FieldLevels, level: int) -> tuple[int, ...]:
    """Blocks of a level along each axis."""
    return tuple(-(-n >> level) if axis in field.halved else n for axis, n in enumerate(field.shape))


def _whole(field: FieldLevels, level: int) -> Floats:
    return _region(field, level, tuple(slice(0, n) for n in _shape(field, level)))


def _region(field: FieldLevels, level: int, index: tuple[int | slice, ...]) -> Floats:
    """A part of a level; one that is coarser than any that is kept is made of the finest that is not too large."""
    if level < len(field.levels):
        found = np.asarray(field.region(level, "mean", index))
        return (np.abs(found) if found.dtype.kind == "c" else found).astype(np.float64)
    from bridge.scales.pyramid import pyramid

    sizes = [math.prod(_shape(field, n)) for n in range(len(field.levels))]
    finest = next((n for n, size in enumerate(sizes) if size <= LARGEST), len(sizes) - 1)
    return np.asarray(pyramid(_whole(field, finest), field.halved).levels[level - finest].mean[index], np.float64)


def converted(values: Floats, unit: str | None, to: str | None) -> Floats:
    """Numbers in another unit of their dimension."""
    if unit is None or to is None or unit == to:
        return values
    return np.asarray(Conversion(unit, to).array(values))


def _rms(values: Floats) -> float:
    """Root mean square, also of numbers whose squares have no room."""
    largest = float(np.abs(values).max(initial=0.0))
    return largest * float(np.sqrt(np.mean((values / largest) ** 2))) if largest else 0.0


def _told_where(field: FieldLevels, level: int, place: Any) -> tuple[str, ...]:
    said = []
    for axis, (dim, at) in enumerate(zip(field.dims, place, strict=True)):
        first = int(at) << level if axis in field.halved else int(at)
        known = field.coordinates.get(dim)
        if known is None or level:
            said.append(f"{dim} {first}" + (f"…{first + 2**level - 1}" if level and axis in field.halved else ""))
        else:
            said.append(f"{dim} {float(np.asarray(known.values())[first]):.6g} {unit_words(known.unit or '')}".strip())
    return tuple(said)


def _by_scale(
    field: FieldLevels, level: int, one: Floats, other: Floats, kept: Sequence[FieldLevels | None], remarks: list[str]
) -> Comparison | None:
    """Energies of both fields and of their difference at every scale; points that one lacks are in none of them.

    ``kept`` are the fields whose own energies these are. The others are those of pyramids, which take a tenth of the
    time that comparing block by block does; the correlation follows, for |b - a|² = |a|² + |b|² - 2ab at every scale.
    """
    from bridge.scales.by_scale import Comparison
    from bridge.scales.pyramid import pyramid
    from bridge.units import Q, to_root

    if not field.halved:
        remarks.append("No dimension of the field is one of space: it is not told by scale.")
        return None
    unit = field.unit
    if unit is not None and to_root(unit)[1]:  # a temperature that does not begin at nought has no energy
        one, other, unit = converted(one, unit, "K"), converted(other, unit, "K"), "K"
        kept = (None, None)
    with np.errstate(all="ignore"):
        gap = pyramid(other - one, field.halved).energy
        its, mine = (
            _energy(known, values, field.halved) for known, values in zip(kept[::-1], (other, one), strict=True)
        )
        error = np.asarray(gap.energy, float)
        if not all(np.isfinite(part).all() for part in (its, mine, error)):
            remarks.append("The squares of these numbers are too large to be told by scale.")
            return None
        there = (mine > _ROUNDING * mine.sum()) & (its > _ROUNDING * its.sum())
        correlation = np.where(there, (mine + its - error) / 2 / (np.sqrt(mine) * np.sqrt(its)), np.nan)
    step, length_unit = _spacing(field)
    length = step * 2.0**level * np.asarray(gap.length)
    return Comparison(
        Q(length, length_unit) if length_unit else length,
        _squared(its, unit),
        _squared(mine, unit),
        _squared(error, unit),
        np.clip(correlation, -1.0, 1.0),
        _squared(float(error.sum()), unit),
        gap.count,
    )


def _energy(known: FieldLevels | None, values: Floats, axes: tuple[int, ...]) -> Floats:
    """The energy of a field by scale: as it is kept with the field, or reckoned."""
    from bridge.scales.pyramid import pyramid

    if known is not None:
        return np.array([energy for _, energy in known.energy])
    return np.asarray(pyramid(values, axes).energy.energy, float)


def _squared(values: Any, unit: str | None) -> Any:
    from bridge.units import Q

    return values if unit in (None, "", "1") else Q(values, f"({unit})**2")


def _spacing(field: FieldLevels) -> tuple[float, str | None]:
    """The side of a cell with its unit where all dimensions of space agree on it, else one cell."""
    known = [field.coordinates.get(field.dims[axis]) for axis in field.halved]
    steps = {(one.step, one.unit) if one is not None else (None, None) for one in known}
    step, unit = steps.pop()
    if steps or not step or unit in (None, "", "1"):
        return 1.0, None
    return abs(float(step)), unit


def plane_of(here: FieldLevels, there: FieldLevels, axes: tuple[int, int], held: Mapping[int, int]) -> Plane:
    """Both fields over two axes, the others held at a place of the finer field, or in its middle.

    Raises ContractError for a place that is outside, and where the fields cannot be compared.
    """
    levels, deeper = aligned(here, there), 0
    fine = here if here.shape >= there.shape else there
    while any(_shape(here, levels[0] + deeper)[axis] > SIDE for axis in axes if axis in here.halved):
        deeper += 1
    level = max(levels) + deeper
    told: list[tuple[int, str, int, int]] = []
    index: list[int | slice] = []
    for axis, (dim, size) in enumerate(zip(fine.dims, fine.shape, strict=True)):
        last = _shape(fine, level)[axis]
        if axis in axes:
            index.append(slice(0, last))
            continue
        at = held.get(axis, (size - 1) // 2)
        if not 0 <= at < size:
            raise ContractError(f"{dim} has {size} places, 0 to {size - 1}: not {at}.")
        told.append((axis, dim, at, size))
        index.append(min(at >> level if axis in fine.halved else at, last - 1))
    one, other = (
        _region(field, start + deeper, tuple(index)) for field, start in ((here, levels[0]), (there, levels[1]))
    )
    other = converted(other, there.unit, here.unit)
    if axes[0] > axes[1]:
        one, other = one.T, other.T
    return Plane(axes, tuple(told), one, other, (levels[0] + deeper, levels[1] + deeper), here.unit)
