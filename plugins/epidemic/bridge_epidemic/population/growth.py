"""How fast each strain of an epidemic grows, and which of them takes over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_epidemic.observed.regression import exponential
from bridge_epidemic.ports import Array, NotNegative, People, Share, Time, Whole
from bridge_epidemic.scales import POPULATION

Rates = Annotated[Array, "1/d", ("strain",)]
Shares = Annotated[Array, "1", ("shared", "strain"), Share]
#: A strain that grows or falls by less a day is said to double, or halve, in ln 2 over this.
LEAST_RATE = 1e-6
QUANTILES = (0.5, 0.025, 0.975)


@dataclass(frozen=True)
class Growth:
    """Growth in a window of time, and the share of each strain: medians over replicates, and 2.5 and 97.5 %.

    `doubling_time` is negative where a strain halves. `selection` is the growth rate less that of the first strain,
    over replicates that have both. `grown` counts replicates that had enough infections. At `shared_time` any replicate
    had infections; shares are over those that had.
    """

    growth_rate: Rates
    growth_rate_low: Rates
    growth_rate_high: Rates
    doubling_time: Annotated[Array, "d", ("strain",)]
    selection: Rates
    selection_low: Rates
    selection_high: Rates
    grown: Annotated[Whole, ("strain",), Within(1)]
    shared_time: Annotated[Array, "d", ("shared",)]
    share: Shares
    share_low: Shares
    share_high: Shares


@model("epidemic.growth", scale=POPULATION)
def growth(
    time: Time,
    incidence: Annotated[Array, "1", ("replicate", "time", "strain"), People],
    begin: Annotated[float, "d", NotNegative] = 10.0,
    end: Annotated[float, "d", NotNegative] = 30.0,
    *,
    least: Annotated[float, "1", NotNegative] = 10.0,
) -> Growth:
    """Exponential growth of the infections from `begin` to `end`, by Poisson regression in every replicate.

    The spread is that of the replicates: a deterministic course has none. Replicates with fewer than `least`
    infections of a strain in the window are left out for it. Begin after the seeds have found their steady growth, and
    end before people run out.

    J. Wallinga and M. Lipsitch, Proc. R. Soc. B 274, 599 (2007); E. Volz et al., Nature 593, 266 (2021). Raises
    ValueError for a window of fewer than three rows, and for a strain that no replicate has enough of.
    """
    rows = (time >= begin) & (time <= end)
    if rows.sum() < 3:
        raise ValueError(
            f"{rows.sum()} rows lie between {begin:g} and {end:g} d, of courses from {time[0]:g} to {time[-1]:g} d; "
            "growth needs 3. Write another begin or end."
        )
    rates = np.stack([_rates(time[rows], counts, least) for counts in np.moveaxis(incidence[:, rows], 2, 0)])
    for rank, found in enumerate(rates):
        if np.isnan(found).all():
            raise ValueError(
                f"Strain {rank + 1} has fewer than {least:g} infections between {begin:g} and {end:g} d in every "
                "replicate. Write another begin or end, or more seeds."
            )
    middle, low, high = _quantiles(rates)
    apart = rates - rates[0]
    if np.isnan(apart).all(axis=1).any():
        raise ValueError("Two strains never grow in the same replicate. Run more replicates, or more seeds.")
    ahead, ahead_low, ahead_high = _quantiles(apart)
    total = incidence.sum(axis=2)
    shown = (total > 0).any(axis=0)
    whole = np.where(total > 0, total, np.nan)[:, shown, None]
    shares = np.moveaxis(np.stack([_over(part) for part in np.moveaxis(incidence[:, shown] / whole, 2, 0)]), 0, 2)
    slow = np.where(np.abs(middle) < LEAST_RATE, np.where(middle < 0, -LEAST_RATE, LEAST_RATE), middle)
    return Growth(
        growth_rate=middle,
        growth_rate_low=low,
        growth_rate_high=high,
        doubling_time=np.log(2) / slow,
        selection=ahead,
        selection_low=ahead_low,
        selection_high=ahead_high,
        grown=(~np.isnan(rates)).sum(axis=1),
        shared_time=time[shown],
        share=shares[0],
        share_low=shares[1],
        share_high=shares[2],
    )


def _rates(time: Array, counts: Array, least: float) -> Array:
    """Growth rates of one strain in each replicate, nan where it has fewer than `least` infections."""
    enough = counts.sum(axis=1) >= max(least, np.finfo(float).tiny)
    rates = np.full(enough.shape, np.nan)
    if enough.any():
        rates[enough] = exponential(time, counts[enough])
    return rates


def _quantiles(values: Array) -> Array:
    """Median, 2.5 and 97.5 % of each row, linear between replicates, without those that are nan."""
    return np.stack([np.quantile(row[~np.isnan(row)], QUANTILES) for row in values], axis=1)


def _over(shares: Array) -> Array:
    """As `_quantiles`, over the first axis; every column has a value."""
    quantiles: Array = np.nanquantile(shares, QUANTILES, axis=0)
    return quantiles
