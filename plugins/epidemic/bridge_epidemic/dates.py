"""Days of the calendar as people write them."""

from __future__ import annotations

import re
from datetime import date

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


def iso(text: str, where: str) -> date:
    """A date such as 2021-12-01. Raises ValueError, naming `where` it stands."""
    try:
        if _ISO.fullmatch(text.strip()):
            return date.fromisoformat(text.strip())
    except ValueError as reason:
        raise ValueError(f"{where} is {text.strip()!r}: {reason}. Write a day of the calendar, 2021-12-01.") from None
    raise ValueError(f"{where} is {text.strip()!r}, which is no ISO date. Write year-month-day: 2021-12-01.")
