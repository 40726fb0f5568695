"""Fields as an approximation and details, scale by scale, and back; and how much of them one may leave out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pint

from bridge.errors import ContractError
from bridge.scales.fields import Floats, Values, converted, finite, joined, linear, magnitudes, spaced
from bridge.scales.transfer import Shape, axes_of, divides, whole
from bridge.scales.wavelets import analysed, filters_of, synthesised
from bridge.units import exact, is_quantity, unit_of


@dataclass(frozen=True, eq=False)
class Multiresolution:
    """A field taken apart: an approximation, and the details of every level from the finest (level 1) on.

    ``details[j - 1]`` has one band for each way of differing along the axes, 2^d - 1 of them, over the lattice of
    level j, where a coefficient stands for 2^(j d) points. Approximations and details are scaled to the field's
    unit: for Haar, means of blocks and half the differences between halves. Σ field² is the sum of coefficient²
    times the points that it stands for, where the wavelet is orthogonal.
    """

    approximation: Values
    details: tuple[Values, ...]
    wavelet: str
    axes: Shape
    unit: pint.Unit | None
    spacing: float
    spacing_unit: pint.Unit | None

    @property
    def levels(self) -> int:
        """How often the field was halved."""
        return len(self.details)

    @property
    def size(self) -> int:
        """Coefficients in all, as many as the field has points."""
        return int(self.approximation.size + sum(detail.size for detail in self.details))

    def points(self, level: int) -> int:
        """How many points of the field a coefficient of this level stands for."""
        return int(2 ** (level * len(self.axes)))

    @property
    def lengths(self) -> Any:
        """The length of each level's details, then that of the approximation, in the unit of the spacing.

        Details of level j are changes between averages over 2^(j - 1) cells, approximations averages over 2^J
        (D. B. Percival and A. T. Walden, Wavelet Methods for Time Series Analysis, 2000, section 4.1).
        """
        return joined(self.spacing * 2.0 ** np.arange(self.levels + 1), self.spacing_unit)

    def field(self) -> Any:
        """The field again, in its unit."""
        values = self.approximation
        for detail in reversed(self.details):
            values = _raised(values, detail, self.wavelet, self.axes)
        return joined(values, self.unit)

    def part(self, level: int) -> Any:
        """What the details of one level add to the field, over all its points; ``levels + 1`` is the approximation.

        The parts of all levels sum to the field, and are at right angles where the wavelet is orthogonal.
        """
        if whole(level, "level", "part(1)") > self.levels + 1:
            raise ContractError(
                f"part({level}): levels go up to {self.levels}, {self.levels + 1} is the approximation."
            )
        kept = tuple(d if j == level else np.zeros_like(d) for j, d in enumerate(self.details, start=1))
        rest = self.approximation if level > self.levels else np.zeros_like(self.approximation)
        return dataclasses.replace(self, approximation=rest, details=kept).field()

    def keep_largest(self, count: int) -> LevelOfDetail:
        """Keep the ``count`` coefficients that matter most, of whatever scale: no other choice errs less."""
        if not 0 <= whole(count + 1, "count", "keep_largest(100)") - 1 <= self.size:
            raise ContractError(f"the field has {self.size} coefficients, got count={count}. Write at most that.")
        return self._kept_largest(count)

    def keep_within(self, error: Any) -> LevelOfDetail:
        """Keep as few coefficients as leave a root mean square error of at most ``error``, in the field's unit."""
        bound = self._bound(error)
        growing = np.cumsum(np.sort(self._squares()))
        dropped = int(np.searchsorted(growing, self.size * bound**2, side="right"))
        return self._kept_largest(self.size - dropped)

    def keep_coarser(self, length: Any) -> LevelOfDetail:
        """Keep what is at least as long as ``length``: all scales below it are left out whole."""
        found = exact(length)
        value, unit = (float(length), None) if found is None else (float(found[0]), unit_of(found[1]))
        least = float(converted(np.asarray(value), unit, self.spacing_unit, "length and spacing"))
        keep = [self.spacing * 2.0 ** (j - 1) >= least * (1 - 1e-12) for j in range(1, self.levels + 1)]
        flags = [np.full(detail.shape, kept) for detail, kept in zip(self.details, keep, strict=True)]
        return self._kept(np.ones(self.approximation.shape, bool), flags)

    def _coefficients(self) -> Iterator[tuple[Values, int]]:
        """All coefficients with the points they stand for, the approximation first, then coarse to fine."""
        yield self.approximation, self.points(self.levels)
        for level in range(self.levels, 0, -1):
            yield self.details[level - 1], self.points(level)

    def _squares(self) -> Floats:
        if not filters_of(self.wavelet).orthogonal:
            raise ContractError(
                f"{self.wavelet!r} is not orthogonal: its squared error is no sum over coefficients. Decompose with "
                "'haar', 'db2' or 'sym4' instead."
            )
        return np.concatenate([points * np.abs(values.ravel()) ** 2 for values, points in self._coefficients()])

    def _bound(self, error: Any) -> float:
        if is_quantity(error) or isinstance(error, str):
            number, unit = exact(error) or (0, "")
            bound = float(converted(np.asarray(float(number)), unit_of(unit), self.unit, "error and field"))
        else:
            bound = float(converted(np.asarray(float(error)), None, self.unit, "error and field"))
        if not (np.isfinite(bound) and bound >= 0):
            raise ContractError(f"error is {error}, and a root mean square is at least nought. Write error='0.1 K'.")
        return bound

    def _kept_largest(self, count: int) -> LevelOfDetail:
        chosen = np.zeros(self.size, bool)
        chosen[np.argsort(-self._squares(), kind="stable")[:count]] = True  # of equals, the coarser
        flags, start = [], 0
        for values, _ in self._coefficients():
            flags.append(chosen[start : start + values.size].reshape(values.shape))
            start += values.size
        return self._kept(flags[0], flags[:0:-1])

    def _kept(self, approximation: Any, details: list[Any]) -> LevelOfDetail:
        flags = np.concatenate([approximation.ravel(), *(flag.ravel() for flag in reversed(details))])
        thinned = dataclasses.replace(
            self,
            approximation=np.where(approximation, self.approximation, 0),
            details=tuple(np.where(flag, detail, 0) for flag, detail in zip(details, self.details, strict=True)),
        )
        return LevelOfDetail(thinned, int(flags.sum()), self.size, float(self._squares()[~flags].sum()))


