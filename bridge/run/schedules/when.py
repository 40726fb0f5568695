"""When a schedule fires: what people write after ``--every``, read, checked, and told back.

Cron, intervals and recurrence rules are Prefect's, with its own classes: what is computed here is what its scheduler
will do.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from bridge.errors import ContractError
from bridge.run.schedules.zones import zone

EXAMPLES = "Write --every '0 2 * * *' (cron), '6 h', or 'RRULE:FREQ=WEEKLY;BYDAY=MO;BYHOUR=2;BYMINUTE=0;BYSECOND=0'."
#: Shortest interval, s: starting a run takes about that long.
SHORTEST = 5.0
#: Seconds that a rule may take to name its next date: one that never fires would be looked through for ever.
PATIENCE = 5.0

_ALIASES = {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}
_UNEVEN = re.compile(r"(?i)\s*\d+\s*(months?|years?|a|y|mo)\s*")
Found = TypeVar("Found")


@dataclass(frozen=True)
class When:
    """A schedule that has been read: ``kind`` is cron, interval or rrule."""

    kind: str
    text: str
    timezone: str
    seconds: float = 0.0  # of an interval

    def prefect(self) -> Any:
        """The schedule as Prefect's client hands it over."""
        from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule, RRuleSchedule

        if self.kind == "cron":
            return CronSchedule(cron=self.text, timezone=self.timezone)
        if self.kind == "rrule":
            return RRuleSchedule(rrule=self.text, timezone=self.timezone)
        begin = datetime.now(UTC).replace(microsecond=0)
        return IntervalSchedule(interval=timedelta(seconds=self.seconds), timezone=self.timezone, anchor_date=begin)


def when(every: str, timezone: str | None = None) -> When:
    """Read ``--every``: a cron of five fields, an interval such as ``6 h``, or a recurrence rule (RFC 5545).

    Raises ContractError for what cannot be read and for what would never fire, UnknownName for an unknown time zone.
    """
    text, place = every.strip(), zone(timezone)
    if re.match(r"(?i)(RRULE:|DTSTART|EXDATE|.*\bFREQ=)", text):
        read = When("rrule", text, place)
    elif text in _ALIASES or len(text.split()) > 2:
        read = _cron(text, place)
    else:
        read = When("interval", text, place, _seconds(text))
    schedule = _accepted(read)
    if not next_dates(schedule, 1, text):
        counted = " A COUNT without a DTSTART counts from the first day of 2020." * ("COUNT=" in text.upper())
        raise ContractError(f"--every {text!r} never fires: no date that is to come fits it.{counted} {EXAMPLES}")
    return read


def _cron(text: str, place: str) -> When:
    fields = 1 if text in _ALIASES else len(text.split())
    if fields not in (1, 5):
        raise ContractError(
            f"--every {text!r} has {fields} fields; a cron has five: minute, hour, day of the month, month, day of"
            f" the week. {EXAMPLES}"
        )
    return When("cron", text, place)


def _seconds(text: str) -> float:
    """An interval in seconds. Raises ContractError."""
    from bridge.errors import DeclarationError
    from bridge.literals import split
    from bridge.units import Conversion, compatible, dimension

    if _UNEVEN.fullmatch(text):
        raise ContractError(
            f"--every {text!r}: months and years differ in length. Write a cron, '0 2 1 * *' for 2:00 on the first"
            " of every month, or a number of days such as '30 d'."
        )
    try:
        number, unit = split(text)
        known = compatible(unit, "s")
        said = dimension(unit)
    except (ContractError, DeclarationError):
        raise ContractError(f"--every {text!r} is no schedule. {EXAMPLES}") from None
    if not known:
        hint = f" Did you mean '{float(number):g} min'?" if unit == "m" else ""
        raise ContractError(f"--every {text!r} is no interval: {said} is not [time].{hint} {EXAMPLES}")
    seconds = Conversion(unit, "s").number(number)
    if not SHORTEST <= seconds <= 100 * 365 * 86400:
        raise ContractError(
            f"--every {text!r} is an interval of {seconds:g} s: it must be at least {SHORTEST:g} s, for starting a"
            f" run takes about that long, and at most a hundred years. {EXAMPLES}"
        )
    return seconds


def _accepted(read: When) -> Any:
    """The schedule as Prefect's server will have it. Raises ContractError with Prefect's reason."""
    if re.search(r"(?i)\bINTERVAL=0+\b", read.text):
        raise ContractError(f"--every {read.text!r} never fires: its INTERVAL is 0. {EXAMPLES}")
    try:
        return of_server(read.prefect())
    except ValueError as reason:  # pydantic's
        said = [line.strip() for line in str(reason).splitlines() if "error" in line and "validation" not in line]
        why = said[0].removeprefix("Value error, ").partition(" [type=")[0] if said else str(reason)
        raise ContractError(f"--every {read.text!r} is not accepted: {why}. {EXAMPLES}") from None


def of_server(schedule: Any) -> Any:
    """A schedule of Prefect's client as the class with which its server computes dates."""
    from prefect.server.schemas import schedules

    return getattr(schedules, type(schedule).__name__)(**schedule.model_dump())


def next_dates(schedule: Any, count: int, text: str = "") -> list[datetime]:
    """The next dates on which a schedule (of Prefect's server) fires; none if it never does. Raises ContractError."""
    from prefect._vendor.croniter.croniter import CroniterBadDateError

    def look() -> list[datetime]:
        now = datetime.now(UTC)
        try:
            return list(asyncio.run(schedule.get_dates(count, start=now)))
        except CroniterBadDateError:  # nothing in fifty years
            return []

    try:
        found = _within(PATIENCE, look)
    except ValueError as reason:
        local = re.search(r"(?i)UNTIL=(\d{8}T\d{6})Z", text)
        hint = f" Write UNTIL={local[1]}, in local time." if local else ""  # to Prefect a DTSTART is without a zone
        raise ContractError(f"--every {text!r} cannot be followed: {reason}.{hint} {EXAMPLES}") from None
    if found is None:
        raise ContractError(f"--every {text!r} never fires: no date was found within {PATIENCE:g} s. {EXAMPLES}")
    return found


def _within(seconds: float, look: Callable[[], Found]) -> Found | None:
    """What a look gives, None if it takes too long: dateutil tries dates until the year 9999."""
    found: list[Found] = []
    failed: list[BaseException] = []

    def go() -> None:
        try:
            found.append(look())
        except BaseException as reason:
            failed.append(reason)

    thread = threading.Thread(target=go, daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    return found[0] if found else None


def told(schedule: Any) -> str:
    """A schedule of Prefect's in words, its time zone apart."""
    if hasattr(schedule, "cron"):
        return str(schedule.cron)
    if hasattr(schedule, "rrule"):
        return str(schedule.rrule).replace("\n", " ")
    seconds = schedule.interval.total_seconds()
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds % length == 0:
            return f"every {seconds / length:g} {unit}"
    return f"every {seconds:g} s"
