"""Wavelets on periodic lattices: one halving and its inverse, and the transfers they make. Filters are PyWavelets'."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from bridge.errors import ContractError, did_you_mean
from bridge.scales.fields import Values
from bridge.scales.transfer import Shape, Transfer, axes_of, divides, whole

#: A filter whose halving is undone no better than this is refused: PyWavelets tabulates dmey to 5e-3 only, symlets
#: to 4e-11, everything else to 3e-12 or better.
_UNDONE = 1e-9
_HALF = math.sqrt(0.5)


def wavelet(name: str, levels: int, axes: Shape | None = None) -> Transfer:
    """Restrict a field to its approximation by a wavelet after ``levels`` halvings; lift with all details nought.

    Any discrete wavelet of PyWavelets on a periodic lattice (its mode "periodization"): ``"db2"``, ``"sym4"``,
    ``"bior2.2"``. Approximations are scaled so that a constant field stays as it is. An adjoint is claimed for
    orthogonal wavelets, where it is the lift up to scale; biorthogonal ones have another. Raises ContractError.
    """
    whole(levels, "wavelet: levels", f"wavelet({name!r}, 3)")
    filters = filters_of(name)
    said = f"wavelet({name!r}, {levels})" if axes is None else f"wavelet({name!r}, {levels}, axes={axes})"
    given: Any = {"wavelet": name, "levels": levels, "axes": axes, "name": said}
    return Transfer(
        said,
        functools.partial(_approximated, **given),
        functools.partial(_smoothed, **given),
        functools.partial(_transposed, **given) if filters.orthogonal else None,
        functools.partial(_halved, **given),
        functools.partial(_doubled, **given),
        {"wavelet": name, "levels": levels, "axes": None if axes is None else list(axes), "mode": "periodization"},
        tolerance=_UNDONE,
    )


@functools.cache
def filters_of(name: str) -> Any:
    """The filters of a wavelet, tested: what it takes apart it must put together. Raises ContractError."""
    import pywt

    if name not in pywt.wavelist(kind="discrete"):
        near = did_you_mean(str(name), pywt.wavelist(kind="discrete"))
        raise ContractError(f"{name!r} is no discrete wavelet of PyWavelets. {near}")
    filters = pywt.Wavelet(name)
    probe = np.random.default_rng(0).normal(size=128)
    back = pywt.idwt(*pywt.dwt(probe, filters, "periodization"), filters, "periodization")
    error = float(np.abs(back - probe).max())
    if error > _UNDONE:
        raise ContractError(
            f"{name!r} does not undo itself: its filters are tabulated to {error:.0e} only. Use 'db8' or 'coif5'."
        )
    return filters


def analysed(values: Values, wavelet: str, axis: int) -> tuple[Values, Values]:
    """Halve a field along one axis: approximation and detail, scaled so that a constant keeps its value.

    Squares add up as Σ x² = 2 (Σ approximation² + Σ detail²) where the wavelet is orthogonal. Haar is done by
    halves, exact powers of two; a √2 a level would bias energies by 2e-16 each time.
    """
    if wavelet in ("haar", "db1"):
        pairs = np.moveaxis(values, axis, -1)
        one, two = pairs[..., ::2], pairs[..., 1::2]
        return np.moveaxis((one + two) * 0.5, -1, axis), np.moveaxis((one - two) * 0.5, -1, axis)
    import pywt

    approximation, detail = pywt.dwt(values, filters_of(wavelet), "periodization", axis=axis)
    return approximation * _HALF, detail * _HALF


def synthesised(approximation: Values, detail: Values | None, wavelet: str, axis: int) -> Values:
    """Undo `analysed`; None for a detail is nought everywhere."""
    if wavelet in ("haar", "db1"):
        if detail is None:
            return np.repeat(approximation, 2, axis=axis)
        pairs = np.stack([approximation + detail, approximation - detail], axis + 1)
        return pairs.reshape(*approximation.shape[:axis], -1, *approximation.shape[axis + 1 :])
    import pywt

    rough = np.zeros_like(approximation) if detail is None else detail
    back: Values = pywt.idwt(approximation / _HALF, rough / _HALF, filters_of(wavelet), "periodization", axis=axis)
    return back


def _approximated(fine: Values, wavelet: str, levels: int, axes: Shape | None, name: str) -> Values:
    _halved(fine.shape, wavelet, levels, axes, name)
    for _ in range(levels):
        for axis in axes_of(fine.ndim, axes, name):
            fine = analysed(fine, wavelet, axis)[0]
    return fine


def _smoothed(coarse: Values, rng: Any, wavelet: str, levels: int, axes: Shape | None, name: str) -> Values:
    for _ in range(levels):
        for axis in axes_of(coarse.ndim, axes, name):
            coarse = synthesised(coarse, None, wavelet, axis)
    return coarse


def _transposed(coarse: Values, wavelet: str, levels: int, axes: Shape | None, name: str) -> Values:
    points = 2 ** (levels * len(axes_of(coarse.ndim, axes, name)))
    return np.asarray(_smoothed(coarse, None, wavelet, levels, axes, name) / points)


def _halved(shape: Shape, wavelet: str, levels: int, axes: Shape | None, name: str) -> Shape:
    sides = dict.fromkeys(axes_of(len(shape), axes, name), 2**levels)
    divides(shape, sides, name)
    return tuple(size // sides.get(axis, 1) for axis, size in enumerate(shape))


def _doubled(shape: Shape, wavelet: str, levels: int, axes: Shape | None, name: str) -> Shape:
    among = axes_of(len(shape), axes, name)
    return tuple(size * (2**levels if axis in among else 1) for axis, size in enumerate(shape))
