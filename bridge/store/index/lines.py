"""A run as lists show it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from bridge.store.index.entries import COLUMNS, entry_of

#: Columns that a line is made of, in this order.
SHOWN = "id, flow, state, started, seconds, name, tags, parameters, imported, cpu, memory, stages, points, tally"


@dataclass(frozen=True)
class Line:
    """A run as lists show it."""

    id: str
    flow: str
    state: str
    started: str
    seconds: float | None
    name: str | None
    tags: list[str]
    parameters: dict[str, Any]
    store: str
    #: When it was imported; None if it ran here.
    imported: str | None = None
    #: What its stages took that were computed, all together; None while it runs.
    cpu_seconds: float | None = None
    peak_memory_bytes: int | None = None
    #: Stages of its chain.
    stages: int = 0
    #: Points of a sweep; None for a run that is none.
    points: int | None = None
    #: Points of a sweep that are done and that failed, and the distinct executions of its stages, all of them and
    #: those that were in the store at its beginning; None where the record does not say.
    done: int | None = None
    failed: int | None = None
    executions: int | None = None
    found: int | None = None


def line_of(row: tuple[Any, ...], state: str, store: str) -> Line:
    """A line from the columns ``SHOWN``; the state is given, for a run without an end may be alive or not."""
    name, flow, _, started, seconds, called, tags, parameters, imported, cpu, memory, stages, points, tally = row
    counts = json.loads(tally) if tally else {}
    return Line(
        name,
        flow,
        state,
        started,
        seconds,
        called,
        json.loads(tags),
        json.loads(parameters),
        store,
        imported,
        cpu,
        memory,
        stages,
        points,
        **counts,
    )


def line_from(about: dict[str, Any], state: str, store: str) -> Line:
    """The line of a run whose record is at hand."""
    row = dict(zip(COLUMNS, entry_of(about), strict=False))  # but for the stamp
    return line_of(tuple(row[column] for column in SHOWN.split(", ")), state, store)
