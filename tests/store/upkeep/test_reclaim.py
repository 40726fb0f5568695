"""Making room removes what no run reaches, nothing else, and leaves a sound store wherever it is ended."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from checked import damage
from removed import alias_of, gone
from small_store import STRAY, begun, chain, dying_at, folder_of, key_of, make, objects, record, write_record

from bridge.errors import ContractError, UnknownName
from bridge.store.runs import run_of
from bridge.store.store import Store
from bridge.store.upkeep import reclaim as reclaiming
from bridge.store.upkeep.cleaning import CLAIM, undisturbed
from bridge.store.upkeep.reclaim import freed, reclaim, remove_runs, whole_name
from bridge.store.upkeep.usage import usage
from bridge.store.upkeep.verify import verify


def test_what_runs_reach_stays(store: Store) -> None:
    chain(store, "first")
    chain(store, "second")
    before = objects(store.space)
    assert reclaim(store).items == []
    assert objects(store.space) == before


def test_what_is_nobodys_is_in_nobodys_way(store: Store) -> None:
    """A file that somebody put beside the runs, or anywhere, as a file manager does."""
    first, keys = chain(store, "first")
    chain(store, "second")
    for name in STRAY:
        store.space.put(name, b"anything")
    before = objects(store.space)
    assert reclaim(store).items == reclaim(store, dry_run=True).items == []
    assert objects(store.space) == before
    assert len(usage(store.space).runs) == 2
    assert freed(store, [first])[1] is None
    remove_runs(store, [first])
    assert gone(reclaim(store))["artifact"] == {folder_of(key) for key in keys}
    assert set(STRAY) <= set(objects(store.space))


def test_what_only_a_removed_run_reached_goes_with_its_aliases(store: Store) -> None:
    first, keys = chain(store, "first")
    log = begun(store)
    log.event("a", "found", key=keys[1])  # by another run, which so keeps it and what it came from
    log.end("completed")
    remove_runs(store, [first])
    expected = {"artifact": {folder_of(keys[2])}, "alias": {alias_of(keys[2])}}
    before = objects(store.space)
    planned = reclaim(store, dry_run=True)
    assert gone(planned) == expected
    assert objects(store.space) == before
    done = reclaim(store)
    assert gone(done) == expected
    assert done.bytes == planned.bytes == sum(before.values()) - sum(objects(store.space).values())
    assert [store.has(key) for key in keys] == [True, True, False]
    assert verify(store).damaged == []


def test_what_a_run_computed_stays_with_its_record_whatever_its_events_say(on_disk: Store) -> None:
    log = begun(on_disk)
    make(on_disk, key_of(1), "another run")
    make(on_disk, key_of(2), log.id, upstream=(key_of(1),))  # its driver died before it heard of it
    make(on_disk, key_of(3), "another run", upstream=(key_of(1),))
    log.end("interrupted")
    assert gone(reclaim(on_disk)) == {"artifact": {folder_of(key_of(3))}, "alias": {alias_of(key_of(3))}}


def test_all_that_a_stack_was_made_from_stays(on_disk: Store) -> None:
    parts = tuple(key_of("part", i) for i in range(4))
    for part in parts:
        make(on_disk, part, "gone")
    make(on_disk, key_of("stack"), "gone", upstream=parts)
    log = begun(on_disk)
    log.event("a", "found", key=key_of("stack"))
    log.end("completed")
    assert reclaim(on_disk).items == []


def test_what_dead_writers_left_goes_and_what_living_ones_write_stays(on_disk: Store) -> None:
    on_disk.prepare()
    root = Path(on_disk.address)
    on_disk.space.put("runs/x/cancel", b"")
    halves = [f"runs/x/.{'a' * 32}", f".probe-{'b' * 32}"]
    for half in halves:
        (root / half).write_bytes(b"123")
    (root / "tmp" / "0123").mkdir(parents=True)
    (root / "tmp" / "0123" / "half").write_bytes(b"12345")
    (root / "tmp" / "4567").write_bytes(b"no folder")
    on_disk.space.put(f"claims/{key_of('dead')}", b"")
    shutil.rmtree(root / "runs")
    (root / "runs").mkdir()
    with on_disk.space.attempt("artifacts/ab/ab") as attempt:
        attempt.put("half", b"half")
        done = reclaim(on_disk)
        attempt.commit("zarr.json", b"{}")
    assert gone(done) == {
        "attempt": {"tmp/0123", "tmp/4567"},
        "leftover": {halves[1]},
        "claim": {f"claims/{key_of('dead')}"},
    }
    assert sorted(objects(on_disk.space)) == ["artifacts/ab/ab/half", "artifacts/ab/ab/zarr.json", "scalebridge.json"]


def test_a_half_that_is_finished_meanwhile_is_none(on_disk: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    on_disk.prepare()
    half = Path(on_disk.address) / f".{'a' * 32}"
    half.write_bytes(b"written right now")
    pause = SimpleNamespace(
        sleep=lambda seconds: half.rename(half.with_name("scalebridge.json")), monotonic=time.monotonic
    )
    monkeypatch.setattr(reclaiming, "time", pause)
    assert reclaim(on_disk).items == []
    assert half.with_name("scalebridge.json").read_bytes() == b"written right now"


def test_what_verification_set_aside_goes_only_when_asked(store: Store) -> None:
    store.prepare()
    store.space.put("damaged/artifacts/ab/x/zarr.json", b"x")
    assert reclaim(store).items == []
    assert gone(reclaim(store, aside=True)) == {"set aside": {"damaged"}}
    assert sorted(objects(store.space)) == ["scalebridge.json"]


# Refusing


def test_nothing_is_removed_while_a_run_is_under_way(store: Store) -> None:
    make(store, key_of(1), "gone")
    log = begun(store)
    for dry_run in (True, False):
        with pytest.raises(ContractError, match=f"work is under way in .*: run {log.id}. Wait for it"):
            reclaim(store, dry_run=dry_run)
    log.end("completed")
    with store.claim(key_of(2)), pytest.raises(ContractError, match=f"claims/{key_of(2)[:16]}"):
        reclaim(store)
    assert store.has(key_of(1))
    assert len(reclaim(store).items) == 2


def test_where_there_is_no_store_there_is_nothing_to_remove(store: Store) -> None:
    assert reclaim(store).items == []
    assert usage(store.space).bytes == 0
    assert verify(store).damaged == []
    assert objects_or_none(store) == {}


def objects_or_none(store: Store) -> dict[str, int]:
    return objects(store.space) if "://" in store.address or Path(store.address).exists() else {}


def test_two_cleaners_do_not_meet(on_disk: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reclaiming, "_PATIENCE", 0.1)
    on_disk.prepare()
    with on_disk.space.claim(CLAIM), pytest.raises(ContractError, match="is being cleaned already"):
        reclaim(on_disk)


@pytest.mark.parametrize("what", ["record", "events", "artifact"])
def test_what_cannot_say_what_it_reaches_stops_it(store: Store, what: str) -> None:
    name, keys = chain(store, "first")
    make(store, key_of("loose"), "gone")
    spoilt = {
        "record": f"runs/{name}/run.json",
        "artifact": f"{folder_of(keys[0])}/zarr.json",
        "events": next(one for one in objects(store.space) if one.startswith(f"runs/{name}/events.jsonl")),
    }[what]
    store.space.put(spoilt, store.space.read(spoilt)[:-20])
    with pytest.raises(ContractError, match="cannot say what they reach, so nothing is removed") as refused:
        reclaim(store)
    assert ("verify --set-aside" if what == "artifact" else f"rm --yes {name}") in str(refused.value)
    assert freed(store, ())[0] is None
    assert store.has(key_of("loose"))
    if what != "artifact":
        remove_runs(store, [name])
        assert len(gone(reclaim(store))["artifact"]) == 4


# Runs that begin, processes that die


def test_a_run_that_begins_ends_it(on_disk: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for i in range(4):
        make(on_disk, key_of(i), "gone")
    monkeypatch.setattr(reclaiming, "LOOK", -1.0)
    honest, newcomer = reclaiming._removed, record(1)

    def removed(space: Any, item: Any) -> bool:
        write_record(Path(on_disk.address), newcomer)
        return honest(space, item)

    monkeypatch.setattr(reclaiming, "_removed", removed)
    done = reclaim(on_disk)
    assert len(done.items) == 1
    assert done.ended == "a run began meanwhile: what is left is for the next time"
    assert len(reclaim(on_disk).items) == 7
    assert verify(on_disk).damaged == []


def test_who_asks_waits_until_the_store_is_cleaned(on_disk: Store) -> None:
    on_disk.prepare()
    over: list[float] = []
    undisturbed(on_disk.space)  # nobody cleans
    with on_disk.space.claim(CLAIM):
        waiter = threading.Thread(target=lambda: (undisturbed(on_disk.space), over.append(time.monotonic())))
        waiter.start()
        waiter.join(0.3)
        assert over == []
    waiter.join(60)
    assert len(over) == 1
    assert not on_disk.space.claimed(CLAIM)


def test_killed_at_any_step_it_leaves_a_sound_store_and_the_next_finishes(tmp_path: Path) -> None:
    model = Store(tmp_path / "model")
    _, kept = chain(model, "kept")
    first, going = chain(model, "going")
    remove_runs(model, [first])
    (tmp_path / "model" / "tmp").mkdir(exist_ok=True)
    codes = []
    for step in itertools.count(1):
        store = Store(shutil.copytree(tmp_path / "model", tmp_path / str(step)))
        number = os.fork()
        if number == 0:
            dying_at(step)
            reclaim(store)
            os._exit(0)
        codes.append(os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]))
        assert verify(store).damaged == []
        assert all(map(store.has, kept))
        reclaim(store)
        assert not any(map(store.has, going))
        assert verify(store).incomplete == []
        if codes[-1] == 0:
            break
    assert len(codes) > 20
    assert set(codes[:-1]) == {7}


def test_a_run_that_begins_meanwhile_waits_and_finds_only_what_stays(
    on_disk: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(2):
        make(on_disk, key_of(i), "gone")
    monkeypatch.setattr(reclaiming, "LOOK", 60.0)  # the run is not seen by looking
    honest, found, runs = reclaiming._removed, list[bool](), list[threading.Thread]()

    def run() -> None:
        log = begun(on_disk)
        found.extend(on_disk.planned(key_of("plan", key_of(i))) is not None for i in range(2))
        log.end("completed")

    def removed(space: Any, item: Any) -> bool:
        if not runs:
            runs.append(threading.Thread(target=run))
            runs[0].start()
            runs[0].join(0.5)
        assert found == []
        return honest(space, item)

    monkeypatch.setattr(reclaiming, "_removed", removed)
    assert len(reclaim(on_disk).items) == 4
    runs[0].join(60)
    assert found == [False, False]


def test_short_runs_beside_a_cleaner_never_lose_what_they_found(on_disk: Store) -> None:
    on_disk.prepare()
    cleaner = os.fork()
    if cleaner == 0:
        removed, code = 0, 4
        try:
            while not (Path(on_disk.address) / "runs" / "over").exists():
                with contextlib.suppress(ContractError):  # a run is under way
                    removed += len(reclaim(on_disk).items)
            code = 0 if removed > 1 else 3
        finally:  # a copy of this process must not go on with its tests
            os._exit(code)
    key, asked, made, end = key_of("asked for again and again"), 0, 0, time.monotonic() + 60
    while asked < 15 or (made < 3 and time.monotonic() < end):  # what was made again had been removed
        asked += 1
        log = begun(on_disk)
        if on_disk.planned(key_of("plan", key)) is None:
            make(on_disk, key, log.id)
            made += 1
        log.event("a", "found", key=key)
        log.end("completed")
        assert on_disk.has(key)
        assert damage(on_disk.open(key)) == []
        remove_runs(on_disk, [log.id])  # now nobody reaches it
        time.sleep(0.02)
    on_disk.space.put("runs/over", b"")
    assert os.waitstatus_to_exitcode(os.waitpid(cleaner, 0)[1]) == 0


# Removing runs


def test_a_removed_run_is_gone_whole_and_its_outputs_stay(store: Store) -> None:
    names = [chain(store, f"run {i}")[0] for i in range(3)]
    store.space.append(f"runs/{names[0]}/logs/a.log", b"said\n")
    assert remove_runs(store, [names[0], names[1], names[0]]) == names[:2]
    assert [child for child in store.space.children("runs") if child.strip("/") in names] == [f"{names[2]}/"]
    assert store.has(key_of("run 0", 2))
    assert list(store.space.walk(f"runs/{names[0]}")) == []


def test_one_that_runs_or_is_unknown_keeps_all_of_them(store: Store) -> None:
    name, _ = chain(store, "first")
    log = begun(store)
    with pytest.raises(ContractError, match=f"run {log.id} is running: end it with scalebridge cancel"):
        remove_runs(store, [name, log.id])
    with pytest.raises(UnknownName, match="no run is named '20260101'"):
        remove_runs(store, [name, "20260101"])
    log.end("failed")
    assert {run_of(one, store.address).id for one in (name, log.id)} == {name, log.id}


def test_a_run_whose_record_cannot_be_read_is_removed_by_its_whole_name(on_disk: Store) -> None:
    name, _ = chain(on_disk, "first")
    (Path(on_disk.address) / "runs" / name / "run.json").unlink()
    assert whole_name(on_disk, name) == name
    with pytest.raises(UnknownName):
        whole_name(on_disk, name[:-1])
    remove_runs(on_disk, [name])
    assert verify(on_disk).damaged == []


def test_a_run_of_the_shared_store_is_not_removed(tmp_path: Path) -> None:
    shared = Store(tmp_path / "shared")
    name, _ = chain(shared, "first")
    mine = Store(tmp_path / "mine", shared=shared.address)
    mine.prepare()
    with pytest.raises(UnknownName, match="It may be in the shared store, which is only read"):
        remove_runs(mine, [name])
