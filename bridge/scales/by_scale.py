"""How much of a field, and of the difference between two fields, there is at every scale; sums over scales are exact.

With Haar a field is split by nested means of blocks over the points that are there, so that any shape and any gaps
in the observations are taken as they are: the parts are orthogonal over those very points. Other orthogonal wavelets
need whole fields whose sizes halve.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pint

from bridge.errors import ContractError
from bridge.scales.fields import Floats, Values, converted, finite, joined, linear, magnitudes, spaced
from bridge.scales.multiresolution import decompose
from bridge.scales.transfer import Shape, axes_of, whole
from bridge.scales.wavelets import filters_of
from bridge.units import unit_of

Mask = npt.NDArray[np.bool_]
#: Part of a field's energy that is rounding of its values and no more: (16 × 1.1e-16)².
_NOTHING = 3e-30


@dataclass(frozen=True, eq=False)
class Energies:
    """A field by scale: `energy` at each of `length`, the finest first; they sum to `total` = Σ field².

    `count` points are there. The last entry is the approximation, all that is no shorter than its length; the
    others are details.
    """

    length: Any
    energy: Any
    total: Any
    count: int

    @property
    def share(self) -> Floats:
        """Part of the whole energy at each scale."""
        return _ratio(_bare(self.energy), _bare(self.total))


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two fields by scale: the energies of both, that of their difference (`error`), and their `correlation`.

    Errors sum to `total` = Σ (one - other)² over the `count` points compared. Where a field has nothing at a scale,
    the correlation there is not defined (NaN).
    """

    length: Any
    energy: Any
    other_energy: Any
    error: Any
    correlation: Floats
    total: Any
    count: int

    @property
    def relative(self) -> Floats:
        """Root of error over energy of the other field (the observations): 0 is perfect, 1 no better than nothing."""
        return np.asarray(np.sqrt(_ratio(_bare(self.error), _bare(self.other_energy))))

    @property
    def root_mean_square(self) -> Any:
        """Root mean square error at each scale, in the unit of the fields."""
        return (self.error / self.count) ** 0.5


def energy_by_scale(
    field: Any,
    wavelet: str = "haar",
    *,
    levels: int | None = None,
    spacing: Any = 1.0,
    axes: Shape | None = None,
    where: Any = None,
) -> Energies:
    """The energy of a field at every scale (Parseval): Σ over scales = Σ field².

    ``where`` marks the points that are there. Without it a field with NaN is refused. ``levels`` halvings are made,
    unless told as many as the shape allows; ``spacing`` is the side of a cell. Raises ContractError or ValueRefused.
    """
    values, unit = magnitudes(field, "field")
    among, mask = _asked(values, wavelet, axes, where)
    _there(values, mask, "field")
    linear(unit, "the energy of a field")
    side, side_unit = spaced(spacing)
    (energy,) = _products([(values, values)], wavelet, levels, among, mask)
    length = joined(side * 2.0 ** np.arange(len(energy)), side_unit)
    total = float((np.abs(values[mask]) ** 2).sum())
    return Energies(length, _squared(energy, unit), _squared(total, unit), int(mask.sum()))


def compare_by_scale(
    one: Any,
    other: Any,
    wavelet: str = "haar",
    *,
    levels: int | None = None,
    spacing: Any = 1.0,
    axes: Shape | None = None,
    where: Any = None,
) -> Comparison:
    """Error and correlation of a model's field against observations at every scale: Σ errors = Σ (one - other)².

    ``where`` marks the points to compare, such as ``np.isfinite(observed)``. Without it a field with NaN is refused.
    Units are those of ``one``. Raises ContractError or ValueRefused.
    """
    values, unit = magnitudes(one, "the first field")
    others, other_unit = magnitudes(other, "the second field")
    if values.shape != others.shape:
        raise ContractError(
            f"the fields have shapes {values.shape} and {others.shape}. Restrict the finer one first: "
            "block_mean(factor).restrict(field)."
        )
    others = converted(others, other_unit, unit, "the two fields")
    linear(unit, "the energy of a field")
    among, mask = _asked(values, wavelet, axes, where)
    for name, given in (("the first field", values), ("the second field", others)):
        _there(given, mask, name)
    side, side_unit = spaced(spacing)
    gap = np.where(mask, values - np.where(mask, others, 0), 0)
    pairs = [(values, values), (others, others), (gap, gap), (values, others)]
    mine, its, error, both = _products(pairs, wavelet, levels, among, mask)
    with np.errstate(invalid="ignore", divide="ignore"):
        both = np.where((mine > _NOTHING * mine.sum()) & (its > _NOTHING * its.sum()), both, np.nan)
        correlation = both / (np.sqrt(mine) * np.sqrt(its))
    return Comparison(
        joined(side * 2.0 ** np.arange(len(error)), side_unit),
        _squared(mine, unit),
        _squared(its, unit),
        _squared(error, unit),
        np.clip(correlation, -1.0, 1.0),
        _squared(float((np.abs(gap) ** 2).sum()), unit),
        int(mask.sum()),
    )


