"""A logistic of protection within the errors of another one."""

from __future__ import annotations

from math import exp, sqrt
from typing import Annotated

from bridge import Within, model
from bridge_epidemic.ports import NotNegative
from bridge_epidemic.protection.published import (
    ERROR_CORRELATION,
    HALF_LEVEL,
    HALF_LEVEL_ERROR,
    HALF_LIFE,
    LOG_STEEPNESS_ERROR,
    SPREAD,
    STEEPNESS,
    Correlation,
    HalfLevel,
    HalfLife,
    Logistic,
    Spread,
    Steepness,
)
from bridge_epidemic.scales import PERSON

CORRELATION = ERROR_CORRELATION["infection"]

Error = Annotated[float, "1", NotNegative]
Deviate = Annotated[float, "1", Within(-10, 10)]


@model("protection.deviate", scale=PERSON)
def deviate(
    steepness: Steepness = STEEPNESS,
    half_protective_level: HalfLevel = HALF_LEVEL,
    level_spread: Spread = SPREAD,
    half_life: HalfLife = HALF_LIFE,
    log_steepness_error: Error = LOG_STEEPNESS_ERROR,
    half_protective_error: Error = HALF_LEVEL_ERROR,
    error_correlation: Correlation = CORRELATION,
    steepness_deviate: Deviate = 0.0,
    half_protective_deviate: Deviate = 0.0,
) -> Logistic:
    """The logistic so many standard errors away: deviates that are normal (0, 1) draw one of those that the data allow.

    ln k = ln k0 + s_k z_1; n50 = n0 + s_n (rho z_1 + sqrt(1 - rho²) z_2). Steepness and half-protective level were
    fitted together, and their errors go together: drawn independently, they make protection more uncertain than the
    trials leave it (the standard deviation that they give `escape.ratio` doubles). By default the logistic is the
    published one for infection.
    """
    rho = error_correlation
    away = rho * steepness_deviate + sqrt(1 - rho**2) * half_protective_deviate
    half = half_protective_level + half_protective_error * away
    return Logistic(
        steepness=steepness * exp(log_steepness_error * steepness_deviate),
        half_protective_level=half,
        half_protective_titre=10**half,
        level_spread=level_spread,
        half_life=half_life,
        log_steepness_error=log_steepness_error,
        half_protective_error=half_protective_error,
        error_correlation=error_correlation,
    )
