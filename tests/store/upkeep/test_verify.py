"""Verification names every object that is missing, changed or extra, and setting aside lets the next run mend it."""

from __future__ import annotations

import itertools
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from checked import damage
from s3_server import new_bucket, settings, use
from small_store import STRAY, begun, chain, changed, dying_at, folder_of, key_of, make, objects

from bridge.errors import UnknownName
from bridge.store.runs import run_of
from bridge.store.store import Store
from bridge.store.upkeep.aside import set_aside
from bridge.store.upkeep.verify import Report, verify


@pytest.fixture(params=["disk", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store with two runs, one of which uses what the other made."""
    if request.param == "disk":
        return filled(Store(tmp_path / "store"))
    server = request.getfixturevalue("server")
    use(monkeypatch, settings(server, tmp_path))
    return filled(Store(f"s3://{new_bucket(server)}/some"))


@pytest.fixture
def on_disk(tmp_path: Path) -> Store:
    return filled(Store(tmp_path / "store"))


def filled(store: Store) -> Store:
    _, keys = chain(store, "first")
    log = begun(store, name="second", tags=["two"])
    make(store, key_of("more"), log.id, "other.model", upstream=(keys[0], keys[2]))
    log.event("old", "found", key=keys[2])
    log.event("more", "computed", key=key_of("more"))
    store.space.append(f"runs/{log.id}/logs/more.log", b"said\n")
    log.end("completed")
    return store


def damaged(report: Report) -> dict[str, str]:
    """What is damaged, and how."""
    return {one.object: one.what for one in report.damaged}


def committed(store: Store) -> dict[str, int]:
    """Objects that were committed: all but what models said, of which nothing is promised."""
    return {name: size for name, size in objects(store.space).items() if "/logs/" not in name}


def test_a_store_as_it_was_committed_is_sound(store: Store) -> None:
    report = verify(store)
    assert report.damaged == []
    assert (report.incomplete, report.held, report.aside) == ([], [], 0)
    seen = report.seen
    assert (seen.artifacts, seen.aliases, seen.runs, seen.events) == (4, 4, 2, 8)
    assert seen.objects == len(objects(store.space)) - 1  # the identity is looked at, and not counted


def test_of_200_flipped_bits_every_one_is_found_and_its_object_named(on_disk: Store) -> None:
    dice, root = random.Random(20261121), Path(on_disk.address)
    names = sorted(committed(on_disk))
    kinds = {name.rpartition("/")[2] for name in names}
    assert {"zarr.json", "run.json", "events.jsonl", "scalebridge.json", "0"} <= kinds
    by_kind = [[name for name in names if fits(name)] for fits in KINDS.values()]
    for trial in range(200):
        name = dice.choice(by_kind[trial % len(by_kind)])
        content = bytearray((root / name).read_bytes())
        bit = dice.randrange(8 * len(content))
        content[bit // 8] ^= 1 << bit % 8
        with changed(root / name, bytes(content)):
            found = damaged(verify(Store(on_disk.address)))
        assert name in found, (name, bit, found)
    assert verify(on_disk).damaged == []


KINDS: dict[str, Callable[[str], bool]] = {
    "chunk": lambda name: "/c/" in name,
    "metadata of an array": lambda name: name.endswith("/field/zarr.json"),
    "artifact": lambda name: name.endswith("/zarr.json") and name.count("/") == 3,
    "alias": lambda name: name.startswith("plans/"),
    "record": lambda name: name.endswith("/run.json"),
    "events": lambda name: "/events.jsonl" in name,
    "identity": lambda name: name == "scalebridge.json",
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_missing_empty_truncated_or_longer_is_found(store: Store, kind: str) -> None:
    store = Store(store.address)  # which does not know yet which it is
    space = store.space
    name = next(name for name in sorted(committed(store)) if KINDS[kind](name))
    content = space.read(name)
    expected = {"empty": {"empty"}, "truncated": {"truncated", "changed"}, "longer": {"changed"}}
    for how, spoilt in (("empty", b""), ("truncated", content[: len(content) // 2]), ("longer", content + content)):
        space.put(name, spoilt)
        found = damaged(verify(store))
        assert found.get(name, found.get(whole(name))) in expected[how], (how, found)
        space.put(name, content)
    space.remove(name)
    found = damaged(verify(store))
    if kind == "alias":  # which is but a shortcut: its artifact is found by its content
        assert found == {}
    elif kind == "artifact" and "://" in space.address:  # what is left is an attempt, and the artifact is gone
        assert "lost" in found.values()
    else:
        assert found.get(name, found.get(whole(name))) == "missing"


def whole(name: str) -> str:
    """A log by its own name, also where it is in pieces."""
    return name.rpartition("/")[0] if "events.jsonl/" in name else name


def test_an_artifact_that_is_gone_is_missed_by_its_alias_and_its_runs(store: Store) -> None:
    _, keys = chain(store, "third")
    store.space.remove_tree(folder_of(keys[1]))
    plan = key_of("plan", keys[1])
    assert damaged(verify(store)) == {folder_of(keys[1]): "lost", f"plans/{plan[:2]}/{plan}.json": "lost"}


def test_an_extra_object_anywhere_is_found(store: Store) -> None:
    some = next(name for name in committed(store) if name.endswith("/run.json")).rpartition("/")[0]
    artifact = folder_of(key_of("more"))
    names = [*STRAY, f"{some}/stray", f"{artifact}/stray", f"{artifact}/field/c/1", "claims/a stray"]
    for name in names:
        store.space.put(name, b"anything")
    assert damaged(verify(store)) == dict.fromkeys(names, "extra")


def test_a_symbolic_link_is_no_part_of_a_store(on_disk: Store) -> None:
    shelf = Path(on_disk.address) / folder_of(key_of("more"))
    shutil.move(shelf, shelf.with_name("moved"))
    shelf.symlink_to(shelf.with_name("moved"))
    found = damaged(verify(on_disk))
    assert found[folder_of(key_of("more"))] in ("extra", "lost")
    assert any("moved" in name for name in found)


def test_what_killed_writers_leave_is_named_and_no_damage(on_disk: Store) -> None:
    root = Path(on_disk.address)
    (root / "tmp" / "0123").mkdir(parents=True)
    (root / "tmp" / "0123" / "half").write_bytes(b"12345")
    half = f".{'a' * 32}"
    (root / "runs" / run_of("last", root).id / half).write_bytes(b"123")
    (root / f".probe-{'b' * 32}").write_bytes(b"1")
    (root / "claims").mkdir(exist_ok=True)
    (root / "claims" / key_of("dead")).write_bytes(b"")
    report = verify(on_disk)
    assert report.damaged == []
    assert {name.rpartition("/")[2]: size for name, size in report.incomplete} == {
        "0123": 5,
        half: 3,
        f".probe-{'b' * 32}": 1,
        key_of("dead"): 0,
    }


def test_a_store_at_work_is_sound_and_what_is_held_is_named(store: Store) -> None:
    log = begun(store)
    log.event("a", "running")
    with store.claim(key_of("now")), store.space.attempt(folder_of(key_of("now"))) as attempt:
        attempt.put("half", b"half")
        report = verify(store)
    assert report.damaged == []
    key, lock = sorted(report.held)
    assert lock == f"runs/{log.id}/lock"
    assert f"claims/{key_of('now')}".startswith(key.removesuffix("…"))
    assert len(key) > 20
    log.end("completed")
    assert verify(store).held == []


def test_one_run_is_verified_with_all_it_came_from_and_nothing_else(on_disk: Store) -> None:
    root = Path(on_disk.address)
    second = run_of("last", root).id
    _, others = chain(on_disk, "unrelated")
    upstream, own, other = key_of("first", 0), key_of("more"), others[0]  # no stage of the second made the first
    for key in (upstream, own, other):
        (root / folder_of(key) / "zarr.json").write_bytes(b"{}")
    (root / "stray").write_bytes(b"1")
    expected = {f"{folder_of(upstream)}/zarr.json", f"{folder_of(own)}/zarr.json"}
    assert damaged(verify(on_disk, second)) == dict.fromkeys(expected, "changed")
    assert damaged(verify(on_disk)).keys() == expected | {f"{folder_of(other)}/zarr.json", "stray"}
    with pytest.raises(UnknownName, match="no run is named 'nothing'"):
        verify(on_disk, "nothing")


def test_progress_is_told(on_disk: Store) -> None:
    told: list[tuple[int, int]] = []
    verify(on_disk, told=lambda done, total: told.append((done, total)))
    assert max(done for done, _ in told) >= 10


# Setting aside


def test_what_is_damaged_is_set_aside_and_computed_again(store: Store) -> None:
    space = store.space
    keys = [key_of("first", i) for i in range(3)]
    chunk = next(name for name in objects(space) if name.startswith(folder_of(keys[0])) and "/c/" in name)
    spoilt = bytes([space.read(chunk)[0] ^ 1]) + space.read(chunk)[1:]
    space.put(chunk, spoilt)
    plan = key_of("plan", keys[1])
    alias = f"plans/{plan[:2]}/{plan}.json"
    space.put(alias, b"")
    space.put("stray", b"x")
    space.put(f"{folder_of(keys[2])}/stray", b"y")
    moved = set_aside(space, verify(store))
    expected = {folder_of(keys[0]), alias, "stray", f"{folder_of(keys[2])}/stray"}
    assert {one.object: one.to for one in moved} == {name: f"damaged/{name}" for name in expected}
    assert space.read(f"damaged/{chunk}") == spoilt  # for whoever wants to know what happened
    assert not store.has(keys[0])
    assert set(damaged(verify(store)).values()) == {"lost"}
    make(store, keys[0], "another run")  # as the next run does
    store.alias(plan, keys[1])
    report = verify(store)
    assert report.damaged == []
    assert report.aside > 0


def test_the_record_of_a_run_and_the_identity_are_never_set_aside(store: Store) -> None:
    name = next(name for name in committed(store) if name.endswith("/run.json"))
    for one in (name, "scalebridge.json"):
        store.space.put(one, store.space.read(one) + b" ")
    report = verify(store)
    assert set(damaged(report)) == {name, "scalebridge.json"}
    assert set_aside(store.space, report) == []
    assert set(damaged(verify(store))) == {name, "scalebridge.json"}


def test_what_somebody_works_on_is_left_where_it_is(on_disk: Store) -> None:
    key = key_of("more")
    path = Path(on_disk.address) / folder_of(key) / "zarr.json"
    content = path.read_bytes()
    path.write_bytes(b"")
    report = verify(on_disk)
    path.write_bytes(content)
    (moved,) = set_aside(on_disk.space, report)
    assert (moved.to, moved.why) == (None, "somebody has mended it meanwhile")
    assert damage(on_disk.open(key)) == []


def test_killed_at_any_step_setting_aside_loses_nothing_and_the_next_finishes(tmp_path: Path) -> None:
    model = filled(Store(tmp_path / "model"))
    key, spoilt = key_of("more"), b"{}"
    marker = f"{folder_of(key)}/zarr.json"
    model.space.put(marker, spoilt)
    for step in itertools.count(1):
        store = Store(shutil.copytree(tmp_path / "model", tmp_path / str(step)))
        report = verify(store)
        number = os.fork()
        if number == 0:
            dying_at(step)
            set_aside(store.space, report)
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
        kept = [name for name in (marker, f"damaged/{marker}") if store.space.size(name) is not None]
        assert kept
        assert all(store.space.read(name) == spoilt for name in kept)
        set_aside(store.space, verify(store))
        assert not store.has(key)
        assert store.space.read(f"damaged/{marker}") == spoilt
        assert set(damaged(verify(store)).values()) == {"lost"}
        if code == 0:
            break
    assert step > 10
