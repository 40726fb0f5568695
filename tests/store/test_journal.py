"""A row that was added is found by everybody, whoever dies, and once; what was changed in a journal is not believed."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import zarr.codecs  # noqa: F401 - imported, but not used before a fork: its threads do not survive one
from checked import damage_of_all
from journal_writers import add, holds, key, looked_up, row_of, values, writer

from bridge.store.rows import writer as block_writer
from bridge.store.rows.blocks import adopt, journals
from bridge.store.rows.journal import Journal, journal_objects
from bridge.store.spaces.disk import Disk
from bridge.store.spaces.space import Space, StoreUnusable

WRITERS = Path(__file__).with_name("journal_writers.py")


def segments(space: Space) -> list[Path]:
    return [Path(space.where(name)) for found in journal_objects(space).values() for name, _ in found]


def abandoned(space: Disk, *numbers: int) -> None:
    """Leave the journal of a writer that died."""
    with program("leave", space.address, *map(str, numbers)) as dying:
        assert dying.wait() == 7


def program(which: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(WRITERS), which, *arguments], stdout=subprocess.PIPE)


# Appending and finding


def test_a_row_is_found_by_others_as_soon_as_it_was_added(space: Disk) -> None:
    rows = looked_up(space)
    assert holds(rows)
    with writer(space) as into:
        for i in range(3):
            add(into, i)
            assert holds(rows, *range(i + 1))
            assert holds(looked_up(space), *range(i + 1))
        assert space.children("blocks") == []
    assert holds(rows, 0, 1, 2)
    assert space.children("journal") == []
    assert len(space.children("blocks")) == 1


def test_a_row_has_one_place_before_and_after_its_block_is_sealed(space: Disk) -> None:
    rows = looked_up(space)
    with writer(space) as into:
        add(into, 0, 1)
        before = rows.find([key(0), key(1)])
        opened = rows.open(key(1))
    assert looked_up(space).find([key(0), key(1)]) == before
    assert opened is not None
    assert opened.value(()) == values(1)


def test_rows_computed_together_are_appended_in_one_go(space: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    appended: list[int] = []
    append = Disk.append
    monkeypatch.setattr(Disk, "append", lambda *a, **k: (appended.append(1), append(*a, **k))[1])
    with writer(space) as into:
        add(into, 0)
        before = len(appended)
        with into.together():
            add(into, *range(1, 50))
            assert len(appended) == before
        assert len(appended) == before + 1
        assert holds(looked_up(space), *range(50))


def test_a_key_is_added_once_and_its_second_plan_is_kept(space: Disk) -> None:
    with writer(space) as into:
        add(into, 1)
        assert not into.add(key(1), values(1), plan=key(-50))
        into.alias(key(-60), "ab" * 32)
        plans = {key(-50): key(1), key(-60): "ab" * 32}
        assert looked_up(space).planned(plans) == plans
    assert looked_up(space).planned(plans) == plans
    assert len(looked_up(space).find([key(1)])) == 1


def test_aliases_alone_are_a_block_and_no_file_each(space: Disk) -> None:
    plans = {key(-i): key(i) for i in range(1, 300)}
    with writer(space) as into, into.together():
        for plan, content in plans.items():
            into.alias(plan, content)
    assert looked_up(space).planned(plans) == plans
    assert len(list(space.walk("blocks"))) < 10
    assert damage_of_all(space) == []


def test_two_writers_have_a_journal_each(space: Disk) -> None:
    with writer(space) as one, writer(space) as other:
        add(one, 0, 1)
        add(other, 2, 1)
        assert len(space.children("journal")) == 2
        assert holds(looked_up(space), 0, 1, 2)
    assert holds(looked_up(space), 0, 1, 2)


def test_a_row_is_found_at_every_moment_while_blocks_are_sealed(space: Disk) -> None:
    added: list[int] = []
    over = threading.Event()
    missing: list[set[str]] = []

    def look() -> None:
        rows = looked_up(space)
        while not over.is_set():
            wanted = {key(i) for i in list(added)}
            missing.extend(wanted - found for found in (rows.find(wanted).keys(), looked_up(space).find(wanted).keys()))

    looking = threading.Thread(target=look)
    looking.start()
    end = time.monotonic() + 60
    while len(added) < 10 or (len(missing) <= 4 and time.monotonic() < end):  # until it has looked often enough
        with writer(space) as into:
            add(into, len(added))
            added.append(len(added))
    over.set()
    looking.join()
    assert len(missing) > 4
    assert set().union(*missing) == set()


def test_a_journal_goes_on_in_another_object_and_a_writer_in_another_block(
    space: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.store.rows.log.SEGMENT", 1000)
    monkeypatch.setattr(block_writer, "ROWS", 40)
    rows = looked_up(space)
    with writer(space) as into:
        for i in range(90):
            add(into, i)
            if i % 10 == 0:
                assert holds(rows, *range(i + 1))
        assert len(segments(space)) > 1
        assert len(space.children("blocks")) == 2
    assert holds(rows, *range(90))


def test_what_fails_while_rows_are_added_loses_none(space: Disk) -> None:
    def failing() -> None:
        with writer(space) as into:
            add(into, 0, 1)
            raise KeyError

    with pytest.raises(KeyError):
        failing()
    assert holds(looked_up(space), 0, 1)
    assert space.children("journal") == []


def test_a_full_disk_is_told_and_what_was_added_before_stays(space: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise StoreUnusable("The disk is full. Make room.")

    def filling() -> None:
        with writer(space) as into:
            add(into, 0, 1)
            monkeypatch.setattr(Disk, "append", full)
            monkeypatch.setattr(Disk, "attempt", full)
            add(into, 2)

    with pytest.raises(StoreUnusable, match="full"):
        filling()
    monkeypatch.undo()
    assert holds(looked_up(space), 0, 1)
    assert len(adopt(space)) == 1
    assert holds(looked_up(space), 0, 1)


def test_what_was_added_reaches_the_disk_without_another_row(space: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = threading.Event()
    append = Disk.append

    def seen(self: Disk, name: str, content: bytes, *, sync: bool = True) -> None:
        append(self, name, content, sync=sync)
        if sync:
            synced.set()

    monkeypatch.setattr(Disk, "append", seen)
    with writer(space) as into:
        add(into, 0)
        assert synced.wait(60)


# Death


def test_the_journal_of_a_dead_writer_is_read_and_sealed(space: Disk) -> None:
    abandoned(space, 3, 4)
    assert [(j.state, j.rows, j.keys) for j in journals(space)] == [("abandoned", 2, {key(3), key(4)})]
    assert holds(looked_up(space), 3, 4)
    assert len(adopt(space)) == 1
    assert journals(space) == []
    assert holds(looked_up(space), 3, 4)
    assert damage_of_all(space) == []
    assert adopt(space) == []


def test_the_journal_of_a_living_writer_is_left_to_it(space: Disk) -> None:
    with writer(space) as into:
        add(into, 0)
        assert adopt(space) == []
        assert [j.state for j in journals(space)] == ["written"]
        add(into, 1)
    assert holds(looked_up(space), 0, 1)


def test_a_journal_whose_block_is_there_is_only_removed(space: Disk, tmp_path: Path) -> None:
    abandoned(space, 0, 1)
    shutil.copytree(space.where("journal"), tmp_path / "journal")
    adopt(space)
    before = space.children("blocks")
    shutil.copytree(tmp_path / "journal", space.where("journal"), dirs_exist_ok=True)
    assert holds(looked_up(space), 0, 1)
    adopt(space)
    assert space.children("blocks") == before
    assert space.children("journal") == []


def test_rows_behind_those_that_another_process_sealed_get_a_block_of_their_own(space: Disk) -> None:
    rows = looked_up(space)
    with writer(space) as into:
        add(into, 0, 1)
        (name,) = [child.rstrip("/") for child in space.children("journal")]
        early = Journal(name)
        early.catch_up(space, journal_objects(space)[name])
        block_writer.write_blocks(space, early)  # as one who took the writer for dead
        add(into, 2, 3)
        assert holds(rows, 0, 1, 2, 3)
    assert holds(rows, 0, 1, 2, 3)
    assert holds(looked_up(space), 0, 1, 2, 3)
    assert len(space.children("blocks")) == 2
    assert damage_of_all(space) == []


def test_a_writer_killed_at_any_step_loses_no_row_that_was_added(tmp_path: Path) -> None:
    with program("kill", str(tmp_path)) as killing:
        told, _ = killing.communicate()
    assert killing.returncode == 0
    steps, adopted = map(int, told.split())
    assert steps > 40, told
    assert adopted > 15, told  # the other times the block was there, or nothing yet


def test_writers_killed_at_any_moment_lose_no_row_that_was_added(space: Disk) -> None:
    added: set[int] = set()
    for trial in range(3):
        with program("forever", space.address, str(1000 * trial)) as dying:
            assert dying.stdout is not None
            for number in range(3):
                assert dying.stdout.readline() == b"%d\n" % (1000 * trial + number)
            time.sleep(random.random() / 3)
            dying.send_signal(signal.SIGKILL)
            rest = dying.stdout.read().split(b"\n")[:-1]  # a number cut off was added, but not told
            added |= {*range(1000 * trial, 1000 * trial + 3), *map(int, rest)}
    assert len(added) >= 9
    rows = looked_up(space)
    for _ in range(2):
        found = rows.find(map(key, added))
        assert found.keys() == set(map(key, added))
        for i in random.sample(sorted(added), 5):
            assert row_of(rows, key(i)).value(()) == values(i)
        adopt(space)
    assert journals(space) == []
    assert damage_of_all(space) == []
    told = [bytes(k) for table in rows.tables() for k in table.keys]
    assert len(told) == len(set(told)) >= len(added)


# Damage


def test_a_record_cut_off_at_the_end_is_none_and_those_before_stay(space: Disk) -> None:
    abandoned(space, 0, 1, 2)
    (path,) = segments(space)
    content = path.read_bytes()
    sizes = set()
    for cut in range(len(content)):
        path.write_bytes(content[:cut])
        journal = Journal(path.parent.name)
        journal.catch_up(space, journal_objects(space)[path.parent.name])
        assert journal.damage is None
        sizes.add(sum(journal.counts))
    assert sizes == {0, 1, 2}
    path.write_bytes(content[:-1] + bytes(1))
    path.write_bytes(content[:-1])
    assert adopt(space)
    assert holds(looked_up(space), 0, 1)
    assert damage_of_all(space) == []


def test_any_flipped_bit_of_a_journal_is_seen_and_the_rows_before_it_stay(space: Disk) -> None:
    abandoned(space, 0, 1, 2)
    (path,) = segments(space)
    content = path.read_bytes()
    random.seed(5)
    for bit in random.sample(range(8 * len(content)), 150):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        (damage,) = damage_of_all(space)
        assert str(path) in damage
        (state,) = journals(space)
        assert state.state == "damaged"
        assert state.keys < {key(0), key(1), key(2)}
        assert adopt(space) == []  # it stays as evidence
    assert holds(looked_up(space), *range(state.rows))
    adopt(space, damaged=True)
    assert space.children("journal") == []
    assert holds(looked_up(space), *range(state.rows))


def test_a_journal_under_another_name_is_not_believed(space: Disk) -> None:
    abandoned(space, 0)
    (path,) = segments(space)
    path.parent.rename(path.parent.with_name("0" * 32))
    assert holds(looked_up(space))
    assert len(damage_of_all(space)) == 1


def test_zeros_that_a_loss_of_power_left_at_the_end_are_no_damage(space: Disk) -> None:
    abandoned(space, 0, 1)
    (path,) = segments(space)
    with path.open("ab") as file:
        file.write(bytes(4096))
    assert holds(looked_up(space), 0, 1)
    assert damage_of_all(space) == []


def test_what_does_not_belong_to_a_journal_is_named(space: Disk) -> None:
    abandoned(space, 0)
    (path,) = segments(space)
    path.with_name("extra").write_text("x")
    Path(space.where("journal/stray")).write_text("x")
    assert [Path(line.split()[0]).name for line in damage_of_all(space)] == ["extra", "stray"]
    assert holds(looked_up(space), 0)
