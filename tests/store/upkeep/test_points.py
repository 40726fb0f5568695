"""What a sweep keeps of its points is looked after like everything else: checked, weighed, and followed."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from small_store import RECORD, Result, begun, folder_of, key_of, make, objects

from bridge.store.runlog import RunLog
from bridge.store.store import Store
from bridge.store.sweeps import COMPUTED, FOUND, WAITING, keep
from bridge.store.upkeep.reach import reach_of
from bridge.store.upkeep.reclaim import reclaim, remove_runs
from bridge.store.upkeep.usage import usage
from bridge.store.upkeep.verify import verify

STAGES = ["first", "second"]


def raw(keys: list[str]) -> np.ndarray:
    return np.frombuffer(bytes.fromhex("".join(keys)), np.uint8).reshape(-1, 32)


def block(store: Store, run: str, keys: list[str]) -> None:
    """Commit rows for a run."""
    with store.block(RECORD, {"model": "m", "run": run}) as into:
        for key in keys:
            into.add(key, RECORD.leave(Result(1.0, np.arange(3.0)), "stage"), {}, plan=key_of("plan", key))


def plan_of_sweep(store: Store, log: RunLog, keys: list[str]) -> None:
    half = len(keys) // 2
    tables = {
        "plans": raw([key_of("plan", key) for key in keys]),
        "at 0": np.arange(half, dtype=np.int32),
        "at 1": np.arange(half, 2 * half, dtype=np.int32),
    }
    keep(store.space, log.id, "plan", tables, {"stages": STAGES, "axes": []})


def result_of_sweep(store: Store, log: RunLog, keys: list[str], attempt: int = 0) -> None:
    tables = {"keys": raw(keys), "states": np.full(len(keys), COMPUTED, np.uint8)}
    tables |= {"failed": np.empty(0, np.int32), "errors": np.empty(0, np.int32)}
    keep(store.space, log.id, f"result-{attempt}", tables, {"errors": []})


def swept(store: Store, keys: list[str], made_by: str = "") -> str:
    """A completed sweep over these results, which it made itself, or another run."""
    log = begun(store, sweep={"points": len(keys) // 2})
    plan_of_sweep(store, log, keys)
    block(store, made_by or log.id, keys)
    result_of_sweep(store, log, keys)
    log.end("completed")
    return log.id


def keys_of(what: str, count: int = 8) -> list[str]:
    return [key_of(what, i) for i in range(count)]


def test_a_sound_sweep_is_sound_and_its_bytes_add_up(store: Store) -> None:
    run = swept(store, keys_of("a"))
    report = verify(store)
    assert report.damaged == []
    assert report.incomplete == []
    assert verify(store, run).damaged == []
    weighed, sizes = usage(store.space), objects(store.space)
    assert weighed.bytes == sum(sizes.values()) - sizes["scalebridge.json"]
    assert weighed.records == sum(size for name, size in sizes.items() if name.startswith(f"runs/{run}/"))
    assert weighed.unreached == 0


def test_every_object_of_the_tables_is_compared_with_what_was_committed(store: Store) -> None:
    run = swept(store, keys_of("a", 80))
    tables = [name for name, _ in store.space.walk(f"runs/{run}/points")]
    assert len(tables) > 4
    for name in tables:
        sound = store.space.read(name)
        store.space.put(name, sound[:-1] + bytes([sound[-1] ^ 1]))
        assert [one.object for one in verify(store).damaged] == [name]
        store.space.remove(name)
        assert [one.object for one in verify(store).damaged] == [name]
        store.space.put(name, sound)
    assert verify(store).damaged == []


@pytest.mark.parametrize("name", ["points/stray", "points/plan/stray", "points/result-x/zarr.json", "points/other/a"])
def test_what_is_no_part_of_the_tables_is_extra(store: Store, name: str) -> None:
    run = swept(store, keys_of("a"))
    store.space.put(f"runs/{run}/{name}", b"1")
    assert [(one.object, one.what) for one in verify(store).damaged] == [(f"runs/{run}/{name}", "extra")]


@pytest.mark.parametrize("what", ["plan", "result-0"])
def test_a_completed_sweep_without_its_tables_is_damaged(store: Store, what: str) -> None:
    run = swept(store, keys_of("a"))
    store.space.remove_tree(f"runs/{run}/points/{what}")
    assert [one.object for one in verify(store).damaged] == [f"runs/{run}/points/{what}/zarr.json"]


def test_tables_that_are_sealed_but_make_no_sense_are_named_and_stop_the_cleaning(store: Store) -> None:
    run = swept(store, keys_of("a"))
    store.space.remove_tree(f"runs/{run}/points/result-0")
    keep(store.space, run, "result-0", {"states": np.zeros(8, np.uint8)}, {"errors": []})
    assert [one.what for one in verify(store).damaged] == ["unreadable"]
    assert list(reach_of(store.space).unreadable) == [f"runs/{run}"]


def test_a_result_that_is_gone_is_named_with_its_stage(store: Store) -> None:
    run = swept(store, keys_of("a"))
    for child in store.space.children("blocks"):
        store.space.remove_tree(f"blocks/{child.rstrip('/')}")
    said = {one.object: one.said for one in verify(store).damaged}
    assert said == {
        folder_of(key): f"the run {run} had it from its stage {STAGES[i // 4]}" for i, key in enumerate(keys_of("a"))
    }


def test_what_a_sweep_found_is_kept_when_the_run_that_made_it_is_removed(store: Store) -> None:
    """Rows and artifacts of their own; and all of it goes with the last sweep that leads to it."""
    maker = begun(store)
    keys = keys_of("a", 8)
    make(store, keys[0], maker.id)
    sweeps = [swept(store, keys, maker.id) for _ in range(2)]
    block(store, maker.id, keys_of("nobody's"))
    maker.end("completed")
    remove_runs(store, [maker.id])
    reclaim(store)
    assert store.has_many([*keys, *keys_of("nobody's")]) == set(keys)
    remove_runs(store, sweeps[:1])
    reclaim(store)
    assert store.has_many(keys) == set(keys)
    remove_runs(store, sweeps[1:])
    reclaim(store)
    assert store.has_many(keys) == set()
    assert [name for name, _ in store.space.walk("blocks")] == []


def test_the_tables_of_the_last_attempt_count(store: Store) -> None:
    log = begun(store, sweep={"points": 4})
    keys = keys_of("a")
    plan_of_sweep(store, log, keys)
    result_of_sweep(store, log, [key_of("old", i) for i in range(8)])
    result_of_sweep(store, log, keys, attempt=10)
    result_of_sweep(store, log, [key_of("older", i) for i in range(8)], attempt=9)
    block(store, "gone", keys)
    log.end("completed")
    assert verify(store).damaged == []
    assert reach_of(store.space).runs[log.id].keys == set(keys)


def test_what_an_interrupted_sweep_had_found_is_kept_for_when_it_goes_on(store: Store) -> None:
    maker, keys = begun(store), keys_of("a")
    block(store, maker.id, keys[:5])
    maker.end("completed")
    log = begun(store, sweep={"points": 4})
    plan_of_sweep(store, log, keys)
    with contextlib.closing(log._held):  # its driver is gone
        pass
    remove_runs(store, [maker.id])
    assert verify(store).damaged == []
    assert reach_of(store.space).runs[log.id].keys == set(keys[:5])
    reclaim(store)
    assert store.has_many(keys) == set(keys[:5])


def test_a_sweep_that_was_killed_before_it_kept_anything_is_whole(store: Store) -> None:
    log = begun(store, sweep={"points": 4})
    log._held.close()
    assert verify(store).damaged == []
    assert reach_of(store.space).unreadable == {}


def test_states_are_as_they_are_numbered_in_stored_tables() -> None:
    """They are in stores: to number them anew would change what old sweeps say."""
    assert (WAITING, COMPUTED, FOUND) == (0, 1, 2)
