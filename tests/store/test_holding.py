"""Holding content keys by the thousand on a disk: what the kernel keeps for us."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import resource
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from blake3 import blake3
from forks import begun, child, ended
from space_programs import KEYS, Holder

from bridge.store.spaces import claims
from bridge.store.spaces.disk import Disk
from bridge.store.spaces.locks import locked
from bridge.store.spaces.space import StoreUnusable
from bridge.store.store import Store

MANY = [blake3(b"%d" % i).hexdigest() for i in range(5000)]


def open_below(folder: str) -> int:
    """How many files below a folder this process has open; other threads may open and close others meanwhile."""
    found = 0
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):
            found += os.readlink(f"/proc/self/fd/{number}").startswith(f"{folder}/")
    return found


def test_five_thousand_keys_are_held_in_two_halves_and_no_file_is_made_for_any(store: Store) -> None:
    with store.hold(MANY[:2500]) as first, store.hold(MANY) as second:
        assert first == set(MANY[:2500])
        assert second == set(MANY[2500:])
    with store.hold(MANY) as all_of_them:
        assert len(all_of_them) == 5000
    assert sorted(name for name, _ in store.space.walk("claims")) == [f"claims/keys/{i:x}" for i in range(16)]
    assert sum(size for _, size in store.space.walk("claims")) == 0


def test_holding_costs_sixteen_open_files_however_many_keys(store: Store) -> None:
    store.prepare()
    with store.hold(MANY):
        assert open_below(store.address) == 16
    assert open_below(store.address) == 0


def test_a_stage_waits_for_a_key_that_a_sweep_holds(store: Store) -> None:
    waits = threading.Event()

    def stage() -> None:
        with store.claim(MANY[0], waiting=waits.set):
            pass

    with ThreadPoolExecutor(1) as threads:
        with store.hold(MANY[:3]):
            claimed = threads.submit(stage)
            assert waits.wait(60)
            assert not claimed.done()
        claimed.result(60)


def test_threads_that_hold_the_same_keys_in_any_order_never_wait(store: Store) -> None:
    """Nobody holds some keys while it waits for others, so nobody can wait for ever."""

    def work(i: int) -> int:
        took = 0
        for _ in range(50):
            with store.hold(MANY[:40] if i % 2 else MANY[39::-1]) as held:
                took += len(held)
        return took

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(work, range(4))) > 0
    assert not any(store.space.claimed(f"claims/{key}") for key in MANY[:40])


def test_what_is_given_back_is_free_though_a_forked_child_has_the_file_open(space: Disk) -> None:
    ready, go = os.pipe(), os.pipe()

    def wait() -> int:
        os.write(ready[1], b"1")
        os.read(go[0], 1)
        return 0

    with space.hold(KEYS):
        number = begun(wait)
        os.read(ready[0], 1)
    try:
        with space.hold(KEYS) as held:
            assert held == set(KEYS)
    finally:
        os.write(go[1], b"1")
        assert ended(number) == 0


def test_a_forked_child_that_leaves_a_hold_frees_nothing_of_its_parents(space: Disk) -> None:
    holding = space.hold([*KEYS, "claims/other"])
    with holding:
        assert child(lambda: int(bool(holding.__exit__(None, None, None)))) == 0
        with space.hold([*KEYS, "claims/other"]) as held:
            assert held == set()


def test_a_program_that_is_started_meanwhile_keeps_nothing(space: Disk) -> None:
    with space.hold(KEYS):
        program = subprocess.Popen(["sleep", "60"])
    try:
        with space.hold(KEYS) as held:
            assert held == set(KEYS)
    finally:
        program.kill()
        program.wait()


def test_keys_in_a_file_that_was_removed_are_held_anew_in_the_next(space: Disk) -> None:
    with space.hold(KEYS):
        space.remove_tree("claims")
        with space.hold(KEYS) as held:  # the first knows nothing of it: commits have one winner by themselves
            assert held == set(KEYS)
    with space.claim(KEYS[0], patience=0.0):
        assert space.claimed(KEYS[0])


def test_a_claim_whose_file_is_removed_between_opening_and_locking_is_tried_again(
    space: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed, lock = [], fcntl.fcntl

    def late(*arguments: object) -> object:
        if not removed:
            removed.append(True)
            space.remove_tree("claims")
        return lock(*arguments)  # type: ignore[call-overload]

    with space.claim(KEYS[0]):  # so that there is a file
        pass
    monkeypatch.setattr(claims.fcntl, "fcntl", late)
    with space.claim(KEYS[0], patience=10.0), space.hold([KEYS[0]]) as held:
        assert held == set()


def test_too_many_open_files_are_an_error_and_leave_nothing_held(space: Disk) -> None:
    with space.hold(KEYS):
        pass
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = {int(name) for name in os.listdir("/proc/self/fd")}  # with gaps, where earlier tests closed theirs
    three_free = next(n for n in range(3, limits[0]) if len(set(range(n)) - used) == 3)
    resource.setrlimit(resource.RLIMIT_NOFILE, (three_free, limits[1]))
    try:
        with pytest.raises(StoreUnusable, match="Too many open files"), space.hold(KEYS):
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert not any(space.claimed(name) for name in KEYS)


def test_who_gives_up_waiting_leaves_no_file_open(space: Disk) -> None:
    with space.hold(KEYS):
        there = open_below(space.address)
        with pytest.raises(StoreUnusable, match="is held by another process"), space.claim(KEYS[0], patience=0.0):
            pass
        assert open_below(space.address) == there > 0


def test_a_store_that_is_gone_is_not_made_again_by_holding(space: Disk) -> None:
    Path(space.address).rmdir()
    with pytest.raises(StoreUnusable, match="is gone: it was removed or unmounted"), space.hold(KEYS):
        pass
    assert not Path(space.address).exists()


def test_a_read_only_store_says_so(space: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> int:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(claims.os, "open", refused)
    with pytest.raises(StoreUnusable, match="The file system is read-only"), space.hold(KEYS):
        pass


def test_without_locks_on_bytes_every_key_is_a_file_of_its_own(space: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "BYTES", False)
    with space.hold(KEYS[:4]) as held:
        assert held == set(KEYS[:4])
        assert [name for name, _ in space.walk("claims")] == sorted(held)
        with space.hold(KEYS[2:6]) as others:
            assert others == set(KEYS[4:6])
    assert list(space.walk("claims")) == []


def test_a_key_that_an_older_scalebridge_claims_by_a_file_is_claimed(space: Disk) -> None:
    space.put("claims/x", b"")
    with locked(Path(space.where(KEYS[0]))):
        assert space.claimed(KEYS[0])
    assert not space.claimed(KEYS[0])


def test_keys_of_a_process_that_is_killed_are_free_at_once_for_who_waits(space: Disk) -> None:
    with Holder(space, *KEYS[:5]) as process:
        said: list[float] = []

        def kill() -> None:
            said.append(time.monotonic())
            process.kill()

        with space.claim(KEYS[3], waiting=kill, patience=30):
            assert len(said) == 1
