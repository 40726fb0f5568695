"""How fast a variant takes over: its share among sequences, and the selection coefficient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Picture, Within, model
from bridge_epidemic.observed.regression import logistic
from bridge_epidemic.population.calendar import date_of
from bridge_epidemic.ports import Array, NotNegative, People, Share, Time, chosen, names
from bridge_epidemic.scales import POPULATION

Shares = Annotated[Array, "1", ("sampled",), Share]
Fitted = Annotated[Array, "1", ("fitted",), Share]
#: A day of equal shares farther away than a century is said to be a century away.
CENTURY = 36525.0
NORMAL = 1.959963984540054


@dataclass(frozen=True)
class Selection:
    """Selection coefficient, when shares are equal, and shares with 95 % intervals.

    `counted` sequences of both kinds are behind it; `dispersion` is Pearson's chi-square over the degrees of freedom,
    1 for independent sequences. `sampled_share` is what was counted, with Wilson's interval, `fitted_share` the line.
    """

    selection: Annotated[float, "1/d"]
    selection_error: Annotated[float, "1/d", NotNegative]
    equal_day: Annotated[float, "d", Within(-CENTURY, CENTURY)]
    equal_day_error: Annotated[float, "d", NotNegative]
    equal_date: str
    dispersion: Annotated[float, "1", NotNegative]
    counted: Annotated[float, "1", NotNegative]
    sampled_time: Annotated[Array, "d", ("sampled",)]
    sampled_share: Shares
    sampled_share_low: Shares
    sampled_share_high: Shares
    fitted_time: Annotated[Array, "d", ("fitted",)]
    fitted_share: Fitted
    fitted_share_low: Fitted
    fitted_share_high: Fitted
    picture: Picture


@model("observed.selection", scale=POPULATION, depends=["matplotlib"])
def selection(
    time: Time,
    sequences: Annotated[Array, "1", ("time", "variant"), People],
    variants: str,
    variant: str = "",
    reference: str = "",
    start_date: str = "",
    *,
    confidence: Annotated[float, "1", Within(1, 10, strict=True)] = NORMAL,
) -> Selection:
    """The logit of a variant's share as a straight line in time: its slope is the selection coefficient.

    Binomial regression by Newton's method. The `variant` (the last of the table by default) is held against the
    `reference` (all others together by default). Two strains that grow at rates r and r' change the logit by r' - r a
    day. Sequences vary more than independent draws: standard errors and intervals are widened by the root of
    `dispersion` where it is above 1. `confidence` is how many standard errors an interval reaches to either side.

    E. Volz et al., Nature 593, 266 (2021); P. McCullagh and J. A. Nelder, Generalized Linear Models (1989), chapter 4;
    interval of a share: E. B. Wilson, J. Am. Stat. Assoc. 22, 209 (1927).
    Raises ValueError for a variant that there is not, fewer than three days with sequences, and shares that do not
    overlap in time.
    """
    from bridge_epidemic.observed import pictures  # late: matplotlib

    named = names(variants)
    if len(named) != sequences.shape[1]:
        raise ValueError(f"variants names {len(named)} for {sequences.shape[1]} columns. Wire both from one table.")
    rank = chosen(variant, named, "variant")[0] if variant else len(named) - 1
    others = [chosen(reference, named, "variant")[0]] if reference else [k for k in range(len(named)) if k != rank]
    if not others or others == [rank]:
        raise ValueError(f"{named[rank]!r} has nothing to be held against. Write another one as reference=….")
    counted, of = sequences[:, rank], sequences[:, rank] + sequences[:, others].sum(axis=1)
    rows = of > 0
    if rows.sum() < 3:
        raise ValueError(f"{rows.sum()} days have sequences of {named[rank]} or what it is held against; 3 are needed.")
    when, counted, of = time[rows], counted[rows], of[rows]
    try:
        line = logistic(when, counted, of)
    except ValueError as reason:
        raise ValueError(f"{named[rank]}: {reason}") from None
    wider = np.sqrt(max(line.dispersion, 1.0))
    grid = np.linspace(when[0], when[-1], 201)
    value, error = line.at(grid)
    reach = confidence * wider * error
    away = float(np.clip(-line.value / line.slope, -CENTURY, CENTURY)) if line.slope else CENTURY
    equal = float(np.clip(line.centre + away, -CENTURY, CENTURY))
    _, at_equal = line.at(np.array([equal]))
    doubt = float(min(wider * at_equal[0] / max(abs(line.slope), 1e-12), CENTURY))
    low, high = wilson(counted, of, confidence)
    share = counted / of
    other = reference or (named[others[0]] if len(others) == 1 else "all others")
    band = (_share(value - reach), _share(value), _share(value + reach))
    return Selection(
        selection=line.slope,
        selection_error=float(wider * np.sqrt(line.covariance[1, 1])),
        equal_day=equal,
        equal_day_error=doubt,
        equal_date=date_of(equal, start_date) if start_date else "",
        dispersion=line.dispersion,
        counted=float(of.sum()),
        sampled_time=when,
        sampled_share=share,
        sampled_share_low=low,
        sampled_share_high=high,
        fitted_time=grid,
        fitted_share=band[1],
        fitted_share_low=band[0],
        fitted_share_high=band[2],
        picture=Picture.drawn(
            pictures.selection((when, share, low, high, of), (grid, *band), named[rank], other, start_date)
        ),
    )


def wilson(counted: Array, of: Array, z: float) -> tuple[Array, Array]:
    """Wilson's interval of a share, z standard errors to either side."""
    share, less = counted / of, z**2 / of
    middle = (share + less / 2) / (1 + less)
    reach = np.sqrt(less * share * (1 - share) + less**2 / 4) / (1 + less)
    return np.clip(middle - reach, 0, 1), np.clip(middle + reach, 0, 1)


def _share(logit: Array) -> Array:
    share: Array = 0.5 + 0.5 * np.tanh(0.5 * logit)
    return share
