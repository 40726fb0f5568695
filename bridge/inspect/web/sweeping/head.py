"""What stands above a sweep, and above each of two runs beside each other: what a run says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bridge.errors import BridgeError
from bridge.inspect.stored import facts_of, remarks
from bridge.inspect.web.words import link
from bridge.store.groups import UNFIT
from bridge.store.runs import Run

#: Characters of a failure; the logs have it whole.
FAILURE = 2000


@dataclass(frozen=True)
class Head:
    """What a run is called, remarks, its cost; ``live`` is what an open page listens to, nothing once it is over."""

    name: str
    tags: tuple[str, ...]
    seconds: float | None
    notes: tuple[str, ...]
    failure: str
    cost: dict[str, Any]
    live: str
    resume: str


def head_of(run: Run) -> Head:
    """The head of a run; what cannot be read of it is a remark."""
    notes: list[str] = []
    name, tags, seconds = "", list[str](), None
    try:
        name, tags, seconds = str(run.name or ""), list(map(str, run.tags)), run.seconds
        notes += remarks({**facts_of(run), "state": ""})
    except (BridgeError, *UNFIT) as reason:  # of the mark of an import, or of a record made by anybody
        notes.append(f"some of the record cannot be read ({type(reason).__name__}: {reason}).")
    said = str(run.about.get("failure") or "")
    cost = run.about.get("cost")
    return Head(
        name,
        tuple(tags),
        seconds,
        tuple(notes),
        said if len(said) <= FAILURE else f"{said[:FAILURE]} …",
        cost if isinstance(cost, dict) else {},
        _live(run),
        f"scalebridge resume {run.id}" if run.state in ("failed", "interrupted", "cancelled") else "",
    )


def _live(run: Run) -> str:
    if run.state != "running":
        return ""
    from bridge.inspect.web.pages.live import sign_of

    return link("runs", run.id, "live", since=sign_of(run))
