"""Pyramids are looked after: checked, weighed, set aside, and collected when nobody can open them."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_store import begun
from stored_fields import KEY, a_map, folder, opened, put, whole

from bridge.errors import ContractError
from bridge.store.pyramids import kept
from bridge.store.pyramids.opening import levels_of
from bridge.store.store import Store
from bridge.store.upkeep import reclaim as reclaiming
from bridge.store.upkeep.aside import set_aside
from bridge.store.upkeep.reclaim import freed, reclaim, remove_runs
from bridge.store.upkeep.usage import usage
from bridge.store.upkeep.verify import verify

OTHER = "cd" + "0" * 62


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reclaiming, "SETTLED", 0.05)


@pytest.fixture(params=["disk", pytest.param("bucket", marks=pytest.mark.science)])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A store on a disk; one in a bucket takes ten times as long."""
    found: Store = Store(tmp_path / "store") if request.param == "disk" else request.getfixturevalue("in_bucket")
    return found


def with_run(store: Store, key: str = KEY) -> str:
    """A field that a run reaches, with its pyramid; the run's name."""
    log = begun(store)
    put(store, a_map(), key)
    log.event("a", "computed", key=key)
    log.end("completed")
    opened(store, key)
    return log.id


def pyramids(store: Store) -> dict[str, int]:
    return dict(store.space.walk("pyramids"))


def test_verification_reads_every_bit_of_a_pyramid(anywhere: Store) -> None:
    with_run(anywhere)
    report = verify(anywhere)
    assert (report.damaged, report.incomplete, report.seen.pyramids, report.seen.artifacts) == ([], [], 1, 1)
    name = next(name for name in pyramids(anywhere) if name.endswith("minimum/1/c/0/0"))
    content = bytearray(anywhere.space.read(name))
    content[5] ^= 1
    anywhere.space.put(name, bytes(content))
    (found,) = verify(anywhere).damaged
    assert (found.object, found.what) == (name, "changed")
    assert "a field's pyramid is made anew from it" in found.said
    assert not [one for one in verify(anywhere).damaged if one.object.startswith("artifacts/")]


@pytest.mark.parametrize("name", ["0/c/0/0", "zarr.json", "minimum/zarr.json", "2/zarr.json"])
def test_what_is_gone_or_strange_is_named(store: Store, name: str) -> None:
    with_run(store)
    (Path(store.address) / folder() / name).unlink()
    (Path(store.address) / folder() / "more").write_text("stray")
    (Path(store.address) / "pyramids/stray").write_text("stray")
    found = {(one.object, one.what) for one in verify(store).damaged}
    assert (f"{folder()}/{name}", "missing") in found
    assert ("pyramids/stray", "extra") in found
    assert (f"{folder()}/more", "extra") in found or name == "zarr.json"


def test_a_damaged_pyramid_is_set_aside_and_made_anew(anywhere: Store) -> None:
    with_run(anywhere)
    name = next(name for name in pyramids(anywhere) if "/0/c/" in name)
    anywhere.space.put(name, b"nothing")
    (moved,) = set_aside(anywhere.space, verify(anywhere))
    assert (moved.object, moved.to) == (folder(), f"damaged/{folder()}")
    assert not pyramids(anywhere)
    assert not verify(anywhere).damaged
    assert whole(opened(anywhere), 0).shape == (100, 150)
    assert pyramids(anywhere)


def test_a_pyramid_goes_with_its_artifact_and_not_before(anywhere: Store) -> None:
    run, other = with_run(anywhere), with_run(anywhere, OTHER)
    assert reclaim(anywhere).items == []
    weight = sum(size for name, size in pyramids(anywhere).items() if name.startswith(folder()))
    artifact = sum(size for _, size in anywhere.space.walk(f"artifacts/{KEY[:2]}/{KEY}"))
    assert freed(anywhere, [run]) == (weight + artifact, None)
    remove_runs(anywhere, [run])
    told = {item.object: item for item in reclaim(anywhere, dry_run=True).items}
    assert told[folder()].kind == "pyramid"
    assert told[folder()].bytes == weight
    assert told[folder()].why == "its artifact is gone"
    done = reclaim(anywhere)
    assert [item.kind for item in done.items if item.kind in ("artifact", "pyramid")] == ["pyramid", "artifact"]
    assert {name.split("/")[2] for name in pyramids(anywhere)} == {folder(OTHER).split("/")[2]}
    assert levels_of(anywhere, OTHER, ("field",)).stored
    assert other in {child.rstrip("/") for child in anywhere.space.children("runs")}


def test_pyramids_that_nobody_can_open_are_collected(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with_run(store)
    with_run(store, OTHER)
    (Path(store.address) / folder(OTHER) / "zarr.json").write_bytes(b"{}")
    damaged = folder(OTHER)
    earlier = folder()
    monkeypatch.setattr(kept, "FORM", kept.FORM + 1)
    why = {item.object: item.why for item in reclaim(store).items}
    assert "damaged" in why[damaged]
    assert "earlier form" in why[earlier]
    assert not pyramids(store)
    assert opened(store).stored
    assert folder() != earlier


def test_a_pyramid_of_a_newer_release_is_left_alone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as newer:
        newer.setattr(kept, "SCHEMA", kept.SCHEMA + 1)
        with_run(store)
    assert reclaim(store).items == []
    with pytest.raises(Exception, match="upgrade"):
        levels_of(store, KEY, ("field",))


def test_pyramids_are_weighed(store: Store) -> None:
    with_run(store)
    found = usage(store.space)
    assert found.pyramids == sum(pyramids(store).values())
    on_disk = sum(path.stat().st_size for path in Path(store.address).rglob("*") if path.is_file())
    assert found.bytes == on_disk - (Path(store.address) / "scalebridge.json").stat().st_size


def test_nothing_is_collected_while_a_pyramid_is_made(store: Store) -> None:
    with_run(store)
    with store.claim(kept.key_of(KEY, ("field",))), pytest.raises(ContractError, match="work is under way"):
        reclaim(store)


def test_what_a_killed_writer_left_in_a_bucket_is_found(in_bucket: Store) -> None:
    with_run(in_bucket)
    in_bucket.space.put(f"{folder()}/attempt-{'0' * 32}/0/c/0/0", b"half")
    assert verify(in_bucket).incomplete == [(f"{folder()}/attempt-{'0' * 32}", 4)]
    assert not verify(in_bucket).damaged
    (item,) = reclaim(in_bucket).items
    assert item.kind == "attempt"
    assert levels_of(in_bucket, KEY, ("field",)).stored