def _asked(values: Values, wavelet: str, axes: Shape | None, where: Any) -> tuple[Shape, Mask]:
    among = axes_of(values.ndim, axes, "by scale")
    if not filters_of(wavelet).orthogonal:
        raise ContractError(f"{wavelet!r} is not orthogonal: its energies do not add up. Write 'haar' or 'db2'.")
    if where is None:
        return among, np.ones(values.shape, bool)
    mask = np.asarray(where)
    if mask.dtype != bool or mask.shape != values.shape:
        raise ContractError(
            f"where is an array of bool of shape {values.shape}, got {mask.dtype} of shape {mask.shape}. "
            "Write where=np.isfinite(observed)."
        )
    if not mask.any():
        raise ContractError("where leaves no point: there is nothing to compare.")
    if wavelet not in ("haar", "db1") and not mask.all():
        raise ContractError(f"{wavelet!r} needs the whole field, and where leaves gaps. Write wavelet='haar'.")
    return among, mask


def _there(values: Values, mask: Mask, name: str) -> None:
    finite(np.where(mask, values, 0), f"{name}: value", "Mark the points that are there: where=np.isfinite(observed).")


def _products(
    pairs: list[tuple[Values, Values]], wavelet: str, levels: int | None, axes: Shape, mask: Mask
) -> list[Floats]:
    """Σ a b over the points at every scale, finest first, for each pair of fields."""
    if levels is not None:
        whole(levels, "levels", "levels=3")
    if wavelet in ("haar", "db1"):
        return _of_blocks(pairs, levels, axes, mask)
    found = []
    for a, b in pairs:
        one = decompose(a, wavelet, levels=levels, axes=axes)
        two = one if a is b else decompose(b, wavelet, levels=levels, axes=axes)
        sums = [one.points(j) * _dot(x, y) for j, (x, y) in enumerate(zip(one.details, two.details, strict=True), 1)]
        found.append(np.asarray([*sums, one.points(one.levels) * _dot(one.approximation, two.approximation)]))
    return found


def _of_blocks(pairs: list[tuple[Values, Values]], levels: int | None, axes: Shape, mask: Mask) -> list[Floats]:
    """Differences between a block's mean and its parent's, weighted by the points that are in it."""
    possible = max((int(mask.shape[axis] - 1).bit_length() for axis in axes), default=0)
    if levels is not None and levels > possible:
        raise ContractError(f"after {possible} halvings one block is left, got levels={levels}. Write at most that.")
    weights = mask.astype(np.float64)
    means = [tuple(np.where(mask, field, 0) for field in pair) for pair in pairs]
    found: list[list[float]] = [[] for _ in pairs]
    for _ in range(possible if levels is None else levels):
        coarser = _pooled(weights, axes)
        for number, (a, b) in enumerate(means):
            up = [_over(_pooled(weights * x, axes), coarser) for x in ((a,) if a is b else (a, b))]
            rough = [x - _shown(y, axes, x.shape) for x, y in zip((a, b), (up[0], up[-1]), strict=True)]
            found[number].append(_dot(weights * rough[0], rough[1]))
            means[number] = (up[0], up[-1])
        weights = coarser
    for number, (a, b) in enumerate(means):
        found[number].append(_dot(weights * a, b))
    return [np.asarray(sums) for sums in found]


def _pooled(values: Values, axes: Shape) -> Values:
    """Sums of pairs along every axis; an odd one out stays alone."""
    for axis in axes:
        odd = values.shape[axis] % 2
        padded = np.pad(values, [(0, odd if i == axis else 0) for i in range(values.ndim)])
        pairs = np.moveaxis(padded, axis, -1)
        values = np.moveaxis(pairs[..., ::2] + pairs[..., 1::2], -1, axis)
    return values


def _shown(values: Values, axes: Shape, shape: Shape) -> Values:
    """A coarse field on the points of the finer one."""
    for axis in axes:
        values = np.repeat(values, 2, axis=axis)
    return values[tuple(slice(size) for size in shape)]


def _over(sums: Values, weights: Floats) -> Values:
    return np.asarray(np.divide(sums, weights, out=np.zeros_like(sums), where=weights > 0))


def _dot(one: Values, other: Values) -> float:
    return float((one * np.conj(other)).real.sum())


def _ratio(one: Any, other: Any) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.asarray(one, float) / np.asarray(other, float))


def _bare(values: Any) -> Any:
    return getattr(values, "magnitude", values)


def _squared(values: Any, unit: pint.Unit | None) -> Any:
    return values if unit is None else joined(np.asarray(values), unit_of(f"({unit}) ** 2"))
