"""Leases: one holder at a time, and a holder that is gone is succeeded, wherever it was."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from bridge.store.spaces import lease
from bridge.store.spaces.bucket import Bucket
from bridge.store.spaces.disk import Disk
from bridge.store.spaces.lease import lease_held, leased
from bridge.store.spaces.space import Space, StoreUnusable, open_space

pytest.register_assert_rewrite("space_contract", "claim_contract")

from claim_contract import ClaimContract  # noqa: E402
from clocks import Clock, ClockOfRenewals  # noqa: E402
from s3_server import moto, new_bucket, settings, use  # noqa: E402
from space_contract import SpaceContract  # noqa: E402
from space_programs import fresh  # noqa: E402

NAME = "claims/k"
FIRST, SECOND = f"{NAME}.lease/00000001", f"{NAME}.lease/00000002"


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    made = Disk(tmp_path / "store", leases=True)
    made.prepare()
    return made


class TestDiskWithLeases(SpaceContract, ClaimContract):
    """Leases serve where locks would, on a file system that several machines share."""

    @pytest.fixture
    def space(self, disk: Disk) -> Space:
        return disk

    def everything(self, space: Space) -> list[str]:
        root = Path(space.address)
        return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


class Process:
    """Another process, which holds a lease as told and prints what it does."""

    def __init__(self, space: Space, *arguments: str) -> None:
        command = [sys.executable, __file__, space.address, *arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Process:
        return self

    def says(self, what: str) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == f"{what}\n"

    def hears(self, what: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()

    def gets(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def stops(self) -> None:
        """Stop it, not in the middle of a renewal, which it would carry out when it goes on."""
        self.gets(signal.SIGUSR1)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def written(space: Space, name: str = FIRST, **other: Any) -> dict[str, Any]:
    """Put down a lease as this process would, but for what is said otherwise; nobody renews it."""
    said = {"nonce": "1", "expiry": 0.2, **lease._process(), **other}
    space.put(name, json.dumps(said).encode())
    return said


# Who waits


def test_processes_and_threads_come_in_one_at_a_time(disk: Disk) -> None:
    """Each adds to a number by reading, waiting and writing."""
    disk.put("number", b"0")
    with Process(disk, "count", "6") as first, Process(disk, "count", "6") as second:
        with ThreadPoolExecutor(3) as threads:
            list(threads.map(lambda _: count(disk, 4), range(3)))
        first.says("counted")
        second.says("counted")
    assert disk.read("number") == b"24"
    assert disk.children(f"{NAME}.lease") == []


def test_a_bucket_lets_processes_in_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with moto() as endpoint:
        use(monkeypatch, settings(endpoint, tmp_path))
        bucket = Bucket(fresh(f"s3://{new_bucket(endpoint)}"))
        bucket.put("number", b"0")
        with Process(bucket, "count", "4") as first, Process(bucket, "count", "4") as second:
            count(bucket, 4)
            first.says("counted")
            second.says("counted")
        assert bucket.read("number") == b"12"
        assert bucket.children(f"{NAME}.lease") == []


def test_a_lease_is_renewed_while_it_is_held(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    with Process(disk, "hold-elsewhere", "0.3") as holder:
        holder.says("held")
        clock = ClockOfRenewals(lambda: disk.read(FIRST), 0.1)
        monkeypatch.setattr(lease, "time", clock)
        with pytest.raises(StoreUnusable, match=r"is held by process \d+ of elsewhere for more than 1 s"):  # noqa: SIM117
            with leased(disk, NAME, patience=1):
                pass
        assert len(set(clock.seen)) == len(clock.seen) > 10
        assert lease_held(disk, NAME, watch=0.3)
    assert disk.children(f"{NAME}.lease") == ["00000001"]


def test_three_renewals_are_due_before_a_lease_expires(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    kept = lease.Lease(disk, NAME, 1, 0.3)
    monkeypatch.setattr(kept._over, "wait", lambda seconds: waits.append(seconds) or len(waits) > 3)
    assert kept.take({})
    kept.keep()
    assert waits == [pytest.approx(0.1)] * 4
    kept.release()


# Who died


def test_a_killed_holder_of_this_machine_is_succeeded_at_once(disk: Disk) -> None:
    with Process(disk, "hold", "3000") as holder:
        holder.says("held")
        assert lease_held(disk, NAME)
        holder.gets(signal.SIGKILL)
        while os.waitid(os.P_PID, holder.process.pid, os.WEXITED | os.WNOWAIT) is None:
            pass
        assert not lease_held(disk, NAME)  # though nobody has waited for it yet: it is a zombie
        with leased(disk, NAME, patience=5):
            assert disk.children(f"{NAME}.lease") == ["00000001", "00000002"]
    assert disk.children(f"{NAME}.lease") == []


def test_a_killed_holder_of_another_machine_is_succeeded_when_its_lease_expired(disk: Disk) -> None:
    with Process(disk, "hold-elsewhere", "1.5") as holder:
        holder.says("held")
        holder.gets(signal.SIGKILL)
        holder.process.wait()
        assert lease_held(disk, NAME)  # for all one can see at a glance
        said: list[int] = []
        with pytest.raises(StoreUnusable, match="elsewhere"), leased(disk, NAME, patience=0.0):
            pass
        with leased(disk, NAME, waiting=lambda: said.append(1), patience=60):
            assert disk.children(f"{NAME}.lease") == ["00000001", "00000002"]
        assert said == [1]
        assert not lease_held(disk, NAME)


def test_a_dead_lease_of_another_machine_is_seen_by_watching(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "time", Clock())
    written(disk, host="elsewhere")
    assert lease_held(disk, NAME, watch=0.1)
    assert not lease_held(disk, NAME, watch=0.2)


def test_of_many_who_wait_for_a_dead_holder_one_succeeds_it(disk: Disk) -> None:
    disk.put("number", b"0")
    written(disk, host="elsewhere")
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda _: count(disk, 1), range(6)))
    assert disk.read("number") == b"6"
    assert disk.children(f"{NAME}.lease") == []


def test_a_process_of_this_machine_that_is_too_busy_to_renew_is_waited_for(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "time", Clock())
    written(disk)
    assert lease_held(disk, NAME, watch=0.5)
    with pytest.raises(StoreUnusable, match=f"is held by process {os.getpid()}"), leased(disk, NAME, patience=0.6):
        pass


@pytest.mark.parametrize(
    "other",
    [{"pid": 2**22 - 3}, {"started": "1"}],
    ids=["no such process", "the number was used again"],
)
def test_a_process_that_is_not_the_one_that_wrote_the_lease_does_not_hold_it(disk: Disk, other: Any) -> None:
    written(disk, expiry=3000, **other)
    assert not lease_held(disk, NAME)
    with leased(disk, NAME, patience=5):
        pass


def test_numbers_of_processes_count_within_their_boot_and_container_only(disk: Disk) -> None:
    written(disk, expiry=3000, pid=2**22 - 3, machine="another boot")
    assert lease_held(disk, NAME)


@pytest.mark.parametrize("content", [b"", b"no json", b"[]", b'{"pid": "x", "expiry": -1}'])
def test_what_is_no_lease_expires_like_one(disk: Disk, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "EXPIRY", 0.2)
    disk.put(FIRST, content)
    assert lease_held(disk, NAME)
    with leased(disk, NAME, patience=60):
        pass


# Who was believed dead


def test_a_holder_that_was_succeeded_does_not_disturb_its_successor(disk: Disk) -> None:
    with Process(disk, "hold-elsewhere", "0.4") as holder:
        holder.says("held")
        holder.stops()
        with leased(disk, NAME, patience=60, expiry=3000):
            mine = disk.read(SECOND)
            holder.gets(signal.SIGCONT)
            holder.gets(signal.SIGTERM)  # it leaves the block
            holder.says("released")
            assert holder.process.wait() == 0
            assert disk.read(SECOND) == mine
            assert lease_held(disk, NAME)
        assert disk.children(f"{NAME}.lease") == []


def test_a_holder_that_was_succeeded_and_comes_back_later_takes_nothing(disk: Disk) -> None:
    """Its number is in use again by then, and not its own."""
    with Process(disk, "hold-elsewhere", "0.4") as holder:
        holder.says("held")
        holder.stops()
        with leased(disk, NAME, patience=60):
            pass
        with leased(disk, NAME, expiry=3000):
            mine = disk.read(FIRST)
            holder.gets(signal.SIGCONT)
            time.sleep(0.5)  # several of its renewals
            holder.gets(signal.SIGTERM)
            holder.says("released")
            assert disk.read(FIRST) == mine


def test_who_judged_by_what_is_no_longer_so_does_not_succeed(disk: Disk) -> None:
    stale = {1: b"stale"}
    for now in ({}, {1: b"renewed"}, {1: b"stale", 3: b"a later one"}):
        for number, content in now.items():
            disk.put(f"{NAME}.lease/{number:08d}", content)
        assert not lease.Lease(disk, NAME, 2, 15).take(stale)
        assert lease._leases(disk, NAME) == now
        disk.remove_tree(f"{NAME}.lease")
    disk.put(FIRST, b"stale")
    taken = lease.Lease(disk, NAME, 2, 15)
    assert taken.take(stale)
    taken.release()
    assert disk.children(f"{NAME}.lease") == []


def test_a_forked_child_does_not_release_what_its_parent_holds(disk: Disk) -> None:
    with Process(disk, "fork", "15") as parent:
        parent.says("child left")
        assert disk.children(f"{NAME}.lease") == ["00000001"]
        parent.hears("go on")
        parent.says("released")
    assert disk.children(f"{NAME}.lease") == []


def test_a_renewal_that_failed_is_tried_again(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    failed, worked = threading.Event(), threading.Event()
    put = Disk.put

    def sometimes(self: Disk, name: str, content: bytes) -> None:
        put(self, name, content)
        if not failed.is_set():
            failed.set()
            raise StoreUnusable("the answer was lost")
        worked.set()

    monkeypatch.setattr(Disk, "put", sometimes)
    with leased(disk, NAME, expiry=0.2):
        assert worked.wait(60)
        assert failed.is_set()
    assert disk.children(f"{NAME}.lease") == []


def test_a_release_that_failed_is_made_up_for_and_fails_nothing(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    remove, failed = Disk.remove, threading.Event()

    def sometimes(self: Disk, name: str) -> None:
        if not failed.is_set():
            failed.set()
            raise StoreUnusable("nothing answers")
        remove(self, name)

    monkeypatch.setattr(Disk, "remove", sometimes)
    monkeypatch.setattr(lease, "_BUSY", 3000)  # it is not taken for stale while it is not yet made up for
    with leased(disk, NAME, expiry=0.2):
        pass
    assert failed.is_set()
    with leased(disk, NAME, patience=60):
        assert disk.children(f"{NAME}.lease") == ["00000001"]


# Programs


def count(space: Space, times: int) -> None:
    for _ in range(times):
        with leased(space, NAME, expiry=3):
            number = int(space.read("number"))
            time.sleep(0.01)
            space.put("number", b"%d" % (number + 1))


def _stoppable() -> None:
    """Have SIGUSR1 stop this process, when it does not renew."""
    renewing, renew = threading.Lock(), lease.Lease.renew

    def alone(self: lease.Lease) -> bool:
        with renewing:
            return renew(self)

    def stop(*_: object) -> None:
        with renewing:
            os.kill(os.getpid(), signal.SIGSTOP)

    lease.Lease.renew = alone  # type: ignore[method-assign]
    signal.signal(signal.SIGUSR1, stop)


def _hold(space: Space, expiry: float) -> None:
    _stoppable()
    try:
        with leased(space, NAME, expiry=expiry):
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
            print("held", flush=True)
            for _ in range(1200):  # a signal that the renewing thread receives does not wake this one
                time.sleep(0.05)
    finally:
        print("released", flush=True)


def _fork(space: Space, expiry: float) -> None:
    with leased(space, NAME, expiry=expiry):
        number = os.fork()
        if number:
            os.waitpid(number, 0)
            print("child left", flush=True)
            sys.stdin.readline()
    if not number:
        os._exit(0)
    print("released", flush=True)


def _main(address: str, what: str, how: str) -> None:
    space = open_space(address)
    if what == "count":
        count(space, int(how))
        print("counted", flush=True)
    elif what == "fork":
        _fork(space, float(how))
    else:
        if what == "hold-elsewhere":
            platform.node = lambda: "elsewhere"
        _hold(space, float(how))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    _main(*sys.argv[1:])
