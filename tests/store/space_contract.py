"""What every space promises, tested the same way wherever the bytes are; and the processes those tests need."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from bridge.store.spaces.space import MARKER, Damaged, Space, StoreUnusable

FOLDER = f"artifacts/ab/ab{'0' * 62}"


def names(space: Space, folder: str = FOLDER) -> list[str]:
    return [name for name, _ in space.walk(folder)]


def command(space: Space, *arguments: str) -> list[str]:
    """How one of the programs below is run for a space."""
    return [sys.executable, __file__, pickle.dumps(space).hex(), *arguments]


def program(space: Space, *arguments: str) -> str:
    done = subprocess.run(command(space, *arguments), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Holder:
    """A process that holds a claim until it is killed."""

    def __init__(self, space: Space, name: str) -> None:
        self.process = subprocess.Popen(command(space, "hold", name), stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> subprocess.Popen[str]:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "held\n"
        return self.process

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


class SpaceContract:
    """Promises; a class of tests gives the fixture ``space``."""

    def everything(self, space: Space) -> list[str]:
        """Every object there is."""
        return names(space, "")

    def test_it_is_usable_and_leaves_no_trace_of_having_been_asked(self, space: Space) -> None:
        space.usable()
        assert self.everything(space) == []

    # Objects

    def test_of_two_who_create_one_name_the_first_wins_even_with_equal_content(self, space: Space) -> None:
        assert space.create("a/b", b"same")
        assert not space.create("a/b", b"same")
        assert not space.create("a/b", b"other")
        assert space.read("a/b") == b"same"

    def test_of_eight_threads_that_create_one_name_one_wins(self, space: Space) -> None:
        with ThreadPoolExecutor(8) as threads:
            for trial in range(5):
                won = list(threads.map(lambda i, name=f"n{trial}": space.create(name, b"%d" % i), range(8)))
                assert sum(won) == 1
                assert space.read(f"n{trial}") == b"%d" % won.index(True)

    def test_of_four_processes_that_create_one_name_one_wins(self, space: Space) -> None:
        """They are forked from a process that has used the space before."""
        assert program(space, "race") == "one winner\n"

    def test_put_replaces(self, space: Space) -> None:
        space.put("a", b"1" * 1000)
        space.put("a", b"2")
        assert space.read("a") == b"2"
        assert space.size("a") == 1

    def test_what_is_not_there_is_not_found(self, space: Space) -> None:
        with pytest.raises(FileNotFoundError):
            space.read("nothing/here")
        with pytest.raises(FileNotFoundError):
            space.read_into("nothing/here", memoryview(bytearray(1)))
        assert space.size("nothing/here") is None
        assert space.children("nothing") == []
        assert names(space, "nothing") == []
        assert space.read_log("nothing") == b""
        space.remove("nothing/here")
        space.remove_tree("nothing")

    def test_more_than_the_limit_is_not_read(self, space: Space) -> None:
        space.put("a", b"12345")
        assert space.read("a", limit=5) == b"12345"
        with pytest.raises(Damaged, match=r"has 5 bytes, expected at most 4\."):
            space.read("a", limit=4)

    def test_an_object_fills_buffers_of_its_size_and_no_other(self, space: Space) -> None:
        space.put("a", bytes(range(10)))
        first, second = bytearray(4), bytearray(6)
        space.read_into("a", memoryview(first), memoryview(bytearray()), memoryview(second))
        assert first + second == bytes(range(10))
        for size in (0, 9, 11):
            with pytest.raises(Damaged, match=f"has 10 bytes, expected {size}"):
                space.read_into("a", memoryview(bytearray(size)))
        space.put("empty", b"")
        space.read_into("empty")
        assert space.read("empty") == b""
        assert space.size("empty") == 0

    def test_a_buffer_of_numbers_is_filled_by_its_bytes(self, space: Space) -> None:
        np = pytest.importorskip("numpy")
        numbers = np.arange(12.0).reshape(3, 4)
        space.put("a", numbers.tobytes())
        room = np.zeros((3, 4))
        space.read_into("a", room.data)
        assert np.array_equal(room, numbers)

    @pytest.mark.parametrize("name", ["../a", "/a", "a//b", "a/./b", "a\nb", "a\\b", "a*", "a/"])
    def test_a_name_that_leaves_the_space_is_refused(self, space: Space, name: str) -> None:
        with pytest.raises(Damaged, match="is no name of an object"):
            space.read(name)
        with pytest.raises(Damaged, match="is no name of an object"):
            space.put(name, b"")

    def test_a_name_may_have_any_proper_spelling(self, space: Space) -> None:
        for name in ("a b/c=1+2@x", "Å_ü/-.x", ".hidden", "x" * 200):
            assert space.create(name, name.encode())
            assert space.read(name) == name.encode()
            assert space.size(name) == len(name.encode())
            assert name in self.everything(space)
            assert not space.create(name, b"")

    # Folders

    def test_children_are_one_level_sorted_and_folders_end_in_a_slash(self, space: Space) -> None:
        for name in ("t/f/b", "t/f/a/x", "t/f/a/y/z", "t/f/c.json", "t/fa/x", "t/f.x"):
            space.put(name, b"")
        assert space.children("t/f") == ["a/", "b", "c.json"]
        assert space.children("t") == ["f.x", "f/", "fa/"]

    def test_a_walk_names_every_object_with_its_size_sorted(self, space: Space) -> None:
        written = {"f/b": 3, "f/a/x": 0, "f/a/y/z": 70, "f/c.json": 1, "f/a.b": 2}
        for name, size in (written | {"fa/x": 9}).items():
            space.put(name, b"1" * size)
        assert list(space.walk("f")) == sorted(written.items())

    def test_a_removed_tree_takes_its_own_objects_only(self, space: Space) -> None:
        for name in ("f/zarr.json", "f/a/x", "f/a/y/z", "fa/x", "f.x"):
            space.put(name, b"")
        space.remove_tree("f")
        assert self.everything(space) == ["f.x", "fa/x"]
        space.remove("fa/x")
        assert self.everything(space) == ["f.x"]

    # Logs

    def test_a_log_is_all_that_was_appended_in_order(self, space: Space) -> None:
        for i in range(12):
            space.append("runs/r/events.jsonl", b"%d\n" % i, sync=i % 2 == 0)
        again = pickle.loads(pickle.dumps(space))
        again.append("runs/r/events.jsonl", b"end\n")
        assert space.read_log("runs/r/events.jsonl") == b"".join(b"%d\n" % i for i in range(12)) + b"end\n"

    # Artifacts

    def test_nothing_is_visible_before_the_commit_and_all_of_it_after(self, space: Space) -> None:
        with space.attempt(FOLDER) as attempt:
            with ThreadPoolExecutor(4) as threads:
                list(threads.map(lambda i: attempt.put(f"c/{i}", memoryview(b"%d" % i)), range(8)))
            assert space.size(f"{FOLDER}/{MARKER}") is None
            assert attempt.commit(MARKER, f'{{"at": "{attempt.prefix}c/1"}}'.encode())
        assert space.read(f"{FOLDER}/{attempt.prefix}c/7") == b"7"
        expected = [f"{FOLDER}/{attempt.prefix}c/{i}" for i in range(8)] + [f"{FOLDER}/{MARKER}"]
        assert names(space) == sorted(expected)
        assert list(space.abandoned()) == []

    def test_an_attempt_that_is_dropped_or_fails_leaves_nothing(self, space: Space) -> None:
        attempt = space.attempt(FOLDER)
        attempt.put("c/0", b"1")
        attempt.drop()
        with pytest.raises(ZeroDivisionError), space.attempt(FOLDER) as attempt:  # noqa: PT012
            attempt.put("c/0", b"1")
            raise ZeroDivisionError
        assert self.everything(space) == []

    def test_of_eight_commits_one_wins_and_the_others_leave_no_bytes(self, space: Space) -> None:
        gate = threading.Barrier(8)

        def commit(i: int) -> tuple[bool, str]:
            with space.attempt(FOLDER) as attempt:
                for chunk in range(3):
                    attempt.put(f"c/{chunk}", b"%d" % i)
                gate.wait()
                return attempt.commit(MARKER, b'{"c": "%s"}' % attempt.prefix.encode()), attempt.prefix

        with ThreadPoolExecutor(8) as threads:
            ends = list(threads.map(commit, range(8)))
        assert sum(won for won, _ in ends) == 1
        winner, prefix = next((i, prefix) for i, (won, prefix) in enumerate(ends) if won)
        chunks = [f"{FOLDER}/{prefix}c/{chunk}" for chunk in range(3)]
        assert self.everything(space) == sorted([*chunks, f"{FOLDER}/{MARKER}"])
        assert {space.read(chunk) for chunk in chunks} == {b"%d" % winner}
        assert prefix.encode() in space.read(f"{FOLDER}/{MARKER}")

    def test_what_a_killed_writer_left_is_found(self, space: Space) -> None:
        """Not while its writer lives: it holds the claim of the key."""
        key = FOLDER.rpartition("/")[2]
        writer = subprocess.Popen(command(space, "write", FOLDER), stdout=subprocess.PIPE, text=True)
        try:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "written\n"
            assert list(space.abandoned()) == []
            writer.send_signal(signal.SIGKILL)
            writer.wait()
            ((left, size),) = space.abandoned()
            assert size == 5
            assert not space.claimed(f"claims/{key}")
            space.remove_tree(left)
            assert list(space.abandoned()) == []
            assert names(space) == []
        finally:
            writer.kill()
            writer.communicate()

    # Claims

    def test_a_claim_is_held_by_one_and_free_afterwards(self, space: Space) -> None:
        said: list[int] = []
        assert not space.claimed("claims/k")
        with space.claim("claims/k"):
            assert space.claimed("claims/k")
            assert not space.claimed("claims/other")
            with space.claim("claims/other"):
                pass
            with pytest.raises(StoreUnusable, match="is held by"), self.impatient(space, said):
                pass
        assert said == [1]
        assert not space.claimed("claims/k")
        with self.impatient(space, said):
            pass
        assert said == [1]
        assert self.everything(space) == []

    def impatient(self, space: Space, said: list[int]) -> AbstractContextManager[None]:
        return space.claim("claims/k", waiting=lambda: said.append(1), patience=0.3)

    def test_a_claim_lets_one_thread_in_at_a_time(self, space: Space) -> None:
        inside, most = 0, 0

        def work(_: int) -> None:
            nonlocal inside, most
            for _ in range(4):
                with space.claim("claims/k"):
                    inside += 1
                    most = max(most, inside)
                    time.sleep(0.002)
                    inside -= 1

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(work, range(4)))
        assert most == 1

    def test_a_killed_holder_frees_its_claim(self, space: Space) -> None:
        with Holder(space, "claims/k") as process:
            assert space.claimed("claims/k")
            with pytest.raises(StoreUnusable, match="is held by"), self.impatient(space, []):
                pass
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert not space.claimed("claims/k")
            with space.claim("claims/k", patience=5):  # a lease expires after 15
                assert space.claimed("claims/k")

    # Processes

    def test_it_is_the_same_space_after_pickling(self, space: Space) -> None:
        space.put("a", b"1")
        again = pickle.loads(pickle.dumps(space))
        assert again.address == space.address
        assert again.read("a") == b"1"

    def test_it_works_in_a_child_and_a_grandchild_that_were_forked(self, space: Space) -> None:
        assert program(space, "fork") == "child grandchild\n"
        assert self.everything(space) == ["child", "grandchild", "parent"]


# Programs


def child(work: Callable[[], int]) -> int:
    """Do something in a forked process; its exit code."""
    number = os.fork()
    if number == 0:
        try:
            code = work()
        except BaseException as reason:
            print(repr(reason), file=sys.stderr)
            code = 99
        os._exit(code)
    return number


def ended(number: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def race(space: Space) -> None:
    space.put("used", b"")
    for trial in range(4):
        gate, go = os.pipe()

        def create(gate: int = gate, go: int = go, name: str = f"race/{trial}") -> int:
            os.close(go)
            space.size("used")
            os.read(gate, 1)  # all go when the pipe is closed
            return int(space.create(name, b"the same for all"))

        numbers = [child(create) for _ in range(4)]
        time.sleep(0.3)
        os.close(gate)
        os.close(go)
        codes = sorted(ended(number) for number in numbers)
        assert codes == [0, 0, 0, 1], codes
    print("one winner")


def fork(space: Space) -> None:
    space.put("parent", b"")

    def grandchild() -> int:
        return int(space.create("grandchild", b"3") and space.read("child") == b"2")

    def work() -> int:
        assert space.create("child", b"2")
        assert space.read("child") == b"2"
        return ended(child(grandchild))

    assert ended(child(work)) == 1
    assert space.read("grandchild") == b"3"
    print("child grandchild")


def hold(space: Space, name: str) -> None:
    with space.claim(name):
        print("held", flush=True)
        time.sleep(60)


def write(space: Space, folder: str) -> None:
    with space.claim(f"claims/{folder.rpartition('/')[2]}"), space.attempt(folder) as attempt:
        attempt.put("c/0", b"12345")
        print("written", flush=True)
        time.sleep(60)


def fresh(base: str) -> str:
    """Address of a new place below another."""
    return f"{base}/{Path(uuid.uuid4().hex)}"


if __name__ == "__main__":
    programs: dict[str, Callable[..., None]] = {"race": race, "fork": fork, "hold": hold, "write": write}
    programs[sys.argv[2]](pickle.loads(bytes.fromhex(sys.argv[1])), *sys.argv[3:])
