"""Writers of pyramids in processes of their own, killed at their steps or raced; a program for `test_writers.py`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # for `forks`

import numpy as np
import zarr.codecs  # noqa: F401 - imported, but not used before the fork: its threads do not survive one
from forks import DIED, begun, child, die_at, ended
from stored_fields import KEY, a_map, folder, opened, put, small_tiles, whole

from bridge.store.pyramids.opening import levels_of
from bridge.store.store import Store
from bridge.store.upkeep.verify import verify

MAP = a_map(shape=(40, 50))


def fresh(place: Path) -> Store:
    store = Store(place)
    assert child(lambda: put(store, MAP) or 0) == 0
    return Store(place)


def killed_at(step: int, store: Store, after: str) -> Callable[[], int]:
    def work() -> int:
        over = die_at(step, after=after)
        opened(store)
        over()
        return 0

    return work


def looks_right(store: Store) -> Callable[[], int]:
    """All of it is there or nothing, and the next one opens it; 1 if it was there."""

    def work() -> int:
        there = store.space.size(f"{folder()}/zarr.json") is not None
        assert there or not list(store.space.walk("pyramids"))
        report = verify(store)
        assert not report.damaged, report.damaged
        assert len(report.incomplete) <= 1 + there, report.incomplete
        levels = levels_of(store, KEY, ("field",))
        assert levels.stored or not there
        np.testing.assert_array_equal(whole(levels, 0), MAP.field)
        levels.settle()
        assert not verify(store).damaged
        return 1 if there else 0

    return work


def kill(place: Path, stride: int) -> None:
    """Kill at some steps all along, and at each of those after the commit; how many there were of both."""
    seen: list[int] = []
    for step in range(1, 10**6, stride):
        if not killed(place / "along", step, seen):
            break
    for step in range(1, 10**6):
        if not killed(place / "after", step, seen, after=folder()):
            break
    print(seen.count(0), seen.count(1))


def killed(place: Path, step: int, seen: list[int], after: str = "") -> bool:
    """Have a writer die at a step, unless it has ended before, and look at what it left."""
    store = fresh(place / str(step))
    code = child(killed_at(step, store, after))
    assert code in (0, DIED), code
    if code == DIED:
        seen.append(child(looks_right(store)))
        assert seen[-1] == 1 if after else seen[-1] in (0, 1), (step, seen)
    return code == DIED


def race(place: Path, trials: int = 4) -> None:
    """Two processes look at one field at once, and without the claim that makes one wait for the other."""
    for trial in range(trials):
        store = fresh(place / str(trial))
        gate, go = os.pipe()

        def look(gate: int = gate, go: int = go, store: Store = store, claims: bool = trial % 2 == 0) -> int:
            os.close(go)
            if not claims:
                import contextlib

                store.claim = lambda *_: contextlib.nullcontext()  # type: ignore[method-assign]
            os.read(gate, 1)  # both go when the pipe is closed
            levels = opened(store)
            assert levels.stored
            np.testing.assert_array_equal(whole(levels, 0), MAP.field)
            return 0

        numbers = [begun(look) for _ in range(2)]
        os.close(gate)
        os.close(go)
        assert [ended(number) for number in numbers] == [0, 0]
        assert not list((Path(store.address) / "tmp").iterdir())
        assert child(lambda store=store: len(verify(store).damaged)) == 0
    print("whole")


if __name__ == "__main__":
    small_tiles()
    {"kill": kill, "race": race}[sys.argv[1]](Path(sys.argv[2]), *map(int, sys.argv[3:]))
