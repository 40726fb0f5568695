"""Antibody in blood plasma: two compartments after a bolus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Scale, Within, model

Positive = Within(0, strict=True)
BODY = Scale("organism", length="1 cm .. 2 m", time="1 h .. 1 year")


@dataclass(frozen=True)
class Plasma:
    """The concentration after a bolus: plasma × [f exp(-α t) + (1 - f) exp(-β t)]."""

    plasma: Annotated[float, "nM", Positive]
    fast_fraction: Annotated[float, "1", Within(0, 1)]
    fast_half_life: Annotated[float, "h", Positive]
    slow_half_life: Annotated[float, "h", Positive]


@model("tumour.plasma", scale=BODY)
def plasma(
    dose: Annotated[float, "mg/kg", Positive],
    weight: Annotated[float, "kg", Positive] = 70.0,
    molar_mass: Annotated[float, "kg/mol", Positive] = 145.5,
    clearance: Annotated[float, "L/day", Positive] = 0.225,
    volume: Annotated[float, "L", Positive] = 2.95,
    into_tissues: Annotated[float, "1/day", Positive] = 0.164,
    out_of_tissues: Annotated[float, "1/day", Positive] = 0.101,
) -> Plasma:
    """Antibody in plasma after a bolus: two compartments, in closed form.

    α and β are the roots of s² - (k10 + k12 + k21) s + k10 k21, k10 = clearance / volume, and
    f = (α - k21) / (α - β). The tumour is taken to be too small to be felt. The defaults are
    trastuzumab's: R. Bruno et al., Cancer Chemother. Pharmacol. 56, 361 (2005).
    """
    eliminated = clearance / volume
    total = eliminated + into_tissues + out_of_tissues
    root = float(np.sqrt(total**2 - 4 * eliminated * out_of_tissues))
    fast, slow = (total + root) / 2, (total - root) / 2
    return Plasma(
        plasma=dose * weight / molar_mass / volume * 1e3,
        fast_fraction=(fast - out_of_tissues) / (fast - slow),
        fast_half_life=float(np.log(2)) / fast * 24,
        slow_half_life=float(np.log(2)) / slow * 24,
    )


def mean_concentration(blood: tuple[float, float, float, float], start: float, end: float) -> float:
    """Mean over a time (s) of a concentration given as its beginning, fast fraction and both half-lives (h)."""
    beginning, fast_fraction, *half_lives = blood
    total = 0.0
    for part, half_life in zip((fast_fraction, 1 - fast_fraction), half_lives, strict=True):
        rate = float(np.log(2)) / (half_life * 3600)
        total += part * float(np.exp(-rate * start) * -np.expm1(-rate * (end - start))) / rate
    return beginning * total / (end - start)
