"""Counts as a function of time: Newton's method for binomial and Poisson regression on a straight line."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bridge_epidemic.ports import Array


class Line(NamedTuple):
    """Value at the mean time, slope, their covariance, and Pearson's chi-square over the degrees of freedom."""

    centre: float
    value: float
    slope: float
    covariance: Array
    dispersion: float

    def at(self, time: Array) -> tuple[Array, Array]:
        """The line at times, and its standard deviation there without overdispersion."""
        x = np.stack([np.ones_like(time), time - self.centre])
        return self.value + self.slope * x[1], np.sqrt(np.einsum("it,ij,jt->t", x, self.covariance, x))


def logistic(time: Array, counted: Array, of: Array) -> Line:
    """Maximum likelihood of `counted` among `of` (above 0), whose logit is linear in time.

    P. McCullagh and J. A. Nelder, Generalized Linear Models, 2nd edition, Chapman and Hall (1989), chapter 4. Raises
    ValueError where no maximum is finite: nothing or everything is counted, or all of one kind come before all others.
    """
    yes, no = time[counted > 0], time[counted < of]
    if not yes.size or not no.size:
        raise ValueError(f"{'None' if not yes.size else 'All'} of {of.sum():g} are counted: there is no odds ratio.")
    if yes.min() >= no.max() or no.min() >= yes.max():
        raise ValueError(
            "All of one kind come before all of the other, and any steeper rise would fit as well. Hand in more days "
            "or counts, in which both are found side by side."
        )
    centre, scale = float(np.average(time, weights=of)), float(np.ptp(time))
    x = np.stack([np.ones_like(time), (time - centre) / scale])
    share = (counted + 0.5) / (of + 1)
    line = np.log(share) - np.log1p(-share)
    beta = np.linalg.lstsq((x * np.sqrt(of)).T, line * np.sqrt(of), rcond=None)[0]
    best = _likelihood(beta, x, counted, of)
    for _ in range(100):
        expected = 0.5 + 0.5 * np.tanh(0.5 * (beta @ x))
        weight = of * expected * (1 - expected)
        step = np.linalg.solve((x * weight) @ x.T, x @ (counted - of * expected))
        length = 1.0
        while (found := _likelihood(beta + length * step, x, counted, of)) < best and length > 1e-6:
            length /= 2
        beta, best = beta + length * step, max(found, best)
        if np.abs(step).max() < 1e-10:
            break
    expected = 0.5 + 0.5 * np.tanh(0.5 * (beta @ x))
    weight = of * expected * (1 - expected)
    covariance = np.linalg.inv((x * weight) @ x.T) / np.outer([1, scale], [1, scale])
    chi = float(((counted - of * expected) ** 2 / np.maximum(weight, 1e-300)).sum())
    return Line(centre, float(beta[0]), float(beta[1]) / scale, covariance, chi / max(time.size - 2, 1))


def _likelihood(beta: Array, x: Array, counted: Array, of: Array) -> float:
    line = beta @ x
    return float((counted * line - of * np.logaddexp(0, line)).sum())


def exponential(time: Array, counts: Array) -> Array:
    """Growth rates (series) of counts (series, time): Poisson with a mean that is exponential in time.

    The slope at which the mean time of the counts is that of the fit, by Newton's method between bounds; all counts on
    the first or on the last time have none (nan).
    """
    centre, scale = 0.5 * (time[0] + time[-1]), 0.5 * float(np.ptp(time))
    x = (time - centre) / scale
    total = counts.sum(axis=1)
    aim = np.divide(counts @ x, total, out=np.full(total.shape, np.nan), where=total > 0)
    inside = np.abs(aim) < 1 - 1e-12
    slope = np.zeros_like(aim)
    low, high = np.full_like(aim, -np.inf), np.full_like(aim, np.inf)
    for _ in range(200):
        line = np.multiply.outer(slope, x)
        weight = np.exp(line - line.max(axis=1, keepdims=True))
        weight /= weight.sum(axis=1, keepdims=True)
        mean = weight @ x
        variance = np.maximum(weight @ x**2 - mean**2, 1e-300)
        short = mean < aim
        low, high = np.where(short, slope, low), np.where(short, high, slope)
        step = np.clip((aim - mean) / variance, -2, 2)
        between = np.where(np.isfinite(low + high), 0.5 * (low + high), slope + 2 * np.sign(aim - mean))
        after = np.where((slope + step >= low) & (slope + step <= high), slope + step, between)
        if np.all(~inside | (np.abs(after - slope) <= 1e-13 * (1 + np.abs(slope)))):
            break
        slope = np.where(inside, after, 0.0)
    rates: Array = np.where(inside, slope / scale, np.nan)
    return rates
