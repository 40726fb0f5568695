"""Estimates of population parameters with their covariance, as tables that people keep.

A table is comma-separated text with one row a parameter; lines that begin with # are passed over. Columns, in any
order:

- ``parameter``: its name; ``estimate``: the typical value, above 0; ``unit``;
- how well it is known, one of: ``rse``, relative standard error in %; ``se``, standard error in the unit of the
  estimate; or ``covariance(NAME)`` for every parameter, in the product of both units;
- how individuals differ, one of: ``cv``, coefficient of variation in % of a lognormal parameter, omega² = ln(1 + CV²);
  or ``variance(NAME)`` for every parameter, variances and covariances of the logarithms.

Empty is 0: held, or the same in everybody. Text of NONMEM's own is read by `bridge_pharmacology.population.nonmem`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bridge import Q
from bridge_pharmacology.population import variability

Array = NDArray[np.float64]
_PLAIN = ("parameter", "estimate", "unit", "rse", "se", "cv")


@dataclass(frozen=True)
class Estimates:
    """Typical values by name and unit; `covariance` is that of the logarithms of the estimates, both matrices complete.

    `log_variance` is the variance of the logarithms between individuals. What has no variance has rows of zeros.
    """

    parameters: tuple[str, ...]
    units: tuple[str, ...]
    estimate: Array
    covariance: Array
    log_variance: Array

    @property
    def relative_error(self) -> Array:
        """Relative standard errors."""
        return np.sqrt(np.diagonal(self.covariance))

    @property
    def effects(self) -> tuple[str, ...]:
        """Names of the parameters that differ between individuals."""
        return tuple(n for n, v in zip(self.parameters, np.diagonal(self.log_variance), strict=True) if v > 0)

    @property
    def variance(self) -> Array:
        """Variance matrix of the effects: what `population.random_effects` takes."""
        rows = [self.parameters.index(name) for name in self.effects]
        return self.log_variance[np.ix_(rows, rows)]

    def literals(self) -> dict[str, str]:
        """Typical values as a flow writes them: ``{"clearance": "0.225 L/d"}``, exact."""
        return {
            name: f"{value!r}" if unit == "1" else f"{value!r} {unit}"
            for name, value, unit in zip(self.parameters, self.estimate.tolist(), self.units, strict=True)
        }

    def sampled(self, draws: int, seed: int = 1) -> dict[str, Any]:
        """Parameters drawn from what is not known of them, lognormal: quantities of shape (draws,), by name."""
        drawn = self.drawn(draws, seed)
        return {
            name: Q(drawn[:, k], unit) for k, (name, unit) in enumerate(zip(self.parameters, self.units, strict=True))
        }

    def drawn(self, draws: int, seed: int = 1) -> Array:
        """The same as numbers in the units of the table, shape (draws, parameters)."""
        lower = variability.factor(self.covariance)
        return np.asarray(
            self.estimate * np.exp(variability.deviates(draws, len(self.parameters), seed=seed) @ lower.T)
        )


def read(source: str | Path | bytes) -> Estimates:
    """Read a table of estimates from a file, or from its bytes. Raises ValueError, naming line and column."""
    text = (source if isinstance(source, bytes) else Path(source).read_bytes()).decode("utf-8-sig")
    lines = [(k, line) for k, line in enumerate(text.splitlines(), 1) if line.strip() and not line.startswith("#")]
    if not lines:
        raise ValueError("the table of estimates is empty: write 'parameter,estimate,unit,rse,cv' and a row for each.")
    rows = [(number, next(csv.reader([line]))) for number, line in lines]
    header = [name.strip() for name in rows[0][1]]
    rows = rows[1:]
    for number, row in rows:
        if len(row) != len(header):
            raise ValueError(
                f"line {number} has {len(row)} columns, and the header {len(header)}: {', '.join(header)}."
            )
    columns = {name: [row[k].strip() for _, row in rows] for k, name in enumerate(header)}
    at = [number for number, _ in rows]
    names = _names(header, columns, at)
    units = checked_units(columns["unit"], at)
    estimate = _numbers(columns["estimate"], at, "estimate", low=0.0, strict=True)
    error = _spread(columns, at, "rse", 0.01)
    if "se" in columns:
        error = _spread(columns, at, "se", 1.0) / estimate
    covariance = _matrix(columns, at, names, "covariance", np.diag(error**2), estimate)
    effects = np.diag(variability.log_variance(_spread(columns, at, "cv", 0.01)))
    log_variance = _matrix(columns, at, names, "variance", effects, np.ones_like(estimate))
    for what, matrix in (("covariance of the estimates", covariance), ("variance between individuals", log_variance)):
        try:
            variability.factor(matrix)
        except ValueError as reason:
            raise ValueError(f"{what}: {reason}") from None
    return Estimates(names, units, estimate, covariance, log_variance)


def written(estimates: Estimates) -> str:
    """The table as text: read again, it gives the same to rounding."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    names = estimates.parameters
    table.writerow(
        ["parameter", "estimate", "unit", *(f"covariance({n})" for n in names), *(f"variance({n})" for n in names)]
    )
    natural = estimates.covariance * np.outer(estimates.estimate, estimates.estimate)
    for k, name in enumerate(names):
        numbers = [*natural[k].tolist(), *estimates.log_variance[k].tolist()]
        table.writerow([name, repr(float(estimates.estimate[k])), estimates.units[k], *map(repr, numbers)])
    return text.getvalue()


