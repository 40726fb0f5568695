"""Least squares on logarithms of parameters, from many starts, with standard errors.

Parameters are positive and vary over decades, so their logarithms are fitted, and errors are relative ones. The
variance of the estimates is s² (JᵀJ)⁻¹ with s² the mean square of n - p residuals; where several individuals are
pooled, the one that allows for the likeness of one individual's records stands beside it (K.-Y. Liang and S. L. Zeger,
Biometrika 73, 13, 1986).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
ErrorModel = Literal["additive", "proportional"]

#: A proportional error levels off below this share of the largest prediction: no record weighs without bound.
FLOOR = 0.05
#: A logarithm whose standard error is larger than this is not known at all: a factor of 20 either way.
UNKNOWN = 3.0
#: How far, as a logarithm, a parameter may go from its start: a factor of 3,000.
FAR = 8.0
SPREAD = 0.7
SAME = 1e-4
ROUNDS = 30


@dataclass(frozen=True)
class Series:
    """Records of one individual, and its doses: times in d, amounts in mg, values in the unit of the prediction.

    `known` are parameters of this individual that are given and not fitted; `identifier` is its ID in a table.
    """

    individual: int
    time: Array
    value: Array
    dose_time: Array
    dose: Array
    known: Mapping[str, float]
    identifier: int | None = None

    @property
    def name(self) -> str:
        """What people call it: its ID where a table has given it one."""
        return f"individual {self.individual}" if self.identifier is None else f"ID {self.identifier}"


Predict = Callable[[Series, Mapping[str, float]], Array]


@dataclass(frozen=True)
class Structure:
    """What is fitted: parameters by name and unit, and the values they predict at the times of a series.

    `canonical` turns a fit into the one that is told, where several sets of parameters predict the same.
    """

    name: str
    parameters: tuple[str, ...]
    units: tuple[str, ...]
    predict: Predict
    canonical: Callable[[Fit], Fit] = lambda found: found


@dataclass(frozen=True)
class Fit:
    """The best of all starts.

    `estimate` has the fitted parameters in the order of `names`; `covariance` is that of their logarithms and
    `by_individual` the same with individuals as the units of sampling. `residual` is the standard deviation of the
    residuals: in the unit of the values (additive), or relative to the prediction (proportional). `agreeing` is the
    share of the starts that came to the same least sum of squares.
    """

    names: tuple[str, ...]
    estimate: Array
    covariance: Array
    by_individual: Array
    residual: float
    agreeing: float

    @property
    def relative_error(self) -> Array:
        """Standard errors of the logarithms, which are relative standard errors."""
        return np.sqrt(np.diagonal(self.covariance))


class NotFitted(ArithmeticError):
    """Records that do not determine the parameters; its text says why."""


def fit(
    structure: Structure,
    series: Sequence[Series],
    start: Mapping[str, float],
    *,
    fixed: Sequence[str] = (),
    error: ErrorModel = "additive",
    starts: int = 8,
    seed: int = 1,
) -> Fit:
    """One set of parameters for all series: the least sum of squares of weighted residuals.

    The first start is `start`; the others are `start` times lognormal factors of a logarithmic deviation of 0.7.
    With proportional errors residuals are divided by the prediction, found again until the weights no longer change
    (iteratively reweighted least squares); weights level off below 5 % of the largest prediction.

    Raises NotFitted with too few records, where no start converges, where a parameter goes to the end of its range,
    or where its standard error says that the records do not know it.
    """
    names = tuple(name for name in structure.parameters if name not in fixed)
    observed = np.concatenate([one.value for one in series])
    if observed.size <= len(names):
        raise NotFitted(f"{observed.size} records do not determine {len(names)} parameters")
    held = {name: float(start[name]) for name in structure.parameters if name in fixed}
    origin = np.log([start[name] for name in names])

    def predicted(logs: Array) -> Array:
        found = held | dict(zip(names, np.exp(logs).tolist(), strict=True))
        return np.concatenate([structure.predict(one, found) for one in series])

    rng = np.random.default_rng(seed)
    tried = [origin, *(origin + SPREAD * rng.standard_normal((max(starts - 1, 0), len(names))))]
    found = [one for begin in tried if (one := _descend(predicted, observed, begin, origin, error)) is not None]
    if not found:
        raise NotFitted(f"none of {len(tried)} starts converged")
    least = min(cost for _, cost, _ in found)
    logs, _, jacobian_weight = min(found, key=lambda one: one[1])
    at_end = np.abs(logs - origin) > 0.999 * FAR
    if at_end.any():
        raise NotFitted(f"{names[int(np.argmax(at_end))]} went to the end of its range, {np.exp(logs[at_end][0]):.3g}")
    residual, slope = _linear(predicted, observed, logs, jacobian_weight)
    owner = np.repeat(np.arange(len(series)), [one.value.size for one in series])
    covariance, by_individual, variance = _errors(residual, slope, owner, names)
    told = Fit(
        names=names,
        estimate=np.exp(logs),
        covariance=covariance,
        by_individual=by_individual,
        residual=float(np.sqrt(variance)),
        agreeing=float(
            np.mean([cost <= least * (1 + SAME) + 1e-300 for _, cost, _ in found]) * len(found) / len(tried)
        ),
    )
    return structure.canonical(told)


def _descend(
    predicted: Callable[[Array], Array], observed: Array, begin: Array, origin: Array, error: ErrorModel
) -> tuple[Array, float, Array] | None:
    """Logs of the parameters, a cost that ranks starts, and the weights; None where the descent fails."""
    from scipy.optimize import least_squares

    logs, weight = np.clip(begin, origin - 0.99 * FAR, origin + 0.99 * FAR), np.ones_like(observed)
    for _ in range(ROUNDS if error == "proportional" else 1):
        if error == "proportional":
            weight = _weights(predicted(logs))
        if not np.all(np.isfinite(weight * predicted(logs))):
            return None
        done = least_squares(
            lambda x, w=weight: w * (predicted(x) - observed),
            logs,
            jac="3-point",
            bounds=(origin - FAR, origin + FAR),
            xtol=1e-10,
            ftol=1e-12,
            gtol=1e-12,
            x_scale=1.0,
            max_nfev=400,
        )
        if done.status < 1:
            return None
        moved = float(np.abs(done.x - logs).max())
        logs = done.x
        if moved < 1e-7:
            break
    size = weight * (predicted(logs) - observed)
    # Reweighted sums of squares compare only with the determinant of the weights beside them (a normal likelihood).
    cost = float(np.log(max(float(size @ size), 1e-300)) * size.size - 2 * np.log(weight).sum())
    return logs, float(np.exp(cost / size.size)), weight


def _weights(prediction: Array) -> Array:
    largest = float(np.max(np.abs(prediction)))
    return np.asarray(1 / np.maximum(np.abs(prediction), max(FLOOR * largest, 1e-300)))


def _linear(predicted: Callable[[Array], Array], observed: Array, logs: Array, weight: Array) -> tuple[Array, Array]:
    """Weighted residuals, and their derivatives by central differences of step 1e-5."""
    columns = [weight * (predicted(logs + step) - predicted(logs - step)) / 2e-5 for step in 1e-5 * np.eye(logs.size)]
    return weight * (observed - predicted(logs)), np.stack(columns, axis=1)


def _errors(residual: Array, slope: Array, owner: Whole, names: Sequence[str]) -> tuple[Array, Array, float]:
    """Both covariances of the estimates and the variance of a residual. Raises NotFitted."""
    length = np.linalg.norm(slope, axis=0)
    if np.any(length == 0):
        raise NotFitted(f"{names[int(np.argmin(length))]} changes nothing in the records")
    if np.linalg.svd(slope / length, compute_uv=False)[-1] < 1e-7:
        raise NotFitted(f"the records know only combinations of {', '.join(names)}")
    inverse = np.linalg.inv(slope.T @ slope)
    variance = float(residual @ residual) / (residual.size - slope.shape[1])
    covariance = variance * inverse
    spread = np.sqrt(np.diagonal(covariance))
    if spread.max() > UNKNOWN:
        worst = int(np.argmax(spread))
        raise NotFitted(f"{names[worst]} is not known: the standard error of its logarithm is {spread[worst]:.2g}")
    count = int(owner.max()) + 1
    pulls = np.zeros((count, slope.shape[1]))
    np.add.at(pulls, owner, slope * residual[:, None])
    spare = count / (count - 1) if count > 1 else 1.0
    by_individual = spare * inverse @ pulls.T @ pulls @ inverse
    return covariance, by_individual, variance
