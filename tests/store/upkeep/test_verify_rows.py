"""Verification of blocks and journals: every bit of a row is as safe as one of an artifact."""

from __future__ import annotations

import os
import random
from pathlib import Path

import numpy as np
import pytest
from small_store import RECORD, Result, begun, changed, folder_of, key_of, make, objects

from bridge.store.store import Store
from bridge.store.upkeep.aside import set_aside
from bridge.store.upkeep.verify import Report, verify

ROWS = [key_of("row", i) for i in range(40)]


def write_rows(store: Store, run: str) -> None:
    about = {"model": "m", "run": run, "inputs": {"x": {"artifact": key_of("upstream")}}}
    with store.block(RECORD, about) as block:
        for i, key in enumerate(ROWS):
            values = RECORD.leave(Result(0.1 * i, np.random.default_rng(i).random(30)), "s")
            block.add(key, values, {"cost.seconds": 0.5 * i}, plan=key_of("plan", key))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with a block of rows that came from an artifact."""
    store = Store(tmp_path / "store")
    log = begun(store)
    make(store, key_of("upstream"), log.id)
    write_rows(store, log.id)
    log.event("a", "found", key=ROWS[7])
    log.end("completed")
    return store


@pytest.fixture
def cut_off(tmp_path: Path) -> Store:
    """A store whose writer died before it had sealed its rows."""
    store = Store(tmp_path / "store")
    store.prepare()
    number = os.fork()
    if number == 0:
        block = store.block(RECORD, {"model": "m", "run": "gone"})
        for i, key in enumerate(ROWS):
            block.add(key, RECORD.leave(Result(0.1 * i, np.zeros(3)), "s"))
        os._exit(0)
    assert os.waitpid(number, 0)[1] == 0
    return store


def named(report: Report) -> set[str]:
    return {one.object for one in report.damaged}


def test_blocks_and_their_rows_are_counted_and_sound(store: Store) -> None:
    report = verify(store)
    assert report.damaged == []
    assert (report.seen.artifacts, report.seen.blocks, report.seen.rows) == (1, 1, len(ROWS))


def test_every_flipped_bit_of_a_block_is_found_and_its_object_named(store: Store) -> None:
    dice, root = random.Random(7), Path(store.address)
    names = sorted(name for name in objects(store.space) if name.startswith("blocks/"))
    assert len(names) > 6
    for trial in range(100):
        name = names[trial % len(names)]
        content = bytearray((root / name).read_bytes())
        bit = dice.randrange(8 * len(content))
        content[bit // 8] ^= 1 << bit % 8
        with changed(root / name, bytes(content)):
            assert name in named(verify(Store(store.address))), (name, bit)


def test_objects_of_a_block_that_are_missing_short_or_extra_are_named(store: Store) -> None:
    names = sorted(name for name in objects(store.space) if name.startswith("blocks/"))
    for name in names:
        content = store.space.read(name)
        for spoilt in (b"", content[:-1], content + b"\0"):
            store.space.put(name, spoilt)
            assert name in named(verify(store)), (name, len(spoilt))
        store.space.remove(name)
        assert name in named(verify(store))
        store.space.put(name, content)
    for extra in (f"{names[0].rpartition('/')[0]}/stray", "blocks/stray/x"):
        store.space.put(extra, b"x")
        assert named(verify(store)) == {extra}
        store.space.remove(extra)


def test_a_run_is_verified_with_the_blocks_its_rows_are_in_and_what_those_came_from(store: Store) -> None:
    (run,) = (child.rstrip("/") for child in store.space.children("runs"))
    chunk = next(name for name in objects(store.space) if name.startswith("blocks/") and "/c/" in name)
    upstream = f"{folder_of(key_of('upstream'))}/zarr.json"
    for name in (chunk, upstream):
        store.space.put(name, store.space.read(name)[:-1])
    assert named(verify(Store(store.address), run)) == {chunk, upstream}


def test_a_damaged_block_is_set_aside_and_its_rows_are_computed_again(store: Store) -> None:
    chunk = next(name for name in objects(store.space) if name.startswith("blocks/") and "/c/" in name)
    store.space.put(chunk, store.space.read(chunk)[:-1])
    (moved,) = set_aside(store.space, verify(store))
    assert chunk.startswith(moved.object)
    fresh = Store(store.address)
    assert not any(map(fresh.has, ROWS))
    write_rows(fresh, "again")
    assert verify(Store(store.address)).damaged == []
    assert all(map(Store(store.address).has, ROWS))


def test_the_journal_of_a_dead_writer_is_left_behind_and_no_damage(cut_off: Store) -> None:
    report = verify(cut_off)
    assert report.damaged == []
    assert [name.partition("/")[0] for name, _ in report.incomplete] == ["journal", "claims"]
    assert report.seen.rows == len(ROWS)


def test_a_flipped_bit_of_a_journal_is_found_and_what_was_before_it_is_kept(cut_off: Store) -> None:
    (segment,) = (name for name in objects(cut_off.space) if name.startswith("journal/"))
    path, dice = Path(cut_off.address) / segment, random.Random(3)
    content = path.read_bytes()
    for _ in range(40):
        bit = dice.randrange(8 * len(content))
        spoilt = bytearray(content)
        spoilt[bit // 8] ^= 1 << bit % 8
        with changed(path, bytes(spoilt)):
            assert named(verify(cut_off)) == {segment.rpartition("/")[0]}, bit
    spoilt = bytearray(content)
    spoilt[len(content) // 2] ^= 1
    path.write_bytes(spoilt)
    (moved,) = set_aside(cut_off.space, verify(cut_off))
    assert moved.to is not None
    assert moved.to.startswith("blocks/")
    fresh = Store(cut_off.address)
    kept = [fresh.has(key) for key in ROWS]
    assert kept == sorted(kept, reverse=True)
    assert 10 < sum(kept) < 30
    assert verify(fresh).damaged == []
