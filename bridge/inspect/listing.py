"""Stored runs as a list."""

from __future__ import annotations

from typing import Any

from bridge.inspect.table import duration, table
from bridge.places import store_address
from bridge.store.runs import runs


def listing(limit: int) -> list[dict[str, Any]]:
    """The newest runs, a line each."""
    return [
        {
            "id": run.id,
            "flow": run.flow,
            "state": run.state,
            "started": run.about["started"],
            "seconds": run.seconds,
            "parameters": run.parameters,
        }
        for run in runs(limit=limit)
    ]


def text(found: list[dict[str, Any]]) -> str:
    """The list as a table."""
    if not found:
        return f"no runs in {store_address()} yet. Start one: scalebridge run flows/creep.py"
    rows = [
        (
            line["id"],
            line["flow"],
            line["state"],
            line["started"][:19].replace("T", " "),
            duration(line["seconds"]),
            ", ".join(f"{k}={v}" for k, v in line["parameters"].items()),
        )
        for line in found
    ]
    return table(rows, ("RUN", "FLOW", "STATE", "STARTED (UTC)", "TOOK", "PARAMETERS"))
