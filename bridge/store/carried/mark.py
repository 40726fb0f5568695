"""The mark of a run that came from elsewhere: an object beside its record, which itself stays as it was sealed."""

from __future__ import annotations

from typing import Any

from bridge.store.sealed import INDENT, sealed, unsealed
from bridge.store.spaces.space import Damaged, Space

#: Name of the mark, in the run's folder.
MARK = "imported.json"
SCHEMA = 1
_BYTES = 2**16
_NEEDED = ("run", "crate", "digest", "at")


def mark(run: str, crate: str, digest: str, at: str) -> bytes:
    """The mark of a run that was read from the crate ``crate`` of this digest (``sha256:…``) at a time."""
    return sealed({"schema": SCHEMA, "run": run, "crate": crate, "digest": digest, "at": at}, INDENT)


def mark_of(space: Space, run: str) -> dict[str, Any] | None:
    """Where a run came from and when; None for one that ran here. Raises Damaged."""
    name = f"runs/{run}/{MARK}"
    try:
        found = unsealed(space.read(name, limit=_BYTES), space.where(name), INDENT)
    except FileNotFoundError:
        return None
    if found.get("run") != run or not all(isinstance(found.get(one), str) for one in _NEEDED):
        raise Damaged(f"{space.where(name)} does not say where run {run} came from.")
    return found
