"""Efficacy of vaccines, or of infections that were got over, by titre and by time since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_epidemic.ports import Array, NotNegative, Positive, Share
from bridge_epidemic.protection.levels import at_age
from bridge_epidemic.protection.logistic import mean_protection
from bridge_epidemic.protection.published import HALF_LIFE, SPREAD, HalfLevel, HalfLife, Spread, Steepness
from bridge_epidemic.scales import PERSON

Cases = ("case",)
AGES = np.array([0.0, 30.0, 90.0, 180.0, 250.0])


@dataclass(frozen=True)
class Efficacy:
    """Protection of people with a mean titre, at ages of their immunity; `efficacy_half_age` is where it passes 1/2."""

    level: Annotated[Array, "1", Cases, Within(-20, 10)]
    age: Annotated[Array, "d", ("age",), NotNegative]
    efficacy: Annotated[Array, "1", ("case", "age"), Share]
    efficacy_half_age: Annotated[Array, "d", Cases, NotNegative]


@model("protection.efficacy", scale=PERSON)
def efficacy(
    titre: Annotated[Array, "1", Cases, Positive],
    steepness: Steepness,
    half_protective_level: HalfLevel,
    level_spread: Spread = SPREAD,
    half_life: HalfLife = HALF_LIFE,
    fold: Annotated[float, "1", Positive] = 1.0,
    age: Annotated[Array, "d", ("age",), NotNegative] = AGES,
) -> Efficacy:
    """Protection by mean titre over the convalescents', against a virus that needs `fold` times the titre.

    log10 of titre falls by log10(2) in each half-life. Half are protected when the mean level is the half-protective
    one, whatever the spread: D. S. Khoury et al., Nat. Med. 27, 1205 (2021).
    """
    level = np.log10(titre / fold)
    protection = mean_protection(at_age(level[:, None], age[None, :], half_life), steepness, half_protective_level,
                                 level_spread)  # fmt: skip
    left = (level - half_protective_level) * half_life / np.log10(2)
    return Efficacy(level=level, age=age, efficacy=protection, efficacy_half_age=np.maximum(left, 0.0))
