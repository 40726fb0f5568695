"""What a worker keeps between batches: its view of a store, and the blocks that it writes rows to.

A block that is sealed after each batch would cost more than the batch; so it stays open, its rows in a journal that
every process reads, until it is full or the sweep is over. That of a worker that died is found by its journal.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bridge.errors import BridgeError
from bridge.kinds.record import Record
from bridge.store.rows.writer import BlockWriter
from bridge.store.sealed import digest
from bridge.store.store import Store

if TYPE_CHECKING:
    from bridge.run.cluster import Cluster

#: Blocks that one thread has open at most: what varies from point to point inside of a closure has one each.
MOST = 16

_lock = threading.Lock()
_stores: dict[tuple[Any, ...], Store] = {}
_writers: dict[tuple[Any, ...], BlockWriter] = {}


def store_like(store: Store) -> Store:
    """The store that this thread has open, with what it has read already; ``store`` itself the first time.

    A worker may outlive a store that was removed and made anew in the same place: that is another one.
    """
    layers = tuple((layer.address, layer.identity) for layer in store.layers)
    with _lock:
        return _stores.setdefault((layers, *_here()), store)


def writer_of(store: Store, run: str, outputs: Record, about: Mapping[str, Any]) -> BlockWriter:
    """The open block for rows of this making. Raises DoesNotStack."""
    same = {name: said for name, said in about.items() if name != "made"}
    name = (run, store.address, store.identity, digest(same), *_here())
    with _lock:
        writer = _writers.pop(name, None)
        if writer is None:
            writer = store.block(outputs, about)
        mine = [other for other in _writers if other[-2:] == name[-2:] and not _writers[other].busy]
        spent = [_writers.pop(other) for other in mine[: max(0, len(mine) + 1 - MOST)]]
        _writers[name] = writer  # the last one used is the last one sealed
    for other in spent:
        with contextlib.suppress(BridgeError):  # its rows stay in the journal
            other.seal()
    return writer


def seal(run: str) -> int:
    """Seal what this process has open of a run; the number of blocks comes back."""
    return _sealed(lambda name: name[0] == run)


def seal_here(run: str) -> int:
    """Seal what this thread has open of a run; the number of blocks comes back."""
    here = _here()
    return _sealed(lambda name: name[0] == run and name[-2:] == here)


def seal_everywhere(cluster: Cluster, run: str) -> None:
    """Have the workers of a cluster seal what they have open of a run; what one of them cannot stays in its journal."""
    with contextlib.suppress(Exception):
        cluster.client().run(seal, run, on_error="ignore")


def _sealed(which: Callable[[tuple[Any, ...]], bool]) -> int:
    with _lock:
        writers = [_writers.pop(name) for name in list(_writers) if which(name)]
    sealed = 0
    for writer in writers:
        with contextlib.suppress(BridgeError):  # its rows stay in the journal
            sealed += len(writer.seal())
    return sealed


def _here() -> tuple[int, int]:
    return os.getpid(), threading.get_ident()
