"""What runs reach: by artifacts, by rows of blocks and of journals, and what each of them weighs."""

from __future__ import annotations

import os

import numpy as np
from removed import gone
from small_store import RECORD, Result, begun, chain, folder_of, key_of, make, objects

from bridge.store.store import Store
from bridge.store.upkeep.reach import reach_of
from bridge.store.upkeep.reclaim import freed, reclaim, remove_runs
from bridge.store.upkeep.usage import usage
from bridge.store.upkeep.verify import verify

FIELD = np.arange(4.0)


# Weighing


def test_the_bytes_of_a_store_add_up_and_tell_what_removing_a_run_frees(store: Store) -> None:
    first, keys = chain(store, "first")
    log = begun(store)
    log.event("a", "found", key=keys[0])
    make(store, key_of("own"), log.id, "other.model", upstream=(keys[0],))
    log.event("b", "computed", key=key_of("own"))
    store.space.append(f"runs/{log.id}/logs/b.log", b"said\n")
    log.end("completed")
    make(store, key_of("loose"), "gone")
    found = usage(store.space)
    sizes = objects(store.space)
    assert found.bytes == sum(sizes.values()) - sizes["scalebridge.json"]
    assert {one.model: one.results for one in found.models} == {"toy.model": 4, "other.model": 1}
    assert found.unreached == sum(
        size for name, size in sizes.items() if key_of("loose") in name and "plans" not in name
    )
    assert found.logs == 5
    weights = {one.run: one for one in found.runs}
    assert weights[first].shared == weights[log.id].shared > 0
    before = freed(store, ())[0]
    after = freed(store, [first])[0]
    assert before is not None
    assert after is not None
    assert after - before == weights[first].alone
    remove_runs(store, [first])
    assert freed(store, ())[0] == after


# Rows


def test_a_block_goes_when_none_of_its_rows_is_reached(store: Store) -> None:
    make(store, key_of("upstream"), "gone")
    rows = {run: [key_of(run, i) for i in range(3)] for run in ("found", "kept", "lost")}
    logs = {run: begun(store) for run in rows}
    for run, keys in rows.items():
        inputs = {"x": {"artifact": key_of("upstream")}} if run == "found" else {}
        with store.block(RECORD, {"model": "m", "run": logs[run].id, "inputs": inputs}) as block:
            for i, key in enumerate(keys):
                block.add(key, RECORD.leave(Result(float(i), FIELD), "s"), plan=key_of("plan", key))
    store.alias(key_of("apart"), rows["lost"][0])
    logs["other"] = begun(store)
    logs["other"].event("a", "found", key=rows["found"][1])
    for log in logs.values():
        log.end("completed")
    remove_runs(store, [logs["found"].id, logs["lost"].id])
    done = gone(reclaim(store))
    assert {kind: len(items) for kind, items in done.items()} == {"block": 1, "alias": 1}
    fresh = Store(store.address)
    assert [fresh.has(keys[2]) for keys in rows.values()] == [True, True, False]
    assert fresh.has(key_of("upstream"))
    assert verify(fresh).damaged == []


def test_the_journal_of_a_dead_writer_is_sealed_and_its_rows_stay(on_disk: Store) -> None:
    log = begun(on_disk)
    number = os.fork()
    if number == 0:
        block = on_disk.block(RECORD, {"model": "m", "run": log.id})
        block.add(key_of("row"), RECORD.leave(Result(1.0, FIELD), "s"))
        os._exit(0)
    os.waitpid(number, 0)
    log.end("interrupted")
    assert [name.partition("/")[0] for name, _ in verify(on_disk).incomplete] == ["journal", "claims"]
    assert set(gone(reclaim(on_disk, dry_run=True))) <= {"claim", "journal"}
    done = gone(reclaim(on_disk))
    assert len(done["journal"]) == 1
    assert "artifact" not in done
    assert Store(on_disk.address).has(key_of("row"))
    report = verify(on_disk)
    assert (report.damaged, report.incomplete) == ([], [])


def test_reach_is_the_same_whatever_way_a_run_leads_there(on_disk: Store) -> None:
    name, keys = chain(on_disk, "first", length=5)
    reach = reach_of(on_disk.space)
    assert reach.of([name]) == {folder_of(key) for key in keys}
    assert reach.of([]) == set()
