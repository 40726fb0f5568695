"""What comes out of a crate elsewhere: the run with all it came from, found by whoever asks for the same again."""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from crate_runs import body_of
from s3_server import moto, settings
from small_runs import Bench
from small_store import dying_at, objects

from bridge.errors import ContractError
from bridge.inspect.crate.importing import import_crate
from bridge.inspect.crate.writing import write_crate
from bridge.inspect.crate.zipped import write_zip
from bridge.inspect.explain.diff import diff
from bridge.inspect.explain.lineage import lineage
from bridge.inspect.explain.why import why
from bridge.inspect.listing import listing, text
from bridge.inspect.stored import describe
from bridge.places import home
from bridge.run.check import check_with
from bridge.run.plan import expected, found
from bridge.store.artifact import Artifact
from bridge.store.index.conditions import Conditions
from bridge.store.runs import Run, run_of
from bridge.store.spaces.space import Damaged
from bridge.store.store import Store
from bridge.store.upkeep.reclaim import reclaim, remove_runs
from bridge.store.upkeep.verify import verify

FIXTURES = sorted(Path(__file__).parents[1].joinpath("store", "fixtures").iterdir())


def test_an_imported_run_answers_every_question_as_the_first_did(crate: Path, ran: Run, other: Store) -> None:
    done = import_crate(crate, other)
    assert (done.taken.there, done.taken.artifacts, done.taken.kept) == (False, 7, 0)
    back = Run(other, ran.id)
    mine, theirs = describe(ran), describe(back)
    assert {k: v for k, v in mine.items() if k not in ("folder", "imported")} == {
        k: v for k, v in theirs.items() if k not in ("folder", "imported")
    }
    assert back.to_datatree().identical(ran.to_datatree())
    assert str(lineage(back, "toy.rate.rate")) == str(lineage(ran, "toy.rate.rate"))
    assert {one["same"] for one in diff(ran, back)["stages"]} == {True}
    assert why(back, None, [back])["stages"][0]["state"] == "computed"
    assert verify(other).damaged == []
    assert verify(other, ran.id).damaged == []
    assert (
        import_crate(write_crate(back, crate.parent / "again").path, Store(crate.parent / "third")).taken.artifacts == 7
    )


def test_what_was_asked_for_before_is_found_and_nothing_is_computed(crate: Path, bench: Bench, other: Store) -> None:
    import_crate(crate, other)
    chain = check_with(body_of(bench), {"x": "1.5 m"})
    assert all(found(chain, other).values())
    for plans in list(other.space.walk("plans")):
        other.space.remove(plans[0])
    by_values = expected(chain, other)
    assert by_values["last"].artifact is not None  # its values alone, without the plan
    bench.store = other
    assert {facts["state"] for facts in bench.run(body_of(bench), x="1.5 m").stages.values()} == {"found"}


def test_it_is_marked_with_where_it_came_from_and_its_record_stays_sealed(crate: Path, ran: Run, other: Store) -> None:
    done = import_crate(crate, other)
    back = run_of("last", other.address)
    assert back.imported is not None
    assert (back.imported["crate"], back.imported["digest"]) == (str(crate), done.digest)
    assert other.space.read(f"runs/{ran.id}/run.json") == ran.space.read(f"runs/{ran.id}/run.json")
    page = listing(other, Conditions(None, None, None, None, None, None, {}), quiet=True)
    assert page.lines[0].imported == back.imported["at"]
    assert "IMPORTED" in text(page, other, Conditions(None, None, None, None, None, None, {}))
    assert ran.imported is None
    path = Path(other.address) / "runs" / ran.id / "imported.json"
    path.write_bytes(path.read_bytes().replace(b"crate", b"grate", 1))
    assert [one.object for one in verify(other).damaged] == [f"runs/{ran.id}/imported.json"]


def test_importing_again_changes_nothing_and_brings_back_what_was_lost(crate: Path, ran: Run, other: Store) -> None:
    import_crate(crate, other)
    before = objects(other.space)
    again = import_crate(crate, other).taken
    assert (again.there, again.artifacts, again.kept) == (True, 0, 7)
    assert objects(other.space) == before
    key = ran.stages["last"]["key"]
    other.space.remove_tree(f"artifacts/{key[:2]}/{key}")
    assert import_crate(crate, other).taken.artifacts == 1
    assert objects(other.space) == before


