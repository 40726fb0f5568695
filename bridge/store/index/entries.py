"""What the catalogue keeps of a record: whatever wrote it, only what is built as ours is taken."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bridge.store.index.conditions import plain

#: Columns of the table of runs, in the order of ``entry_of`` and with the stamp of the record at the end.
COLUMNS = {
    "id": "TEXT PRIMARY KEY",
    "flow": "TEXT",
    "state": "TEXT",
    "started": "TEXT",
    "at": "REAL",
    "seconds": "REAL",
    "name": "TEXT",
    "tags": "TEXT",
    "parameters": "TEXT",
    "imported": "TEXT",
    "cpu": "REAL",
    "memory": "INTEGER",
    "stages": "INTEGER",
    "points": "INTEGER",
    "tally": "TEXT",
    "words": "TEXT",
    "stamp": "TEXT",
}
#: Characters of a record that words are looked for in.
_SEARCHED = 10_000
_LARGEST = 2**63 - 1  # that a database counts to


def entry_of(about: dict[str, Any]) -> tuple[Any, ...]:
    """A record as a row, without its stamp."""
    started, ended = _time(about["started"]), _time(about.get("ended"))
    seconds = ended - started if started is not None and ended is not None else None
    called = None if about.get("name") is None else plain(about["name"])
    tags, parameters = tags_of(about), about["parameters"] | _axes(about)
    points, tally = _tally(about.get("sweep"))
    told = about.get("cost")
    cost: dict[str, Any] = told if isinstance(told, dict) else {}
    return (
        about["id"],
        plain(about["flow"]),
        None if about.get("state") is None else plain(about["state"]),
        plain(about["started"]),
        started,
        seconds,
        called,
        json.dumps(tags),
        json.dumps(parameters),
        about.get("imported"),
        _measured(cost.get("cpu_seconds")),
        _counted(cost.get("peak_memory_bytes")),
        len(about.get("stages", ())),
        points,
        None if tally is None else json.dumps(tally),
        _words(about, called, tags, parameters),
    )


def tags_of(about: dict[str, Any]) -> list[str]:
    """Tags as they are kept."""
    tags = about.get("tags")
    return [plain(tag) for tag in tags] if isinstance(tags, list) else []


def models_of(about: dict[str, Any]) -> set[str]:
    """Every model that a run used, those that were asked through closures among them."""
    closures = about.get("closures")
    models = [stage.get("model") for stage in about.get("stages", ()) if isinstance(stage, dict)]
    for closure in closures if isinstance(closures, list) else ():
        asked = closure.get("models") if isinstance(closure, dict) else None
        models += asked if isinstance(asked, list) else []
    return {plain(model) for model in models if isinstance(model, str)}


def _words(about: dict[str, Any], called: str | None, tags: list[str], parameters: dict[str, Any]) -> str:
    """What words are looked for in: written so that case does not count."""

    def texts() -> Iterator[str]:
        yield from (str(about["id"]), str(about["flow"]), called or "", *tags)
        for name, value in parameters.items():
            yield f"{name}={value}"

    return plain("\n".join(texts())[:_SEARCHED].casefold())


def _tally(sweep: Any) -> tuple[int | None, dict[str, int | None] | None]:
    """How many points a sweep has, and what became of them and of its executions as far as its record says it."""
    if not isinstance(sweep, dict):
        return None, None
    status = sweep.get("status") if isinstance(sweep.get("status"), dict) else None
    return _counted(sweep.get("points")), {
        "executions": _sum(sweep.get("executions")),
        "found": _sum(sweep.get("found")),
        "done": None if status is None else _counted(status.get("done", 0)),
        "failed": None if status is None else _counted(status.get("failed", 0)),
    }


def _sum(counts: Any) -> int | None:
    if not isinstance(counts, dict):
        return None
    parts = [_counted(count) for count in counts.values()]
    return None if None in parts else sum(filter(None, parts))


def _counted(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= _LARGEST else None


def _measured(value: Any) -> float | None:
    if type(value) not in (int, float) or abs(value) > 1e300:
        return None
    return float(value) if math.isfinite(value) and value >= 0 else None


def _axes(about: dict[str, Any]) -> dict[str, str]:
    """What a sweep varied, in place of a value: ``temperature=600 K … 1200 K (7)``."""
    found = {}
    sweep = about.get("sweep")
    groups = sweep.get("axes") if isinstance(sweep, dict) else None
    for group in groups if isinstance(groups, list) else []:
        columns = group.get("columns") if isinstance(group, dict) else None
        for column in columns if isinstance(columns, list) else []:
            if isinstance(column, dict) and isinstance(column.get("name"), str):
                found[column["name"]] = _spread(column)
    return found


def _spread(column: dict[str, Any]) -> str:
    values = column.get("values")
    ends = [values[0], values[-1]] if isinstance(values, list) and values else []
    ends = ends or [column[end] for end in ("lowest", "first", "highest", "last") if end in column]
    return plain(f"{' … '.join(map(str, ends))} ({column.get('distinct')})")


def _time(written: Any) -> float | None:
    try:
        return datetime.fromisoformat(written).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
