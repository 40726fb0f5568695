"""Immunity that wanes by steps of age, and what is left of it against each of two strains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

import numpy as np

from bridge_epidemic.ports import Array, Whole

#: Between two steps, protection may fall by this much.
COARSE = 0.15

#: Protection that may be lost or gained at the ends of the table of levels.
CUT = 0.01

#: Fewer than this share infected, and how severe it would be is rounding.
NOBODY = 1e-9


def ages(age: float, step: float, longest: float) -> Array:
    """Ages of immunity in steps: 0, then `age` and whole steps from it, down to half a step and up to `longest`."""
    before = age - step * np.arange(1, age / step + 1)
    after = age + step * np.arange(max(0, int((longest - age) / step + 1e-9)) + 1)
    steps = np.concatenate([before[::-1], after])
    kept = steps[(steps >= step / 2) | (np.abs(steps - age) < 1e-9)]
    return np.asarray(kept if kept[0] == 0 else np.concatenate([[0.0], kept]))


def rates(at: Array) -> tuple[Array, Whole]:
    """Rates out of each step of age, and the step they lead to; the last stays.

    Fresh immunity passes over a step that comes much sooner than the next one does: it is there for those who begin.
    """
    to = np.append(np.arange(1, at.size), -1)
    if at.size > 2 and at[1] < (at[2] - at[1]) / 2:
        to[0] = 2
    rate = np.zeros(at.size)
    rate[:-1] = 1 / (at[to[:-1]] - at[:-1])
    return rate, to


def chained(ladders: Sequence[Array], first: int) -> tuple[Whole, Array, Whole]:
    """Classes of several ladders, one behind the other from class `first`: where each begins, rates, and where to."""
    begin = np.cumsum([first, *(len(ladder) for ladder in ladders)])
    each = [rates(ladder) for ladder in ladders]
    to = [np.where(step >= 0, step + start, -1) for (_, step), start in zip(each, begin, strict=False)]
    return begin, np.concatenate([rate for rate, _ in each]), np.concatenate(to)


@dataclass(frozen=True)
class Curves:
    """Protection from infection over mean levels, and how much less protects as many from severe disease.

    `reference` and `variant` are over `level`, against the virus that immunity was raised against, and another.
    """

    level: Array
    reference: Array
    variant: Array
    severe_shift: float

    def refuse_beyond(self, highest: float, what: str) -> None:
        """Raise ValueError for levels above the table, and for a table that ends where there is protection left."""
        if highest > self.level[-1] + 1e-9:
            raise ValueError(
                f"{what} is {highest:g}, and protection is known up to a level of {self.level[-1]:g}. Write a lower "
                "one."
            )
        least = max(self.reference[0], self.variant[0])
        if least > CUT:
            raise ValueError(
                f"Protection is {least:.3g} at the lowest level there is, {self.level[0]:g}. Give protection down to "
                "lower levels, where it is nothing."
            )

    def from_fold(self, level: Array, fold: float) -> tuple[Array, Array]:
        """Protection from infection and from severe disease by a virus that needs `fold` times the titre."""
        shifted = level - log10(fold)
        return self._read(shifted, self.reference), self._read(shifted + self.severe_shift, self.reference)

    def from_variant(self, level: Array) -> tuple[Array, Array]:
        """Protection from infection and from severe disease by the variant.

        Severe: the level at which the reference would infect as many, moved to where severe disease is prevented.
        """
        infection = self._read(level, self.variant)
        rising, first = np.unique(self.reference, return_index=True)
        equivalent = np.interp(infection, rising, self.level[first])
        severe = self._read(equivalent + self.severe_shift, self.reference)
        return infection, np.where(infection > 0, severe, 0.0)

    def _read(self, level: Array, curve: Array) -> Array:
        return np.asarray(np.interp(level, self.level, curve))


def severity(infection: Array, severe: Array, fraction: float) -> Array:
    """Share of the infected who fall severely ill, if it is `fraction` of those without immunity.

    P(severe | infected) = fraction (1 - VE severe) / (1 - VE infection), no more than `fraction`.
    """
    left = np.maximum(1 - infection, NOBODY)
    return np.asarray(fraction * np.clip((1 - severe) / left, 0.0, 1.0))


def refuse_coarse(protection: Array, at: Array, step: float) -> None:
    """Raise ValueError where protection (age, ...) falls by more than `COARSE` from a step to the next."""
    falls = np.abs(np.diff(protection, axis=0))
    if falls.size and falls.max() > COARSE:
        k = int(np.unravel_index(int(falls.argmax()), falls.shape)[0])
        raise ValueError(
            f"Steps of {step:g} d are too coarse: protection falls by {falls.max():.2f} from {at[k]:g} to "
            f"{at[k + 1]:g} d, and a step may change {COARSE:g}. Write "
            f"ladder_step='{step * COARSE / falls.max() * 0.9:.2g} d'."
        )