def test_results_that_are_here_are_kept_and_compared(crate: Path, bench: Bench, ran: Run, other: Store) -> None:
    key = ran.stages["last"]["key"]
    bench.store = other
    bench.run(body_of(bench), x="1.5 m")  # the same, computed here at another time
    mine = other.space.read(f"artifacts/{key[:2]}/{key}/zarr.json")
    done = import_crate(crate, other).taken
    assert (done.artifacts, done.kept) == (0, 7)
    assert other.space.read(f"artifacts/{key[:2]}/{key}/zarr.json") == mine


def test_another_result_of_the_same_inputs_is_refused_and_nothing_is_taken(
    crate: Path, bench: Bench, ran: Run, other: Store
) -> None:
    first = ran.store.open(ran.stages["last"]["key"])
    from toys.models import Fine  # type: ignore[import-not-found]

    from bridge.ports import record_of

    record = record_of(Fine)
    values = record.leave(Fine(14.000001, first.value(("field",)), 8), "last")
    other.commit(first.key, record, values, first.about)
    before = objects(other.space)
    with pytest.raises(ContractError, match=r"another result of toy.fine for the same inputs: its output 'y' differs"):
        import_crate(crate, other)
    assert objects(other.space) == before


def test_a_damaged_result_that_is_here_is_named_and_not_built_upon(crate: Path, ran: Run, other: Store) -> None:
    import_crate(crate, other)
    remove_runs(other, [ran.id])
    key = ran.stages["last"]["key"]
    path = Path(other.address) / f"artifacts/{key[:2]}/{key}/field/c/0"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Damaged, match="scalebridge verify --set-aside, then import again"):
        import_crate(crate, other)
    assert not other.space.children("runs")


def test_another_run_of_that_name_is_refused(crate: Path, ran: Run, other: Store) -> None:
    import_crate(crate, other)
    from bridge.store.runlog import RunLog

    log = RunLog.again(other, ran.id, {})
    log.end("failed")
    before = objects(other.space)
    with pytest.raises(ContractError, match=r"not the same as that of the crate: failed here, completed there"):
        import_crate(crate, other)
    assert objects(other.space) == before


def test_what_was_imported_is_reached_and_cleaned_like_any_other(crate: Path, ran: Run, other: Store) -> None:
    import_crate(crate, other)
    reclaim(other)
    assert Run(other, ran.id)["last"].count == ran["last"].count
    remove_runs(other, [ran.id])
    reclaim(other)
    assert not list(other.space.walk("artifacts"))


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.name)
def test_a_run_of_every_earlier_schema_goes_through_a_crate(path: Path, tmp_path: Path, other: Store) -> None:
    old = Store(shutil.copytree(path, tmp_path / "old"))
    run = run_of("last", old.address)
    import_crate(write_crate(run, tmp_path / "old.zip").path, other)
    back = Run(other, run.id)
    assert back["creep.coble"].strain_rate == run["creep.coble"].strain_rate
    assert back["vacancy.emt"].saddle.positions.tolist() == run["vacancy.emt"].saddle.positions.tolist()
    assert other.space.read(f"runs/{run.id}/run.json") == old.space.read(f"runs/{run.id}/run.json")
    assert verify(other).damaged == []


def test_a_record_of_a_newer_schema_is_refused_with_words(crate: Path, other: Store, monkeypatch: Any) -> None:
    monkeypatch.setattr("bridge.store.carried.taking.SCHEMA", 1)
    with pytest.raises(ContractError, match="has schema 2, this scalebridge reads 1: upgrade"):
        import_crate(crate, other)
    assert not Path(other.address).exists()


