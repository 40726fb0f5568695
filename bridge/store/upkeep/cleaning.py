"""Who waits for whom while a store is cleaned, and who of those that hold something still lives."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from bridge.store.spaces.space import Space

#: Held while a store is cleaned.
CLAIM = "claims/reclaim"


def undisturbed(space: Space) -> None:
    """Wait while the store is cleaned; called by a run that has begun, before it looks for anything stored.

    It has begun before it looks for the cleaner, and the cleaner looks for runs once it can be seen itself: one of
    the two sees the other.
    """
    if space.claimed(CLAIM):
        with space.claim(CLAIM):
            return


def living(space: Space, names: Iterable[str]) -> list[str]:
    """Of names that are claimed, those whose holder lives; one on another machine is watched until it must show."""
    held = [name for name in names if space.claimed(name)]
    if not held or not space.leases:
        return held
    from bridge.store.spaces.lease import lease_held

    with ThreadPoolExecutor(min(16, len(held))) as threads:
        lives = threads.map(lambda name: lease_held(space, name, watch=patience(space)), held)
        return [name for name, alive in zip(held, lives, strict=True) if alive]


def patience(space: Space) -> float:
    """Seconds after which a holder that is gone has been noticed."""
    from bridge.store.spaces.lease import EXPIRY

    return 1.5 * EXPIRY if space.leases else 1.0
