"""Events of a run: a line each, in order, each with a sum over itself."""

from __future__ import annotations

import json
from typing import Any

from bridge.store.sealed import digest, spelled


def line_of(entry: dict[str, Any]) -> bytes:
    """Write an event down, with its sum at the end."""
    return spelled({**entry, "sum": digest(entry)[:16]}) + b"\n"


def read_events(raw: bytes) -> list[dict[str, Any]]:
    """Events of a log, in order; a line that a crash cut off is left out."""
    return [event for event in map(_read, raw.splitlines()) if event is not None]


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
        written = event.pop("sum", None)
        event["seq"], event["stage"], event["state"]
    except (ValueError, AttributeError, KeyError, TypeError):
        return None
    if written is not None and (written != digest(event)[:16] or line_of(event) != line + b"\n"):
        return None
    return dict(event)


def damage(raw: bytes, count: int | None) -> list[str]:
    """What is wrong with a log: lines that were changed or are missing; ``count`` is how many the run said it wrote.

    A line that was cut off is no damage where the run went on from there, or ended there.
    """
    found, expected, torn = [], 1, False
    lines = raw.splitlines()
    for number, line in enumerate(lines, 1):
        event = _read(line)
        if event is None:
            torn = True
            found.append(f"line {number} was changed or cut off")
            continue
        if torn and event["state"] == "resumed" and event["seq"] == expected:
            found.pop()
        elif event["seq"] != expected:
            found.append(f"event {expected} is missing before line {number}")
        expected, torn = event["seq"] + 1, False
    if torn and count is None:
        found.pop()
    if count is not None and expected != count + 1:
        found.append(f"it ends with event {expected - 1}, the run wrote {count}")
    return found
