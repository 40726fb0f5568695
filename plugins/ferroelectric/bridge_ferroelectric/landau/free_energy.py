"""Landau's free energy of all temperatures: joint regression, stability and transition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge_ferroelectric import polynomial
from bridge_ferroelectric.interfaces import Landau
from bridge_ferroelectric.phases import DIRECTIONS
from bridge_ferroelectric.polynomial import ORDER, Polynomial, invariants

Array = NDArray[np.float64]

#: What may depend on temperature, and to which power: the choices over which the spread is taken. The first
#: is the answer: J. Íñiguez et al., Phys. Rev. B 63, 144103 (2001) fit theirs in the same way.
CHOICES: dict[str, dict[str, int]] = {
    "α1, α11, α12 linear in T": {"alpha1": 1, "alpha11": 1, "alpha12": 1},
    "only α1 linear in T": {"alpha1": 1},
    "α1 and α11 linear in T": {"alpha1": 1, "alpha11": 1},
    "α111 linear in T, too": {"alpha1": 1, "alpha11": 1, "alpha12": 1, "alpha111": 1},
    "α1 quadratic in T": {"alpha1": 2, "alpha11": 1, "alpha12": 1},
    "with an isotropic term of eighth order": {"alpha1": 1, "alpha11": 1, "alpha12": 1, "alpha1111": 0},
}
ANSWER = next(iter(CHOICES))


@dataclass(frozen=True)
class Regression:
    """Coefficients of one polynomial by name (`alpha1`, `alpha1_slope`, …), their covariance and misfit."""

    names: tuple[str, ...]
    values: Array
    covariance: Array
    chi2: float
    degrees: int

    @property
    def scale(self) -> float:
        """√(χ²/dof), by which the errors grow where the polynomial, not the statistics, is the limit."""
        return max(1.0, float(np.sqrt(self.chi2 / self.degrees)))

    def value(self, name: str) -> float:
        """A coefficient; 0 where this polynomial has none."""
        return float(self.values[self.names.index(name)]) if name in self.names else 0.0

    def error(self, name: str) -> float:
        """Its standard error × √(χ²/dof); 0 where this polynomial has none."""
        if name not in self.names:
            return 0.0
        i = self.names.index(name)
        return float(np.sqrt(self.covariance[i, i]) * self.scale)


def columns(polarization: Array, kelvin: Array, choice: dict[str, int]) -> dict[str, Array]:
    """How the field along P, n·dG/dP, depends on each coefficient: (points,) a coefficient.

    `kelvin` is the temperature from the reference. A homogeneous invariant of order m gives m I(P)/|P|.
    """
    size = np.linalg.norm(polarization, axis=-1)
    value = invariants(polarization)
    terms = {name: ORDER[name] * value[name] for name in ORDER}
    if "alpha1111" in choice:
        terms["alpha1111"] = 8 * value["alpha1"] ** 4
    found = {}
    for name, term in terms.items():
        slope = term / size
        for power in range(choice.get(name, 0) + 1):
            found[name + ("", "_slope", "_curvature")[power]] = slope * kelvin**power
    return found


def regress(polarization: Array, kelvin: Array, field: Array, error: Array, choice: str = ANSWER) -> Regression:
    """Weighted least squares of the field along P at all temperatures together.

    polarization (points, 3) in C/m², kelvin, field in V/m and its error (points,). Raises ArithmeticError where
    the points do not determine the coefficients.
    """
    terms = columns(polarization, kelvin, CHOICES[choice])
    matrix = np.stack(list(terms.values()), axis=1) / error[:, None]
    length = np.linalg.norm(matrix, axis=0)
    degrees = len(field) - len(terms)
    if degrees < 1 or np.linalg.matrix_rank(matrix / np.where(length > 0, length, 1.0), tol=1e-8) < len(terms):
        raise ArithmeticError(
            f"{len(field)} points do not determine the {len(terms)} coefficients of the polynomial with {choice}: "
            "add amplitudes or temperatures."
        )
    scaled = matrix / length
    solution, *_ = np.linalg.lstsq(scaled, field / error, rcond=None)
    values = solution / length
    covariance = np.linalg.inv(scaled.T @ scaled) / np.outer(length, length)
    residual = field / error - matrix @ values
    return Regression(tuple(terms), values, covariance, float(residual @ residual), degrees)


def demand_stability(fit: Regression) -> None:
    """Refuse a polynomial that falls without bound along [001], [011] or [111]. Raises ArithmeticError."""
    falling = Polynomial(**{name: fit.value(name) for name in ORDER}).falling()
    failed = [f"{name} > 0 (along {way}) is {value:.3g}" for name, way, value in falling]
    if failed:
        raise ArithmeticError(
            f"the fitted free energy has no lower bound: {'; '.join(failed)} J m⁹/C⁶. The largest amplitudes fix "
            f"the sixth order: raise `largest` of ferroelectric.constrained, or give more amplitudes."
        )


def depth(theory: Landau, temperature: float) -> float:
    """Below 0 where a well lies under the cubic phase: a - b²/4c of the deepest first-order well, or a, in J m/C²."""
    lowest, at = np.inf, polynomial.at(theory, temperature)
    for n in DIRECTIONS:
        a, b, c = at.along(n)
        lowest = min(lowest, a - b * b / (4 * c) if b < 0 else a)
    return lowest


def transition(theory: Landau, start: float) -> float:
    """Temperature in K at which the deepest well and the cubic phase lie level, the next above (or below) `start`.

    Raises ArithmeticError where there is none between 0 and three times `start`.
    """
    polar = depth(theory, start) < 0
    end = 3 * start if polar else 0.0
    grid = np.linspace(start, end, 400)
    other = [i for i, t in enumerate(grid) if (depth(theory, t) < 0) != polar]
    if not other:
        what = "ferroelectric up to" if polar else "cubic down to"
        raise ArithmeticError(
            f"the fitted free energy is {what} {end:g} K, starting from {start:g} K: it has no transition."
        )
    inside, outside = grid[other[0] - 1], grid[other[0]]
    for _ in range(40):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if (depth(theory, middle) < 0) == polar else (inside, middle)
    return float((inside + outside) / 2)
