"""Days between a case and those it infects: the discrete distribution, and growth in it."""

from __future__ import annotations

import numpy as np

from bridge_epidemic.ports import Array


def discretised(mean: float, spread: float, days: int) -> Array:
    """Shares of a generation or serial interval of 0, 1, ... `days` days; none is 0.

    A gamma distribution of that standard deviation, shifted by a day so that its mean is `mean`, averaged over the
    instants within both days: w_k = H(k) - 2 H(k-1) + H(k-2), where H(x) is the integral of the cumulative distribution
    up to x. A. Cori et al., Am. J. Epidemiol. 178, 1505 (2013), web appendix 11. Raises ValueError for a mean of a day
    or less, which no day is left for.
    """
    from scipy.special import gammainc

    if mean <= 1:
        raise ValueError(
            f"The generation time is {mean:g} d; counted by day, an infection is a day after its source at least. Give "
            "a mean above 1 d."
        )
    if spread <= 0:
        raise ValueError(f"The standard deviation of the generation time is {spread:g} d; it must be above 0.")
    shape, scale = ((mean - 1) / spread) ** 2, spread**2 / (mean - 1)
    x = np.maximum(np.arange(-2, days + 1), 0) / scale
    integral = scale * (x * gammainc(shape, x) - shape * gammainc(shape + 1, x))
    shares: Array = np.maximum(np.diff(integral, 2), 0.0)
    return shares


def infectiousness(cases: Array, shares: Array) -> Array:
    """What the cases of earlier days amount to on each day: the sum over s of I(t-s) w(s)."""
    total: Array = np.convolve(cases, shares)[: cases.size]
    return total


def growing(rate: float, shares: Array) -> float:
    """Reproduction number at which cases grow by `rate` a day: 1 / sum of w(s) exp(-r s).

    J. Wallinga and M. Lipsitch, Proc. R. Soc. B 274, 599 (2007), for whole days.
    """
    return 1.0 / float(shares @ np.exp(-rate * np.arange(shares.size)))
