"""The logistic of protection as it was published."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10
from typing import Annotated, Literal

from bridge import Within, model
from bridge_epidemic.ports import NotNegative, Positive
from bridge_epidemic.scales import PERSON

Steepness = Annotated[float, "1", Within(0, 1000, strict=True)]
HalfLevel = Annotated[float, "1", Within(-20, 10)]
Spread = Annotated[float, "1", Within(0, 10)]
HalfLife = Annotated[float, "d", Positive]
Correlation = Annotated[float, "1", Within(-1, 1)]
Outcome = Literal["infection", "severe"]

#: Titre at which half are protected, over the convalescent mean, with its 95 % interval.
HALF_TITRE: dict[Outcome, tuple[float, float, float]] = {
    "infection": (0.202, 0.144, 0.284),
    "severe": (0.03, 0.007, 0.13),
}
STEEPNESS = 3.0
SPREAD = 0.44
HALF_LIFE = 108.0
#: Standard error of ln k, and its correlation with that of n50: not published, but of the same likelihood
#: (`protection.fit` with titres as reported, which gives the published half titre, interval and steepness back; for
#: severe disease with the trials' severe cases beside it and one k for both, which gives 3.1 %, 0.7 - 13.0 %).
LOG_STEEPNESS_ERROR = 0.166
ERROR_CORRELATION: dict[Outcome, float] = {"infection": 0.806, "severe": 0.54}
NORMAL_95 = 1.959964


def half_level(outcome: Outcome) -> tuple[float, float]:
    """The half-protective level, and its standard error by the width of the published interval."""
    middle, low, high = HALF_TITRE[outcome]
    return log10(middle), log10(high / low) / (2 * NORMAL_95)


HALF_LEVEL, HALF_LEVEL_ERROR = half_level("infection")


@dataclass(frozen=True)
class Logistic:
    """Protection of people by neutralisation level: 1 / (1 + exp(-k (n - n50))), averaged over a normal spread.

    Levels are log10 of titre over the mean titre of convalescents; `steepness` k is per log10 (k / 2.303 per natural
    logarithm). Standard errors are of ln k and of n50, and `error_correlation` is between them. Titres halve in
    `half_life`.
    """

    steepness: Steepness
    half_protective_level: HalfLevel
    half_protective_titre: Annotated[float, "1", Positive]
    level_spread: Spread
    half_life: HalfLife
    log_steepness_error: Annotated[float, "1", NotNegative]
    half_protective_error: Annotated[float, "1", NotNegative]
    error_correlation: Correlation


@model("protection.published", scale=PERSON)
def published(outcome: Outcome = "infection") -> Logistic:
    """Neutralisation level and protection from infection with symptoms, or from severe disease.

    D. S. Khoury et al., Nat. Med. 27, 1205 (2021), from seven vaccines and convalescence: half are protected at 20.2 %
    (14.4 - 28.4 %) of the convalescent mean, from severe disease at 3 % (0.7 - 13 %); k is 3.0 per log10 for both, the
    standard deviation of levels 0.44, the half-life 108 d. Errors of n50 are those of the published intervals; that of
    ln k, and how both go together, come from fitting the same trials again.
    """
    half, error = half_level(outcome)
    return Logistic(
        steepness=STEEPNESS,
        half_protective_level=half,
        half_protective_titre=HALF_TITRE[outcome][0],
        level_spread=SPREAD,
        half_life=HALF_LIFE,
        log_steepness_error=LOG_STEEPNESS_ERROR,
        half_protective_error=error,
        error_correlation=ERROR_CORRELATION[outcome],
    )
