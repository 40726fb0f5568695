"""Importing a crate: what was verified is taken into a store, and marked with where it came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bridge.inspect.crate.reading import opened
from bridge.store.carried.mark import mark
from bridge.store.carried.taking import Taken, take
from bridge.store.runlog import now
from bridge.store.store import Store

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Imported:
    """What came of an import."""

    crate: str
    digest: str
    taken: Taken
    #: Files of the flow, by their paths in the crate.
    flows: list[str]


def import_crate(path: str | Path, store: Store | None = None, told: Progress | None = None) -> Imported:
    """Take the run of a crate into a store, all or nothing; by default the store of the environment.

    Raises CrateRefused for a crate that is damaged, unsafe or none, and ContractError where the store has another
    run of that name, or other results of the same inputs.
    """
    into = store if store is not None else Store()
    with opened(path, told) as crate:
        digest = f"sha256:{crate.digest}"
        mine = mark(crate.run, str(crate.path), digest, now())
        taken = take(crate.store, crate.run, into, mine, told)
        return Imported(str(crate.path), digest, taken, crate.flows)
