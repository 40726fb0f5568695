"""Pyramids: a field seen ever coarser, each level the means of blocks twice as wide as those of the one before.

A mean is that of all finite points in its block, so the levels are the approximations of a Haar transform with gaps,
and what is lost from one to the next is the energy at that scale. Beside every mean stand the lowest and the highest
point of the block, and how many points it lacks: what is rare and small is still seen from far off.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.errors import ContractError
from bridge.scales.by_scale import Energies

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
#: Numbers that are halved together: they stay in the cache of a core.
_SLAB = 2**17


@dataclass(frozen=True, eq=False)
class Level:
    """Blocks of a field: of each the mean, the `lowest` and `highest` of its finite points, and how many it lacks.

    A block without a finite point is NaN in all three. `missing` is None where no point of the field is missing.
    """

    mean: Array
    lowest: Array
    highest: Array
    missing: Array | None


@dataclass(frozen=True, eq=False)
class Pyramid:
    """A field and its coarser levels, `levels[0]` being the field itself and the last one block along halved axes.

    `energy` is that of the finite points at every scale, in points, the finest first; `missing` counts the others.
    """

    levels: tuple[Level, ...]
    energy: Energies
    missing: int


def kept_as(dtype: Any) -> np.dtype[Any]:
    """The type in which means and extremes of a field are kept: single precision if it holds every value exactly.

    So it is for float32, float16, bool and integers of up to 16 bits: a mean of them is no better known than to
    seven digits, and the levels take half the room. It is double precision for all others. What is computed is
    computed in double precision.
    """
    of = np.dtype(dtype)
    real = np.empty(0, of).real.dtype if of.kind == "c" else of
    return np.result_type(real, np.float32)


def pyramid(values: Array, axes: tuple[int, ...]) -> Pyramid:
    """Halve a field along ``axes`` until one block is left along each; an odd side leaves a smaller block at its end.

    NaN and infinities count as missing. Of a complex field it is the pyramid of its modulus. Raises ContractError.
    """
    values = np.asarray(values)
    if values.dtype.kind not in "biufc":
        raise ContractError(f"a pyramid is made of numbers, got an array of {values.dtype}. Write a numpy array.")
    among = sorted({axis for axis in axes if 0 <= axis < values.ndim})
    if len(among) < len(axes):
        raise ContractError(f"axes are different ones from 0 to {values.ndim - 1}, got {axes}.")
    if not values.size:
        raise ContractError(f"the field has shape {values.shape}: there is no point in it.")
    real = np.abs(values) if values.dtype.kind == "c" else values
    now = _Blocks(real, real, real, None, tuple(np.ones(n) for n in real.shape))
    kept = kept_as(real.dtype)
    levels, energy, missing = [_field(real)], [], _gaps(real)
    halvings = max(((real.shape[axis] - 1).bit_length() for axis in among), default=0)
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(halvings):
            now, lost = _coarser(now, among, kept, gaps=bool(missing))
            levels.append(_told(now, kept))
            energy.append(lost)
        energy.append(_squares(now, bool(missing)))
    found = np.asarray([np.inf if np.isnan(one) else one for one in energy])  # squares beyond the largest number
    lengths = 2.0 ** np.arange(len(found))
    return Pyramid(tuple(levels), Energies(lengths, found, float(found.sum()), real.size - missing), missing)


@dataclass(frozen=True, eq=False)
class _Blocks:
    """A level while it is worked on: ``points`` says how many finite points each block has, if any lacks one.

    ``widths`` are the points along each axis that a block stands for: fewer in the last one of an odd side.
    """

    mean: Array
    lowest: Array
    highest: Array
    points: Floats | None
    widths: tuple[Floats, ...]


def _field(values: Array) -> Level:
    return Level(values, values, values, None)


def _told(now: _Blocks, kept: np.dtype[Any]) -> Level:
    """A level as it is handed out."""
    mean = now.mean.astype(kept)
    if now.points is None:
        return Level(mean, now.lowest, now.highest, None)
    mean[now.points == 0] = np.nan
    return Level(mean, now.lowest, now.highest, (_sizes(now.widths) - now.points).astype(np.int64))


def _gaps(values: Array) -> int:
    """How many points are not finite. A sum tells whether one has to look, and needs no room of the field's size."""
    count = 0
    if values.dtype.kind == "f":
        for where in _slabs(values.shape, []):
            piece = values[where]
            with np.errstate(over="ignore", invalid="ignore"):
                if not np.isfinite(piece.sum(dtype=np.float64)):
                    count += int(piece.size - np.isfinite(piece).sum())
    return count


