"""Transfers on lattices that need no wavelets: block means, and injection with linear interpolation."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from bridge.errors import ContractError
from bridge.scales.fields import Values
from bridge.scales.transfer import Shape, Transfer, axes_of, divides, whole


def block_mean(factor: int | Shape, axes: Shape | None = None) -> Transfer:
    """Restrict a field to the means of its blocks; lift a coarse field to a constant in each block.

    ``factor`` points along every one of ``axes`` (all, unless named) make a block; a tuple gives each
    axis its own. The adjoint spreads a value evenly over its block: R Rᵀ = 1 / (points in a block).
    Restricting conserves the total of a density, lifting its maximum and minimum. Raises ContractError.
    """
    factors = _factors(factor, axes, "block_mean")
    name = f"block_mean({factor})" if axes is None else f"block_mean({factor}, axes={axes})"
    return on_blocks(name, factors, axes)


def haar(levels: int, axes: Shape | None = None) -> Transfer:
    """Restrict a field to its Haar approximation after ``levels`` halvings: the means of blocks of 2^levels.

    Approximations are scaled so that they keep the field's unit and mean. What restricting leaves out
    are the details of `bridge.scales.multiresolution`.
    """
    whole(levels, "haar: levels", "haar(3)")
    return on_blocks(f"haar({levels})" if axes is None else f"haar({levels}, axes={axes})", (2**levels,), axes)


def injection(factor: int | Shape, axes: Shape | None = None, periodic: bool = True) -> Transfer:
    """Restrict a field to every ``factor``-th of its points; lift by linear interpolation between them.

    A ``periodic`` lattice of n coarse points has n·factor fine ones, one with ends (n - 1)·factor + 1.
    The adjoint puts the values at the points that are kept, and nought elsewhere. Raises ContractError.
    """
    factors = _factors(factor, axes, "injection")
    where = ("" if axes is None else f", axes={axes}") + ("" if periodic else ", periodic=False")
    name = f"injection({factor}{where})"
    given: Any = {"name": name, "factors": factors, "axes": axes, "periodic": periodic}
    return Transfer(
        name,
        functools.partial(_taken, **given),
        functools.partial(_interpolated, **given),
        functools.partial(_placed, **given),
        functools.partial(_fewer, **given),
        functools.partial(_more, **given),
        {"factor": list(factors), "axes": None if axes is None else list(axes), "periodic": periodic},
    )


def _factors(factor: Any, axes: Shape | None, name: str) -> Shape:
    factors = tuple(factor) if isinstance(factor, (tuple, list)) else (factor,)
    for one in factors:
        whole(one, f"{name}: factor", f"{name}(4)")
    if len(factors) > 1 and axes is not None and len(axes) != len(factors):
        raise ContractError(
            f"{name} has {len(factors)} factors for {len(axes)} axes. Write one factor, or one for every axis."
        )
    return factors


def _by_axis(ndim: int, factors: Shape, axes: Shape | None, name: str) -> dict[int, int]:
    found = axes_of(ndim, axes, name)
    if len(factors) not in (1, len(found)):
        raise ContractError(
            f"{name} has {len(factors)} factors, and the state {len(found)} axes. Write axes=(…), or one factor."
        )
    return dict(zip(found, factors * len(found) if len(factors) == 1 else factors, strict=True))


# Blocks


def on_blocks(name: str, factors: Shape, axes: Shape | None) -> Transfer:
    """Means of blocks, constants in blocks: under the name that messages are to give."""
    given: Any = {"name": name, "factors": factors, "axes": axes}
    return Transfer(
        name,
        functools.partial(_means, **given),
        functools.partial(_repeated, **given),
        functools.partial(_spread, **given),
        functools.partial(_fewer_blocks, **given),
        functools.partial(_more_points, **given),
        {"factor": list(factors), "axes": None if axes is None else list(axes)},
    )


def _means(fine: Values, name: str, factors: Shape, axes: Shape | None) -> Values:
    sides = _by_axis(fine.ndim, factors, axes, name)
    divides(fine.shape, sides, name)
    split: list[int] = []
    inner: list[int] = []
    for axis, size in enumerate(fine.shape):
        side = sides.get(axis, 1)
        inner.append(len(split) + 1)
        split += [size // side, side]
    return np.asarray(fine.reshape(split).mean(axis=tuple(inner)))


def _repeated(coarse: Values, rng: Any, name: str, factors: Shape, axes: Shape | None) -> Values:
    for axis, side in _by_axis(coarse.ndim, factors, axes, name).items():
        coarse = np.repeat(coarse, side, axis=axis)
    return coarse


def _spread(coarse: Values, name: str, factors: Shape, axes: Shape | None) -> Values:
    points = math.prod(_by_axis(coarse.ndim, factors, axes, name).values())
    return np.asarray(_repeated(coarse, None, name, factors, axes) / points)


def _fewer_blocks(shape: Shape, name: str, factors: Shape, axes: Shape | None) -> Shape:
    sides = _by_axis(len(shape), factors, axes, name)
    divides(shape, sides, name)
    return tuple(size // sides.get(axis, 1) for axis, size in enumerate(shape))


def _more_points(shape: Shape, name: str, factors: Shape, axes: Shape | None) -> Shape:
    sides = _by_axis(len(shape), factors, axes, name)
    return tuple(size * sides.get(axis, 1) for axis, size in enumerate(shape))


# Injection


def _fewer(shape: Shape, name: str, factors: Shape, axes: Shape | None, periodic: bool) -> Shape:
    sides = _by_axis(len(shape), factors, axes, name)
    if periodic:
        divides(shape, sides, name)
        return tuple(size // sides.get(axis, 1) for axis, size in enumerate(shape))
    for axis, side in sides.items():
        if (shape[axis] - 1) % side or shape[axis] < 1:
            below = shape[axis] - (shape[axis] - 1) % side
            raise ContractError(
                f"{name} keeps both ends of axis {axis}, for which it needs a multiple of {side} and one point more; "
                f"there are {shape[axis]} (shape {shape}). Take {below} or {below + side} points, or periodic=True."
            )
    return tuple((size - 1) // sides.get(axis, 1) + 1 for axis, size in enumerate(shape))


def _more(shape: Shape, name: str, factors: Shape, axes: Shape | None, periodic: bool) -> Shape:
    sides = _by_axis(len(shape), factors, axes, name)
    if periodic:
        return tuple(size * sides.get(axis, 1) for axis, size in enumerate(shape))
    return tuple((size - 1) * sides.get(axis, 1) + 1 for axis, size in enumerate(shape))


def _kept(ndim: int, name: str, factors: Shape, axes: Shape | None) -> tuple[slice, ...]:
    sides = _by_axis(ndim, factors, axes, name)
    return tuple(slice(None, None, sides.get(axis, 1)) for axis in range(ndim))


def _taken(fine: Values, name: str, factors: Shape, axes: Shape | None, periodic: bool) -> Values:
    _fewer(fine.shape, name, factors, axes, periodic)
    return fine[_kept(fine.ndim, name, factors, axes)].copy()


def _placed(coarse: Values, name: str, factors: Shape, axes: Shape | None, periodic: bool) -> Values:
    fine = np.zeros(_more(coarse.shape, name, factors, axes, periodic), coarse.dtype)
    fine[_kept(coarse.ndim, name, factors, axes)] = coarse
    return fine


def _interpolated(coarse: Values, rng: Any, name: str, factors: Shape, axes: Shape | None, periodic: bool) -> Values:
    for axis, side in _by_axis(coarse.ndim, factors, axes, name).items():
        here = coarse if periodic else np.take(coarse, range(coarse.shape[axis] - 1), axis)
        there = np.roll(coarse, -1, axis) if periodic else np.take(coarse, range(1, coarse.shape[axis]), axis)
        between = np.stack([here + (there - here) * (part / side) for part in range(side)], axis + 1)
        fine = between.reshape(*coarse.shape[:axis], -1, *coarse.shape[axis + 1 :])
        coarse = fine if periodic else np.concatenate([fine, np.take(coarse, [-1], axis)], axis)
    return coarse