def test_killed_at_any_step_a_run_is_here_whole_or_not_at_all(crate: Path, ran: Run, tmp_path: Path) -> None:
    codes = []
    for step in itertools.count(1, 7):
        store = Store(tmp_path / f"store {step}")
        number = os.fork()
        if number == 0:
            dying_at(step)
            import_crate(crate, store)
            os._exit(0)
        codes.append(os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]))
        assert verify(store).damaged == []
        if store.space.children("runs"):
            assert Run(store, ran.id)["last"].y == ran["last"].y
        if codes[-1] == 0:
            break
        import_crate(crate, store)
        assert Run(store, ran.id).events == ran.events
        assert verify(store).damaged == []
    assert len(codes) > 10
    assert set(codes[:-1]) == {7}


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    with moto() as endpoint:
        urllib.request.urlopen(urllib.request.Request(f"{endpoint}/lab", method="PUT")).close()
        for name, value in settings(endpoint, tmp_path).items():
            monkeypatch.setenv(name, value)
        yield Store("s3://lab/mine")


def test_a_crate_goes_into_a_bucket_and_out_of_it_again(
    crate: Path, ran: Run, bucket: Store, tmp_path: Path, other: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = import_crate(crate, bucket).taken
    assert (done.there, done.artifacts) == (False, 7)
    back = Run(bucket, ran.id)
    assert back.to_datatree().identical(ran.to_datatree())
    assert back.imported is not None
    assert verify(bucket).damaged == []
    assert import_crate(crate, bucket).taken.there
    again = write_crate(back, tmp_path / "again").path
    before, after = (
        dict(line.split("  ")[::-1] for line in (c / "sha256sum.txt").read_text().splitlines()) for c in (crate, again)
    )
    assert before == after  # from a bucket as from a disk, to the last byte
    assert import_crate(again, other).taken.artifacts == 7


def test_an_import_into_a_bucket_that_was_cut_off_is_named_and_removed(
    crate: Path, ran: Run, bucket: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = type(bucket.space).create

    def cut(self: Any, name: str, content: bytes) -> bool:
        if name.endswith("run.json"):
            raise KeyboardInterrupt
        return create(self, name, content)

    with monkeypatch.context() as patched:
        patched.setattr(type(bucket.space), "create", cut)
        with pytest.raises(KeyboardInterrupt):
            import_crate(crate, bucket)
    fresh = Store(bucket.address)
    assert f"runs/{ran.id}" in dict(verify(fresh).incomplete)
    assert verify(fresh).damaged == []
    with pytest.raises(Exception, match="no run"):
        run_of(ran.id, bucket.address)
    assert import_crate(crate, fresh).taken.artifacts == 0
    assert Run(fresh, ran.id)["last"].y == ran["last"].y
    assert isinstance(fresh.open(ran.stages["last"]["key"]), Artifact)


def test_what_a_killed_import_unpacked_is_removed_by_the_next_and_what_another_holds_is_not(
    crate: Path, other: Store, tmp_path: Path
) -> None:
    packed = tmp_path / "crate.zip"
    write_zip(crate, packed)
    left, fresh, held = (home() / f"crate-{name}" for name in ("left", "fresh", "held"))
    for folder in (left, fresh, held):
        (folder / "store").mkdir(parents=True)
        if folder != fresh:
            os.utime(folder, (0, 0))
    descriptor = os.open(held, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        import_crate(packed, other)
    finally:
        os.close(descriptor)
    assert sorted(home().glob("crate-*")) == [fresh, held]


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_a_run_that_was_imported_is_exported_to_the_same_bytes(
    crate: Path, ran: Run, other: Store, tmp_path: Path, kind: str
) -> None:
    first = write_crate(ran, tmp_path / "first.zip").path
    import_crate(crate if kind == "folder" else first, other)
    assert write_crate(Run(other, ran.id), tmp_path / "again.zip").path.read_bytes() == first.read_bytes()


def test_two_imports_of_a_crate_at_once_both_end_well(crate: Path, ran: Run, other: Store) -> None:
    begun = threading.Barrier(2)

    def taken() -> bool:
        begun.wait()
        return import_crate(crate, Store(other.address)).taken.there

    with ThreadPoolExecutor(2) as pool:
        assert sorted(one.result() for one in [pool.submit(taken), pool.submit(taken)]) == [False, True]
    assert not verify(other, None).damaged
