"""How long a model remembers and how far it feels: relaxation time and correlation length, with their standard errors.

Both come from the autocorrelation of a stationary series or field. The integrated time follows A. Sokal (window of six
times the result) with U. Wolff's correction for the subtracted mean (Comput. Phys. Commun. 156, 143, 2004); standard
errors are jackknifed over blocks, so that nothing is assumed of the law of the values.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bridge.errors import ContractError
from bridge.scales.separation import Estimate, in_unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


#: The window over which correlations are summed, and what a series must span, in units of the result.
WINDOW, SPAN = 6, 50
#: Blocks of the jackknife, and lags at which correlations are followed.
BLOCKS, LAGS = 20, 200
#: Correlations below this are left out of an exponential fit.
FAINT = 0.1
METHODS = ("integrated", "exponential")


def relaxation_time(series: Any, dt: Any, unit: str | None = None, *, method: str = "integrated") -> Estimate:
    """How long a stationary series remembers, with its standard error: ``relaxation_time(energy, "10 fs")``.

    ``series`` has time as its last axis; other axes are independent copies of the same process. ``dt`` is text, a
    quantity, or a number in ``unit``. ``method`` is "integrated" (the integral of the autocorrelation) or "exponential"
    (the slope of its logarithm). Raises ContractError for a series that is too short, and says how long it must be.
    """
    step, unit = in_unit(dt, unit, "dt", "time")
    values = in_array(series, "series")
    found, error = _correlated(values, (values.ndim - 1,), False, _method(method), _Words("series", "time", step, unit))
    return Estimate(found * float(step), unit, f"{method} autocorrelation of {_size(values)}", error * float(step))


def correlation_length(
    field: Any,
    spacing: Any,
    unit: str | None = None,
    *,
    axis: int | None = None,
    periodic: bool = False,
    method: str = "integrated",
) -> Estimate:
    """How far a homogeneous field remembers, with its standard error: ``correlation_length(image, "1 um")``.

    ``spacing`` is that of its points, text, a quantity, or a number in ``unit``. The correlations are those along
    ``axis``, or along all axes together. A ``periodic`` field goes on beyond its end at its beginning. ``method`` is
    that of ``relaxation_time``. Raises ContractError for a field that is too small, and says how large it must be.
    """
    step, unit = in_unit(spacing, unit, "spacing", "length")
    values = in_array(field, "field")
    if axis is not None and not -values.ndim <= axis < values.ndim:
        raise ContractError(f"axis={axis} is none of a field with {values.ndim}. Write 0 to {values.ndim - 1}.")
    axes = tuple(range(values.ndim)) if axis is None else (axis % values.ndim,)
    found, error = _correlated(values, axes, periodic, _method(method), _Words("field", "length", step, unit))
    return Estimate(found * float(step), unit, f"{method} autocorrelation of {_size(values)}", error * float(step))


def in_array(given: Any, name: str) -> Floats:
    """An array of finite numbers, from one or from a quantity of them. Raises ContractError."""
    import numpy as np

    values = np.asarray(getattr(given, "magnitude", given), dtype=np.float64)
    if values.ndim == 0 or not np.isfinite(values).all():
        raise ContractError(f"the {name} must be an array of finite numbers, got {_size(values) or 'a single one'}.")
    return values


def _size(values: Floats) -> str:
    return "×".join(map(str, values.shape)) + " values" * bool(values.shape)


def _method(method: str) -> str:
    if method not in METHODS:
        raise ContractError(f"method={method!r} is unknown. Write 'integrated' or 'exponential'.")
    return method


class _Words:
    """How results in steps are told of: 'series', 'time', and the size of a step."""

    def __init__(self, thing: str, what: str, step: Any, unit: str) -> None:
        self.thing, self.what, self.step, self.unit = thing, what, float(step), unit
        self.long = "long" if what == "time" else "wide"
        self.name = "relaxation time" if what == "time" else "correlation length"

    def size(self, steps: float) -> str:
        return f"{steps * self.step:.3g} {self.unit}"


def _correlated(values: Floats, axes: Sequence[int], periodic: bool, method: str, words: _Words) -> tuple[float, float]:
    """Relaxation in steps and its standard error. Raises ContractError."""
    import numpy as np

    x = values - values.mean()
    shortest = min(values.shape[axis] for axis in axes)
    variance = float((x * x).mean())
    if variance <= 1e-28 * float(values.mean()) ** 2 or variance == 0:
        raise ContractError(f"the {words.thing} does not change: there is no {words.name} to find.")
    rough = _autocorrelation(x, axes, periodic)
    summed = np.cumsum(rough) - 0.5
    closed = np.flatnonzero(np.arange(len(summed)) >= WINDOW * np.maximum(summed, 1.0))
    guess = max(0.5, float(summed[closed[0]]) if len(closed) else float(summed.max()))
    dims, copies = (1, values.size / shortest) if words.what == "time" else (values.ndim, 1)
    if not len(closed) or values.size < SPAN * guess**dims:
        needed = guess * max(2 * WINDOW, (SPAN / copies) ** (1 / dims))
        raise ContractError(
            f"the {words.thing} is too short: it is {words.size(shortest)} {words.long} and correlated over about "
            f"{words.size(guess)}. Its {words.name} needs at least {words.size(needed)}"
            f"{' along each axis' if dims > 1 else ''}."
        )
    if summed[closed[0]] < 1.0:
        raise ContractError(
            f"the {words.thing} forgets within one step of {words.size(1)}: its {words.name} cannot be told, only that "
            f"it is shorter. Take finer steps, or use {words.size(1)} as its upper bound."
        )
    lags = _lags(int(closed[0]))
    sums, counts = _by_block(x, axes, lags, periodic)
    bias = (2 * guess) ** dims / values.size * variance
    found = _reduced(sums.sum(0) / counts.sum(0) + bias, lags, method)
    left_out = (sums.sum(0) - sums) / (counts.sum(0) - counts) + bias
    each = np.array([_reduced(one, lags, method) for one in left_out])
    blocks = len(each)
    error = math.sqrt((blocks - 1) / blocks * float(((each - each.mean()) ** 2).sum()))
    if not (math.isfinite(found) and math.isfinite(error) and found > 0):
        raise ContractError(
            f"the correlations of the {words.thing} do not decay: no {words.name} by the {method} method. "
            f"A {words.thing} that oscillates or drifts has none; take its trend or its wave away first."
        )
    return found, error


def _autocorrelation(x: Floats, axes: Sequence[int], periodic: bool) -> Floats:
    """Autocorrelation at lags up to half of the shortest axis, averaged over ``axes``."""
    import numpy as np

    most = min(x.shape[axis] for axis in axes) // 2 + 1
    total = np.zeros(most)
    for axis in axes:
        size = x.shape[axis]
        power = np.abs(np.fft.rfft(x, size if periodic else 2 * size, axis=axis)) ** 2
        others = tuple(other for other in range(x.ndim) if other != axis)
        found = np.fft.irfft(power.sum(axis=others), size if periodic else 2 * size)[:most]
        total += found / (x.size // size) / (size if periodic else size - np.arange(most))
    return np.asarray(total / total[0])


def _lags(window: int) -> NDArray[np.int64]:
    """Lags up to the window, evenly, at most so many that a block's products can be formed one by one."""
    import numpy as np

    stride = max(1, math.ceil(window / LAGS))
    return np.arange(0, window + stride, stride)


