"""What a cleaning removed, as tests ask for it."""

from __future__ import annotations

import itertools

from small_store import key_of

from bridge.store.upkeep.reclaim import Reclaimed


def gone(done: Reclaimed) -> dict[str, set[str]]:
    """What was removed, by its kind."""
    return {
        kind: {item.object for item in items}
        for kind, items in itertools.groupby(sorted(done.items, key=lambda one: one.kind), lambda one: one.kind)
    }


def alias_of(key: str) -> str:
    plan = key_of("plan", key)
    return f"plans/{plan[:2]}/{plan}.json"
