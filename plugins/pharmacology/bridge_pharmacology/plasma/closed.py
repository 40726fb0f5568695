"""Closed forms of plasma concentrations: one and two compartments, from a bolus, an infusion or a depot.

Every course is a sum of exponentials answering one dose at time 0, and courses of several doses add up (`superposed`).
Units are the caller's: amounts, volumes, times and clearances have to fit one another (mg, L, d, L/d).
All arguments broadcast like numpy's: a column of individuals against a row of times gives all courses at once.

Equations: M. Gibaldi and D. Perrier, Pharmacokinetics, 2nd edition, Marcel Dekker (1982), chapters 1 and 2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
#: A number, or an array that broadcasts against the others.
Numbers: TypeAlias = Any


def one_compartment_iv(
    time: Numbers, dose: Numbers, clearance: Numbers, volume: Numbers, duration: Numbers = 0.0
) -> Array:
    """Concentration at a time after a bolus into one compartment, or after an infusion of that duration began."""
    return np.asarray(dose / volume * _infused(time, clearance / volume, duration))


def one_compartment_oral(
    time: Numbers,
    dose: Numbers,
    absorption_rate: Numbers,
    clearance: Numbers,
    volume: Numbers,
    bioavailability: Numbers = 1.0,
    lag: Numbers = 0.0,
) -> Array:
    """Concentration at a time after a dose was swallowed that is absorbed at first order, after a lag (Bateman)."""
    since = np.asarray(time) - lag
    return np.asarray(bioavailability * dose / volume * _absorbed(since, clearance / volume, absorption_rate))


def two_compartment_iv(
    time: Numbers,
    dose: Numbers,
    clearance: Numbers,
    central_volume: Numbers,
    intercompartmental_clearance: Numbers,
    peripheral_volume: Numbers,
    duration: Numbers = 0.0,
) -> Array:
    """Concentration in the central one of two compartments after a bolus, or after an infusion began."""
    (a, alpha), (b, beta) = _phases(clearance, central_volume, intercompartmental_clearance, peripheral_volume)
    shape = a * _infused(time, alpha, duration) + b * _infused(time, beta, duration)
    return np.asarray(dose / central_volume * shape)


def two_compartment_oral(
    time: Numbers,
    dose: Numbers,
    absorption_rate: Numbers,
    clearance: Numbers,
    central_volume: Numbers,
    intercompartmental_clearance: Numbers,
    peripheral_volume: Numbers,
    bioavailability: Numbers = 1.0,
    lag: Numbers = 0.0,
) -> Array:
    """Concentration in the central one of two compartments after a dose into a depot, at first order, after a lag."""
    (a, alpha), (b, beta) = _phases(clearance, central_volume, intercompartmental_clearance, peripheral_volume)
    since = np.asarray(time) - lag
    shape = a * _absorbed(since, alpha, absorption_rate) + b * _absorbed(since, beta, absorption_rate)
    return np.asarray(bioavailability * dose / central_volume * shape)


def superposed(
    course: Callable[..., Array], time: Numbers, dose_time: Numbers, dose: Numbers, **given: Numbers
) -> Array:
    """What several doses give together: the sum of ``course(time since each dose, each dose, ...)``.

    `dose_time` and `dose` have shape (dose,); so have those of the other arguments (a duration, say) that differ from
    dose to dose; the rest are single numbers. The result has the shape of `time`.
    """
    since = np.asarray(time)[..., np.newaxis] - np.asarray(dose_time)
    return np.asarray(course(since, np.asarray(dose), **given).sum(axis=-1))


def rate_constants(
    clearance: Numbers, central_volume: Numbers, intercompartmental_clearance: Numbers, peripheral_volume: Numbers
) -> tuple[Array, Array]:
    """The faster and the slower rate constant of two compartments: eigenvalues, in 1/time of the clearances."""
    (_, alpha), (_, beta) = _phases(clearance, central_volume, intercompartmental_clearance, peripheral_volume)
    return np.asarray(alpha), np.asarray(beta)


def _phases(
    clearance: Numbers, central: Numbers, exchange: Numbers, peripheral: Numbers
) -> tuple[tuple[Numbers, Numbers], tuple[Numbers, Numbers]]:
    """Share and rate constant of both phases after a bolus; the shares add up to 1."""
    k10, k12, k21 = clearance / central, exchange / central, exchange / peripheral
    spread = np.sqrt((k10 - k21) ** 2 + k12 * (k12 + 2 * (k10 + k21)))
    alpha = (k10 + k12 + k21 + spread) / 2
    beta = k10 * k21 / alpha
    return ((alpha - k21) / spread, alpha), ((k21 - beta) / spread, beta)


def _infused(time: Numbers, rate: Numbers, duration: Numbers) -> Array:
    """What is left of one unit that came in at a constant rate from time 0 on, or at once, and decays."""
    time, duration = np.asarray(time, dtype=np.float64), np.asarray(duration, dtype=np.float64)
    inside = np.clip(time, 0, duration)
    came = np.where(duration > 0, inside / np.where(duration > 0, duration, 1), 1.0)
    after = np.where(time > 0, time - inside, 0.0)
    return np.asarray(np.where(time >= 0, came * _mean_decay(rate * inside) * np.exp(-rate * after), 0.0))


def _absorbed(time: Numbers, rate: Numbers, absorption_rate: Numbers) -> Array:
    """What is there of one unit that leaves a depot at one rate and decays at another: exact where they are equal."""
    since = np.maximum(time, 0)
    slower = np.minimum(rate, absorption_rate)
    apart = np.abs(rate - absorption_rate)
    return np.asarray(absorption_rate * since * np.exp(-slower * since) * _mean_decay(apart * since))


def _mean_decay(x: Numbers) -> Array:
    """Mean of exp(-s) over 0 < s < x."""
    nought = x == 0
    return np.asarray(np.where(nought, 1.0, -np.expm1(-x) / np.where(nought, 1.0, x)))
