"""Days of a course as dates of the calendar, and back."""

from __future__ import annotations

from datetime import timedelta

from bridge_epidemic.dates import iso


def day_of(text: str, start_date: str) -> float:
    """The day of a course, 0 on `start_date`, on which a date begins. Raises ValueError."""
    if not start_date.strip():
        raise ValueError(f"{text!r} is a date, and there is no start_date. Write start_date='2021-12-01', or days.")
    return float((iso(text, "The date") - iso(start_date, "The start_date")).days)


def date_of(day: float, start_date: str) -> str:
    """The date on which a day of a course falls, in ISO form. Raises ValueError."""
    return (iso(start_date, "The start_date") + timedelta(days=int(day // 1))).isoformat()
