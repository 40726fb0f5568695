"""Days of a course as dates of the calendar, and back."""

from __future__ import annotations

from datetime import date, timedelta


def date_from(text: str, what: str = "date") -> date:
    """A date from its ISO form, such as 2021-12-01. Raises ValueError, with what to write."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as reason:
        raise ValueError(
            f"The {what} {text!r} is no date ({reason}). Write year-month-day, as in 2021-12-01."
        ) from None


def day_of(text: str, start_date: str) -> float:
    """The day of a course, 0 on `start_date`, on which a date begins. Raises ValueError."""
    if not start_date.strip():
        raise ValueError(f"{text!r} is a date, and there is no start_date. Write start_date='2021-12-01', or days.")
    return float((date_from(text) - date_from(start_date, "start_date")).days)


def date_of(day: float, start_date: str) -> str:
    """The date on which a day of a course falls, in ISO form. Raises ValueError."""
    return (date_from(start_date, "start_date") + timedelta(days=int(day // 1))).isoformat()
