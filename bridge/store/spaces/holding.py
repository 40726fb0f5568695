"""Holding many names by leases: tried side by side, renewed by one thread, given back together."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from bridge.store.spaces.lease import EXPIRY, Lease, lease_of
from bridge.store.spaces.space import ABREAST

if TYPE_CHECKING:
    from bridge.store.spaces.space import Space

#: Leases that are renewed in a second, on the slowest store that is thought of: more of them are renewed less often,
#: and so a holder on another machine that died is noticed later.
_RENEWED = 50


@contextlib.contextmanager
def leased_together(space: Space, names: Sequence[str]) -> Iterator[set[str]]:
    """Hold those of the names that nobody holds, without waiting for the others."""
    names = list(dict.fromkeys(names))
    expiry = max(EXPIRY, len(names) / _RENEWED)
    held: dict[str, Lease] = {}
    over = threading.Event()

    def take(name: str) -> None:
        lease = lease_of(space, name, expiry)
        if lease is not None:
            held[name] = lease

    with contextlib.ExitStack() as ends:
        ends.callback(_release, held)
        ends.callback(over.set)
        threading.Thread(target=_keep, args=(held, expiry, over), name="leases", daemon=True).start()
        with ThreadPoolExecutor(min(ABREAST, len(names) or 1)) as threads:
            for _ in threads.map(take, names):
                pass
        yield set(held)


def _keep(held: dict[str, Lease], expiry: float, over: threading.Event) -> None:
    """Renew leases until they are given back; one that somebody took over is renewed no more."""
    lost: set[str] = set()
    with ThreadPoolExecutor(ABREAST) as threads:
        while not over.wait(expiry / 3):
            there = {name: lease for name, lease in list(held.items()) if name not in lost}
            renewed = threads.map(lambda lease: over.is_set() or lease.renew(), there.values())
            lost |= {name for name, kept in zip(there, renewed, strict=True) if not kept}


def _release(held: dict[str, Lease]) -> None:
    if held:
        with ThreadPoolExecutor(min(ABREAST, len(held))) as threads:
            for _ in threads.map(Lease.release, held.values()):
                pass
