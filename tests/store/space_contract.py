"""What every space promises, tested the same way wherever the bytes are."""

from __future__ import annotations

import pickle
import signal
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from space_programs import FOLDER, command, names, program

from bridge.store.spaces.space import MARKER, Damaged, Space


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

    @pytest.mark.parametrize("more", [0, 300], ids=["a few", "many"])
    def test_of_many_objects_those_are_told_that_are_there(self, space: Space, more: int) -> None:
        there = ["artifacts/ab/1/zarr.json", "artifacts/cd/1/zarr.json", "plans/ab/1.json", "top"]
        for name in there:
            space.put(name, b"1")
        lacking = [
            "artifacts/ab/1/zarr",
            "artifacts/ab/2/zarr.json",
            "artifacts/ef/1/zarr.json",
            "plans/ab/1",
            "nothing",
        ]
        lacking += [f"artifacts/{i % 256:02x}/{i}/zarr.json" for i in range(2, 2 + more)]
        assert space.there([*lacking, *there[:3]]) == set(there[:3])
        assert space.there(there) == set(there)
        assert space.there(lacking) == set()
        assert space.there([]) == set()

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

    # Processes

    def test_it_is_the_same_space_after_pickling(self, space: Space) -> None:
        space.put("a", b"1")
        again = pickle.loads(pickle.dumps(space))
        assert again.address == space.address
        assert again.read("a") == b"1"

    def test_it_works_in_a_child_and_a_grandchild_that_were_forked(self, space: Space) -> None:
        assert program(space, "fork") == "child grandchild\n"
        assert self.everything(space) == ["child", "grandchild", "parent"]