def _by_block(x: Floats, axes: Sequence[int], lags: NDArray[np.int64], periodic: bool) -> tuple[Floats, Floats]:
    """Sums and counts of lagged products, block by block and lag by lag."""
    import numpy as np

    cuts = _cuts(x.shape)
    sums, counts = np.zeros((math.prod(cuts), len(lags))), np.zeros((math.prod(cuts), len(lags)))
    for axis in axes:
        for column, lag in enumerate(lags.tolist()):
            if periodic:
                products = x * np.roll(x, -lag, axis)
            else:
                before, size = (slice(None),) * axis, x.shape[axis]
                products = x[(*before, slice(size - lag))] * x[(*before, slice(lag, size))]
            number = np.ones(1)
            for along, pieces in enumerate(cuts):
                edges = np.linspace(0, products.shape[along], pieces + 1).astype(int)
                products = np.add.reduceat(products, edges[:-1], along)
                number = np.multiply.outer(number, np.diff(edges))
            sums[:, column] += products.ravel()
            counts[:, column] += number.ravel()
    return sums, counts


def _cuts(shape: Sequence[int]) -> list[int]:
    """How many blocks each axis is cut into, about BLOCKS in all."""
    cuts, left = [], BLOCKS
    for place, size in enumerate(shape):
        pieces = max(1, min(size // 2, math.ceil(left ** (1 / (len(shape) - place)))))
        cuts.append(pieces)
        left = max(1, math.ceil(left / pieces))
    return cuts


def _reduced(covariance: Floats, lags: NDArray[np.int64], method: str) -> float:
    """Relaxation in steps from the covariance at these lags; NaN where it does not decay."""
    import numpy as np

    rho = covariance / covariance[0]
    if method == "integrated":
        return float(np.trapezoid(rho, lags))
    faint = np.flatnonzero(rho < FAINT)
    clear = slice(0 if len(faint) and faint[0] < 4 else 1, int(faint[0]) if len(faint) else len(rho))
    if len(rho[clear]) < 2:
        return math.nan
    slope = float(np.polyfit(lags[clear], np.log(rho[clear]), 1, w=rho[clear])[0])
    return -1 / slope if slope < 0 else math.nan