@dataclass(frozen=True, eq=False)
class LevelOfDetail:
    """A field with some of its coefficients left out, and exactly what that costs.

    `squared_error` is the sum of (field - kept field)² over all points, in the field's unit squared: the sum of
    the squares of the coefficients left out, each times the points that it stands for.
    """

    multiresolution: Multiresolution
    coefficients: int
    of: int
    squared_error: float

    def field(self) -> Any:
        """The field that is left, in its unit."""
        return self.multiresolution.field()

    @property
    def error(self) -> Any:
        """The root mean square error, in the field's unit."""
        return joined(np.sqrt(np.asarray(self.squared_error / self.of)), self.multiresolution.unit)


def decompose(
    field: Any, wavelet: str = "haar", *, levels: int | None = None, spacing: Any = 1.0, axes: Shape | None = None
) -> Multiresolution:
    """Take a field apart into an approximation and the details of ``levels`` halvings (as many as its shape allows).

    The field is periodic along ``axes`` (all, unless named), which Haar does not notice. ``spacing`` is the side
    of a cell, such as ``"2 um"``. Raises ContractError for sizes that do not halve that often and for units with a
    zero of their own (degC: details are differences), ValueRefused for values that are not finite: fill them in, or
    ask `bridge.scales.by_scale` with ``where=``, which is exact.
    """
    values, unit = magnitudes(field, "field")
    linear(unit, "the split of a field into scales")
    finite(values, "field", "Fill them in, or compare by scale with where=np.isfinite(field).")
    among = axes_of(values.ndim, axes, "decompose")
    filters_of(wavelet)
    possible = min((_halvings(values.shape[axis]) for axis in among), default=0)
    if levels is None and not possible:
        raise ContractError(
            f"a field of shape {values.shape} does not halve along axes {among}: a size is odd. Crop it to even "
            "sizes, or use bridge.scales.by_scale, which takes any shape."
        )
    count = possible if levels is None else whole(levels, "levels", "levels=3")
    divides(values.shape, dict.fromkeys(among, 2**count), f"decompose(levels={count})")
    side, side_unit = spaced(spacing)
    details = []
    for _ in range(count):
        values, detail = _lowered(values, wavelet, among)
        details.append(detail)
    return Multiresolution(values, tuple(details), wavelet, among, unit, side, side_unit)


def _halvings(size: int) -> int:
    return (size & -size).bit_length() - 1 if size else 0


def _lowered(values: Values, wavelet: str, axes: Shape) -> tuple[Values, Values]:
    """One halving along every axis: the approximation, and the 2^d - 1 bands of details."""
    bands = [values]
    for axis in axes:
        bands = [half for band in bands for half in analysed(band, wavelet, axis)]
    return bands[0], np.stack(bands[1:])


def _raised(approximation: Values, details: Values, wavelet: str, axes: Shape) -> Values:
    """Undo `_lowered`."""
    bands = [approximation, *details]
    for axis in reversed(axes):
        bands = [synthesised(bands[i], bands[i + 1], wavelet, axis) for i in range(0, len(bands), 2)]
    whole_again: Values = bands[0]
    return whole_again
