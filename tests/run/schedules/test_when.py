"""What people write after --every: read as Prefect's scheduler reads it, or refused with the reason."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import ContractError, UnknownName
from bridge.run.schedules import zones
from bridge.run.schedules.when import of_server, told, when


@pytest.fixture(scope="module", autouse=True)
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Prefect writes to its home when it is imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_HOME", str(tmp_path_factory.mktemp("prefect")))
        yield


def dates(every: str, zone: str, start: str, count: int) -> list[str]:
    """When a schedule fires from a day on (UTC), by Prefect's server's own arithmetic, in local time."""
    schedule: Any = of_server(when(every, zone).prefect())
    begin = datetime.fromisoformat(start).replace(tzinfo=UTC)
    return [f"{date:%d %H:%M %z}" for date in asyncio.run(schedule.get_dates(count, start=begin))]


@pytest.mark.parametrize(
    ("every", "kind", "said"),
    [
        ("0 2 * * *", "cron", "0 2 * * *"),
        ("@daily", "cron", "@daily"),
        ("6 h", "interval", "every 6 h"),
        ("90 min", "interval", "every 90 min"),
        ("1 week", "interval", "every 7 d"),
        ("5 s", "interval", "every 5 s"),
        (
            "RRULE:FREQ=WEEKLY;BYDAY=MO;BYHOUR=2;BYMINUTE=0;BYSECOND=0",
            "rrule",
            "RRULE:FREQ=WEEKLY;BYDAY=MO;BYHOUR=2;BYMINUTE=0;BYSECOND=0",
        ),
    ],
)
def test_crons_intervals_and_recurrence_rules_are_read(every: str, kind: str, said: str) -> None:
    read = when(every, "Europe/Berlin")
    assert (read.kind, read.timezone) == (kind, "Europe/Berlin")
    assert told(of_server(read.prefect())) == said


@pytest.mark.parametrize(
    ("every", "why"),
    [
        ("0 0 31 2 *", "never fires: no date that is to come"),
        ("RRULE:FREQ=DAILY;UNTIL=20200101T000000", "never fires: no date that is to come"),
        ("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never fires"),
        ("RRULE:FREQ=DAILY;COUNT=3", "never fires.* A COUNT without a DTSTART"),
        ("RRULE:FREQ=DAILY;INTERVAL=0", "never fires: its INTERVAL is 0"),  # dateutil would go round for ever
        ("RRULE:FREQ=DAILY;UNTIL=20300101T000000Z", "Write UNTIL=20300101T000000, in local time"),
        ("RRULE:FREQ=NEVER", "invalid 'FREQ': NEVER"),
        ("61 * * * *", "Invalid cron string"),
        ("* * * * * *", "has 6 fields; a cron has five"),
        ("0 s", "an interval of 0 s: it must be at least 5 s"),
        ("-6 h", "must be at least 5 s"),
        ("6 m", r"\[length\] is not \[time\]. Did you mean '6 min'"),
        ("1 month", "months and years differ in length"),
        ("nightly", "'nightly' is no schedule"),
        ("", "'' is no schedule"),
    ],
)
def test_what_cannot_fire_is_refused_with_the_reason(every: str, why: str) -> None:
    with pytest.raises(ContractError, match=why) as refused:
        when(every, "UTC")
    assert "0 2 " in str(refused.value)  # with something to write instead


@pytest.mark.science  # it is looked for during five seconds
def test_a_rule_that_would_be_looked_through_for_ever_is_refused(record_property: Any) -> None:
    record_property("asked", "a schedule that can never fire is a clear error")
    with pytest.raises(ContractError, match="never fires: no date was found within 5 s"):
        when("RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", "UTC")
    record_property("reached", "refused after 5 s")


def test_an_unknown_time_zone_is_refused_with_near_spellings() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'Europe/Berlin'"):
        when("6 h", "Europe/Berln")
    with pytest.raises(UnknownName, match="Did you mean 'Europe/Berlin'"):
        when("6 h", "berlin")


def test_the_zone_is_that_of_the_machine_else_utc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    assert when("6 h").timezone == "Asia/Kolkata"
    monkeypatch.delenv("TZ")
    zoneinfo = tmp_path / "zoneinfo" / "Europe"
    zoneinfo.mkdir(parents=True)
    (zoneinfo / "Berlin").touch()
    (tmp_path / "localtime").symlink_to(zoneinfo / "Berlin")
    monkeypatch.setattr(zones, "_LINK", tmp_path / "localtime")
    assert when("6 h").timezone == "Europe/Berlin"
    monkeypatch.setattr(zones, "_LINK", tmp_path / "nothing")
    monkeypatch.setattr(zones, "_NAME", tmp_path / "nothing")
    assert when("6 h").timezone == "UTC"


def test_summer_time_is_as_the_documentation_says() -> None:
    """Of docs/schedules.md; the clocks of Berlin went forward on 2027-03-28 at 2:00, back on 2027-10-31 at 3:00."""
    nightly = "30 2 * * *"
    assert dates(nightly, "Europe/Berlin", "2027-03-27", 3) == ["27 02:30 +0100", "28 01:30 +0100", "29 02:30 +0200"]
    assert dates(nightly, "Europe/Berlin", "2027-10-30", 3) == ["30 02:30 +0200", "31 02:30 +0200", "01 02:30 +0100"]
