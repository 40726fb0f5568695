"""Writers of journals in processes of their own, killed at every step they take on the disk, or at any moment.

A program for `test_journal.py`: one process imports what is needed and forks for every trial.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import zarr.codecs  # noqa: F401 - imported, but not used before a fork: its threads do not survive one
from checked import damage_of_all
from forks import DIED, child, die_at

from bridge.ports import record_of
from bridge.store.rows import writer as block_writer
from bridge.store.rows.blocks import adopt
from bridge.store.rows.lookup import Rows
from bridge.store.rows.table import Row
from bridge.store.rows.writer import BlockWriter
from bridge.store.spaces.disk import Disk
from bridge.store.spaces.space import Space


@dataclass(frozen=True)
class Result:
    rate: Annotated[float, "1/s"]
    phase: str


@dataclass(frozen=True)
class Rate:
    rate: Annotated[float, "1/s"]


RECORD = record_of(Result)


def key(i: int) -> str:
    return hashlib.sha256(b"%d" % i).hexdigest()


def values(i: int) -> dict[str, Any]:
    return {"rate": i / 7, "phase": "fcc" if i % 2 else "bcc"}


def writer(space: Space) -> BlockWriter:
    return BlockWriter(space, RECORD, {"model": "test.model", "inputs": {"i": {"unit": None}}})


def add(into: BlockWriter, *numbers: int) -> None:
    for i in numbers:
        assert into.add(key(i), values(i), {"inputs.i.literal": i, "cost.seconds": i / 1000}, plan=key(-i - 1))


def looked_up(space: Space) -> Rows:
    return Rows(space, lambda: None)


def row_of(rows: Rows, content: str) -> Row:
    row = rows.open(content)
    assert row is not None
    return row


def holds(rows: Rows, *numbers: int) -> bool:
    """Whether exactly these of the first hundred are found, each with its values."""
    found = rows.find(key(i) for i in range(100))
    plans = rows.planned(key(-i - 1) for i in range(100))
    for i in numbers:
        row = row_of(rows, key(i))
        assert row.value(()) == values(i)
        assert row.about["inputs"]["i"]["literal"] == i
    assert {plans[plan] for plan in plans} == set(found)
    return set(found) == {key(i) for i in numbers}


def killed_at(step: int, space: Disk, told: int) -> Callable[[], int]:
    """Add three rows and seal them, but die at one of the steps that touch the disk."""

    def work() -> int:
        over = die_at(step, but=told)
        with BlockWriter(space, record_of(Rate), {}) as into:
            for i in range(3):
                into.add(key(i), values(i))
                os.write(told, b".")
        over()
        return 0

    return work


def all_there(space: Disk, added: int) -> Callable[[], int]:
    """What was added is found; sealing what the dead one left changes nothing."""

    def work() -> int:
        before = {k: row_of(looked_up(space), k).value(("rate",)) for k in looked_up(space).find(map(key, range(3)))}
        assert before == {key(i): i / 7 for i in range(max(added, len(before)))}
        names = adopt(space)
        rows = looked_up(space)
        assert before == {k: row_of(rows, k).value(("rate",)) for k in before}
        assert space.children("journal") == []
        assert damage_of_all(space) == []
        assert sorted(bytes(k).hex() for table in rows.tables() for k in table.keys) == sorted(before)
        return len(names)

    return work


def kill_at_every_step(folder: Path) -> None:
    step, adopted = 0, 0
    while True:
        step += 1
        space = Disk(folder / str(step))
        space.prepare()
        heard, told = os.pipe()
        code = child(killed_at(step, space, told))
        os.close(told)
        added = len(os.read(heard, 10))
        os.close(heard)
        if code == 0:
            break
        assert code == DIED, code
        seen = child(all_there(space, added))
        assert seen in (0, 1), (step, seen)
        adopted += seen
    print(step, adopted)


def leave(address: str, *numbers: str) -> None:
    into = writer(Disk(address))
    add(into, *map(int, numbers))
    os._exit(7)


def forever(address: str, first: str) -> None:
    block_writer.ROWS = 60
    into, i = writer(Disk(address)), int(first)
    while True:
        add(into, i)
        os.write(1, b"%d\n" % i)
        i += 1


if __name__ == "__main__":
    if sys.argv[1] == "kill":
        kill_at_every_step(Path(sys.argv[2]))
    else:
        {"leave": leave, "forever": forever}[sys.argv[1]](*sys.argv[2:])
