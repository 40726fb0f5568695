"""Densities of the generation time on a grid of ages since infection, linear between its points."""

from __future__ import annotations

import numpy as np

from bridge_epidemic.ports import Array

#: A grid has so many points, closer together where infections are young.
POINTS = 2001
#: What of a distribution lies beyond its grid.
TAIL = 1e-10


def grid(end: float) -> Array:
    """Ages (d) from 0 to `end`, 0.5 % apart where they are old, and ever closer near 0, where densities bend."""
    bend = 10.0
    ages: Array = end * np.sinh(np.linspace(0.0, bend, POINTS)) / np.sinh(bend)
    return ages


def checked(age: Array, values: Array, what: str) -> None:
    """Refuse what is no course over ages: too short, not rising from 0 or later, or 0 throughout. Raises ValueError."""
    if age.size < 3:
        raise ValueError(f"{what} is given at {age.size} ages; at least 3 are needed. Give a finer grid.")
    if age[0] < 0:
        raise ValueError(f"{what} begins at {age[0]:g} d. Count the time from the infection: begin at 0 d.")
    if not (np.diff(age) > 0).all():
        at = int(np.argmin(np.diff(age) > 0))
        raise ValueError(f"ages of {what} must rise, got {age[at + 1]:g} d after {age[at]:g} d.")
    if (values < 0).any():
        raise ValueError(f"{what} is {values.min():g} at {age[int(values.argmin())]:g} d. It cannot be negative.")
    if not values.any():
        raise ValueError(f"{what} is 0 throughout: nothing is transmitted, and no generation time is to be had.")


def area(age: Array, values: Array) -> float:
    """Integral over age of values that are linear between the ages."""
    return float(((values[1:] + values[:-1]) * np.diff(age)).sum() / 2)


def moments(age: Array, values: Array) -> tuple[float, float]:
    """Mean and standard deviation (d) of the age, weighted by values that are linear between; exact for such."""
    a, b, f, g, h = age[:-1], age[1:], values[:-1], values[1:], np.diff(age)
    whole = area(age, values)
    mean = float((h * (a * (2 * f + g) + b * (f + 2 * g))).sum() / 6 / whole)
    a, b = a - mean, b - mean
    square = h * (f * (3 * a * a + 2 * a * b + b * b) + g * (a * a + 2 * a * b + 3 * b * b)) / 12
    return mean, float(np.sqrt(max(square.sum() / whole, 0.0)))


def discounted(age: Array, values: Array, rate: float) -> float:
    """Integral over age of exp(-rate age) times values linear between the ages, `rate` in 1/d; exact for such.

    Raises ValueError where the density had not died away under that weight when the grid ended.
    """
    h, x = np.diff(age), rate * np.diff(age)
    small = np.abs(x) < 1e-3
    safe = np.where(small, 1.0, x)
    early = np.where(small, 0.5 - x / 6 + x * x / 24, (safe - 1 + np.exp(-safe)) / safe**2)
    late = np.where(small, 0.5 - x / 3 + x * x / 8, (1 - np.exp(-safe) * (1 + safe)) / safe**2)
    shift = max(0.0, -rate * float(age[-1]))
    weight = np.exp(-rate * age[:-1] - shift)
    parts = h * weight * (values[:-1] * early + values[1:] * late)
    weighed = values * np.exp(-rate * age - shift)
    if rate < 0 and weighed[-1] > 1e-4 * weighed.max():
        raise ValueError(
            f"at a growth rate of {rate:g} 1/d the end of the generation time, at {age[-1]:g} d, decides its integral. "
            "Give the density up to a greater age."
        )
    return float(parts.sum() * np.exp(shift))


def gamma_density(mean: float, spread: float) -> tuple[Array, Array]:
    """Ages (d) and density (1/d) of the gamma distribution of this mean and standard deviation (d)."""
    from scipy.stats import gamma

    shape = (mean / spread) ** 2
    ages = grid(float(gamma.isf(TAIL, shape, scale=mean / shape)))
    return ages, _whole(ages, gamma.pdf(ages, shape, scale=mean / shape))


def lognormal_density(mean: float, spread: float) -> tuple[Array, Array]:
    """Ages (d) and density (1/d) of the lognormal distribution of this mean and standard deviation (d)."""
    from scipy.stats import lognorm

    variance = np.log1p((spread / mean) ** 2)
    median, sigma = mean / np.exp(variance / 2), float(np.sqrt(variance))
    ages = grid(float(lognorm.isf(TAIL, sigma, scale=median)))
    return ages, _whole(ages, lognorm.pdf(ages, sigma, scale=median))


def _whole(ages: Array, density: Array) -> Array:
    scaled: Array = density / area(ages, density)
    return scaled
