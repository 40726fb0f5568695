"""The reproduction number of each day, from the cases of the days before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Picture, Within, model
from bridge_epidemic.observed.interval import discretised, infectiousness
from bridge_epidemic.ports import Array, NotNegative, People, Positive, Time
from bridge_epidemic.scales import POPULATION

Estimates = Annotated[Array, "1", ("estimate",), NotNegative]
#: Below so many cases in a window the standard deviation is above 0.3 of the mean with the usual prior (Cori 2013).
FEW = 11


@dataclass(frozen=True)
class ObservedReproduction:
    """Reproduction number over windows that end at `observed_reproduction_time`: median, mean, and 95 % interval.

    `window_cases` are the cases of each window. `few` windows have less than 11, too few for a standard deviation of
    0.3 of the mean.
    """

    observed_reproduction_time: Annotated[Array, "d", ("estimate",)]
    observed_reproduction: Estimates
    observed_reproduction_low: Estimates
    observed_reproduction_high: Estimates
    observed_reproduction_mean: Estimates
    window_cases: Annotated[Array, "1", ("estimate",), NotNegative]
    few: Annotated[int, Within(0)]
    picture: Picture


def posterior(cases: Array, shares: Array, window: int, prior_mean: float, prior_spread: float) -> tuple[Array, Array]:
    """Shape and scale of the gamma posterior of R for every window of so many days, the first from day 1 on.

    R is constant in a window, and cases are Poisson about R times the infectiousness of earlier cases; those of day 0
    came from elsewhere. Shape a + sum of I, rate 1/b + sum of that infectiousness.
    """
    known = np.concatenate([[0.0], np.cumsum(cases[1:])])
    exposed = np.concatenate([[0.0], np.cumsum(infectiousness(cases, shares)[1:])])
    shape = (prior_mean / prior_spread) ** 2 + known[window:] - known[:-window]
    rate = prior_mean / prior_spread**2 + exposed[window:] - exposed[:-window]
    return shape, 1.0 / rate


@model("observed.reproduction_number", scale=POPULATION, depends=["matplotlib", "scipy"])
def reproduction_number(
    time: Time,
    cases: Annotated[Array, "1", ("time",), People],
    generation_time: Annotated[float, "d", Positive],
    generation_time_spread: Annotated[float, "d", Positive],
    window: Annotated[float, "d", Within(1, 365)] = 7.0,
    prior_mean: Annotated[float, "1", Positive] = 5.0,
    prior_spread: Annotated[float, "1", Positive] = 5.0,
    start_date: str = "",
) -> ObservedReproduction:
    """Instantaneous reproduction number: new cases over the infectiousness of those before, in a sliding window.

    Cases are Poisson about R(t) sum over s of I(t-s) w(s), with a gamma prior of R: the posterior is a gamma
    distribution, too. w is the interval between cases (`observed.interval`). The first day with cases has them from
    elsewhere; there is no estimate before a whole window after it. The default prior has shape 1 and scale 5. Reported
    as it comes: with a late or partial report, R is that of the reports. Reporting a constant share does not matter.

    A. Cori, N. M. Ferguson, C. Fraser, S. Cauchemez, Am. J. Epidemiol. 178, 1505 (2013).
    Raises ValueError for times that are not a day apart, a window that is no whole number of days, cases that end
    before the first window does, and a generation time of a day or less.
    """
    from scipy.special import gammaincinv

    from bridge_epidemic.observed import pictures  # late: matplotlib

    days = round(window)
    if days != window:
        raise ValueError(f"window is {window:g} d; cases come by day. Write window='{max(days, 1)} d'.")
    apart = np.diff(time)
    if apart.size and not np.allclose(apart, 1, rtol=0, atol=1e-9):
        k = int(np.argmax(np.abs(apart - 1)))
        raise ValueError(
            f"Rows at {time[k]:g} and {time[k + 1]:g} d are {apart[k]:g} d apart; each day is one row. Weekly counts "
            "have no reproduction number by day."
        )
    some = np.flatnonzero(cases > 0)
    first = int(some[0]) if some.size else 0
    if not some.size or first + days >= cases.size:
        raise ValueError(
            f"There are {cases.size} days, {some.size} of them with cases; a window of {days} d needs that many days "
            "after the first case. Hand in more days, or a shorter window."
        )
    seen = cases[first:]
    shape, scale = posterior(
        seen, discretised(generation_time, generation_time_spread, seen.size), days, prior_mean, prior_spread
    )
    low, middle, high = (np.asarray(gammaincinv(shape, q) * scale) for q in (0.025, 0.5, 0.975))
    total = np.cumsum(np.concatenate([[0.0], seen[1:]]))
    counted = total[days:] - total[:-days]
    ends = time[first + days :]
    return ObservedReproduction(
        observed_reproduction_time=ends,
        observed_reproduction=middle,
        observed_reproduction_low=low,
        observed_reproduction_high=high,
        observed_reproduction_mean=shape * scale,
        window_cases=counted,
        few=int((counted < FEW).sum()),
        picture=Picture.drawn(pictures.reproduction(time, cases, ends, (low, middle, high), start_date)),
    )
