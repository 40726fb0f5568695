"""Periods of a course as people write them: 2021-12-01 .. 2022-01-15: 0.6; day 30 .. 60: 0.8."""

from __future__ import annotations

import re

import numpy as np

from bridge_epidemic.population.calendar import day_of
from bridge_epidemic.ports import Array

_PERIOD = re.compile(r"(?P<start>.+?)\s*(?:\.\.|…|\bto\b)\s*(?P<end>.+?)\s*:\s*(?P<value>\S+(?:\s+%)?)")
_DAY = re.compile(r"(?:day\s+)?([+-]?\d+(?:\.\d+)?)(?:\s*d)?")


def periods(text: str, start_date: str, what: str, largest: float) -> tuple[Array, Array, Array]:
    """First days, days after the last, and values of periods, with semicolons or line breaks between.

    A period is START .. END: VALUE, from the beginning of one day to the beginning of another: dates, or days after
    `start_date`. Raises ValueError, with the period that is none.
    """
    start, end, value = [], [], []
    for part in (part.strip() for part in re.split(r"[;\n]", text)):
        if not part:
            continue
        found = _PERIOD.fullmatch(part)
        if found is None:
            raise ValueError(
                f"{part!r} is no {what}. Write such as '2021-12-01 .. 2022-01-15: 0.6' or 'day 30 .. 60: 0.6', with ; "
                "between several."
            )
        start.append(_day(found["start"], start_date, part))
        end.append(_day(found["end"], start_date, part))
        value.append(_value(found["value"], part, what, largest))
        if end[-1] <= start[-1]:
            raise ValueError(f"{part!r} ends on day {end[-1]:g} and begins on day {start[-1]:g}. Write a later end.")
    return np.array(start), np.array(end), np.array(value)


def _day(text: str, start_date: str, part: str) -> float:
    found = _DAY.fullmatch(text.strip())
    if found is not None:
        return float(found[1])
    try:
        return day_of(text.strip(), start_date)
    except ValueError as reason:
        raise ValueError(f"In {part!r}: {reason}") from None


def _value(text: str, part: str, what: str, largest: float) -> float:
    share = text.endswith("%")
    try:
        value = float(text.removesuffix("%").rstrip()) / (100 if share else 1)
    except ValueError:
        raise ValueError(f"In {part!r}, {text!r} is no number. Write such as 0.6 or 60%.") from None
    if not 0 <= value <= largest:
        raise ValueError(f"In {part!r}, the {what} is {value:g}; it must be between 0 and {largest:g}.")
    return value
