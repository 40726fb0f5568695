"""What stands above a run, a sweep, and each of two runs beside each other: what a run says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bridge.errors import BridgeError
from bridge.inspect.stored import facts_of, remarks
from bridge.inspect.web.stages.told import number
from bridge.inspect.web.words import link
from bridge.store.groups import UNFIT
from bridge.store.runs import Run

#: Characters of a failure; the logs have it whole.
FAILURE = 2000
_GOES_ON = ("failed", "interrupted", "cancelled")


@dataclass(frozen=True)
class Head:
    """What a run is called, what it cost, remarks, and ``facts``, all that its record says of it.

    ``live`` is what an open page listens to, nothing once it is over; ``resume`` is what to type to go on with it.
    """

    name: str
    tags: tuple[str, ...]
    seconds: float | None
    notes: tuple[str, ...]
    failure: str
    cpu: float
    memory: float
    facts: dict[str, Any]
    live: str
    resume: str


def head_of(run: Run) -> Head:
    """The head of a run; what cannot be read of it is a remark."""
    facts, notes = _facts(run)
    name, tags, seconds = "", list[str](), None
    try:
        name, tags, seconds = str(run.name or ""), list(map(str, run.tags)), run.seconds
    except UNFIT as reason:  # of a record made by anybody
        notes.append(_unread(reason))
    said = str(run.about.get("failure") or "")
    cost = run.about.get("cost")
    spent = cost if isinstance(cost, dict) else {}
    return Head(
        name,
        tuple(tags),
        seconds,
        tuple(notes),
        said if len(said) <= FAILURE else f"{said[:FAILURE]} …",
        number(spent.get("cpu_seconds")) or 0.0,
        number(spent.get("peak_memory_bytes")) or 0.0,
        facts,
        _live(run),
        f"scalebridge resume {run.id}" if run.state in _GOES_ON else "",
    )


def _facts(run: Run) -> tuple[dict[str, Any], list[str]]:
    """What a run says of itself, and remarks; what cannot be read is a remark."""
    facts, notes = {}, list[str]()
    try:
        facts = facts_of(run)
    except BridgeError as reason:  # of the mark of an import
        run.imported = None
        facts, notes = facts_of(run), [str(reason)]
    except UNFIT as reason:
        return _shaped(facts), [_unread(reason)]
    try:
        notes += remarks({**facts, "state": ""})
    except UNFIT as reason:
        notes.append(_unread(reason))
    return _shaped(facts), notes


def _unread(reason: Exception) -> str:
    return f"some of the record cannot be read ({type(reason).__name__}: {reason})."


def _shaped(facts: dict[str, Any]) -> dict[str, Any]:
    """What a page takes apart is what it should be: a record may have been made by anybody."""
    for name in ("revision", "versions", "seeds"):
        if not isinstance(facts.get(name), dict):
            facts[name] = {}
    plugins = facts.get("plugins")
    blank = {"distribution": "?", "version": ""}
    listed = plugins if isinstance(plugins, list) else []
    return {"host": "", "folder": ""} | facts | {"plugins": [blank | one for one in listed if isinstance(one, dict)]}


def _live(run: Run) -> str:
    """Where an open page hears how a run goes on; nothing for one that has ended."""
    if run.state != "running":
        return ""
    from bridge.inspect.web.pages.live import sign_of

    return link("runs", run.id, "live", since=sign_of(run))
