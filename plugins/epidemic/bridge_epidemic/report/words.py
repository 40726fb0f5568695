"""Numbers as people read them: few digits, intervals, bounds."""

from __future__ import annotations

import numpy as np


def short(value: float) -> str:
    """Three digits, without a power of ten where that is short."""
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e7:
        digits = max(0, 2 - int(np.floor(np.log10(abs(value)))))
        return f"{value:,.{digits}f}".replace(",", " ").replace("-", "−")
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{mantissa}·10".replace("-", "−") + str(int(exponent)).translate(
        str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    )


def count(value: float) -> str:
    """People, to three digits: ``964 000``."""
    return f"{float(f'{value:.3g}'):,.0f}".replace(",", " ")


def between(value: float, low: float, high: float) -> str:
    """A value with its interval: ``13.5 (9.3–21.0)``; alone where there is no interval."""
    if low == high:
        return short(value)
    return f"{short(value)} ({short(low)}–{short(high)})"


def percent(value: float) -> str:
    """A share: ``83.2 %``."""
    return f"{100 * value:.3g} %"


def percents(value: float, low: float, high: float) -> str:
    """A share with its interval."""
    return f"{percent(value)} ({100 * low:.3g}–{100 * high:.3g} %)" if low != high else percent(value)


def bounded(value: float, bound: int) -> str:
    """A number that may be known from one side only: ``> 4.2``, ``< 0.1``; smaller than 0.005 is 0."""
    sign = {1: "> ", -1: "< ", 0: ""}[int(bound)]
    return sign + f"{value if abs(value) >= 0.005 else 0:.2f}".replace("-", "−")


def signed(value: float) -> str:
    """Two decimals and a sign."""
    return f"{value:+.2f}".replace("-", "−")


def fraction(value: float) -> str:
    """An immune fraction in two decimals; what is rounded to 1 and is less says so."""
    return "> 0.99" if 0.995 <= value < 1 else f"{value:.2f}"
