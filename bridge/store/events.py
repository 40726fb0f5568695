"""Events of a run: a line each, in order, each with a sum over itself."""

from __future__ import annotations

import json
import re
from typing import Any

from bridge.store.sealed import digest, spelled

_SUM = re.compile(rb'": ?"[0-9a-f]{16}"}$')
_NEEDED = {"seq", "stage", "state"}
_BUILT = {"seq": 0, "stage": "", "state": "", "key": ""}


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
        if written is None and _SUM.search(line):  # it has one, under another name than it was written with
            return None
        whole = written is None or (written == digest(event)[:16] and line_of(event) == line + b"\n")
        built = all(isinstance(event.get(name, default), type(default)) for name, default in _BUILT.items())
    except (ValueError, AttributeError, TypeError, RecursionError):
        return None
    if not (whole and built and event.keys() >= _NEEDED):
        return None
    return dict(event)


def damage(raw: bytes, count: int | None) -> list[str]:
    """What is wrong with a log: lines that were changed or are missing; ``count`` is how many the run said it wrote.

    A line that was cut off, by a crash or a full disk, is no damage where the run went on from there, or ended there.
    """
    found: list[str] = []
    torn: list[bytes] = []  # what could not be read since the last event
    expected = 1
    for number, line in enumerate(raw.splitlines(), 1):
        event = _read(line)
        if event is None:
            torn.append(line)
            found.append(f"line {number} was changed or cut off")
            continue
        if torn and event["seq"] == expected and (event["state"] == "resumed" or _cut_off(torn)):
            del found[-len(torn) :]
        elif event["seq"] != expected:
            found.append(f"event {expected} is missing before line {number}")
        expected, torn = event["seq"] + 1, []
    if torn and (count is None or (expected == count + 1 and _cut_off(torn))):
        del found[-len(torn) :]
    if count is not None and expected != count + 1:
        found.append(f"it ends with event {expected - 1}, the run wrote {count}")
    return found


def _cut_off(lines: list[bytes]) -> bool:
    """Whether lines lack their ends: none of them was whole and changed since."""
    return not any(line.endswith(b"}") for line in lines)