def _coarser(now: _Blocks, axes: list[int], kept: np.dtype[Any], gaps: bool) -> tuple[_Blocks, float]:
    """The next level, slab by slab, and the energy of what it leaves out."""
    shape = tuple(-(-n // 2) if axis in axes else n for axis, n in enumerate(now.mean.shape))
    mean, lowest, highest = np.empty(shape), np.empty(shape, kept), np.empty(shape, kept)
    points, lost = np.empty(shape) if gaps else None, 0.0
    for where in _slabs(now.mean.shape, axes):
        to = tuple(slice(s.start // 2, -(-s.stop // 2)) if axis in axes else s for axis, s in enumerate(where))
        widths = [width[s] for width, s in zip(now.widths, where, strict=True)]
        values = np.asarray(now.mean[where], np.float64)
        low, high = np.asarray(now.lowest[where], kept), np.asarray(now.highest[where], kept)
        count = None if points is None else _lacking(now, where, values, widths)
        if count is None:
            mean[to], part = _whole(values, widths, axes)
            lowest[to], highest[to] = _ends(low, axes, np.minimum), _ends(high, axes, np.maximum)
            there = None if points is None else _sizes(widths)
        else:
            if now.points is None:
                values = np.where(count, values, 0)
                low = high = np.where(count, low, np.asarray(np.nan, kept))
            mean[to], there, part = _gapped(values, count, axes)
            lowest[to], highest[to] = _ends(low, axes, np.fmin), _ends(high, axes, np.fmax)  # which pass over NaN
        if points is not None:
            points[to] = there
        lost += part
    pooled = tuple(_pooled(width) if axis in axes else width for axis, width in enumerate(now.widths))
    return _Blocks(mean, lowest, highest, points, pooled), lost


def _lacking(now: _Blocks, where: tuple[slice, ...], values: Floats, widths: list[Floats]) -> Floats | None:
    """How many points the blocks of a slab have; None if no block lacks one."""
    if now.points is None:
        there = np.isfinite(values)
        return None if there.all() else there.astype(np.float64)
    count = now.points[where]
    return None if (count == _sizes(widths)).all() else count


def _whole(values: Floats, widths: list[Floats], axes: list[int]) -> tuple[Floats, float]:
    """Halve a slab without gaps: means, and Σ (one - other)² over pairs by the points that they stand for."""
    lost = 0.0
    for axis in axes:
        one, other, odd = _pairs(values, axis)
        wide, narrow, _ = _pairs(widths[axis], 0)
        both = wide + narrow
        gap = one - other
        gap *= gap
        lost += _contracted(gap, [*widths[:axis], wide * narrow / both, *widths[axis + 1 :]])
        mean = one * _along(wide / both, axis, values.ndim)
        mean += other * _along(narrow / both, axis, values.ndim)
        values = np.concatenate([mean, odd], axis) if odd.size else mean
        widths[axis] = _pooled(widths[axis])
    return values, lost


def _gapped(values: Floats, points: Floats, axes: list[int]) -> tuple[Floats, Floats, float]:
    """Halve a slab where points are missing, their values being nought: means, points left in each, energy lost."""
    lost = 0.0
    for axis in axes:
        one, other, odd = _pairs(values, axis)
        first, second, alone = _pairs(points, axis)
        both = first + second
        share = second / np.maximum(both, 1)  # points are whole numbers
        gap = one - other
        lost += float((gap * gap * first * share).sum())
        values = np.concatenate([(1 - share) * one + share * other, odd], axis)
        points = np.concatenate([both, alone], axis)
    return values, points, lost


def _ends(values: Array, axes: list[int], pick: np.ufunc) -> Array:
    """The lowest, or the highest, of every block."""
    for axis in axes:
        one, other, odd = _pairs(values, axis)
        picked = pick(one, other)
        values = np.concatenate([picked, odd], axis) if odd.size else picked
    return values


def _squares(now: _Blocks, gaps: bool) -> float:
    """Σ mean² over the points that the blocks stand for."""
    squares = np.square(now.mean, dtype=np.float64)
    if gaps and now.points is None:  # the field itself
        squares[~np.isfinite(now.mean)] = 0
    if now.points is not None:
        return float((squares * now.points).sum())
    return _contracted(squares, list(now.widths))


def _contracted(values: Floats, weights: list[Floats]) -> float:
    """The sum of values, weighted along every axis."""
    for weight in reversed(weights):
        values = values @ weight
    return float(values)


def _pairs(values: Array, axis: int) -> tuple[Array, Array, Array]:
    """The first and the second of all pairs along an axis, and the odd one out at the end, if there is one."""
    count, before = values.shape[axis] // 2, (slice(None),) * axis
    one, other = values[(*before, slice(0, 2 * count, 2))], values[(*before, slice(1, 2 * count, 2))]
    return one, other, values[(*before, slice(2 * count, None))]


def _pooled(width: Floats) -> Floats:
    return np.add.reduceat(width, np.arange(0, width.size, 2))


def _sizes(widths: Sequence[Floats]) -> Floats:
    """Points that each block stands for, be they there or not."""
    sizes = np.ones([width.size for width in widths])
    for axis, width in enumerate(widths):
        sizes *= _along(width, axis, sizes.ndim)
    return sizes


def _along(weights: Floats, axis: int, ndim: int) -> Floats:
    """Weights along one axis, to multiply a field with."""
    return weights.reshape([-1 if i == axis else 1 for i in range(ndim)])


def _slabs(shape: tuple[int, ...], axes: list[int]) -> Iterator[tuple[slice, ...]]:
    """A field in pieces that stay in the cache, none of which parts a pair."""
    steps, inner = [], 1
    for axis in range(len(shape) - 1, -1, -1):
        pairs = 2 ** sum(1 for other in axes if other < axis)
        step = max(1, _SLAB // (inner * pairs))
        step = 2 * max(1, step // 2) if axis in axes else step
        steps.append(min(step, shape[axis]))
        inner *= steps[-1]
    ranges = [range(0, n, step) for n, step in zip(shape, reversed(steps), strict=True)]
    for starts in itertools.product(*ranges):
        yield tuple(slice(start, min(start + r.step, n)) for start, r, n in zip(starts, ranges, shape, strict=True))