def _names(header: list[str], columns: Mapping[str, list[str]], at: list[int]) -> tuple[str, ...]:
    missing = [name for name in _PLAIN[:3] if name not in header]
    if missing:
        raise ValueError(f"the table of estimates has no column {missing[0]!r}; it has {', '.join(header)}.")
    names = tuple(columns["parameter"])
    if not names:
        raise ValueError("the table of estimates has a header and no row: write one for each parameter.")
    for number, name in zip(at, names, strict=True):
        if not name or names.count(name) > 1:
            raise ValueError(f"line {number}: the parameter {name!r} {'stands twice' if name else 'has no name'}.")
    known = {*_PLAIN, *(f"{kind}({name})" for kind in ("covariance", "variance") for name in names)}
    for name in header:
        if name not in known or header.count(name) > 1:
            reason = "stands twice" if name in known else "is not known"
            raise ValueError(
                f"column {name!r} {reason}. Columns are {', '.join(_PLAIN)}, covariance(NAME), variance(NAME) with a "
                "parameter's NAME; comments are lines that begin with #."
            )
    for one, other in (("rse", "se"), ("rse", "covariance"), ("se", "covariance"), ("cv", "variance")):
        if any(n.startswith(one) for n in header) and any(n.startswith(f"{other}") for n in header):
            raise ValueError(f"{one} and {other} say the same in two ways: keep one of them.")
    return names


def checked_units(units: list[str], at: list[int]) -> tuple[str, ...]:
    """The units, every one of which is known. Raises ValueError, naming the line."""
    for number, unit in zip(at, units, strict=True):
        try:
            Q(1.0, unit or "?")
        except Exception as reason:
            raise ValueError(f"line {number}: {unit!r} is no unit: {reason} Write L/d, 1/h, mg/L, or 1.") from None
    return tuple(units)


def _numbers(texts: list[str], at: list[int], column: str, *, low: float, strict: bool = False) -> Array:
    found = []
    for number, text in zip(at, texts, strict=True):
        try:
            value = float(text) if text or strict else 0.0
        except ValueError:
            raise ValueError(f"line {number}, {column}: {text!r} is not a number.") from None
        if not np.isfinite(value) or value < low or (strict and value == low):
            kind = "above" if strict else "at least"
            raise ValueError(f"line {number}, {column}: got {text or 'nothing'}, expected a number {kind} {low:g}.")
        found.append(value)
    return np.array(found)


def _spread(columns: Mapping[str, list[str]], at: list[int], column: str, unit: float) -> Array:
    if column not in columns:
        return np.zeros(len(at))
    return _numbers(columns[column], at, column, low=0.0) * unit


def _matrix(
    columns: Mapping[str, list[str]], at: list[int], names: tuple[str, ...], kind: str, other: Array, scale: Array
) -> Array:
    """A matrix given by columns, over the product of scales; ``other`` where none is given."""
    wanted = [f"{kind}({name})" for name in names]
    present = [column for column in wanted if column in columns]
    if not present:
        return other
    if len(present) < len(wanted):
        raise ValueError(f"there is {present[0]}, and no {next(c for c in wanted if c not in columns)}: write all.")
    found = np.stack([_numbers(columns[column], at, column, low=-np.inf) for column in wanted], axis=1)
    return np.asarray(found / np.outer(scale, scale))
