"""Writers in processes of their own, killed or raced; a program for `test_commit.py`.

One process imports what is needed and forks for every trial: a fork takes milliseconds, an import a second.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import zarr.codecs  # noqa: F401 - imported, but not used before the fork: its threads do not survive one
from checked import damage
from forks import DIED, begun, child, die_at, ended
from numpy.typing import NDArray

from bridge.ports import record_of
from bridge.store.store import Store

KEY = "ab" + "0" * 62
PLAN = "cd" + "0" * 62


@dataclass(frozen=True)
class Result:
    number: Annotated[float, "K"]
    field: Annotated[NDArray[np.float64], "K", ("x",)]


RECORD = record_of(Result)


def values(seed: float = 0) -> dict[str, Any]:
    return RECORD.leave(Result(seed, np.arange(1000.0) + seed), "stage")


def killed_at(step: int, store: Store) -> Callable[[], int]:
    """Commit and alias, but die at one of the steps that touch the disk."""

    def work() -> int:
        over = die_at(step)
        store.commit(KEY, RECORD, values(), {})
        store.alias(PLAN, KEY)
        over()
        return 0

    return work


def looks_right(store: Store) -> Callable[[], int]:
    """All or nothing is there; a second writer finishes what the first did not."""

    def work() -> int:
        there = store.has(KEY)
        visible = [p for p in Path(store.address).rglob("zarr.json") if "artifacts" in p.parts]
        assert there or not visible, visible
        assert store.planned(PLAN) is None or there
        assert store.commit(KEY, RECORD, values(), {}) is not there
        store.alias(PLAN, KEY)
        assert store.planned(PLAN) == KEY
        artifact = store.open(KEY)
        assert damage(artifact) == []
        assert artifact.value(("number",)) == 0
        assert np.array_equal(artifact.value(("field",)), values()["field"])
        return 1 if there else 0

    return work


def kill_at_every_step(folder: Path) -> None:
    step, before, after = 0, 0, 0
    while True:
        step += 1
        store = Store(folder / str(step))
        code = child(killed_at(step, store))
        if code == 0:
            break
        assert code == DIED, code
        seen = child(looks_right(store))
        assert seen in (0, 1), (step, seen)
        before, after = before + (seen == 0), after + (seen == 1)
    print(before, after)


def race(folder: Path, trials: int = 12) -> None:
    for trial in range(trials):
        store = Store(folder / str(trial))
        gate, go = os.pipe()
        numbers = []
        for seed in (1, 2):

            def commit(gate: int = gate, go: int = go, seed: int = seed, store: Store = store) -> int:
                os.close(go)
                os.read(gate, 1)  # both go when the pipe is closed
                return 10 * seed + store.commit(KEY, RECORD, values(seed), {})

            numbers.append(begun(commit))
        os.close(gate)
        os.close(go)
        codes = sorted(ended(number) for number in numbers)
        assert codes in ([10, 21], [11, 20]), codes
        winner = 1 if codes == [11, 20] else 2
        assert not list((Path(store.address) / "tmp").iterdir())

        def same_for_all(store: Store = store, winner: int = winner) -> int:
            artifact = store.open(KEY)
            assert damage(artifact) == []
            assert artifact.value(("number",)) == winner
            assert artifact.value(("field",))[0] == winner
            return 0

        assert child(same_for_all) == child(same_for_all) == 0
    print("one winner")


if __name__ == "__main__":
    {"kill": kill_at_every_step, "race": race}[sys.argv[1]](Path(sys.argv[2]))
