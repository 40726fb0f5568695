"""Sera of many persons against a variant: protection, and the fold of one serum that would say the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_epidemic.ports import Array, Level, Positive, Share
from bridge_epidemic.protection.levels import interval, tabulated
from bridge_epidemic.protection.logistic import level_of, mean_protection
from bridge_epidemic.protection.published import SPREAD, HalfLevel, Spread, Steepness
from bridge_epidemic.scales import PERSON

LOWEST, HIGHEST, STEP = -4.0, 2.0, 0.02
#: A mean protection below it tells no fold: it is a tail of the logistic that nobody has seen.
LEAST = 1e-6

Fold = Annotated[float, "1", Positive]


@dataclass(frozen=True)
class Sera:
    """Protection over mean levels against both viruses. Row 0 of a draw is all antibodies, the others a bootstrap.

    A mean level is that of titres against the reference. Equivalent folds and protections now are at `mean_level`; low
    and high are 95 % over the bootstrap, or the same number where there is none.
    """

    level: Level
    reference_protection: Annotated[Array, "1", ("level",), Share]
    variant_protection: Annotated[Array, "1", ("draw", "level"), Share]
    mean_level: Annotated[float, "1", Within(LOWEST, HIGHEST)]
    equivalent_fold: Fold
    equivalent_fold_low: Fold
    equivalent_fold_high: Fold
    equivalent_folds: Annotated[Array, "1", ("draw",), Positive]
    reference_protection_now: Annotated[float, "1", Share]
    variant_protection_now: Annotated[float, "1", Share]
    variant_protection_now_low: Annotated[float, "1", Share]
    variant_protection_now_high: Annotated[float, "1", Share]


@model("protection.sera", scale=PERSON)
def sera(
    log10_fold: Annotated[Array, "1", ("fold",), Within(-20, 20)],
    persons_share: Annotated[Array, "1", ("draw", "fold"), Share],
    escaped: Annotated[Array, "1", ("draw",), Share],
    steepness: Steepness,
    half_protective_level: HalfLevel,
    level_spread: Spread = SPREAD,
    mean_level: Annotated[float, "1", Within(LOWEST, HIGHEST)] = 0.0,
    cell: str = "this variant",
) -> Sera:
    """Mean protection of persons whose titres fall by different folds, some to nothing.

    The mean over persons of E(mu - log10 fold), E the logistic averaged over N(mu, spread); a person who has `escaped`
    keeps no protection. The equivalent fold F is that of E(mu - log10 F) = mean: one number for all, at this mean level
    only. `cell` says in errors which variant and sources these are. Raises ValueError for shares that are not those of
    all persons, and where so little protection is left that no fold can be told from it.
    """
    total = persons_share.sum(axis=1) + escaped
    if (bad := np.flatnonzero(np.abs(total - 1) > 1e-6)).size:
        raise ValueError(
            f"{cell}: persons_share and escaped of draw {bad[0]} add up to {total[bad[0]]:.6g}; they are shares of all "
            "persons and must add up to 1. Give both outputs of serum.persons."
        )
    curve = (steepness, half_protective_level, level_spread)
    level: Array = LOWEST + STEP * np.arange(round((HIGHEST - LOWEST) / STEP) + 1.0)
    variant: Array = persons_share @ _shifted(log10_fold, level, curve)
    now = tabulated(mean_level, level, variant)
    if now[0] < LEAST:
        raise ValueError(
            f"{cell}: the mean protection is {now[0]:.2g} ({escaped[0]:.3g} of the persons have nothing left), and "
            "no fold can be told from it. Choose other sources, a higher mean_level, or more clonotypes."
        )
    # A resample with nothing left counts as the largest fold that can be told.
    folds = 10 ** (mean_level - level_of(np.clip(now, LEAST, 1 - 1e-12), *curve))
    fold, low, high = (float(value) for value in interval(folds))
    middle, least, most = (float(value) for value in interval(now))
    return Sera(
        level=level,
        reference_protection=mean_protection(level, *curve),
        variant_protection=np.clip(variant, 0.0, 1.0),
        mean_level=mean_level,
        equivalent_fold=fold,
        equivalent_fold_low=low,
        equivalent_fold_high=high,
        equivalent_folds=folds,
        reference_protection_now=float(mean_protection(mean_level, *curve)),
        variant_protection_now=middle,
        variant_protection_now_low=least,
        variant_protection_now_high=most,
    )


def _shifted(log10_fold: Array, level: Array, curve: tuple[float, float, float]) -> Array:
    """Protection (fold, level) at each level less each fold.

    On even grids of which one's step is a multiple of the other's, each difference comes many times: it is worked out
    once.
    """
    step = np.diff(log10_fold)
    even = step.size > 0 and step[0] > 0 and np.allclose(step, step[0], rtol=1e-6, atol=0)
    ratio = STEP / step[0] if even else 0.0
    if not even or round(ratio) < 1 or abs(ratio - round(ratio)) > 1e-6:
        return mean_protection(level[None, :] - log10_fold[:, None], *curve)
    apart, folds = round(ratio), log10_fold.size
    count = folds + apart * (level.size - 1)
    once = mean_protection(level[0] - log10_fold[-1] + step[0] * np.arange(count), *curve)
    windows = np.lib.stride_tricks.sliding_window_view(once, folds)[::apart]
    return np.ascontiguousarray(windows[:, ::-1].T)
