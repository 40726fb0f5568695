"""Conditions: what is asked of runs, and what a parameter's text means as a number with a unit."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bridge.errors import ContractError, DeclarationError

if TYPE_CHECKING:
    from fractions import Fraction

#: What a run can be.
STATES = ("completed", "failed", "cancelled", "interrupted", "running", "damaged")
#: Words that are looked for at once, at most.
WORDS = 16


@dataclass(frozen=True)
class Conditions:
    """What a run must be to be listed; None, or nothing in ``where``, asks for nothing.

    ``where`` holds parameters: ``"Cu"`` or ``"900 K"`` for that very value in any unit, ``"800 K .. 1000 K"`` for
    a range with its ends, ``"900 K .."`` and ``".. 900 K"`` for one side. Times are days or moments, in UTC where
    nothing else is said; ``until`` a day includes that day. All ``words`` have to occur, each anywhere in the id, the
    flow, the name, the tags or the parameters (``temperature=900``); ``model`` is one that the run used.
    """

    flow: str | None = None
    state: str | None = None
    tag: str | None = None
    name: str | None = None
    since: str | None = None
    until: str | None = None
    where: Mapping[str, Any] = field(default_factory=dict)
    words: str | None = None
    model: str | None = None

    def __post_init__(self) -> None:
        if len(self.wanted) > WORDS:
            raise ContractError(f"{len(self.wanted)} words are looked for, write {WORDS} at most.")
        if self.state is not None and self.state not in STATES:
            raise ContractError(f"no run is ever {self.state!r}. Write one of {', '.join(STATES)}.")

    @property
    def wanted(self) -> list[str]:
        """Words that all have to occur, written so that case does not count."""
        return (self.words or "").casefold().split()

    @property
    def after(self) -> float | None:
        """Earliest start, in seconds since 1970."""
        return None if self.since is None else moment(self.since)

    @property
    def before(self) -> float | None:
        """Latest start, in seconds since 1970."""
        return None if self.until is None else moment(self.until, end=True)


def moment(written: str, *, end: bool = False) -> float:
    """Read a day or a time; the last moment of a day for ``end``. Raises ContractError."""
    try:
        if len(written) == len("2026-11-01"):
            day = datetime.combine(date.fromisoformat(written), datetime.min.time(), UTC)
            return (day + timedelta(days=1) - timedelta(microseconds=1) if end else day).timestamp()
        at = datetime.fromisoformat(written)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise ContractError(f"{written!r} is no time. Write a day, 2026-11-01, or a time, 2026-11-01T14:30.") from None


@dataclass(frozen=True)
class Range:
    """What a parameter must be: between two texts, or one of them and no end."""

    low: str | None
    high: str | None


def condition_of(name: str, given: Any) -> Range | str:
    """Read one condition: a range, or the text a parameter must equal. Raises ContractError."""
    text = written_as(given)
    low, dots, high = (part.strip() for part in text.partition(".."))
    if not dots or not (_is_number(low) or _is_number(high)):
        return text
    for end in (low, high):
        if end and not _is_number(end):
            raise ContractError(
                f"{name}={text!r} is no range: {end!r} is no quantity. "
                f"Write {name}='800 K .. 1000 K', '900 K ..' for at least, or '.. 900 K' for at most."
            )
    return Range(low or None, high or None)


def _is_number(text: str) -> bool:
    from bridge.literals import split

    try:
        split(text)
    except ContractError:
        return False
    return True


def written_as(value: Any) -> str:
    """A parameter as text: what is compared where it is no quantity."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if hasattr(value, "magnitude") and hasattr(value, "units"):
        return f"{float(value.magnitude)!r} {value.units}"
    return plain(value)


def plain(value: Any) -> str:
    """A text as a database takes it: bytes that are no text are spelled out."""
    return str(value).encode(errors="backslashreplace").decode()


@dataclass(frozen=True)
class Quantity:
    """A number in root units, and the dimension they have; "" for a pure number."""

    magnitude: float
    dimension: str


class Units:
    """Units by their text, kept in the index of a store: pint is asked only for one that was never seen."""

    TABLE = """CREATE TABLE IF NOT EXISTS run_unit
        (unit TEXT PRIMARY KEY, slope TEXT, zero TEXT, dimension TEXT, called TEXT) WITHOUT ROWID"""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known: dict[str, tuple[Fraction, Fraction, str] | None] = {}

    def quantity(self, value: Any) -> Quantity | None:
        """A number, or a text that is a number with a unit; None for anything else."""
        from fractions import Fraction

        from bridge.literals import split

        try:
            number, unit = split(value) if isinstance(value, str) else (Fraction(repr(value)), "")
        except (ContractError, ValueError):
            return None
        terms = self._terms(unit) if unit else (1, 0, "")
        if terms is None:
            return None
        slope, zero, dimension = terms
        try:
            return Quantity(float(number * slope + zero), dimension)
        except OverflowError:
            return None

    def called(self, dimension: str) -> str:
        """A dimension as a physicist names it."""
        if not dimension:
            return "a pure number"
        found = self._connection.execute("SELECT called FROM run_unit WHERE dimension = ?", (dimension,)).fetchone()
        return str(found[0]) if found else dimension

    def _terms(self, unit: str) -> tuple[Fraction, Fraction, str] | None:
        from fractions import Fraction

        if unit not in self._known:
            query = "SELECT slope, zero, dimension FROM run_unit WHERE unit = ?"
            found = self._connection.execute(query, (unit,)).fetchone()
            if found is None:
                found = self._asked(unit)
            slope, zero, dimension = found
            self._known[unit] = None if slope is None else (Fraction(slope), Fraction(zero), dimension)
        return self._known[unit]

    def _asked(self, unit: str) -> tuple[str | None, str | None, str | None]:
        """Ask pint for a unit, once and for all; what is no unit is remembered as well."""
        from bridge.units import dimension, to_root, unit_of

        row: tuple[str | None, ...] = (unit, None, None, None, None)
        try:
            powers = {str(name): str(power) for name, power in unit_of(unit).dimensionality.items()}
            slope, zero = to_root(unit)
            label = json.dumps(sorted(powers.items())) if powers else ""
            row = (unit, str(slope), str(zero), label, dimension(unit))
        except DeclarationError:
            pass
        with self._connection:
            self._connection.execute("INSERT OR REPLACE INTO run_unit VALUES (?, ?, ?, ?, ?)", row)
        return row[1], row[2], row[3]
